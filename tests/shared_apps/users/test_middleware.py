import time
from collections.abc import Callable
from dataclasses import replace

from django.test import RequestFactory
from django.utils import timezone, translation

from core.tenancy import current_tenant, tenant_context
from core.web import actor_of
from shared_apps.users.middleware import ActorMiddleware
from shared_apps.users.models import User
from tests.conftest import HostClient


def test_a_page_knows_who_acts_in_the_person_s_language_and_zone(ada: User) -> None:
    ada.language, ada.time_zone = "de", "Europe/Berlin"
    seen = {}

    def view(request):
        seen.update(
            actor=actor_of(request), language=translation.get_language(), zone=str(timezone.get_current_timezone())
        )

    request = RequestFactory().get("/people/", REMOTE_ADDR="192.0.2.8")
    request.user, request.request_id, request.session = ada, "abc", {"signed_in_at": time.time()}
    ActorMiddleware(view)(request)
    assert (seen["language"], seen["zone"]) == ("de", "Europe/Berlin")
    assert (seen["actor"].id, seen["actor"].address, seen["actor"].request_id) == (str(ada.pk), "192.0.2.8", "abc")
    assert translation.get_language() == "en"


def test_a_person_without_wishes_gets_what_the_request_has(ada: User) -> None:
    request = RequestFactory().get("/people/")
    request.user, request.session = ada, {"signed_in_at": time.time()}
    with translation.override("fr"):
        assert ActorMiddleware(lambda request: translation.get_language())(request) == "fr"


def test_a_session_is_no_actor_of_rest_before_its_csrf_token_was_checked(ada: User) -> None:
    request = RequestFactory().post("/api/v1/users/invite/")
    request.user, request.session = ada, {"signed_in_at": time.time()}
    assert ActorMiddleware(lambda request: actor_of(request).kind)(request) == "anonymous"


def test_outside_of_any_context_nobody_is_asked_for(rf: RequestFactory) -> None:
    assert ActorMiddleware(lambda request: "answered")(rf.get("/healthz")) == "answered"


def test_a_person_who_was_changed_is_signed_out_with_the_next_page(
    ada: User, sign_in: Callable[[User], HostClient]
) -> None:
    client = sign_in(ada)
    assert client.get("/people/account/").status_code == 200
    User.objects.filter(pk=ada.pk).update(credential_version=2)
    assert client.get("/people/account/").status_code == 302
    User.objects.filter(pk=ada.pk).update(credential_version=1)
    assert client.get("/people/account/").status_code == 302


def test_whoever_chose_no_time_zone_sees_the_organisation_s(ada: User) -> None:
    request = RequestFactory().get("/people/")
    request.user, request.session = ada, {"signed_in_at": time.time()}
    zone = ActorMiddleware(lambda request: timezone.get_current_timezone_name())
    tenant = current_tenant()
    assert zone(request) == "UTC"
    with tenant_context(replace(tenant, options={"time_zone": "Asia/Tokyo"})):
        assert zone(request) == "Asia/Tokyo"
        ada.time_zone = "Europe/Berlin"
        assert zone(request) == "Europe/Berlin"
