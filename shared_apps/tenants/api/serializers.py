from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.names import LONGEST_NAME
from shared_apps.tenants.selectors import tenant_url


class TenantInput(StrictSerializer):
    """The first administrator is invited by mail."""

    slug = serializers.CharField(max_length=40, help_text="The subdomain; it cannot be changed.")
    name = serializers.CharField(max_length=LONGEST_NAME)
    owner_email = serializers.EmailField(max_length=254)
    owner_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)


class ReasonInput(StrictSerializer):
    """Why; it is kept in the organisation's history."""

    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class TenantOutput(StrictModelSerializer):
    """`template_step` is how far its tables are; below the newest step it answers 503 until it was migrated."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Tenant
        fields = ["id", "slug", "name", "state", "url", "template_step", "created_at", "state_changed_at"]

    def get_url(self, tenant: Tenant) -> str:
        """Where people reach it."""
        return tenant_url(tenant)
