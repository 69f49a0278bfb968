from collections.abc import Callable

import pytest

from core.actor import SYSTEM
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import Invitation, User
from shared_apps.users.services import invitation_create, user_disable
from tests.conftest import HostClient
from tests.support.factories.users import make_user

SignIn = Callable[[User], HostClient]


def test_people_are_listed_and_searched(ada: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    page = client.get("/people/").content.decode()
    assert "ada@example.org" in page
    assert "bob@example.org" in page
    assert "Invite somebody" in page
    found = client.get("/people/?search=bob").content.decode()
    assert str(ada.pk) not in found
    assert "Nobody found" in client.get("/people/?search=zzz").content.decode()


def test_the_list_costs_the_same_whatever_its_length(ada: User, sign_in: SignIn, django_assert_max_num_queries) -> None:
    client = sign_in(ada)
    for number in range(20):
        make_user(f"p{number}@example.org", roles=["member", "staff"])
    with django_assert_max_num_queries(12):
        client.get("/people/")


def test_names_are_text(ada: User, sign_in: SignIn) -> None:
    make_user("eve@example.org", name="<script>alert(1)</script>", roles=["member"])
    page = sign_in(ada).get("/people/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_somebody_is_invited(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    answer = client.post("/people/invitations/", {"email": "Cleo@example.org", "role": "staff"})
    assert (answer.status_code, answer["Location"]) == (303, "/people/invitations/")
    assert "An invitation is on its way to cleo@example.org" in client.get("/people/invitations/").content.decode()
    assert len(mail_to("cleo@example.org")) == 1
    invitation = Invitation.objects.get()
    assert client.post(f"/people/invitations/{invitation.pk}/revoke/").status_code == 303
    assert Invitation.objects.get().state == "revoked"
    assert "Taken back" in client.get("/people/invitations/").content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "nobody", "role": "staff"},
        {"email": "cleo@example.org", "role": "janitor"},
        {"email": "bob@example.org", "role": "staff"},
    ],
    ids=str,
)
def test_a_refused_invitation_is_422_with_the_reason(ada: User, bob: User, sign_in: SignIn, form) -> None:
    answer = sign_in(ada).post("/people/invitations/", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_only_roles_that_one_may_give_are_offered(ada: User, sign_in: SignIn) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    client = sign_in(firm)
    assert 'value="tenant_admin"' not in client.get("/people/invitations/").content.decode()
    form = {"email": "cleo@example.org", "role": "tenant_admin"}
    assert client.post("/people/invitations/", form).status_code == 422
    assert not Invitation.objects.exists()


def test_one_person_s_roles_are_changed(ada: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    page = client.get(f"/people/{bob.pk}/")
    assert page.status_code == 200
    answer = client.post(f"/people/{bob.pk}/roles/", {"roles": ["staff", "reviewer"]})
    assert answer.status_code == 303
    assert {role.code for role in User.objects.get(pk=bob.pk).roles.all()} == {"staff", "reviewer"}
    assert client.post(f"/people/{bob.pk}/roles/", {"roles": ["janitor"]}).status_code == 422


def test_the_last_administrator_stays_and_the_page_says_why(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    for path, form in (("roles", {"roles": ["member"]}), ("disable", {})):
        answer = client.post(f"/people/{ada.pk}/{path}/", form)
        assert answer.status_code == 422
        assert "last active administrator" in answer.content.decode()
    ada.refresh_from_db()
    assert (ada.is_active, ada.credential_version) == (True, 1)


def test_a_person_is_disabled_and_enabled(ada: User, bob: User, sign_in: SignIn, client_for, tenant) -> None:
    client = sign_in(ada)
    assert client.post(f"/people/{bob.pk}/disable/", {"reason": "Left"}).status_code == 303
    assert not User.objects.get(pk=bob.pk).is_active
    assert "Enable" in client.get(f"/people/{bob.pk}/").content.decode()
    assert client.post(f"/people/{bob.pk}/enable/").status_code == 303
    assert User.objects.get(pk=bob.pk).is_active
    assert client.post(f"/people/{bob.pk}/disable/", {"reason": "x" * 501}).status_code == 422
    assert User.objects.get(pk=bob.pk).is_active


def test_whoever_may_do_more_is_out_of_reach_and_the_page_says_so(ada: User, sign_in: SignIn) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    client = sign_in(firm)
    page = client.get(f"/people/{ada.pk}/").content.decode()
    assert page.count("may do more than you") == 2
    assert "/disable/" not in page
    for path in ("roles", "disable", "enable"):
        assert client.post(f"/people/{ada.pk}/{path}/").status_code == 403
    ada.refresh_from_db()
    assert (ada.is_active, ada.credential_version) == (True, 1)


PAGES = [
    ("get", "/people/", "11100 00"),
    ("get", "/people/{person}/", "11100 00"),
    ("post", "/people/{person}/roles/", "11000 00"),
    ("post", "/people/{person}/disable/", "11000 00"),
    ("post", "/people/{person}/enable/", "11000 00"),
    ("get", "/people/invitations/", "11000 00"),
    ("post", "/people/invitations/", "11000 00"),
    ("post", "/people/invitations/{invitation}/revoke/", "11000 00"),
    ("get", "/people/api-keys/", "11110 00"),
    ("get", "/people/api-keys/new/", "11110 00"),
    ("get", "/people/account/", "11111 11"),
    ("get", "/people/account/sessions/", "11111 11"),
]
ROLES = ("tenant_admin", "firm_admin", "cfo", "accountant", "staff", "reviewer", "member")


@pytest.mark.parametrize(("method", "path", "allowed"), PAGES, ids=[f"{row[0]} {row[1]}" for row in PAGES])
def test_who_may_open_what(
    ada: User, bob: User, client_for, tenant: TenantRef, method: str, path: str, allowed: str
) -> None:
    for role, may in zip(ROLES, allowed.replace(" ", ""), strict=True):
        invitation = invitation_create(email="cleo@example.org", role="member", actor=SYSTEM)
        url = path.format(person=bob.pk, invitation=invitation.pk)
        client = client_for(tenant)
        assert getattr(client, method)(url).status_code == 302, "anonymous"
        client.force_login(make_user(f"{role}@pages.example", roles=[role]))
        status = getattr(client, method)(url).status_code
        assert (status != 403) == (may == "1"), (role, status)


@pytest.mark.parametrize("path", ["", "roles/", "disable/", "enable/"])
def test_foreign_and_missing_people_are_answered_alike(
    ada: User, sign_in: SignIn, other_tenant: TenantRef, path: str
) -> None:
    with tenant_context(other_tenant):
        eve = make_user("eve@example.org")
        invited = invitation_create(email="x@example.org", role="member", actor=SYSTEM)
    client = sign_in(ada)
    send = client.get if path == "" else client.post
    for key in (eve.pk, uuid7()):
        assert send(f"/people/{key}/{path}").status_code == 404
        assert client.post(f"/people/invitations/{invited.pk}/revoke/").status_code == 404
    with tenant_context(other_tenant):
        assert User.objects.get().is_active
        assert Invitation.objects.get().state == "open"


def test_changes_are_made_by_post_alone(ada: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    for path in (f"/people/{bob.pk}/roles/", f"/people/{bob.pk}/disable/", "/people/account/sign-out-everywhere/"):
        assert client.get(path).status_code == 405
    user_disable(user=bob, actor=SYSTEM)
    assert client.get(f"/people/{bob.pk}/enable/").status_code == 405
    assert not User.objects.get(pk=bob.pk).is_active


def test_a_write_without_the_csrf_token_is_refused(ada: User, bob: User, client_for, tenant: TenantRef) -> None:
    client = client_for(tenant, enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(f"/people/{bob.pk}/disable/").status_code == 403
    assert User.objects.get(pk=bob.pk).is_active
