from core.api.routes import Registration
from shared_apps.organisation.api.views import OrganisationView

REGISTRATIONS = (Registration("organisation", OrganisationView),)
