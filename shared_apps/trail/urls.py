from django.urls import path

from shared_apps.trail.views import entry_list_page

app_name = "trail"

urlpatterns = [path("", entry_list_page, name="entry_list")]
