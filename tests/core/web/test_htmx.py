import json

import pytest
from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from core.web import htmx

PAGE = """<h1>{{ title }}</h1>{% partialdef rows inline %}<p>{{ title }} rows</p>{% endpartialdef %}"""


@pytest.fixture
def page_template(tmp_path, settings):
    (tmp_path / "page.html").write_text(PAGE)
    backend = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**backend, "DIRS": [tmp_path, *backend["DIRS"]]}]
    engines.__dict__.pop("templates", None)
    return "page.html"


def request_with(rf, method="get", **headers):
    request = getattr(rf, method)("/list/?page=2", headers=headers)
    request.htmx = HtmxDetails(request)
    request.session = {}
    return request


HTMX = {"HX-Request": "true"}
SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def sign_in_page(settings):
    settings.LOGIN_URL = SIGN_IN


def render(request, template, **options):
    request.user = None
    return htmx.render_page(request, template, {"title": "Invoices"}, **options)


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        (HTMX, False),
        ({**HTMX, "HX-Boosted": "true"}, True),
        ({**HTMX, "HX-History-Restore-Request": "true"}, True),
    ],
)
def test_one_view_answers_page_and_fragment(rf, page_template, headers, whole):
    content = render(request_with(rf, **headers), page_template, fragment="rows").content.decode()
    assert "<p>Invoices rows</p>" in content
    assert ("<h1>" in content) is whole


def test_a_page_without_a_fragment_stays_whole(rf, page_template):
    assert b"<h1>" in render(request_with(rf, **HTMX), page_template).content


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_invalid_form_is_a_422(rf, page_template, headers):
    request = request_with(rf, "post", **headers)
    request.user = None
    response = htmx.render_invalid(request, page_template, {"title": "Invoices"}, fragment="rows")
    assert response.status_code == 422
    assert b"Invoices rows" in response.content


def test_after_a_write_the_browser_loads_a_page(rf):
    plain = htmx.redirect_after_post(request_with(rf, "post"), "/invoices/")
    swapped = htmx.redirect_after_post(request_with(rf, "post", **HTMX), "/invoices/")
    assert (plain.status_code, plain["Location"]) == (303, "/invoices/")
    assert (swapped.status_code, swapped["HX-Redirect"]) == (200, "/invoices/")


def answer(request, view):
    return MessageMiddleware(htmx.HtmxResponseMiddleware(view))(request)


def note(request, response=None):
    messages.success(request, "Saved <b>it</b>")
    messages.error(request, "But not that")
    return response or HttpResponse("fragment")


def test_messages_of_a_fragment_become_toasts_once(rf):
    response = answer(request_with(rf, **HTMX), note)
    assert json.loads(response["HX-Trigger"])["toast"]["messages"] == [
        {"level": "success", "message": "Saved <b>it</b>"},
        {"level": "error", "message": "But not that"},
    ]
    assert "messages" not in response.cookies


def test_without_messages_there_is_no_event(rf):
    assert "HX-Trigger" not in answer(request_with(rf, **HTMX), lambda request: HttpResponse("fragment"))


def test_a_full_page_keeps_its_messages(rf):
    request = request_with(rf)
    response = answer(request, note)
    assert "HX-Trigger" not in response
    assert len(request._messages._queued_messages) == 2


def test_messages_that_the_answer_has_shown_are_not_said_twice(rf):
    def view(request):
        note(request)
        return HttpResponse([str(message) for message in messages.get_messages(request)])

    assert "HX-Trigger" not in answer(request_with(rf, **HTMX), view)


@pytest.mark.parametrize(
    "response",
    [HttpResponse(status=422), HttpResponse(headers={"HX-Redirect": "/x/"}), HttpResponseClientRefresh()],
    ids=["invalid", "redirect", "refresh"],
)
def test_messages_wait_for_the_page_that_follows(rf, response):
    kept = []

    def view(request):
        kept.append(request)
        return note(request, response)

    assert "HX-Trigger" not in answer(request_with(rf, **HTMX), view)
    assert len(kept[0]._messages._queued_messages) == 2


def test_a_lost_session_sends_htmx_to_the_sign_in_page(rf):
    request = request_with(rf, **HTMX, **{"HX-Current-URL": "http://testserver/invoices/?page=3"})
    response = answer(request, lambda request: HttpResponseRedirect(f"{SIGN_IN}?next=/list/"))
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{SIGN_IN}?next=%2Finvoices%2F%3Fpage%3D3"


def test_a_lost_session_leads_back_to_this_host_only(rf):
    request = request_with(rf, **HTMX, **{"HX-Current-URL": "https://evil.example/"})
    response = answer(request, lambda request: HttpResponseRedirect(SIGN_IN))
    assert response["HX-Redirect"] == f"{SIGN_IN}?next=%2Flist%2F%3Fpage%3D2"


def test_other_redirects_are_left_alone(rf):
    response = answer(request_with(rf, **HTMX), lambda request: HttpResponseRedirect("/elsewhere/"))
    assert (response.status_code, response["Location"]) == (302, "/elsewhere/")
    assert answer(request_with(rf), lambda request: HttpResponseRedirect(SIGN_IN)).status_code == 302


def test_caches_keep_page_and_fragment_apart(rf):
    assert "HX-Request" in answer(request_with(rf), lambda request: HttpResponse())["Vary"]
