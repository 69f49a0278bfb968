from collections.abc import Callable
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core.web import navigation as sidebar
from core.web.components import blocks, leaves, tables

register = template.Library()

STYLESHEETS = (
    "tokens",
    "fonts",
    "base",
    "layout",
    "navigation",
    "controls",
    "content",
    "chart",
    "table",
    "fields",
    "feedback",
)
# Public pages show stories and forms, no lists and charts of the application.
PUBLIC_STYLESHEETS = (*[name for name in STYLESHEETS if name not in ("chart", "table")], "public")
SCRIPTS = ("events", "controls", "forms", "lists", "palette", "charts")

LEAVES: tuple[Callable[..., SafeString], ...] = (
    leaves.icon,
    leaves.badge,
    leaves.avatar,
    leaves.money,
    leaves.number,
    leaves.percent,
    leaves.ago,
    leaves.progress,
    leaves.delta,
    blocks.stat,
    blocks.timeline,
    blocks.facts,
    blocks.locked,
    tables.table,
)
for leaf in LEAVES:
    register.simple_tag(leaf)
register.simple_tag(leaves.day, name="date")
register.simple_tag(leaves.moment, name="datetime")
for block in (blocks.card, blocks.alert, blocks.form_section, blocks.dialog, blocks.menu):
    register.simple_block_tag(block)


@register.simple_tag
def stylesheets(*, public: bool = False) -> SafeString:
    """Links to the look's files; the first names the layers, so it stays first. `public` takes the public pages'."""
    names = PUBLIC_STYLESHEETS if public else STYLESHEETS
    return format_html_join(
        "\n  ", '<link rel="stylesheet" href="{}">', ((static(f"css/{name}.css"),) for name in names)
    )


@register.simple_tag
def scripts() -> SafeString:
    """The page's modules; each works alone."""
    return format_html_join(
        "\n    ", '<script src="{}" type="module"></script>', ((static(f"js/{name}.js"),) for name in SCRIPTS)
    )


@register.inclusion_tag("components/button.html")
def button(label: Any, *, kind: str = "", icon: str = "", href: str = "", **attributes: Any) -> dict[str, Any]:
    """A button, or with `href` a link that looks like one; `kind` is empty, `primary`, `soft`, `ghost` or `danger`.

    Further names become attributes, with `_` for `-`; one that is False or None is left out.
    """
    shown = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, False)}
    return {"label": label, "kind": kind, "icon": icon, "href": href, "attributes": shown}


@register.inclusion_tag("components/menu_item.html", takes_context=True)
def menu_item(context: template.Context, item: blocks.MenuItem) -> dict[str, Any]:
    """A line of a menu, made by a view."""
    return {"item": item, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    """The sidebar's groups of links for whoever is signed in."""
    request: HttpRequest | None = context.get("request")
    return {"groups": sidebar.links(request) if request else []}


@register.simple_tag
def field(bound: BoundField, *, span: int = 6) -> SafeString:
    """A field in the grid of a form: label, widget, hint and error; `span` is 2, 3, 4 or 6 of six columns."""
    return bound.render("components/field.html", {**bound.get_context(), "span": span})


@register.filter
def is_single_check(bound: BoundField) -> bool:
    """Whether a field is one box to tick, whose label stands behind it."""
    return isinstance(bound.field.widget, CheckboxInput)
