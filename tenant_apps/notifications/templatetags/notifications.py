from typing import Any

from django import template

from core.web.requests import actor_of
from tenant_apps.notifications.selectors import unread_count

register = template.Library()


@register.inclusion_tag("notifications/bell_box.html", takes_context=True)
def notification_bell(context: template.Context) -> dict[str, Any]:
    """The bell of the top bar with how many a person has not read; nothing for everybody else."""
    request = context.get("request")
    actor = actor_of(request) if request is not None else None
    if actor is None or actor.user is None or not actor.may("notifications.view") or actor.lacks_second_factor:
        return {"shows": False}
    return {"shows": True, "unread": unread_count(actor.user.pk), "csrf_token": context.get("csrf_token")}
