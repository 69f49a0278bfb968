"""What is demanded of everybody who signs in: it cannot be gone around, and is felt at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import IntegrityError
from django.urls import URLPattern, get_resolver

from core import clock
from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import person_actor
from shared_apps.users.errors import PolicyRefused
from shared_apps.users.models import SignInPolicy, User
from shared_apps.users.selectors import family_lives, second_factor_due, user_get
from shared_apps.users.services import sign_in_policy_change
from shared_apps.users.sign_in_policy import Policy, sign_in_policy
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer, login, signed_in
from tests.support.factories.second_factors import make_app
from tests.support.factories.users import make_api_key, make_tokens, make_user

SET_UP = "/account/second-factor/"
API = "api/v1/"
# Open without a second factor: the way to one, the person's own account, and what is open to everybody.
OPEN = (
    "account/", "people/account/", "people/join/", "people/arrive/", "search/", "csp-report/", "files/", "theme.css",
    # The bell of whoever may not look into it yet stays silent.
    "notifications/bell/",
    "manifest.webmanifest", "favicon.ico", "brand/", "legal/", "styleguide/", "mailbox/", "robots.txt", "sitemap.xml",
    f"{API}auth/login/", f"{API}auth/register/", f"{API}auth/refresh/", f"{API}auth/logout/", "api/schema/",
    "api/docs/", "^api",
)  # fmt: skip
# The page before signing in is everybody's.
PUBLIC_HOME = ("", "about/")


def gated_paths() -> list[str]:
    """Every path of a tenant's host that is not listed above, with an id wherever one stands."""

    def walk(patterns: Any, before: str) -> Any:
        for each in patterns:
            route = before + str(each.pattern)
            yield from [route] if isinstance(each, URLPattern) else walk(each.url_patterns, route)

    routes = walk(get_resolver("config.urls_tenant").url_patterns, "")
    chosen = [route for route in routes if not route.startswith(OPEN) and route not in (API, *PUBLIC_HOME)]
    return sorted({"/" + re.sub(r"<[^>]+>", str(UUID(int=7)), route) for route in chosen})


def demand(two_factor: str = "everybody", *, days: int | None = None, hours: int | None = None) -> None:
    grace = None if days is None else clock.today() + timedelta(days=days)
    sign_in_policy_change(two_factor=two_factor, grace_until=grace, session_hours=hours, actor=SYSTEM)


def asked(client: HostClient, path: str, **headers: str) -> Any:
    """The answer to the first method that the path knows."""
    answers = (getattr(client, method)(path, headers=headers) for method in ("get", "post", "delete", "patch"))
    return next(answer for answer in answers if answer.status_code != 405)


def test_every_page_leads_to_the_second_factor_and_every_program_is_refused(
    ada: User, client: HostClient, client_for: Callable[..., HostClient], tenant: TenantRef
) -> None:
    key, token = make_api_key(ada).text, make_tokens(ada).access
    client.force_login(ada)
    demand()
    paths = gated_paths()
    assert {"/people/", "/trail/", "/settings/organisation/", "/settings/brand/", f"/{API}users/"} <= set(paths)
    other = client_for(tenant)
    before = TrailEntry.objects.count()
    for path in paths:
        if not path.startswith("/api/"):
            answer = asked(client, path)
            assert (answer.status_code, answer.headers.get("Location")) == (303, SET_UP), path
            continue
        for credential in (key, token):
            refused = asked(other, path, **bearer(credential))
            assert refused.status_code == 403, path
            assert refused.json()["type"] == "/problems/second_factor_required", path
        assert asked(client, path).status_code == 403, path
    assert TrailEntry.objects.count() == before
    page = client.get(SET_UP)
    assert page.status_code == 200
    assert "Add an app" in page.content.decode()


def test_once_it_is_set_up_everything_opens_and_without_it_closes_again(ada: User, client: HostClient) -> None:
    key = make_api_key(ada).text
    client.force_login(ada)
    demand()
    app = make_app(ada)
    assert client.get("/people/").status_code == 200
    assert client.get(f"/{API}users/", headers=bearer(key)).status_code == 200
    app.delete()
    assert client.get("/people/").status_code == 303


@pytest.mark.parametrize(
    ("two_factor", "administrator", "member"),
    [("nobody", False, False), ("administrators", True, False), ("everybody", True, True)],
)
def test_of_whom_it_is_demanded(ada: User, bob: User, two_factor: str, administrator: bool, member: bool) -> None:
    demand(two_factor)
    lacking = [person_actor(user_get(user.pk)).lacks_second_factor for user in (ada, bob)]
    assert lacking == [administrator, member]
    assert second_factor_due(ada) is None


def test_until_the_grace_is_over_people_are_only_reminded(ada: User, client: HostClient) -> None:
    demand(days=2)
    login(client)
    page = client.get("/people/account/").content.decode()
    assert "your organisation needs two-factor sign-in" in page
    assert "Set it up by" in page
    assert client.get("/people/").status_code == 200
    with time_machine.travel(now() + timedelta(days=3)):
        client.force_login(ada)
        assert client.get("/people/")["Location"] == SET_UP


def test_a_session_and_a_program_s_sign_in_last_so_long(ada: User, client: HostClient) -> None:
    with time_machine.travel(now(), tick=True) as clock_:
        login(client)
        tokens = make_tokens(ada)
        family = ada.token_families.get()
        demand("nobody", hours=2)
        clock_.shift(timedelta(hours=1, minutes=59))
        assert signed_in(client)
        assert client.get(f"/{API}auth/me/").status_code == 200
        assert family_lives(family)
        clock_.shift(timedelta(minutes=2))
        assert client.get(f"/{API}auth/me/").status_code == 401
        assert not signed_in(client)
        assert not family_lives(family)
        body = {"refresh": tokens.refresh}
        assert client.post(f"/{API}auth/refresh/", body, content_type="application/json").status_code == 401
        login(client)
        assert signed_in(client)


def test_without_a_length_a_session_stays(ada: User, client: HostClient) -> None:
    with time_machine.travel(now(), tick=True) as clock_:
        client.force_login(ada)
        clock_.shift(timedelta(days=3))
        assert signed_in(client)


def test_nobody_shuts_themselves_out(ada: User) -> None:
    actor = person_actor(ada)
    with pytest.raises(PolicyRefused, match="Set up your own second factor first"):
        sign_in_policy_change(two_factor="everybody", grace_until=None, session_hours=None, actor=actor)
    assert sign_in_policy() == Policy()
    tomorrow = clock.today() + timedelta(days=1)
    sign_in_policy_change(two_factor="everybody", grace_until=tomorrow, session_hours=None, actor=actor)
    make_app(ada)
    sign_in_policy_change(two_factor="everybody", grace_until=None, session_hours=8, actor=actor)
    assert sign_in_policy() == Policy("everybody", None, 8)
    sign_in_policy_change(two_factor="everybody", grace_until=None, session_hours=8, actor=actor)
    assert TrailEntry.objects.filter(action="security.edit").count() == 2
    assert str(SignInPolicy.objects.get()) == "sign-in policy"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"two_factor": "cats"}, "two_factor"),
        ({"session_hours": 0}, "session_hours"),
        ({"session_hours": 337}, "session_hours"),
        ({"grace_until": clock.today() - timedelta(days=9)}, "grace_until"),
    ],
    ids=str,
)
def test_a_policy_that_cannot_be_is_refused(inside: TenantRef, values: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyRefused) as refusal:
        sign_in_policy_change(
            **{"two_factor": "nobody", "grace_until": None, "session_hours": None, **values}, actor=SYSTEM
        )
    assert refusal.value.errors[0]["field"] == field
    assert not SignInPolicy.objects.exists()


@pytest.mark.parametrize("values", [{"id": 2}, {"two_factor": "cats"}, {"session_hours": 0}], ids=str)
def test_the_database_keeps_to_it_as_well(inside: TenantRef, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), atomic():
        SignInPolicy.objects.create(**values)


def test_each_organisation_and_the_platform_have_their_own(ada: User, other_tenant: TenantRef, settings: Any) -> None:
    demand(hours=4)
    with tenant_context(other_tenant):
        assert sign_in_policy() == Policy()
        assert not person_actor(user_get(make_user().pk)).lacks_second_factor
    with platform_context():
        assert sign_in_policy() == Policy()
        settings.PLATFORM_REQUIRES_TWO_FACTOR = True
        assert sign_in_policy() == Policy("everybody")
