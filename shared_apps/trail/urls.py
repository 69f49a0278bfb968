from django.urls import path

from shared_apps.trail.views import EntryDetail, EntryList

app_name = "trail"

urlpatterns = [
    path("", EntryList.as_view(), name="entry_list"),
    path("<uuid:entry_id>/", EntryDetail.as_view(), name="entry_detail"),
]
