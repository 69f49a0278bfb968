from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from core.notifications import Channel
from tenant_apps.notifications.models import Notification


class NotificationOutput(StrictModelSerializer):
    """`url` is a path of this host, empty where there is nothing to open; `read_at` is null while it is unread."""

    class Meta:
        model = Notification
        fields = ["id", "kind", "text", "url", "created_at", "read_at"]


class UnreadOutput(StrictSerializer):
    """How many are unread; `unread` counts to 100 and no further."""

    unread = serializers.IntegerField()


class ReadAllOutput(StrictSerializer):
    """How many were marked."""

    marked = serializers.IntegerField()


class PreferenceOutput(StrictSerializer):
    """A kind of notification and how you are told of it."""

    kind = serializers.CharField(source="notice.code")
    name = serializers.CharField(source="notice.label")
    channel = serializers.ChoiceField(choices=Channel.choices)


class PreferencesOutput(StrictSerializer):
    """Every kind."""

    results = PreferenceOutput(many=True)


class PreferencesInput(StrictSerializer):
    """Channels by kind; kinds that are not named stay as they are."""

    channels = serializers.DictField(child=serializers.ChoiceField(choices=Channel.choices))
