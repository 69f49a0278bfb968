from typing import Any

from django.db import models
from django.db.models.functions import Lower, Now
from django_tenants.models import DomainMixin, TenantMixin

from core import ids
from core.tenancy import TenantState
from shared_apps.tenants.branding.models import BrandAsset, BrandDraft, BrandVersion
from shared_apps.tenants.names import LOOKALIKE_FROM, LOOKALIKE_PAIRS, LOOKALIKE_TO

__all__ = [
    "BrandAsset",
    "BrandDraft",
    "BrandVersion",
    "Domain",
    "FleetItem",
    "FleetRun",
    "StateChange",
    "TemplateStep",
    "Tenant",
    "WarmSchema",
]


def skeleton_of(slug: Any) -> models.Func:
    """`names.slug_skeleton` in SQL, so that an index finds what looks alike."""
    text: models.Field[Any, Any] = models.TextField()
    seen = models.Func(
        Lower(slug), models.Value(LOOKALIKE_FROM), models.Value(LOOKALIKE_TO), function="translate", output_field=text
    )
    for pair, single in LOOKALIKE_PAIRS:
        seen = models.Func(seen, models.Value(pair), models.Value(single), function="replace", output_field=text)
    return seen


class Tenant(TenantMixin):
    """An organisation as the platform knows it. Its own data is in the schema named here and nowhere else."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, null=True)
    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    cell = models.CharField(max_length=40, default="default")
    state = models.CharField(max_length=12, choices=TenantState, default=TenantState.REQUESTED)
    # Where resuming leads back to.
    resume_state = models.CharField(max_length=12, choices=TenantState, blank=True)
    state_changed_at = models.DateTimeField(db_default=Now())
    # Counts the tenant's lives: a restore or a move starts another, and everything signed for the former one is dead.
    epoch = models.PositiveIntegerField(default=1)
    key_generation = models.PositiveIntegerField(default=1)
    template_step = models.PositiveIntegerField(default=0)
    options = models.JSONField(default=dict)
    # Who gets the first account: {"email", "name"} and, from sign-up, "password" as its hash. Emptied once it exists.
    owner = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(skeleton_of("slug"), name="tenant_slug_skeleton")]
        constraints = [
            models.UniqueConstraint(
                Lower("slug"), condition=~models.Q(state=TenantState.PURGED), name="tenant_slug_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(schema_name__isnull=False)
                | models.Q(state__in=[TenantState.REQUESTED, TenantState.PROVISIONING, TenantState.PURGED])
                | models.Q(state=TenantState.DELETING),
                name="tenant_schema_unless_unborn_or_gone",
            ),
            models.CheckConstraint(condition=models.Q(state__in=TenantState.values), name="tenant_state_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Plain saving: the parent class would create schemas."""
        models.Model.save(self, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Plain deletion of the row: the parent class would drop the schema in one statement."""
        return models.Model.delete(self, *args, **kwargs)


class Domain(DomainMixin):
    """A host name on which a tenant answers, in its normalised spelling."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    is_primary = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="domain_one_primary_per_tenant"
            ),
            models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_is_lower_case"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Plain saving: the parent class would demote other domains behind the service's back."""
        models.Model.save(self, *args, **kwargs)


class StateChange(models.Model):
    """One step of a tenant's lifecycle: append-only."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="state_changes")
    from_state = models.CharField(max_length=12, choices=TenantState)
    to_state = models.CharField(max_length=12, choices=TenantState)
    reason = models.TextField(blank=True)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class TemplateStep(models.Model):
    """The recorded SQL of one migration of the tenants' tables; all steps in order make a new tenant."""

    class Kind(models.TextChoices):
        SQL = "sql"
        PYTHON = "python"

    ordinal = models.PositiveIntegerField(primary_key=True)
    app_label = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    # A python step's statements are what it did to the empty template: enough for a new tenant, not for an old one.
    kind = models.CharField(max_length=6, choices=Kind)
    statements = models.TextField()
    # SHA-256 over this step and the checksum before it, so that the whole pack is one chain.
    checksum = models.CharField(max_length=64)
    # The fingerprint of the template's tables after this step.
    shape = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["ordinal"]
        constraints = [models.UniqueConstraint(fields=["app_label", "name"], name="template_step_once")]

    def __str__(self) -> str:
        return f"{self.ordinal} {self.app_label} {self.name}"


class WarmSchema(models.Model):
    """A schema that is ready before anybody asked for it: sign-up becomes the update of one row."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    cell = models.CharField(max_length=40)
    template_step = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.schema_name


class FleetRun(models.Model):
    """One change of all tenants' tables up to a step of the template."""

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        # By a failure; the next call goes on.
        STOPPED = "stopped"
        FINISHED = "finished"
        # Given up for a newer one.
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    target_step = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    # Shares of the fleet, in percent, after which a wave ends.
    waves = models.JSONField(default=list)
    stop_reason = models.TextField(blank=True)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="fleet_run_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"to step {self.target_step}"


class FleetItem(models.Model):
    """One schema's part in a run."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"
        SKIPPED = "skipped"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(FleetRun, on_delete=models.CASCADE, related_name="items")
    # The tenant by its uuid, or none for a warm schema.
    tenant_uuid = models.UUIDField(null=True)
    schema_name = models.CharField(max_length=63)
    cell = models.CharField(max_length=40)
    wave = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    from_step = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "schema_name"], name="fleet_item_once_per_run")]
        indexes = [models.Index(fields=["run", "wave", "state"], name="fleet_item_todo")]

    def __str__(self) -> str:
        return self.schema_name
