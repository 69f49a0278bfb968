from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.charts.series import Chart, Slice, Write, plain
from core.web.formats import percent_text

_PARTS = 5


def donut_chart(
    *, sentence: Any, slices: Sequence[Slice], write: Write = plain, centre: Any = "", caption: Any = ""
) -> Chart:
    """Parts of a whole as a ring with its legend; `centre` stands in the hole. Raises ValueError for an empty whole."""
    if len(slices) > _PARTS:
        raise ValueError(f"More than {_PARTS} parts cannot be told apart: show the largest and sum the rest.")
    whole = sum((Decimal(each.value) for each in slices), Decimal(0))
    if not whole:
        raise ValueError("There is no whole to cut: show an empty state.")
    parts, begun = [], Decimal(0)
    for number, each in enumerate(slices, start=1):
        share = each.value / whole
        tip = f"{each.name}\n{write(Decimal(each.value))}\n{percent_text(share)}"
        parts.append(
            {
                "number": number,
                "name": each.name,
                "text": write(Decimal(each.value)),
                "share": percent_text(share),
                # The ring is a circle of circumference 100: a dash is a part, and its offset where it begins.
                "dash": f"{share * 100:.3f} {100 - share * 100:.3f}",
                "offset": f"{25 - begun * 100:.3f}",
                "tip": tip,
            }
        )
        begun += share
    context = {"parts": parts, "centre": centre, "caption": caption}
    return Chart("components/donut.html", sentence, context)
