from django.db.models import QuerySet

from shared_apps.trail.models import TrailEntry


def entry_list() -> QuerySet[TrailEntry]:
    """The whole trail, newest first."""
    return TrailEntry.objects.order_by("-id")
