from core.api.routes import Registration
from tenant_apps.notifications.api.views import NotificationViewSet, PreferencesView, ReadAllView, UnreadView

REGISTRATIONS = (
    Registration("notifications/unread", UnreadView, "notifications-unread"),
    Registration("notifications/read", ReadAllView, "notifications-read-all"),
    Registration("notifications/preferences", PreferencesView, "notifications-preferences"),
    Registration("notifications", NotificationViewSet, "notifications"),
)
