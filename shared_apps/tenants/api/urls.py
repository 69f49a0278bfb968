from core.api.routes import Registration
from shared_apps.tenants.api.views import TenantViewSet

REGISTRATIONS = (Registration("tenants", TenantViewSet),)
