from django_filters import ChoiceFilter

from core.api.filters import StrictFilterSet
from core.tenancy import TenantState
from shared_apps.tenants.models import Tenant


class TenantFilter(StrictFilterSet):
    state = ChoiceFilter(choices=TenantState.choices)

    class Meta:
        model = Tenant
        fields = ["state"]
