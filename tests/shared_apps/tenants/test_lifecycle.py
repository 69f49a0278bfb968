from itertools import product

import pytest
from django.db import DatabaseError

from core.actor import SYSTEM, Actor
from core.tenancy import TenantState, atomic, platform_context
from core.tenancy.lifecycle import TRANSITIONS, TransitionRefused
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.tenants.services import (
    tenant_archive,
    tenant_delete,
    tenant_make_read_only,
    tenant_resume,
    tenant_suspend,
)
from shared_apps.tenants.services.lifecycle import tenant_move
from shared_apps.trail.models import TrailEntry
from tests.support.threads import at_once
from tests.support.twins import Twins

S = TenantState


@pytest.fixture
def north(db, twins: Twins):
    with platform_context():
        yield Tenant.objects.get(pk=twins.first.uuid)


def put(tenant, state, resume_state=""):
    Tenant.objects.filter(pk=tenant.pk).update(state=state, resume_state=resume_state)


def state_of(tenant):
    return Tenant.objects.values_list("state", "resume_state").get(pk=tenant.pk)


@pytest.mark.parametrize(("current", "target"), list(product(S, S)))
def test_every_step_that_the_lifecycle_has_is_taken_and_no_other(north, current, target):
    put(north, current)
    if target in TRANSITIONS[current]:
        moved = tenant_move(tenant=north, to=target, actor=SYSTEM, reason="why")
        assert moved.state == target == state_of(north)[0]
        change = StateChange.objects.get(tenant=north)
        assert (change.from_state, change.to_state, change.reason) == (current, target, "why")
        assert str(change) == f"{current} → {target}"
        entry = TrailEntry.objects.get()
        assert (entry.action, entry.summary) == (f"tenants.{target}", "why")
        assert entry.changes == {"state": {"from": current, "to": target}}
    else:
        with pytest.raises(TransitionRefused, match=f"{current.label.lower()} cannot become {target.label.lower()}"):
            tenant_move(tenant=north, to=target, actor=SYSTEM)
        assert state_of(north) == (current, "")
        assert not StateChange.objects.exists() and not TrailEntry.objects.exists()


@pytest.mark.parametrize("live", [S.TRIAL, S.ACTIVE, S.PAST_DUE])
@pytest.mark.parametrize(
    ("hold", "state"),
    [(tenant_suspend, S.SUSPENDED), (tenant_make_read_only, S.READ_ONLY), (tenant_archive, S.ARCHIVED)],
)
def test_what_is_resumed_comes_back_to_where_it_was(north, live, hold, state):
    put(north, live)
    assert hold(tenant=north, actor=SYSTEM).state == state
    assert tenant_resume(tenant=north, actor=SYSTEM).state == live


def test_a_detour_does_not_forget_where_it_began(north):
    put(north, S.TRIAL)
    for hold in (tenant_make_read_only, tenant_suspend, tenant_archive):
        hold(tenant=north, actor=SYSTEM)
    assert tenant_resume(tenant=north, actor=SYSTEM).state == S.TRIAL


@pytest.mark.parametrize("state", set(S) - {S.SUSPENDED, S.READ_ONLY, S.ARCHIVED})
def test_nothing_else_can_be_resumed(north, state):
    put(north, state)
    with pytest.raises(TransitionRefused, match="there is nothing to resume"):
        tenant_resume(tenant=north, actor=SYSTEM)
    assert state_of(north)[0] == state and not StateChange.objects.exists()


def test_only_an_archived_organisation_is_deleted(north):
    with pytest.raises(TransitionRefused):
        tenant_delete(tenant=north, actor=SYSTEM, reason="")
    tenant_archive(tenant=north, actor=SYSTEM)
    assert tenant_delete(tenant=north, actor=SYSTEM, reason="").state == S.DELETING


def test_a_long_label_of_the_actor_is_cut(north):
    actor = Actor(kind="api_key", id="k", label="k" * 300)
    tenant_suspend(tenant=north, actor=actor)
    assert StateChange.objects.get(tenant=north).actor_label == "k" * 200


def test_the_history_cannot_be_rewritten(north):
    tenant_suspend(tenant=north, actor=SYSTEM)
    for rewrite in (lambda: StateChange.objects.update(reason="x"), lambda: StateChange.objects.all().delete()):
        with pytest.raises(DatabaseError), atomic():
            rewrite()
    assert StateChange.objects.get(tenant=north).reason == ""


def test_of_two_changes_at_once_the_second_sees_the_first(committed: Twins):
    with platform_context():
        tenant = Tenant.objects.get(pk=committed.first.uuid)
    try:
        answers = at_once(2, lambda number: tenant_suspend(tenant=tenant, actor=SYSTEM))
        assert sorted(type(answer).__name__ for answer in answers) == ["Tenant", "TransitionRefused"]
        answers = at_once(2, lambda number: tenant_resume(tenant=tenant, actor=SYSTEM))
        assert sorted(type(answer).__name__ for answer in answers) == ["Tenant", "TransitionRefused"]
        with platform_context():
            assert state_of(tenant)[0] == S.ACTIVE
    finally:
        with platform_context():
            put(tenant, S.ACTIVE)
