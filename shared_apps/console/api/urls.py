from core.api.routes import Registration
from shared_apps.console.api.views.fleet import (
    FleetView,
    OrderViewSet,
    PauseView,
    ResumeView,
    RunViewSet,
    SkipView,
)
from shared_apps.console.api.views.organisations import ChangesView, DeleteView, DryRunView, InsideView, RetryView
from shared_apps.console.api.views.watching import HealthView, MeasureViewSet, OverviewView

# Before the organisations' own: `tenants/changes/` is not the id of one.
REGISTRATIONS = (
    Registration("overview", OverviewView),
    Registration("health", HealthView),
    Registration("measures", MeasureViewSet),
    Registration("tenants/changes", ChangesView),
    Registration("tenants/<uuid:id>/dry-run", DryRunView, name="tenants-dry-run"),
    Registration("tenants/<uuid:id>/inside", InsideView, name="tenants-inside"),
    Registration("tenants/<uuid:id>/delete", DeleteView, name="tenants-delete"),
    Registration("tenants/<uuid:id>/work/<str:backlog>/<uuid:piece>/retry", RetryView, name="tenants-work-retry"),
    Registration("fleet", FleetView),
    Registration("fleet/runs", RunViewSet),
    Registration("fleet/orders", OrderViewSet),
    Registration("fleet/pause", PauseView),
    Registration("fleet/resume", ResumeView),
    Registration("fleet/skip", SkipView),
)
