from django.urls import path

from tenant_apps.events.views import event_detail_page, event_list_page, event_retry_page

app_name = "events"

urlpatterns = [
    path("", event_list_page, name="event_list"),
    path("<uuid:event_id>/", event_detail_page, name="event_detail"),
    path("<uuid:event_id>/retry/", event_retry_page, name="event_retry"),
]
