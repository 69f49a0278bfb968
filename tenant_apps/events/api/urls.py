from core.api.routes import Registration
from tenant_apps.events.api.views import EventViewSet

REGISTRATIONS = (Registration("events/events", EventViewSet),)
