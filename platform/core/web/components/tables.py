from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.web.columns import RIGHT, Column


def table(
    rows: Iterable[Any], columns: Sequence[Column], caption: Any, *, url: Callable[[Any], str] | None = None
) -> SafeString:
    """A short table without paging, such as the latest of something on a dashboard; cards on a phone.

    `url` says where a row opens. Lists that grow are a `ListView`.
    """
    heads = [(column.label, column.kind in RIGHT) for column in columns]
    cells = [[(column.classes, column.html(row, url(row) if url else "")) for column in columns] for row in rows]
    return render_to_string("components/table.html", {"caption": caption, "heads": heads, "rows": cells})
