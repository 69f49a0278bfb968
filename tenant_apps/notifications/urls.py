from django.urls import path

from tenant_apps.notifications.views import (
    NotificationList,
    PreferencesPage,
    bell,
    newest,
    open_notification,
    read_all,
)

app_name = "notifications"

urlpatterns = [
    path("", NotificationList.as_view(), name="list"),
    path("bell/", bell, name="bell"),
    path("newest/", newest, name="newest"),
    path("read/", read_all, name="read_all"),
    path("preferences/", PreferencesPage.as_view(), name="preferences"),
    path("<uuid:notification_id>/open/", open_notification, name="open"),
]
