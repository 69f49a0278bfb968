from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import BooleanFilter, ChoiceFilter

from core.api.filters import StrictFilterSet
from core.notifications import notices
from tenant_apps.notifications.models import Notification


def _kinds() -> list[tuple[str, str]]:
    return [(notice.code, str(notice.label)) for notice in notices().values()]


class NotificationFilter(StrictFilterSet):
    """Which notifications: unread or read, and of which kind."""

    unread = BooleanFilter(label=_("Unread"), method="only_unread")
    kind = ChoiceFilter(label=_("Kind"), choices=_kinds)

    class Meta:
        model = Notification
        fields = ["unread", "kind"]

    def only_unread(self, found: QuerySet[Notification], name: str, value: bool) -> QuerySet[Notification]:
        """Those that were not read, or those that were."""
        return found.filter(read_at__isnull=value)
