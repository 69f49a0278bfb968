from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users import account_events
from shared_apps.users.adapter import AccountAdapter, SecondFactorAdapter, display_name
from shared_apps.users.links import public_page, public_url, site_name
from shared_apps.users.models import User


def test_without_an_address_nobody_signs_in() -> None:
    with pytest.raises(PermissionDenied):
        AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR=""))


def test_limits_count_an_address_in_any_case_and_no_host() -> None:
    for host in ("a.example", "a.example:99"):
        request = RequestFactory().post("/", headers={"host": host})
        assert AccountAdapter()._get_login_attempts_cache_key(request, email=" ADA@x.org ") == "ada@x.org"


def test_before_routing_nothing_asks_for_json() -> None:
    request = RequestFactory().get("/", headers={"Accept": "application/json"})
    request.resolver_match = None
    assert not AccountAdapter().is_ajax(request)


def test_secrets_of_the_second_factor_are_sealed(inside: TenantRef) -> None:
    adapter = SecondFactorAdapter()
    assert adapter.decrypt(adapter.encrypt("secret")) == "secret"
    assert "secret" not in adapter.encrypt("secret")


def test_a_person_is_called_by_name_else_by_address(ada: User) -> None:
    assert display_name(ada) == "Ada"
    ada.name = ""
    assert display_name(ada) == "ada@example.org"


@pytest.mark.parametrize(
    ("scheme", "port", "expected"),
    [
        ("http", 8000, "http://north.localhost:8000/people/?a=b"),
        ("http", 80, "http://north.localhost/people/?a=b"),
        ("https", 443, "https://north.localhost/people/?a=b"),
        ("https", 80, "https://north.localhost:80/people/?a=b"),
    ],
)
def test_links_name_the_stored_host(inside: TenantRef, settings, scheme: str, port: int, expected: str) -> None:
    settings.PUBLIC_SCHEME, settings.PUBLIC_PORT = scheme, port
    assert public_url("/people/?a=b") == expected
    assert public_url("https://evil.example:1/people/?a=b#c") == expected


def test_pages_have_an_address_without_any_request(tenant: TenantRef) -> None:
    with tenant_context(tenant):
        assert public_page("account_login") == "http://north.localhost:8000/account/sign-in/"
        assert site_name() == "North Ltd"
    with platform_context():
        assert public_page("account_login") == "http://localhost:8000/account/sign-in/"
        assert site_name() == "Livery"


def test_nobody_signs_out_who_was_not_signed_in(inside: TenantRef, client) -> None:
    account_events._signed_out(request=SimpleNamespace(), user=None)
    client.post("/account/sign-out/")
    assert not TrailEntry.objects.exists()
