from collections.abc import Iterator

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError

from core.actor import SYSTEM
from core.tenancy import TenantRef, atomic, cursor, platform_context, tenant_context
from core.tenancy.backend.base import owner_context
from core.tenancy.errors import StatementRefused
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.services import trail_record
from shared_apps.users.models import Role
from tests.support.twins import Twins

CHANGES = [
    "UPDATE trail_trailentry SET summary = 'changed'",
    "UPDATE trail_trailentry SET summary = 'changed' WHERE false",
    "DELETE FROM trail_trailentry",
    "TRUNCATE trail_trailentry",
]


@pytest.fixture(params=["tenant", "platform"])
def entry(request: pytest.FixtureRequest, tenant: TenantRef) -> Iterator[TrailEntry]:
    with platform_context() if request.param == "platform" else tenant_context(tenant):
        yield trail_record(actor=SYSTEM, action="test.did", obj=Role.objects.first(), summary="first")


def unchanged(entry: TrailEntry) -> bool:
    return list(TrailEntry.objects.values_list("pk", "summary")) == [(entry.pk, "first")]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_applications_role_may_not_change_the_trail(entry: TrailEntry, statement: str) -> None:
    with pytest.raises((ProgrammingError, StatementRefused)), atomic(), cursor() as opened:
        opened.execute(statement)

    assert unchanged(entry)


def test_the_applications_role_has_no_right_to_change_the_trail(entry: TrailEntry) -> None:
    rights = ("INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE")
    with cursor() as opened:
        opened.execute(
            "SELECT granted FROM unnest(%s) AS granted WHERE has_table_privilege('trail_trailentry', granted)",
            [list(rights)],
        )
        assert [granted for (granted,) in opened.fetchall()] == ["INSERT", "SELECT"]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_trigger_holds_against_the_owner_too(committed: Twins, statement: str) -> None:
    with tenant_context(committed.first):
        entry = trail_record(actor=SYSTEM, action="test.did", obj=Role.objects.first(), summary="first")

    with (
        owner_context(cell=committed.first.cell, schema=committed.first.schema) as owner,
        pytest.raises(DatabaseError, match="append-only"),
        owner.cursor() as opened,
    ):
        opened.execute(statement)

    with tenant_context(committed.first):
        assert unchanged(entry)


def test_the_orm_may_not_change_the_trail(entry: TrailEntry) -> None:
    entry.summary = "changed"
    for change in (entry.save, entry.delete, lambda: TrailEntry.objects.update(summary="changed")):
        with pytest.raises(ProgrammingError, match="permission denied"), atomic():
            change()

    assert unchanged(entry)


@pytest.mark.parametrize(
    "wrong", [{"actor_kind": "ghost"}, {"action": ""}, {"changes": ["no object"]}], ids=["kind", "action", "changes"]
)
def test_the_database_refuses_what_is_no_entry(tenant: TenantRef, wrong: dict[str, object]) -> None:
    values = {"actor_kind": "user", "action": "test.did", "object_type": "a", "object_id": "1"} | wrong

    with tenant_context(tenant):
        with pytest.raises(IntegrityError), atomic():
            TrailEntry.objects.create(**values)

        assert not TrailEntry.objects.exists()


def test_a_read_only_tenant_still_leaves_a_trail(tenant: TenantRef) -> None:
    with tenant_context(tenant, read_only=True):
        entry = trail_record(actor=SYSTEM, action="users.sign_in", obj=Role.objects.first())
        with pytest.raises(ProgrammingError, match="permission denied"), atomic():
            TrailEntry.objects.filter(pk=entry.pk).delete()

        assert TrailEntry.objects.count() == 1
