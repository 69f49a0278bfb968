from core.api.routes import api_urlpatterns
from core.web import errors
from tests.core.api.shelf import REGISTRATIONS

urlpatterns = api_urlpatterns("api/v1", REGISTRATIONS)
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
