from decimal import Decimal
from uuid import UUID

import pytest

from core.actor import SYSTEM, Actor
from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from core.web.request_id import clear_request_id, set_request_id
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.services import trail_record
from shared_apps.users.models import Role

ANNA = Actor(kind="user", id="u-1", label="Anna", address="192.0.2.7", request_id="request-1")


@pytest.fixture
def role(inside: TenantRef) -> Role:
    return Role.objects.order_by("code").first()


def test_an_entry_says_who_did_what_to_which_object_from_where(role: Role) -> None:
    entry = trail_record(actor=ANNA, action="roles.change", obj=role, summary="Why", changes={"name": "New"})

    entry.refresh_from_db()
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("user", "u-1", "Anna")
    assert (entry.action, entry.summary, entry.changes) == ("roles.change", "Why", {"name": "New"})
    assert (entry.object_type, entry.object_id, entry.object_label) == ("users.role", str(role.pk), str(role))
    assert (entry.address, entry.request_id) == ("192.0.2.7", "request-1")
    assert str(entry) == f"Anna: roles.change {role}"


def test_an_actor_without_a_request_id_takes_the_current_one(role: Role) -> None:
    set_request_id("task-request-1")
    try:
        assert trail_record(actor=SYSTEM, action="roles.change", obj=role).request_id == "task-request-1"
    finally:
        clear_request_id()


def test_an_entry_is_undone_with_what_it_tells_of(role: Role) -> None:
    with pytest.raises(KeyError), atomic():
        trail_record(actor=ANNA, action="roles.change", obj=role)
        raise KeyError

    assert not TrailEntry.objects.exists()


def test_secrets_are_masked_by_name_and_by_shape(role: Role) -> None:
    changes = {
        "password": "hunter2",
        "api_key": {"from": "old", "to": "new"},
        "nested": {"client_secret": "s", "name": "kept"},
        "note": "use Bearer abcdefghijkl",
        "key": "lvk_abcdef",
        "list": ["lvk_abcdef", 1, None, True],
    }

    stored = trail_record(actor=ANNA, action="roles.change", obj=role, changes=changes).changes

    assert "hunter2" not in str(stored)
    assert stored["password"] == stored["api_key"] == stored["nested"]["client_secret"] == "[redacted]"
    assert stored["nested"]["name"] == "kept"
    assert "abcdef" not in stored["note"] + stored["key"] + stored["list"][0]
    assert stored["list"][1:] == [1, None, True]


def test_what_an_audit_needs_is_kept(role: Role) -> None:
    changes = {
        "email": {"from": "anna@example.org", "to": "a.b@example.org"},
        "amount": Decimal("1.10"),
        "id": UUID(int=1),
    }

    stored = trail_record(actor=ANNA, action="roles.change", obj=role, changes=changes).changes

    assert stored["email"] == {"from": "anna@example.org", "to": "a.b@example.org"}
    assert (stored["amount"], stored["id"]) == ("1.10", str(UUID(int=1)))


def test_characters_that_the_database_cannot_hold_do_not_lose_the_entry(role: Role) -> None:
    actor = Actor(kind="anonymous", id="", label="a\x00b")

    entry = trail_record(actor=actor, action="roles.change", obj=role, summary="\x00", changes={"\x00": "\x00"})

    entry.refresh_from_db()
    assert (entry.actor_label, entry.summary, entry.changes) == ("a\ufffdb", "\ufffd", {"\ufffd": "\ufffd"})


def test_each_schema_has_its_own_trail(role: Role, other_tenant: TenantRef) -> None:
    trail_record(actor=ANNA, action="roles.change", obj=role)

    with tenant_context(other_tenant):
        assert not TrailEntry.objects.exists()
    with platform_context():
        assert not TrailEntry.objects.exists()
