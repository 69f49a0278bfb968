from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from core.actor import SYSTEM
from core.clock import now
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.actors import person_actor
from shared_apps.users.models import Invitation, InvitationRole, Role, RoleAssignment, User
from shared_apps.users.selectors import has_second_factor
from shared_apps.users.services import invitation_create, invitation_revoke, user_disable
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import login, signed_in
from tests.support.factories.second_factors import make_app
from tests.support.factories.users import make_api_key, make_user
from tests.support.queries import fewest_queries

SignIn = Callable[[User], HostClient]


def test_people_are_listed_and_searched(ada: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    page = client.get("/people/").content.decode()
    assert "ada@example.org" in page
    assert "bob@example.org" in page
    assert "Invite people" in page
    found = client.get("/people/?q=bob").content.decode()
    assert str(ada.pk) not in found
    assert "Nothing found" in client.get("/people/?q=zzz").content.decode()


def make_people(first: int, last: int) -> None:
    role = Role.objects.get(code="member")
    people = User.objects.bulk_create(User(email=f"p{each}@example.org", password="!") for each in range(first, last))
    RoleAssignment.objects.bulk_create(RoleAssignment(user=person, role=role) for person in people)


def test_lists_cost_the_same_with_10_and_with_1000_rows(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    role = Role.objects.get(code="member")

    def costs() -> list[int]:
        paths = ("/people/", "/people/invitations/", "/people/roles/", "/api/v1/users/", "/api/v1/invitations/")
        return [fewest_queries(partial(client.get, path)) for path in paths]

    def invite(first: int, last: int) -> None:
        later = now() + timedelta(days=1)
        made = Invitation.objects.bulk_create(
            Invitation(email=f"i{each}@example.org", token_hash=f"{each}", expires_at=later, invited_by=ada)
            for each in range(first, last)
        )
        InvitationRole.objects.bulk_create(InvitationRole(invitation=each, role=role) for each in made)

    make_people(0, 10)
    invite(0, 10)
    Role.objects.bulk_create(Role(code=f"r{each}", name=f"Role {each}") for each in range(10))
    few = costs()
    make_people(10, 1000)
    invite(10, 1000)
    Role.objects.bulk_create(Role(code=f"r{each}", name=f"Role {each}") for each in range(10, 200))
    assert costs() == few
    assert max(few) <= 16


def test_names_are_text(ada: User, sign_in: SignIn) -> None:
    make_user("eve@example.org", name="<script>alert(1)</script>", roles=["member"])
    page = sign_in(ada).get("/people/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_somebody_is_invited(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    answer = client.post("/people/invitations/", {"email": "Cleo@example.org", "role": "staff"})
    assert (answer.status_code, answer["Location"]) == (303, "/people/invitations/")
    assert "The invitations are on their way." in client.get("/people/invitations/").content.decode()
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
    assert page.count("may do more than you") == 3
    assert "/disable/" not in page
    for path in ("roles", "disable", "enable", "sign-out", "reset-second-factor"):
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
    ("post", "/people/invitations/{invitation}/resend/", "11000 00"),
    ("get", "/people/invite/", "11000 00"),
    ("post", "/people/{person}/sign-out/", "11000 00"),
    ("post", "/people/{person}/reset-second-factor/", "10000 00"),
    ("get", "/people/roles/", "11100 00"),
    ("get", "/people/roles/{role}/", "11100 00"),
    ("get", "/people/roles/new/", "10000 00"),
    ("post", "/people/roles/{role}/change/", "10000 00"),
    ("post", "/people/roles/{role}/delete/", "10000 00"),
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
        invitation = invitation_create(email="cleo@example.org", roles=["member"], actor=SYSTEM)
        own, _ = Role.objects.get_or_create(code="clerk", defaults={"name": "Clerk"})
        url = path.format(person=bob.pk, invitation=invitation.pk, role=own.pk)
        client = client_for(tenant)
        assert getattr(client, method)(url).status_code == 302, "anonymous"
        client.force_login(make_user(f"{role}@pages.example", roles=[role]))
        status = getattr(client, method)(url).status_code
        assert (status != 403) == (may == "1"), (role, status)


@pytest.mark.parametrize("path", ["", "roles/", "disable/", "enable/", "sign-out/", "reset-second-factor/"])
def test_foreign_and_missing_people_are_answered_alike(
    ada: User, sign_in: SignIn, other_tenant: TenantRef, path: str
) -> None:
    with tenant_context(other_tenant):
        eve = make_user("eve@example.org")
        invited = invitation_create(email="x@example.org", roles=["member"], actor=SYSTEM)
    client = sign_in(ada)
    send = client.get if path == "" else client.post
    for key in (eve.pk, uuid7()):
        assert send(f"/people/{key}/{path}").status_code == 404
        for act in ("revoke", "resend"):
            assert client.post(f"/people/invitations/{invited.pk}/{act}/").status_code == 404
    with tenant_context(other_tenant):
        assert User.objects.get().is_active
        assert Invitation.objects.get().state == "open"


CHANGES = ["roles", "disable", "enable", "sign-out", "reset-second-factor"]


@pytest.mark.parametrize("path", CHANGES)
def test_a_link_only_asks(ada: User, bob: User, sign_in: SignIn, path: str) -> None:
    client = sign_in(ada)
    before = User.objects.filter(pk=bob.pk).values().get()
    assert client.get(f"/people/{bob.pk}/{path}/").status_code == 200
    assert client.get("/people/account/sign-out-everywhere/").status_code == 405
    assert User.objects.filter(pk=bob.pk).values().get() == before


def test_a_write_without_the_csrf_token_is_refused(ada: User, bob: User, client_for, tenant: TenantRef) -> None:
    client = client_for(tenant, enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(f"/people/{bob.pk}/disable/").status_code == 403
    assert User.objects.get(pk=bob.pk).is_active


def test_several_are_invited_at_once_or_nobody(ada: User, bob: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    both = {"email": "Cleo@example.org, dora@example.org;\ncleo@example.org", "role": ["staff", "reviewer"]}
    assert client.post("/people/invite/", both).status_code == 303
    assert sorted(Invitation.objects.values_list("email", flat=True)) == ["cleo@example.org", "dora@example.org"]
    assert {role.code for role in Invitation.objects.first().roles.all()} == {"staff", "reviewer"}
    for typed, words in (
        ("eve@example.org bob@example.org", "bob@example.org: Somebody with this e-mail address is here already."),
        ("eve@example.org nobody", "“nobody” is no e-mail address."),
        (" ".join(f"p{number}@example.org" for number in range(51)), "Invite at most 50 at once."),
    ):
        answer = client.post("/people/invite/", {"email": typed, "role": "staff"})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert Invitation.objects.count() == 2
    assert mail_to("eve@example.org") == []


def test_a_form_that_is_sent_twice_invites_once(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    form = {"email": "cleo@example.org", "role": "staff", "submission": "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"}
    for _ in range(2):
        assert client.post("/people/invite/", form).status_code == 303
    assert len(mail_to("cleo@example.org")) == 1


def test_the_dialog_closes_and_the_list_loads_itself(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    assert "<html" not in client.get("/people/invite/", headers=headers).content.decode()
    refused = client.post("/people/invite/", {"email": ""}, headers=headers)
    assert refused.status_code == 422
    assert 'id="dialog-form"' in refused.content.decode()
    sent = client.post("/people/invite/", {"email": "cleo@example.org", "role": "staff"}, headers=headers)
    assert sent.status_code == 204
    assert "refresh:people" in sent["HX-Trigger"]


def test_invitations_are_sent_again_and_taken_back_in_bulk(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    waiting, gone = (
        invitation_create(email=f"{name}@example.org", roles=["staff"], actor=person_actor(ada))
        for name in ("cleo", "dora")
    )
    invitation_revoke(invitation=gone, actor=SYSTEM)
    both = {"chosen": [str(waiting.pk), str(gone.pk)]}
    assert client.post("/people/invitations/", {"do": "resend", **both}).status_code == 303
    assert (len(mail_to("cleo@example.org")), len(mail_to("dora@example.org"))) == (2, 1)
    assert client.post(f"/people/invitations/{waiting.pk}/resend/").status_code == 303
    assert client.post(f"/people/invitations/{gone.pk}/resend/").status_code == 409
    assert (len(mail_to("cleo@example.org")), len(mail_to("dora@example.org"))) == (3, 1)
    assert (
        "The links of 2 invitations end."
        in client.post("/people/invitations/", {"do": "revoke", **both}).content.decode()
    )
    assert Invitation.objects.get(pk=waiting.pk).state == "open"
    client.post("/people/invitations/", {"do": "revoke", "confirmed": "yes", **both})
    assert Invitation.objects.get(pk=waiting.pk).state == "revoked"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"ada", "bob"}),
        ("role=member", {"bob"}),
        ("state=active", {"ada"}),
        ("state=disabled&q=example", {"bob"}),
        ("second_factor=on", {"ada"}),
        ("second_factor=off", {"bob"}),
        ("sort=-name", {"ada", "bob"}),
        ("sort=last_login", {"ada", "bob"}),
    ],
)
def test_people_are_filtered_and_sorted(ada: User, bob: User, sign_in: SignIn, query: str, names: set[str]) -> None:
    client = sign_in(ada)
    make_app(ada)
    user_disable(user=bob, actor=SYSTEM)
    page = client.get(f"/people/?{query}").content.decode().partition('id="results"')[2]
    assert {name for name in ("ada", "bob") if f"<small>{name}@example.org" in page} == names


@pytest.mark.parametrize("state", ["open", "accepted", "revoked", "expired"])
def test_invitations_are_filtered_by_their_state(ada: User, sign_in: SignIn, state: str) -> None:
    later = {"expires_at": now() + timedelta(days=1)}
    for name, values in {
        "open": later,
        "accepted": {**later, "accepted_at": now()},
        "revoked": {**later, "revoked_at": now()},
        "expired": {"created_at": now() - timedelta(days=9), "expires_at": now() - timedelta(days=2)},
    }.items():
        Invitation.objects.create(email=f"{name}@example.org", token_hash=name, **values)
    page = sign_in(ada).get(f"/people/invitations/?state={state}").content.decode()
    assert [name for name in ("open", "accepted", "revoked", "expired") if f"{name}@example.org" in page] == [state]


def test_people_are_exported_as_text_that_no_spreadsheet_runs(ada: User, sign_in: SignIn) -> None:
    make_user("eve@example.org", name="=HYPERLINK(1)", roles=["member"])
    file = b"".join(sign_in(ada).get("/people/?export=csv").streaming_content).decode()
    assert "'=HYPERLINK(1)" in file
    assert sign_in(ada).get("/people/?export=xlsx").status_code == 200


def test_a_view_is_saved_with_the_person(ada: User, sign_in: SignIn, client_for, tenant):
    sign_in(ada).post("/people/?role=member", {"do": "save_view", "name": "Members"})
    other = client_for(tenant)
    other.force_login(ada)
    assert ">Members</a>" in other.get("/people/").content.decode()
    other.post("/people/", {"do": "delete_view", "name": "Members"})
    assert ">Members</a>" not in other.get("/people/").content.decode()


def test_one_person_is_signed_out_everywhere(ada: User, bob: User, sign_in: SignIn, client_for, tenant) -> None:
    other = client_for(tenant)
    login(other, "bob@example.org")
    client = sign_in(ada)
    answer = client.post(f"/people/{bob.pk}/sign-out/")
    assert (answer.status_code, answer["Location"]) == (303, f"/people/{bob.pk}/")
    assert not signed_in(other)
    assert "Sign out everywhere" in client.get(f"/people/{bob.pk}/").content.decode()
    assert client.post("/people/", {"do": "sign_out", "chosen": [str(bob.pk)], "confirmed": "yes"}).status_code == 303
    assert User.objects.get(pk=bob.pk).credential_version == 3


def test_bulk_stops_at_whoever_may_do_more(ada: User, bob: User, sign_in: SignIn) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    chosen = {"do": "sign_out", "chosen": [str(bob.pk), str(ada.pk)], "confirmed": "yes", "submission": "a"}
    assert sign_in(firm).post("/people/", chosen).status_code == 403
    assert set(User.objects.filter(pk__in=[ada.pk, bob.pk]).values_list("credential_version", flat=True)) == {1}


def test_whoever_changes_their_own_access_signs_in_again(ada: User, sign_in: SignIn) -> None:
    make_user("second@example.org")
    client = sign_in(ada)
    assert client.post(f"/people/{ada.pk}/sign-out/")["Location"] == "/account/sign-in/"
    assert not signed_in(client)


def test_a_lost_second_factor_is_reset_with_a_reason(ada: User, bob: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    path = f"/people/{bob.pk}/reset-second-factor/"
    assert client.post(path, {"reason": "Lost"}).status_code == 422
    make_app(bob)
    assert client.post(path, {"reason": ""}).status_code == 422
    assert has_second_factor(bob)
    assert client.post(path, {"reason": "Lost the phone"}).status_code == 303
    assert not has_second_factor(bob)
    assert "Lost the phone" in mail_to("bob@example.org")[-1]["body"]
    page = client.get(f"/people/{bob.pk}/").content.decode()
    assert "Lost the phone" in page
    make_app(ada)
    own = client.post(f"/people/{ada.pk}/reset-second-factor/", {"reason": "Mine"})
    assert "Remove it under your account" in own.content.decode()
    assert has_second_factor(ada)


def test_without_the_trail_s_right_what_happened_is_not_shown(ada: User, bob: User, client_for, tenant) -> None:
    Role.objects.create(code="clerk", name="Clerk", permissions=["users.view"])
    user_disable(user=bob, actor=SYSTEM, reason="Left for good")
    clerk = client_for(tenant)
    clerk.force_login(make_user("clerk@example.org", roles=["clerk"]))
    page = clerk.get(f"/people/{bob.pk}/").content.decode()
    assert "Left for good" not in page
    assert "bob@example.org" in page


def test_people_roles_and_keys_are_found(ada: User, bob: User, sign_in: SignIn) -> None:
    make_api_key(ada)
    client = sign_in(ada)
    for text, url in (
        ("bob@", f"/people/{bob.pk}/"),
        ("reviewer", f"/people/roles/{Role.objects.get(code='reviewer').pk}/"),
        ("tes", "/people/api-keys/?q=Test"),
    ):
        assert url in client.get(f"/search/?q={text}").content.decode()
