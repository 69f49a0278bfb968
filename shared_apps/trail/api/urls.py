from core.api.routes import Registration
from shared_apps.trail.api.views import EntryViewSet

REGISTRATIONS = (Registration("trail/entries", EntryViewSet),)
