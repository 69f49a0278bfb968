from django.urls import path

from tenant_apps.jobs.views import run_cancel_page, run_detail_page, run_list_page

app_name = "jobs"

urlpatterns = [
    path("", run_list_page, name="run_list"),
    path("<uuid:run_id>/", run_detail_page, name="run_detail"),
    path("<uuid:run_id>/cancel/", run_cancel_page, name="run_cancel"),
]
