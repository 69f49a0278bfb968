from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_filters import FilterSet

from core import clock
from core.actor import Actor
from core.errors import NotFound, Unprocessable
from core.permissions import check, require
from core.web import saved_views
from core.web.columns import Column, export_names, exported
from core.web.exports import csv_response, xlsx_response
from core.web.htmx import SeeOther, redirect_after_post, render_page, wants_fragment
from core.web.keyset import PARAMETER, in_chunks, keyset_page, without
from core.web.submissions import new_submission, once
from core.web.views.base import RoomView
from core.web.views.chips import chips_of

LONGEST_SEARCH = 200
MOST_CHOSEN = 500
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something to do with all ticked rows: `run(actor, rows)` calls a service for each and returns how many it did.

    With `confirm` the person is asked first; the sentence says what happens and may hold `%(count)d`.
    """

    name: str
    label: Any
    action: str
    run: Callable[[Actor, Sequence[Any]], int]
    icon: str = ""
    confirm: Any = ""
    danger: bool = False


class TooManyRows(Unprocessable):
    code = "too_many_rows"
    title = "That is too much for one file"
    message = (
        f"A file holds at most {MOST_EXPORTED:,} rows. Narrow the list with a search or a filter, then export again."
    )


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: with a `query` it sorts, `sorted_by` is how it is sorted now."""

    column: Column
    query: str
    sorted_by: str


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    label: str
    url: str
    cells: list[tuple[Column, Any]]


class ListView(RoomView):
    """A list that a room declares: rows of a selector, columns, search, filter, order, bulk actions and files.

    Its state is in the URL: `q`, the filter's fields, `sort`, `cursor`; `export=csv` or `xlsx` answers a file.
    """

    template_name = "generic/list.html"
    columns: ClassVar[Sequence[Column]]
    search: ClassVar[Sequence[str]] = ()
    filter_class: ClassVar[type[FilterSet] | None] = None
    ordering: ClassVar[Sequence[str]] = ("-pk",)
    page_size: ClassVar[int] = 25
    bulk: ClassVar[Sequence[BulkAction]] = ()
    export_action: ClassVar[str] = ""
    empty_icon: ClassVar[str] = "inbox"
    empty_title: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""
    refreshed_by: ClassVar[str] = ""

    def rows(self) -> QuerySet:
        """What the actor may see, from a selector that takes the actor."""
        raise NotImplementedError

    def row_url(self, row: Any) -> str:
        """Where a row opens, empty where it does not."""
        return ""

    def row_label(self, row: Any) -> str:
        """How the box of a row is called."""
        return str(row)

    def prepare(self, rows: list[Any]) -> list[Any]:
        """The rows of one page with whatever the columns need besides, in a constant number of queries."""
        return rows

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, its results for htmx, or a file."""
        chosen = self._filtered()
        if chosen is not None and not chosen.is_valid():
            return self._answer({"page": None, "rows": [], "filter_errors": chosen.form.errors}, chosen, status=422)
        found = self._found(chosen)
        if request.GET.get("export"):
            return self._export(found, request.GET["export"])
        page = keyset_page(found, request, size=self.page_size)
        rows = [self._row(row) for row in self.prepare(page.rows)]
        return self._answer({"page": page, "rows": rows}, chosen)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A bulk action, or a view to save or forget; raises NotFound for anything else."""
        do = request.POST.get("do", "")
        if do == "save_view":
            view = saved_views.named(request.POST.get("name", ""), self._state().urlencode())
            saved_views.store().save(request, self.list_name, view)
            return redirect_after_post(request, f"{request.path}?{view.query}")
        if do == "delete_view":
            saved_views.store().delete(request, self.list_name, request.POST.get("name", ""))
            return redirect_after_post(request, request.path)
        for action in self.bulk:
            if do == action.name:
                return self._bulk(action)
        raise NotFound

    @property
    def list_name(self) -> str:
        """What saved views are kept under: the name of the list's route."""
        match = self.request.resolver_match
        return match.view_name if match else ""

    def _filtered(self) -> FilterSet | None:
        if self.filter_class is None:
            return None
        return self.filter_class(self.request.GET, queryset=self.rows(), request=self.request)

    def _found(self, chosen: FilterSet | None) -> QuerySet:
        found = self.rows() if chosen is None else chosen.qs
        text = self._text()
        if text and self.search:
            wanted = Q()
            for name in self.search:
                wanted |= Q(**{f"{name}__icontains": text})
            found = found.filter(wanted)
        return found.order_by(*self._order())

    def _text(self) -> str:
        return self.request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]

    def _order(self) -> list[str]:
        asked = self.request.GET.get("sort", "")
        allowed = {column.sort for column in self.columns if column.sort}
        return [asked] if asked.removeprefix("-") in allowed else list(self.ordering)

    def _state(self) -> QueryDict:
        return without(self.request.GET, PARAMETER, "export")

    def _row(self, row: Any) -> Row:
        url = self.row_url(row)
        return Row(str(row.pk), self.row_label(row), url, [(column, column.html(row, url)) for column in self.columns])

    def _heads(self) -> list[Head]:
        order = self._order()[0]
        heads = []
        for column in self.columns:
            now = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(order, "") if column.sort else ""
            query = self._state()
            query["sort"] = f"-{column.sort}" if now == "ascending" else column.sort
            heads.append(Head(column, query.urlencode() if column.sort else "", now))
        return heads

    def _answer(self, parts: Mapping[str, Any], chosen: FilterSet | None, *, status: int = 200) -> HttpResponse:
        state = self._state()
        context = {
            **self.page_context(),
            **parts,
            "heads": self._heads(),
            "chips": chips_of(chosen, self.request) if chosen is not None else [],
            "text": self._text(),
            "searches": bool(self.search),
            "state": state.urlencode(),
            "sort": self.request.GET.get("sort", ""),
            "is_narrowed": any(name != "sort" for name in state),
            "views": saved_views.store().of(self.request, self.list_name),
            "bulk": [action for action in self.bulk if check(action.action, self.actor)],
            "submission": new_submission() if self.bulk else "",
            "exports": bool(self.export_action) and bool(check(self.export_action, self.actor)),
            "empty": {"icon": self.empty_icon, "title": self.empty_title, "text": self.empty_text},
            "refreshed_by": self.refreshed_by,
            "is_fragment": wants_fragment(self.request),
        }
        response = render_page(self.request, self.template_name, context, fragment="results", status=status)
        if context["is_fragment"]:
            response["HX-Push-Url"] = f"{self.request.path}?{state.urlencode()}" if state else self.request.path
        return response

    def _export(self, found: QuerySet, kind: str) -> HttpResponseBase:
        if not self.export_action or kind not in ("csv", "xlsx"):
            raise NotFound
        require(self.export_action, self.actor)
        if found.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED:
            raise TooManyRows
        heads = [head for column in self.columns for head in export_names(column)]
        rows = ([value for column in self.columns for value in exported(column, row)] for row in in_chunks(found))
        name = f"{slugify(str(self.title)) or 'list'}-{clock.today()}"
        return csv_response(name, heads, rows) if kind == "csv" else xlsx_response(name, heads, rows)

    def _bulk(self, action: BulkAction) -> HttpResponseBase:
        require(action.action, self.actor)
        keys = self.request.POST.getlist("chosen")[:MOST_CHOSEN]
        rows = self._chosen(keys)
        if not rows:
            messages.warning(self.request, _("Nothing was chosen. Tick some rows first."))
            return redirect_after_post(self.request, self.request.get_full_path())
        if action.confirm and not self.request.POST.get("confirmed"):
            sentence = action.confirm % {"count": len(rows)}
            context = {"act": action, "rows": rows, "keys": keys, "sentence": sentence, "submission": new_submission()}
            return render_page(self.request, "generic/bulk_confirm.html", {**self.page_context(), **context})

        def work() -> HttpResponse:
            done.append(action.run(self.actor, rows))
            return SeeOther(self.request.get_full_path())

        done: list[int] = []
        response = once(self.request, work)
        if done:
            text = ngettext("%(label)s: done for %(count)d.", "%(label)s: done for %(count)d.", done[0])
            messages.success(self.request, text % {"label": action.label, "count": done[0]})
        return redirect_after_post(self.request, response["Location"])

    def _chosen(self, keys: Sequence[str]) -> list[Any]:
        queryset = self.rows()
        to_python = queryset.model._meta.pk.to_python
        wanted = []
        for key in keys:
            try:
                wanted.append(to_python(key))
            except ValidationError as error:
                raise NotFound from error
        return list(queryset.filter(pk__in=wanted).order_by("pk"))
