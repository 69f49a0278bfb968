from django.db import models
from django.db.models.functions import Now

from core import ids


class AssetKind(models.TextChoices):
    LOGO = "logo", "Logo on light"
    LOGO_DARK = "logo_dark", "Logo on dark"
    SQUARE = "square", "Square logo"
    FAVICON = "favicon", "Favicon"


class BrandDraft(models.Model):
    """The brand that an organisation is working on; only those who may edit it see it."""

    tenant = models.OneToOneField("tenants.Tenant", models.CASCADE, primary_key=True, related_name="brand_draft")
    values = models.JSONField(default=dict)
    # By kind: id, hash, width and height of a picture.
    assets = models.JSONField(default=dict)
    # Counts the changes: who saves says which one they had read.
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "tenants"

    def __str__(self) -> str:
        return f"Draft {self.version}"


class BrandVersion(models.Model):
    """A brand as it was published. Rows are added and never changed; the database refuses it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="brand_versions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    assets = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    # The number of the version that was brought back.
    restored = models.PositiveIntegerField(null=True)
    published_by_id = models.CharField(max_length=64)
    published_by = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = "tenants"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="brand_version_once")]

    def __str__(self) -> str:
        return f"Version {self.number}"


class BrandAsset(models.Model):
    """A picture of a brand, re-encoded when it came in; the file lies in the organisation's own folder."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="brand_assets")
    kind = models.CharField(max_length=10, choices=AssetKind)
    key = models.CharField(max_length=200, unique=True)
    # SHA-256 of the file.
    hash = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = "tenants"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=AssetKind.values), name="brand_asset_kind_known")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
