from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from core.actor import SYSTEM
from core.clock import now
from core.errors import NotFound, PermissionRefused
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import key_actor, person_actor
from shared_apps.users.credentials import parse_api_key
from shared_apps.users.errors import PersonInactive, ScopeRefused
from shared_apps.users.models import ApiKey, User
from shared_apps.users.selectors import api_key_get, api_key_list, api_key_with
from shared_apps.users.services import (
    api_key_create,
    api_key_note_use,
    api_key_revoke,
    password_set,
    sign_out_everywhere,
    user_disable,
    user_enable,
    user_roles_change,
)
from tests.support.factories.users import make_api_key, make_user


def found(text: str) -> ApiKey | None:
    parts = parse_api_key(text)
    return api_key_with(parts.public_id, parts.secret)


def create(user: User, **values) -> ApiKey:
    given = {"name": "Shop", "scopes": ["users.view"], "expires_at": None, "actor": person_actor(user), **values}
    return api_key_create(owner=user, **given)[0]


def test_a_key_works_with_its_secret_and_keeps_only_a_hash(ada: User) -> None:
    key = make_api_key(ada, scopes=["users.view"])
    row = found(key.text)
    assert row.pk == key.id
    assert parse_api_key(key.text).secret not in str(vars(row))
    parts = parse_api_key(key.text)
    assert api_key_with(parts.public_id, "x" * 43) is None
    assert api_key_with("aaaaaaaaaaaa", parts.secret) is None
    entry = TrailEntry.objects.get(action="api_keys.create")
    assert entry.changes["scopes"] == ["users.view"]
    assert parts.secret not in str(vars(entry))


def test_it_acts_as_its_owner_within_its_scopes(ada: User) -> None:
    actor = key_actor(found(make_api_key(ada, scopes=["users.view"]).text), address="192.0.2.1", request_id="r")
    assert (actor.kind, actor.user, actor.address) == ("api_key", ada, "192.0.2.1")
    assert actor.may("users.view")
    assert not actor.may("users.invite")
    assert key_actor(found(make_api_key(ada).text)).may("users.invite")


def test_a_scope_gives_nothing_that_the_owner_has_lost(ada: User) -> None:
    second = make_user("second@example.org")
    key = make_api_key(second, scopes=["users.invite"])
    ApiKey.objects.filter(pk=key.id).update(credential_version=2)
    user_roles_change(user=second, roles=["staff"], actor=SYSTEM)
    assert not key_actor(found(key.text)).may("users.invite")


@pytest.mark.parametrize(
    "end",
    [
        lambda user: user_disable(user=user, actor=SYSTEM),
        lambda user: user_enable(user=user_disable(user=user, actor=SYSTEM), actor=SYSTEM),
        lambda user: user_roles_change(user=user, roles=["cfo"], actor=SYSTEM),
        lambda user: password_set(user=user, password="another-long-phrase", actor=SYSTEM),
        lambda user: sign_out_everywhere(user=user, actor=SYSTEM),
    ],
)
def test_it_ends_with_its_owner_s_access(ada: User, end) -> None:
    second = make_user("second@example.org")
    key, other = make_api_key(second), make_api_key(ada)
    end(second)
    assert found(key.text) is None
    assert found(other.text)


def test_it_ends_when_it_expires(ada: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        key = make_api_key(ada, expires_at=now() + timedelta(days=1))
        clock.shift(timedelta(days=1, seconds=-1))
        assert found(key.text)
        clock.shift(1)
        assert found(key.text) is None


def test_it_ends_when_it_is_revoked(ada: User) -> None:
    key = make_api_key(ada)
    row = api_key_revoke(key=found(key.text), actor=SYSTEM)
    assert row.state == "revoked"
    assert api_key_revoke(key=row, actor=SYSTEM).revoked_at == row.revoked_at
    assert TrailEntry.objects.filter(action="api_keys.revoke").count() == 1
    assert found(key.text) is None


def test_a_key_of_one_tenant_means_nothing_in_the_other(ada: User, other_tenant: TenantRef) -> None:
    key = make_api_key(ada)
    row = ApiKey.objects.get(pk=key.id)
    with tenant_context(other_tenant):
        User.objects.create(id=ada.pk, email=ada.email)
        assert found(key.text) is None
        ApiKey.objects.create(
            id=row.pk, owner_id=ada.pk, name="twin", public_id=row.public_id, secret_hash="0" * 64, credential_version=1
        )
        assert found(key.text) is None


@pytest.mark.parametrize("scopes", [[], ["no.such"], ["tenants.delete"], ["users.view", "tenants.view"]], ids=str)
def test_scopes_exist_here_and_are_the_maker_s_own(ada: User, scopes: list[str]) -> None:
    with pytest.raises(ScopeRefused) as refused:
        create(ada, scopes=scopes)
    assert refused.value.errors
    assert not ApiKey.objects.exists()


def test_a_member_gives_no_scope_of_an_administrator(ada: User, bob: User) -> None:
    with pytest.raises(ScopeRefused):
        create(bob, scopes=["users.invite"])


def test_a_key_makes_only_narrower_keys(ada: User) -> None:
    limited = replace(person_actor(ada), kind="api_key", scopes=frozenset({"api_keys.create", "users.view"}))
    with pytest.raises(ScopeRefused):
        create(ada, scopes=None, actor=limited)
    with pytest.raises(ScopeRefused):
        create(ada, scopes=["users.invite"], actor=limited)
    assert create(ada, scopes=["users.view", "users.view"], actor=limited).scopes == ["users.view"]


def test_nobody_makes_a_key_for_somebody_else(ada: User, bob: User) -> None:
    for actor in (person_actor(ada), SYSTEM):
        with pytest.raises(PermissionRefused):
            create(bob, actor=actor)


def test_a_key_cannot_have_expired_before_it_is_made(ada: User) -> None:
    with pytest.raises(ScopeRefused) as refused:
        create(ada, expires_at=now())
    assert refused.value.errors[0]["field"] == "expires_at"


def test_a_disabled_person_makes_none(ada: User, bob: User) -> None:
    actor = person_actor(make_user("second@example.org"))
    user_disable(user=actor.user, actor=SYSTEM)
    with pytest.raises(PersonInactive):
        create(actor.user, actor=actor)


def test_use_is_noted_once_a_minute(ada: User) -> None:
    key = make_api_key(ada)
    with time_machine.travel(now(), tick=False) as clock:
        first = now()
        for _ in range(3):
            api_key_note_use(key=ApiKey.objects.get(pk=key.id))
            clock.shift(20)
        assert ApiKey.objects.get(pk=key.id).last_used_at == first
        api_key_note_use(key=ApiKey.objects.get(pk=key.id))
        assert ApiKey.objects.get(pk=key.id).last_used_at == now()
        stale = ApiKey.objects.get(pk=key.id)
        stale.last_used_at = None
        api_key_note_use(key=stale)
        assert ApiKey.objects.get(pk=key.id).last_used_at == now()


def test_everybody_sees_their_own_keys_and_an_administrator_all(ada: User, bob: User) -> None:
    accountant = make_user("carl@example.org", roles=["accountant"])
    own, other = make_api_key(accountant), make_api_key(ada)
    assert [key.pk for key in api_key_list(person_actor(accountant))] == [own.id]
    assert [key.pk for key in api_key_list(person_actor(ada))] == [other.id, own.id]
    assert not api_key_list(replace(SYSTEM, kind="anonymous")).exists()
    assert api_key_get(own.id, actor=person_actor(accountant)).pk == own.id
    with pytest.raises(NotFound):
        api_key_get(other.id, actor=person_actor(accountant))
