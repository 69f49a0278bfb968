from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from core.tenancy import TenantState
from shared_apps.console.changes import CHANGES
from shared_apps.console.choices import OrderKind
from shared_apps.console.models import DayMeasure, FleetOrder, TenantMeasure

MOST = 500
_FIGURES = [
    "size_bytes", "table_count", "people_count", "waiting", "failed", "oldest_waiting_at", "by_backlog", "measured_at",
]  # fmt: skip


class MeasureOutput(StrictModelSerializer):
    """What was last counted in an organisation. `failed` is of that day (UTC), everything else of that moment."""

    id = serializers.UUIDField(source="tenant_id", help_text="The organisation's id.")
    slug = serializers.CharField(source="tenant.slug")
    name = serializers.CharField(source="tenant.name")
    state = serializers.ChoiceField(source="tenant.state", choices=TenantState.choices)

    class Meta:
        model = TenantMeasure
        fields = ["id", "slug", "name", "state", *_FIGURES]


class DayOutput(StrictModelSerializer):
    class Meta:
        model = DayMeasure
        fields = ["day", *_FIGURES]


class DaysOutput(StrictSerializer):
    """The last days that were counted, newest first."""

    results = DayOutput(many=True)


class TotalsOutput(StrictSerializer):
    """All organisations together, from their newest figures."""

    measured = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    people = serializers.IntegerField()
    waiting = serializers.IntegerField()
    failed = serializers.IntegerField()
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    measured_first = serializers.DateTimeField(allow_null=True)
    measured_last = serializers.DateTimeField(allow_null=True)


class FleetDayOutput(StrictSerializer):
    """A day (UTC); a day that was not counted has no size."""

    day = serializers.DateField()
    signups = serializers.IntegerField()
    size_bytes = serializers.IntegerField(allow_null=True)
    people = serializers.IntegerField(allow_null=True)
    failed = serializers.DictField(child=serializers.IntegerField())


class TemplateOutput(StrictSerializer):
    step = serializers.IntegerField()
    checksum = serializers.CharField()
    shape = serializers.CharField()


class OverviewOutput(StrictSerializer):
    """`queues` is null while the broker does not answer; `steps` is how many organisations are at each version."""

    organisations = serializers.IntegerField()
    behind = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    totals = TotalsOutput()
    waiting = serializers.DictField(child=serializers.IntegerField())
    queues = serializers.DictField(child=serializers.IntegerField(), source="depths", allow_null=True)
    template = TemplateOutput(allow_null=True)
    steps = serializers.DictField(child=serializers.IntegerField())
    days = FleetDayOutput(many=True)


class AccessOutput(StrictSerializer):
    people = serializers.IntegerField()
    browsers = serializers.IntegerField()
    programs = serializers.IntegerField()
    api_keys = serializers.IntegerField()


class EffectsOutput(StrictSerializer):
    access = AccessOutput()
    table_count = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    file_count = serializers.IntegerField()
    file_bytes = serializers.IntegerField()
    is_counted = serializers.BooleanField(help_text="False where its tables could not be asked.")


class DryRunOutput(StrictSerializer):
    """What a change would do; nothing was done."""

    change = serializers.CharField(source="change.code")
    is_possible = serializers.BooleanField()
    effects = EffectsOutput()
    sentences = serializers.ListField(child=serializers.CharField())


class TableOutput(StrictSerializer):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    rows = serializers.IntegerField(help_text="PostgreSQL's last estimate.")


class PieceOutput(StrictSerializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    is_failed = serializers.BooleanField()
    attempts = serializers.IntegerField()
    error = serializers.CharField()
    at = serializers.DateTimeField()


class WorkOutput(StrictSerializer):
    backlog = serializers.CharField(source="backlog.name")
    waiting = serializers.IntegerField(source="amount.waiting")
    oldest = serializers.DateTimeField(source="amount.oldest", allow_null=True)
    failed = serializers.IntegerField(source="amount.failed")
    pieces = PieceOutput(many=True)


class InsideOutput(StrictSerializer):
    """What is in an organisation's schema at this moment; `access` is null where its tables cannot be asked."""

    access = AccessOutput(allow_null=True)
    tables = TableOutput(many=True)
    work = WorkOutput(many=True)


class DeleteInput(StrictSerializer):
    confirmation = serializers.CharField(max_length=40, help_text="The organisation's subdomain.")
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class ChangesInput(StrictSerializer):
    """`confirmation` is how many organisations are named."""

    change = serializers.ChoiceField(choices=["suspend", "read-only", "resume"])
    tenants = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    reason = serializers.CharField(max_length=500)
    confirmation = serializers.IntegerField(min_value=1, max_value=MOST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The number that was meant."""
        if attrs["confirmation"] != len(set(attrs["tenants"])):
            message = "Send how many organisations are named."
            raise serializers.ValidationError({"confirmation": message}, code="other_count")
        return attrs


class OutcomeOutput(StrictSerializer):
    id = serializers.UUIDField(source="tenant.pk")
    slug = serializers.CharField(source="tenant.slug")
    state = serializers.ChoiceField(source="tenant.state", choices=TenantState.choices)
    is_done = serializers.BooleanField()
    detail = serializers.CharField(source="said")


class ChangesOutput(StrictSerializer):
    """Each was done on its own; `detail` says why one was refused."""

    results = OutcomeOutput(many=True)


class OrderInput(StrictSerializer):
    """`tenant` limits a comparison to one organisation."""

    kind = serializers.ChoiceField(choices=OrderKind.choices)
    tenant = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Only a comparison is done for one organisation."""
        if "tenant" in attrs and attrs["kind"] != OrderKind.VERIFY:
            message = "Only a comparison can be limited to one organisation."
            raise serializers.ValidationError({"tenant": message}, code="not_taken")
        return attrs


class OrderOutput(StrictModelSerializer):
    class Meta:
        model = FleetOrder
        fields = [
            "id", "kind", "state", "arguments", "result", "error", "requested_by", "requested_at", "started_at",
            "finished_at",
        ]  # fmt: skip


class WaveOutput(StrictSerializer):
    number = serializers.IntegerField()
    share = serializers.IntegerField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    pending = serializers.IntegerField()


class RunOutput(StrictSerializer):
    id = serializers.UUIDField()
    target_step = serializers.IntegerField()
    state = serializers.CharField()
    stop_reason = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()


class FailureOutput(StrictSerializer):
    """`tenant` is null for a schema that belongs to nobody yet."""

    tenant = serializers.UUIDField(source="tenant.pk", allow_null=True, default=None)
    name = serializers.CharField(source="tenant.name", allow_null=True, default=None)
    state = serializers.CharField(source="item.state")
    attempts = serializers.IntegerField(source="item.attempts")
    error = serializers.CharField(source="item.error")


class PoolOutput(StrictSerializer):
    cell = serializers.CharField()
    ready = serializers.IntegerField()
    size = serializers.IntegerField()


class FleetOutput(StrictSerializer):
    """How far the tables are; `run` is the newest one, null where none was needed."""

    template = TemplateOutput(allow_null=True)
    total = serializers.IntegerField()
    behind = serializers.IntegerField()
    run = RunOutput(allow_null=True)
    waves = WaveOutput(many=True)
    failures = FailureOutput(many=True)
    pools = PoolOutput(many=True)


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class SkipInput(ReasonInput):
    tenant = serializers.UUIDField()


class CheckOutput(StrictSerializer):
    name = serializers.CharField()
    is_well = serializers.BooleanField()


class QueueOutput(StrictSerializer):
    """`depth` is null while the broker does not answer."""

    name = serializers.CharField()
    is_well = serializers.BooleanField()
    depth = serializers.IntegerField(allow_null=True)
    heard_at = serializers.DateTimeField(allow_null=True)
    worker = serializers.CharField()


class DiskOutput(StrictSerializer):
    is_well = serializers.BooleanField()
    total = serializers.IntegerField()
    free = serializers.IntegerField()


class HealthOutput(StrictSerializer):
    is_well = serializers.BooleanField()
    checks = CheckOutput(many=True)
    queues = QueueOutput(many=True)
    scheduler_sent_at = serializers.DateTimeField(source="beat_at", allow_null=True)
    disk = DiskOutput()
    versions = serializers.DictField(child=serializers.CharField())
    work = WorkOutput(many=True)


KNOWN_CHANGES = sorted(CHANGES)
