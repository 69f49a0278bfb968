"""The pages of the console, all of them below the platform's host."""

from django.urls import path

from shared_apps.console.views import fleet, operations, organisation, organisations, overview

app_name = "console"

urlpatterns = [
    path("overview/", overview.OverviewPage.as_view(), name="overview"),
    path("overview/measure/", overview.measure_now, name="measure"),
    path("tenants/", organisations.OrganisationList.as_view(), name="tenant_list"),
    path("tenants/new/", organisations.OrganisationNew.as_view(), name="tenant_new"),
    path("tenants/<uuid:tenant_id>/", organisation.OrganisationPage.as_view(), name="tenant_detail"),
    path("tenants/<uuid:tenant_id>/mark.png", organisation.mark_page, name="tenant_mark"),
    path("tenants/<uuid:tenant_id>/verify/", fleet.verify_page, name="tenant_verify"),
    path("tenants/<uuid:tenant_id>/work/<slug:backlog>/<uuid:piece_id>/retry/", organisation.retry_page, name="retry"),
    path("tenants/<uuid:tenant_id>/<slug:change>/", organisation.OrganisationChange.as_view(), name="tenant_change"),
    path("fleet/", fleet.FleetPage.as_view(), name="fleet"),
    path("fleet/stop/", fleet.FleetPause.as_view(), name="fleet_pause"),
    path("fleet/resume/", fleet.resume_page, name="fleet_resume"),
    path("fleet/skip/<uuid:tenant_id>/", fleet.FleetSkip.as_view(), name="fleet_skip"),
    path("fleet/order/<slug:kind>/", fleet.order_page, name="order"),
    path("queues/", operations.QueueList.as_view(), name="queue_list"),
    path("health/", operations.HealthPage.as_view(), name="health"),
]
