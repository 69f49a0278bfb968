from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core import clock
from core.actor import SYSTEM
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import SignIn, SignInPolicy, User
from shared_apps.users.services import sign_in_note, sign_in_policy_change, user_disable
from shared_apps.users.sign_in_policy import Policy, sign_in_policy
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer, login
from tests.support.factories.second_factors import code_of, make_app, make_recovery_codes
from tests.support.factories.users import PASSWORD, make_api_key, make_user
from tests.support.queries import fewest_queries

SignIn_ = Callable[[User], HostClient]
PAGE = "/people/security/"
TODAY = clock.today()


def noted() -> list[tuple[str, bool, str]]:
    return [(row.email, row.succeeded, row.method or row.reason) for row in SignIn.objects.order_by("id")]


def test_the_policy_is_set_on_its_page(ada: User, sign_in: SignIn_) -> None:
    client = sign_in(ada)
    assert "1 active person has no second factor." in client.get(PAGE).content.decode()
    form = {"two_factor": "everybody", "grace_until": str(TODAY + timedelta(days=7)), "session_hours": "8"}
    assert client.post(PAGE, form).status_code == 303
    assert sign_in_policy() == Policy("everybody", TODAY + timedelta(days=7), 8)
    page = client.get(PAGE).content.decode()
    assert "The policy is saved" in page
    assert '<option value="8" selected>' in page


def test_a_length_from_rest_stays_on_offer(ada: User, sign_in: SignIn_) -> None:
    sign_in_policy_change(two_factor="nobody", grace_until=None, session_hours=5, actor=SYSTEM)
    assert '<option value="5" selected>5 hours' in sign_in(ada).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"two_factor": "everybody"}, "Set up your own second factor first"),
        ({"two_factor": "cats"}, "Select a valid choice"),
        ({"two_factor": "nobody", "grace_until": "2020-01-01"}, "Choose today or a later day."),
        ({"two_factor": "nobody", "session_hours": "7"}, "Select a valid choice"),
    ],
    ids=str,
)
def test_a_refused_policy_is_422_at_its_field(ada: User, sign_in: SignIn_, form: Any, words: str) -> None:
    answer = sign_in(ada).post(PAGE, form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SignInPolicy.objects.exists()


def test_a_firm_administrator_only_sees_it(ada: User, sign_in: SignIn_) -> None:
    client = sign_in(make_user("firm@example.org", roles=["firm_admin"]))
    page = client.get(PAGE).content.decode()
    assert "savebar" not in page
    assert "Change the policy" in page
    for form in ({"two_factor": "nobody", "session_hours": "8"}, {}):
        assert client.post(PAGE, form).status_code == 403
    assert not SignInPolicy.objects.exists()


def test_every_way_in_stands_in_the_history(ada: User, bob: User, client: HostClient) -> None:
    app = make_app(ada)
    code = make_recovery_codes(ada)[0]
    login(client, password="wrong-password-1")
    login(client, "Nobody@example.org")
    login(client)
    client.post("/account/second-factor/enter/", {"code": "000000"})
    client.post("/account/second-factor/enter/", {"code": code_of(app)})
    client.post("/account/sign-out/")
    user_disable(user=bob, actor=SYSTEM)
    login(client, "bob@example.org")
    assert noted() == [
        ("ada@example.org", False, "password"),
        ("nobody@example.org", False, "password"),
        ("ada@example.org", False, "code"),
        ("ada@example.org", True, "password+totp"),
        ("bob@example.org", False, "disabled"),
    ]
    assert [row.user for row in SignIn.objects.order_by("id")] == [ada, None, ada, ada, bob]
    body = {"email": "ada@example.org", "password": PASSWORD}

    def program(**more: str) -> int:
        return client.post("/api/v1/auth/login/", {**body, **more}, content_type="application/json").status_code

    assert program(password="wrong-password-1") == 401
    assert program(totp="000000") == 401
    assert program(recovery_code=code) == 200
    assert program(email="bob@example.org") == 401
    assert [row[1:] for row in noted()[5:]] == [
        (False, "password"),
        (False, "code"),
        (True, "token"),
        (False, "disabled"),
    ]
    last = SignIn.objects.filter(succeeded=True).first()
    assert (last.address, str(last)[:15]) == ("127.0.0.1", "ada@example.org")


def test_what_is_no_address_is_not_kept(ada: User) -> None:
    note = sign_in_note(email="my-secret-password", address=None, user_agent="x" * 300)
    assert (note.email, note.user, len(note.user_agent), note.method) == ("", None, 200, "")


def test_one_s_own_history_is_for_everybody_and_all_of_it_for_administrators(
    ada: User, bob: User, sign_in: SignIn_, client_for: Any, tenant: TenantRef
) -> None:
    other = client_for(tenant)
    login(other, "bob@example.org", user_agent="x")
    page = other.get("/people/account/sign-ins/").content.decode()
    assert page.count("Signed in</span>") == 1
    assert other.get("/people/sign-ins/").status_code == 403
    client = sign_in(ada)
    everybody = client.get("/people/sign-ins/").content.decode()
    assert "bob@example.org" in everybody
    assert "ada@example.org" in everybody
    refused = client.get("/people/sign-ins/?result=refused").content.decode()
    assert "Nothing found" in refused
    login(client_for(tenant), "bob@example.org", "wrong-password-1")
    assert "Wrong password" in client.get("/people/sign-ins/?result=refused").content.decode()
    assert "bob@example.org" in client.get(f"/people/sign-ins/?user={bob.pk}&address=127.0.0.1").content.decode()
    assert client.get("/people/sign-ins/?export=csv").status_code == 200
    anonymous = client_for(tenant).get("/people/account/sign-ins/")
    assert anonymous.status_code == 302


def test_over_rest(ada: User, bob: User, client: HostClient, other_tenant: TenantRef) -> None:
    with tenant_context(other_tenant):
        sign_in_note(email="eve@example.org", address=None, user_agent="")
    for person in (ada, bob):
        sign_in_note(email=person.email, user=person, method="password", address="192.0.2.1", user_agent="")
    carl = make_user("carl@example.org", roles=["accountant"])
    sign_in_note(email=carl.email, user=carl, method="webauthn", address=None, user_agent="")
    keys = {person: bearer(make_api_key(person).text) for person in (ada, carl)}

    def listed(person: User, query: str = "") -> list[str]:
        answer = client.get(f"/api/v1/sign-ins/?{query}", headers=keys[person])
        return [row["email"] for row in answer.json()["results"]]

    assert listed(ada) == ["carl@example.org", "bob@example.org", "ada@example.org"]
    assert listed(ada, f"user={bob.pk}&result=succeeded&at_after={TODAY}") == ["bob@example.org"]
    assert listed(carl) == ["carl@example.org"]
    hidden = SignIn.objects.filter(user=bob).first().pk
    assert client.get(f"/api/v1/sign-ins/{hidden}/", headers=keys[carl]).status_code == 404

    def patched(person: User, body: Any) -> int:
        path = "/api/v1/security/"
        return client.patch(path, body, content_type="application/json", headers=keys[person]).status_code

    assert patched(ada, {"session_hours": 8}) == 200
    assert client.get("/api/v1/security/", headers=keys[ada]).json()["session_hours"] == 8
    assert patched(ada, {"two_factor": "everybody"}) == 422
    assert patched(ada, {"session_hours": 0}) == 400
    assert patched(carl, {"session_hours": None}) == 403
    assert sign_in_policy() == Policy(session_hours=8)


def test_the_history_costs_the_same_with_10_and_with_1000_rows(ada: User, sign_in: SignIn_) -> None:
    client = sign_in(ada)

    def costs() -> list[int]:
        paths = ("/people/sign-ins/", "/people/account/sign-ins/", "/api/v1/sign-ins/")
        return [fewest_queries(partial(client.get, path)) for path in paths]

    def add(count: int) -> None:
        SignIn.objects.bulk_create(SignIn(user=ada, email=ada.email, succeeded=True) for _ in range(count))

    add(10)
    few = costs()
    add(1000)
    assert costs() == few
