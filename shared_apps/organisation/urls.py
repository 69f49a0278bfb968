from django.urls import path

from shared_apps.organisation.views import OrganisationPage

app_name = "organisation"

urlpatterns = [path("", OrganisationPage.as_view(), name="organisation")]
