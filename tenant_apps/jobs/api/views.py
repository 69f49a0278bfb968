from django.db.models import QuerySet
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from tenant_apps.jobs.api.serializers import RunOutput
from tenant_apps.jobs.filters import RunFilter
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.selectors import run_list
from tenant_apps.jobs.services import run_cancel


class RunViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Long work that you asked for; with `jobs.manage`, everybody's."""

    queryset = TaskRun.objects.none()
    serializer_class = RunOutput
    filterset_class = RunFilter
    permission_actions = {"list": "jobs.view", "retrieve": "jobs.view", "cancel": "jobs.cancel"}

    def get_queryset(self) -> QuerySet[TaskRun]:
        return run_list(actor=self.request.actor)

    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, id: str) -> Response:
        """End a run that waits at once; one that is running stops where it next reports its progress."""
        run = self.get_object()
        self.parsed()
        return self.answered(run_cancel(run_id=run.pk, actor=request.actor))
