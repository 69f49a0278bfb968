import pytest
from django.urls import path

from core.actor import Actor
from core.permissions import granted
from core.web import navigation, search, set_actor
from core.web.search import Hit

calls = []


def find(actor, text, limit):
    calls.append((actor.id, text, limit))
    return (Hit(f"{text} {number}", f"/things/{number}/", "<b>") for number in range(50))


class SignedIn:
    """Everybody is Ana; the header says what she may."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        class User:
            is_authenticated, pk = True, 1

            def get_username(self):
                return "ana"

        if "X-May" in request.headers:
            request.user = User()
            granted_actions = frozenset(request.headers["X-May"].split(","))
            set_actor(request, Actor(kind="user", id="ana", label="Ana", permissions=granted_actions))
        return self.get_response(request)


urlpatterns = [
    path("search/", search.page, name="search"),
    path("things/", search.page, name="things"),
    path("sign-in/", search.page, name="account_login"),
    path("sign-out/", search.page, name="account_logout"),
]
handler404 = "core.web.errors.not_found"


@pytest.fixture
def browser(tenant, client_for, settings, monkeypatch):
    monkeypatch.setattr("core.permissions._actions", {})
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(search, "_groups", {})
    settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = __name__
    settings.MIDDLEWARE = [
        f"{__name__}.SignedIn" if name.endswith("ActorMiddleware") else name for name in settings.MIDDLEWARE
    ]
    granted("things.view", "See things")
    navigation.register(group="Room", label="Things", icon="package", url_name="things", action="things.view")
    search.register("things", label="Things", icon="package", find=find, action="things.view")
    calls.clear()
    return client_for(tenant)


def test_nobody_searches_without_signing_in(browser):
    assert browser.get("/search/?q=x").status_code == 302
    assert calls == []


def test_rooms_are_asked_with_the_actor_and_a_limit(browser):
    html = browser.get("/search/?q= blue\0 ", headers={"X-May": "things.view"}).content.decode()
    assert calls == [("ana", "blue", search.HITS_PER_GROUP)]
    assert html.count('class="hit"') == search.HITS_PER_GROUP
    assert 'href="/things/0/"' in html
    assert "&lt;b&gt;" in html
    assert "<html" in html


def test_htmx_gets_the_results_alone(browser):
    response = browser.get("/search/?q=blue", headers={"X-May": "things.view", "HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_what_one_may_not_do_is_not_searched(browser):
    html = browser.get("/search/?q=blue", headers={"X-May": "other"}).content.decode()
    assert calls == []
    assert "Nothing is called “blue”" in html


def test_without_a_text_the_pages_are_offered(browser):
    html = browser.get("/search/", headers={"X-May": "things.view"}).content.decode()
    assert calls == []
    assert '<b class="truncate">Things</b>' in html


def test_a_text_is_cut(browser):
    browser.get("/search/?q=" + "x" * 5000, headers={"X-May": "things.view"})
    assert len(calls[0][1]) == search.LONGEST


def test_a_name_is_registered_once(browser):
    with pytest.raises(ValueError, match="registered twice"):
        search.register("things", label="Things", icon="package", find=find)
