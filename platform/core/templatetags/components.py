from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.web import navigation as sidebar

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
    "public",
)
_tints = 5


@register.simple_tag
def stylesheets() -> SafeString:
    """Links to the look's files; the first names the layers, so it stays first."""
    return format_html_join(
        "\n  ", '<link rel="stylesheet" href="{}">', ((static(f"css/{name}.css"),) for name in STYLESHEETS)
    )


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A decorative icon of the sprite: `size` is empty, `sm` or `lg`."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" icon--{size}" if size else "",
        static("icons/lucide.svg"),
        name,
    )


@register.simple_tag
def badge(label: Any, kind: str = "") -> SafeString:
    """A status: dot, colour and word; `kind` is empty, `ok`, `warn`, `bad`, `info` or `brand`."""
    return format_html('<span class="badge{}">{}</span>', f" badge--{kind}" if kind else "", label)


@register.simple_tag
def avatar(name: str) -> SafeString:
    """A person's or party's initials on a tint that stays the same for the same name."""
    words = name.replace("@", " ").replace(".", " ").split() or ["?"]
    initials = (words[0][0] + (words[1][0] if len(words) > 1 else "")).upper()
    tint = sum(name.encode()) % _tints + 1
    return format_html(
        '<span class="avatar avatar--round avatar--{}" role="img" aria-label="{}">{}</span>', tint, name, initials
    )


@register.inclusion_tag("components/button.html")
def button(label: Any, *, kind: str = "", icon: str = "", href: str = "", **attributes: Any) -> dict[str, Any]:
    """A button, or with `href` a link that looks like one; `kind` is empty, `primary`, `soft`, `ghost` or `danger`.

    Further names become attributes, with `_` for `-`; one that is False or None is left out.
    """
    shown = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, False)}
    return {"label": label, "kind": kind, "icon": icon, "href": href, "attributes": shown}


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    """The sidebar's groups of links for whoever is signed in."""
    request: HttpRequest | None = context.get("request")
    return {"groups": sidebar.links(request) if request else []}


@register.filter
def is_single_check(field: BoundField) -> bool:
    """Whether a field is one box to tick, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)
