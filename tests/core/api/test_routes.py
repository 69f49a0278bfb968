from django.urls import reverse

from core.api.routes import Registration, api_urlpatterns
from core.tenancy import tenant_context
from tests.core.api.shelf import BookViewSet, EchoView


def test_the_root_lists_the_resources_of_each_room(api, ref, settings):
    settings.MIDDLEWARE = ["tests.core.api.hosts.TenantOfContext"]
    with tenant_context(ref()):
        answer = api.get("/api/v1/").json()
    assert answer["name"] == "Riverbank Trust"
    assert answer["documentation"] == "http://testserver/api/docs/"
    assert answer["schema"] == "http://testserver/api/schema/"
    assert answer["rooms"] == {
        "archive": {"archive": "http://testserver/api/v1/archive/"},
        "shelf": {"books": "http://testserver/api/v1/shelf/books/"},
        "echo": {"echo": "http://testserver/api/v1/echo/", "strict": "http://testserver/api/v1/echo/strict/"},
        "auth": {"sign-in": "http://testserver/api/v1/auth/sign-in/"},
    }


def test_routes_are_called_after_their_registration():
    assert reverse("api-root") == "/api/v1/"
    assert reverse("shelf-books-list") == "/api/v1/shelf/books/"
    assert reverse("shelf-books-detail", kwargs={"id": "x"}) == "/api/v1/shelf/books/x/"
    assert reverse("shelf-books-lend", kwargs={"id": "x"}) == "/api/v1/shelf/books/x/lend/"
    assert reverse("sign-in") == "/api/v1/auth/sign-in/"
    assert reverse("echo-strict") == "/api/v1/echo/strict/"
    assert Registration("a/b", EchoView).route_name == "a-b"
    assert Registration("a/b", BookViewSet, name="c").route_name == "c"


def test_a_prefix_is_the_callers():
    patterns = api_urlpatterns("api/platform/v1", [Registration("tenants", EchoView)])
    assert [str(pattern.pattern) for pattern in patterns][:2] == ["api/platform/v1/", "api/platform/v1/tenants/"]


def test_a_write_to_a_missing_route_needs_no_token_to_be_missing(rf):
    from core.api.routes import unknown_route

    assert unknown_route.csrf_exempt
    assert unknown_route(rf.post("/api/none/")).status_code == 404
