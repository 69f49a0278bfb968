from django.http import HttpResponse
from django.views.decorators.cache import cache_control

from core.web.headers import PrivateResponseMiddleware


def answer(rf, view=lambda request: HttpResponse()):
    return PrivateResponseMiddleware(view)(rf.get("/"))


def test_an_answer_is_private_and_never_stored(rf):
    response = answer(rf)
    assert response["Cache-Control"] == "no-store, private"
    assert response["Vary"] == "Cookie, Authorization"


def test_every_answer_restricts_the_browser(rf):
    response = answer(rf)
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in response["Permissions-Policy"]


def test_an_answer_marked_public_may_be_cached(rf):
    response = answer(rf, cache_control(public=True, max_age=60)(lambda request: HttpResponse()))
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in response


def test_a_public_answer_that_sets_a_cookie_is_private_after_all(rf):
    @cache_control(public=True, max_age=60)
    def view(request):
        response = HttpResponse()
        response.set_cookie("session", "x")
        return response

    assert answer(rf, view)["Cache-Control"] == "no-store, private"


def test_a_weaker_private_marking_is_replaced(rf):
    response = answer(rf, cache_control(private=True, max_age=600)(lambda request: HttpResponse()))
    assert response["Cache-Control"] == "no-store, private"


def test_a_policy_that_reports_says_where(rf):
    def view(request):
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'; report-to csp"})

    assert answer(rf, view)["Reporting-Endpoints"] == 'csp="/csp-report/"'
    assert "Reporting-Endpoints" not in answer(rf)
