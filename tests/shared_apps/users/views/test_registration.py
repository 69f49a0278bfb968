from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urlencode

import pytest

from core.actor import SYSTEM
from core.tenancy import TenantRef, directory, platform_context, tenant_context
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import Invitation, User
from shared_apps.users.selectors import user_is_verified
from shared_apps.users.services import invitation_create, invitation_revoke
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import login, path_in, signed_in
from tests.support.factories.users import PASSWORD, make_user

MailTo = Callable[[str], list[dict[str, str]]]
FORM = {"email": "dora@example.org", "name": "Dora", "password": PASSWORD}


@pytest.fixture
def open_house(tenant: TenantRef) -> Iterator[TenantRef]:
    """The first twin, where the registry says that anybody may register."""
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(options={"registration_open": True})
    directory().forget()
    with tenant_context(replace(tenant, options=MappingProxyType({"registration_open": True}))):
        yield tenant
    directory().forget()


def test_where_registration_is_closed_the_page_says_so(client: HostClient, inside: TenantRef) -> None:
    assert client.get("/account/register/").status_code == 403
    assert client.post("/account/register/", FORM).status_code == 403
    assert "Register" not in client.get("/account/sign-in/").content.decode()
    assert not User.objects.exists()


def test_nobody_registers_on_the_platform(client_for, on_platform: None) -> None:
    assert client_for("platform").post("/account/register/", FORM).status_code == 403
    assert not User.objects.exists()


def test_a_member_registers_confirms_and_signs_in(open_house: TenantRef, client: HostClient, mail_to: MailTo) -> None:
    assert "/account/register/" in client.get("/account/sign-in/").content.decode()
    assert client.get("/account/register/").status_code == 200
    answer = client.post("/account/register/", FORM)
    assert (answer.status_code, answer["Location"]) == (303, "/account/email/sent/")
    assert client.get("/account/email/sent/").status_code == 200
    user = User.objects.get()
    assert not user_is_verified(user)
    assert login(client, user.email)["Location"] == "/account/email/sent/"
    client.post(path_in(mail_to(user.email)[0]))
    assert login(client, user.email)["Location"] == "/"
    assert [role.code for role in user.roles.all()] == ["member"]
    assert client.get("/account/register/")["Location"] == "/"


def test_a_known_address_looks_the_same(open_house: TenantRef, client: HostClient) -> None:
    make_user("ada@example.org")
    answer = client.post("/account/register/", {**FORM, "email": "ada@example.org"})
    assert (answer.status_code, answer["Location"]) == (303, "/account/email/sent/")
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", [{"password": "short"}, {"email": "nobody"}, {"name": ""}], ids=str)
def test_a_refused_registration_is_422(open_house: TenantRef, client: HostClient, change: dict[str, str]) -> None:
    answer = client.post("/account/register/", FORM | change)
    assert answer.status_code == 422
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.exists()


@pytest.fixture
def link(inside: TenantRef, mail_to: MailTo) -> str:
    """The path of an invitation's link."""
    invitation_create(email="cleo@example.org", roles=["staff"], actor=SYSTEM)
    return path_in(mail_to("cleo@example.org")[0])


def test_an_invited_person_comes_in_signed_in(link: str, client: HostClient) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert "Welcome to North Ltd" in page.content.decode()
    answer = client.post(link, {"name": "Cleo", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)
    assert client.get(link).status_code == 410
    assert User.objects.get().name == "Cleo"


@pytest.mark.parametrize("form", [{}, {"name": "Cleo", "password": "short"}, {"password": PASSWORD}], ids=str)
def test_a_refused_acceptance_is_422_and_the_link_lives(link: str, client: HostClient, form) -> None:
    assert client.post(link, form).status_code == 422
    assert not signed_in(client)
    assert not User.objects.exists()
    assert client.get(link).status_code == 200


def test_somebody_who_came_in_otherwise_is_told(link: str, client: HostClient) -> None:
    make_user("cleo@example.org", roles=["member"])
    answer = client.post(link, {"name": "Cleo", "password": PASSWORD})
    assert answer.status_code == 422
    assert "is here already" in answer.content.decode()


def test_a_dead_link_is_410(link: str, client: HostClient, client_for, other_tenant: TenantRef) -> None:
    assert client.get("/people/join/").status_code == 410
    assert client.get(f"/people/join/?{urlencode({'token': 'guess'})}").status_code == 410
    for site in (other_tenant, "platform"):
        assert client_for(site).get(link).status_code == 410
        assert client_for(site).post(link, {"name": "Eve", "password": PASSWORD}).status_code == 410
    with tenant_context(other_tenant):
        assert not User.objects.exists()
    invitation_revoke(invitation=Invitation.objects.get(), actor=SYSTEM)
    assert client.post(link, {"name": "Cleo", "password": PASSWORD}).status_code == 410
    assert not User.objects.exists()


def test_a_role_that_the_form_adds_is_not_taken(link: str, client: HostClient) -> None:
    client.post(link, {"name": "Cleo", "password": PASSWORD, "role": "tenant_admin", "email": "eve@example.org"})
    user = User.objects.get()
    assert (user.email, [role.code for role in user.roles.all()]) == ("cleo@example.org", ["staff"])


def test_accepting_replaces_whoever_was_signed_in(link: str, client: HostClient, bob: User) -> None:
    login(client, bob.email)
    client.post(link, {"name": "Cleo", "password": PASSWORD})
    assert client.get("/api/v1/auth/me/").json()["user"]["email"] == "cleo@example.org"
