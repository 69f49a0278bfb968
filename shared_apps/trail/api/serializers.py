from core.api.serializers import StrictModelSerializer
from shared_apps.trail.models import TrailEntry


class EntryOutput(StrictModelSerializer):
    class Meta:
        model = TrailEntry
        fields = [
            "id",
            "at",
            "actor_kind",
            "actor_id",
            "actor_label",
            "action",
            "object_type",
            "object_id",
            "object_label",
            "summary",
            "changes",
            "address",
            "request_id",
        ]
