from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from core.api.filters import StrictFilterSet
from core.tenancy import TenantState
from shared_apps.console.selectors import behind
from shared_apps.console.words import STATES

_YES = (("yes", _("Yes")),)
_SHOWN = [(state.value, STATES[state][0]) for state in TenantState if state != TenantState.PURGED]


def _cells() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(settings.DATABASES)]


class OrganisationFilter(StrictFilterSet):
    """Which organisations: by state and cell, and those that need somebody."""

    state = ChoiceFilter(label=_("State"), choices=_SHOWN, empty_label=_("All"))
    cell = ChoiceFilter(label=_("Cell"), choices=_cells, empty_label=_("All"))
    behind = ChoiceFilter(label=_("Version behind"), choices=_YES, method="only_behind", empty_label=_("All"))
    no_plan = ChoiceFilter(label=_("Without a plan"), choices=_YES, method="only_without_plan", empty_label=_("All"))
    trouble = ChoiceFilter(label=_("Failures today"), choices=_YES, method="only_failing", empty_label=_("All"))

    class Meta:
        fields: tuple[str, ...] = ()

    def only_behind(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Those that answer 503 until they are migrated."""
        return rows.filter(behind())

    def only_without_plan(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Those for which no plan was noted."""
        return rows.filter(~Q(options__has_key="plan"))

    def only_failing(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Those where work failed on the day of the last count."""
        return rows.filter(failed__gt=0)


class QueueFilter(StrictFilterSet):
    """Which organisations' work: where some failed, where some waits."""

    failed = ChoiceFilter(label=_("Failed today"), choices=_YES, method="only_failing", empty_label=_("All"))
    waiting = ChoiceFilter(label=_("Waiting"), choices=_YES, method="only_waiting", empty_label=_("All"))

    class Meta:
        fields: tuple[str, ...] = ()

    def only_failing(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Those where work failed on the day of the last count."""
        return rows.filter(failed__gt=0)

    def only_waiting(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Those where work waited at the last count."""
        return rows.filter(waiting__gt=0)
