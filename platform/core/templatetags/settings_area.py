from typing import Any

from django import template

from core.web import settings_area

register = template.Library()


@register.inclusion_tag("settings/navigation.html", takes_context=True)
def settings_navigation(context: template.Context) -> dict[str, Any]:
    """The way through the settings area, for a page that belongs to it."""
    return {"links": settings_area.links(context["request"])}
