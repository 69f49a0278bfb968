from core.api.routes import Registration
from tenant_apps.jobs.api.views import RunViewSet

REGISTRATIONS = (Registration("jobs/runs", RunViewSet),)
