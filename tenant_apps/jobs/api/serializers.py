from rest_framework import serializers

from core.api.serializers import StrictModelSerializer
from tenant_apps.jobs.models import TaskRun


class RunOutput(StrictModelSerializer):
    """`progress_total` is null while nobody knows it; `error` is a sentence for the person who asked."""

    percent = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = TaskRun
        fields = [
            "id",
            "kind",
            "arguments",
            "state",
            "progress_done",
            "progress_total",
            "progress_message",
            "percent",
            "result",
            "error",
            "cancel_requested",
            "requested_by_kind",
            "requested_by_id",
            "requested_by_label",
            "attempts",
            "created_at",
            "started_at",
            "finished_at",
        ]
