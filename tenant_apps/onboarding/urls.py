from django.urls import path

from tenant_apps.onboarding.views import dismiss, skip

app_name = "onboarding"

urlpatterns = [
    path("dismiss/", dismiss, name="dismiss"),
    path("skip/<slug:code>/", skip, name="skip"),
]
