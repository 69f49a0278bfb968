from core.api.serializers import StrictModelSerializer
from tenant_apps.events.models import EventDelivery, OutboxEvent


class DeliveryOutput(StrictModelSerializer):
    class Meta:
        model = EventDelivery
        fields = ["subscriber", "delivered_at"]


class EventOutput(StrictModelSerializer):
    deliveries = DeliveryOutput(many=True, read_only=True)

    class Meta:
        model = OutboxEvent
        fields = [
            "id",
            "sequence",
            "kind",
            "subject_id",
            "payload",
            "state",
            "attempts",
            "last_error",
            "created_at",
            "next_attempt_at",
            "dispatched_at",
            "deliveries",
        ]
