from core.api.routes import Registration
from shared_apps.signup.api import views

REGISTRATIONS = (
    Registration("sign-ups", views.BeginView),
    Registration("sign-ups/availability", views.AvailabilityView),
    Registration("sign-ups/<uuid:id>", views.ProgressView, name="sign-ups-progress"),
    Registration("sign-ups/<uuid:id>/confirm", views.ConfirmView, name="sign-ups-confirm"),
    Registration("sign-ups/<uuid:id>/code", views.CodeView, name="sign-ups-code"),
    Registration("sign-ups/<uuid:id>/slug", views.SlugView, name="sign-ups-slug"),
    Registration("sign-ups/<uuid:id>/retry", views.RetryView, name="sign-ups-retry"),
)
