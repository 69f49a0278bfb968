from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.errors import NotFound
from core.web import errors
from core.web.brand import Brand
from core.web.context_processors import site_of
from core.web.htmx import render_page
from core.web.search import Found, Hit
from core.web.styleguide import components, pages, samples

THEMES = {
    "riverbank": ("Riverbank Trust", Brand(icon="sprout", tagline="Non-profit · 14 people")),
    "kiln": ("Kiln Studio", Brand(icon="layers", tagline="Growth plan · 6 people")),
    "harbour": ("Harbour & Lane", Brand(icon="landmark", tagline="Advisory · 38 people")),
}
MODES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Part:
    """One page of the guide."""

    name: str
    title: str
    template: str
    context: Callable[[], dict[str, Any]]
    is_page: bool = False


PARTS = {
    part.name: part
    for part in (
        Part("foundations", "Foundations", "styleguide/foundations.html", components.foundations),
        Part("controls", "Controls", "styleguide/controls.html", components.controls),
        Part("content", "Content", "styleguide/content.html", components.content),
        Part("charts", "Charts", "styleguide/charts.html", components.charts),
        Part("tables", "Tables", "styleguide/tables.html", components.tables),
        Part("forms", "Forms", "styleguide/forms.html", components.form_states),
        Part("feedback", "Feedback", "styleguide/feedback.html", components.feedback),
        Part("dashboard", "Dashboard", "styleguide/dashboard.html", pages.dashboard, is_page=True),
        Part("list", "List", "styleguide/list.html", pages.list_page, is_page=True),
        Part("list-empty", "List, empty", "styleguide/list.html", pages.empty_list, is_page=True),
        Part("detail", "Detail", "styleguide/detail.html", pages.detail_page, is_page=True),
        Part("form", "Form", "styleguide/form.html", pages.form_page, is_page=True),
        Part("form-invalid", "Form, not valid", "styleguide/form.html", pages.invalid_form, is_page=True),
        Part("confirm", "Confirmation", "styleguide/confirm.html", pages.confirm_page, is_page=True),
        Part("public", "Public page", "styleguide/public.html", pages.public_page, is_page=True),
    )
}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All parts, under any of the sample brands, light and dark."""
    return render(request, "styleguide/index.html", {**_frame(request), "faults": errors.SHOWN})


@require_safe
def section(request: HttpRequest, name: str) -> HttpResponse:
    """One part of the guide; raises NotFound."""
    if name not in PARTS:
        raise NotFound
    part = PARTS[name]
    return render_page(request, part.template, {**part.context(), **_frame(request), "part": part}, fragment="results")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The palette with samples to find."""
    text = request.GET.get("q", "").casefold()
    hits = [hit for hit in samples.HITS if text in f"{hit.title} {hit.context}".casefold()]
    parts = [Hit(part.title, f"/styleguide/{part.name}/") for part in PARTS.values() if text in part.title.casefold()]
    groups = [Found("Style guide", "corner-down-left", parts[:6]), Found("Invoices", "receipt-text", hits[:6])]
    found = {"found": [group for group in groups if group.hits], "text": request.GET.get("q", "")}
    return render_page(request, "generic/search.html", {**found, **_frame(request)}, fragment="results")


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The long chart's data."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    values = samples.prices()
    days = [int((today - timedelta(days=len(values) - index)).timestamp()) for index in range(len(values))]
    return JsonResponse([days, [str(value) for value in values]], safe=False)


@require_safe
def dialog(request: HttpRequest) -> HttpResponse:
    """What a dialog is filled with."""
    return render(request, "styleguide/parts/dialog.html")


@require_safe
def error(request: HttpRequest, code: str) -> HttpResponse:
    """An error page as it is."""
    if code == "unknown_host":
        return errors.unknown_host_response()
    fault = next((fault for fault in errors.SHOWN if fault.code == code), None)
    if fault is None:
        raise Http404
    return render(request, "errors/page.html", {**_frame(request), "fault": fault}, status=fault.status)


def _frame(request: HttpRequest) -> dict[str, Any]:
    theme, mode = request.GET.get("theme", ""), request.GET.get("mode", "")
    site = site_of(request)
    if theme in THEMES:
        name, brand = THEMES[theme]
        site = replace(site, name=name, brand=brand)
    return {
        "site": site,
        "sample_theme": f"css/samples/{theme}.css" if theme in THEMES else "",
        "fixed_mode": mode if mode in MODES else "",
        "themes": THEMES,
        "theme": theme,
        "mode": mode,
        "guide_parts": PARTS.values(),
        "shows_search": True,
        "query": request.GET.urlencode(),
        "sidebar": samples.SIDEBAR,
        "person_name": "Inês Duarte",
        "search_url": "/styleguide/search/",
    }
