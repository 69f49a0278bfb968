from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter

from core.api.filters import StrictFilterSet
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.models import TaskRun


class RunFilter(StrictFilterSet):
    """Which jobs: by state and kind."""

    state = ChoiceFilter(label=_("State"), choices=RunState.choices, empty_label=_("All"))
    kind = CharFilter(label=_("Kind"))

    class Meta:
        model = TaskRun
        fields = ["state", "kind"]
