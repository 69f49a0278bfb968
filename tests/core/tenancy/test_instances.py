"""Objects that were loaded in one tenant and used in another, whose ids are alike."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.db.models import Max, prefetch_related_objects

from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from core.tenancy.context import PLATFORM_CELL
from core.tenancy.errors import CrossedContext, NoContext
from core.tenancy.router import CellAlias, CellRouter
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import Role, RoleAssignment, User
from tests.support.markers import KEY, put_marker, read_marker

USER = "0198c0de-0000-7000-8000-000000000001"


@pytest.fixture
def mine(tenant: TenantRef, other_tenant: TenantRef) -> User:
    """A person of the first twin; the second has one with the same id and another name."""
    found = []
    for ref in (tenant, other_tenant):
        with tenant_context(ref):
            person = User.objects.create(id=USER, email="a@example.com", name=ref.slug)
            RoleAssignment.objects.create(id=USER, user=person, role=Role.objects.first())
            put_marker(ref.slug)
            found.append(person)
    return found[0]


def save(user: User) -> Any:
    user.save()


def save_one_field(user: User) -> Any:
    user.save(update_fields=["name"])


def save_by_alias(user: User) -> Any:
    user.save(using="default")


def save_by_its_own_alias(user: User) -> Any:
    user.save(using=user._state.db)


def delete(user: User) -> Any:
    user.delete()


def delete_by_alias(user: User) -> Any:
    user.delete(using="default")


def refresh(user: User) -> Any:
    user.refresh_from_db()


def refresh_by_alias(user: User) -> Any:
    user.refresh_from_db(using="default")


def refresh_by_its_own_alias(user: User) -> Any:
    user.refresh_from_db(using=user._state.db)


def read_a_deferred_field(user: User) -> Any:
    del user.__dict__["name"]
    return user.name


def follow_backwards(user: User) -> Any:
    return list(user.assignments.all())


def follow_many(user: User) -> Any:
    return list(user.roles.all())


def add_to_many(user: User) -> Any:
    user.roles.add(Role.objects.first())


def prefetch(user: User) -> Any:
    prefetch_related_objects([user], "assignments")


def point_a_new_row_at_it(user: User) -> Any:
    RoleAssignment(user=user, role=Role.objects.first())


def point_a_row_at_it(user: User) -> Any:
    RoleAssignment.objects.get(pk=USER).user = user


def insert_in_bulk(user: User) -> Any:
    User.objects.bulk_create([user], update_conflicts=True, update_fields=["name"], unique_fields=["id"])


def update_in_bulk(user: User) -> Any:
    User.objects.bulk_update([user], ["name"])


def create_a_copy(user: User) -> Any:
    user._state.adding = True
    user.save(force_insert=True)


@pytest.mark.parametrize(
    "use",
    [
        save,
        save_one_field,
        save_by_alias,
        save_by_its_own_alias,
        delete,
        delete_by_alias,
        refresh,
        refresh_by_alias,
        refresh_by_its_own_alias,
        read_a_deferred_field,
        follow_backwards,
        follow_many,
        add_to_many,
        prefetch,
        point_a_new_row_at_it,
        point_a_row_at_it,
        insert_in_bulk,
        update_in_bulk,
        create_a_copy,
    ],
)
def test_an_object_of_one_tenant_is_refused_in_another(
    use: Callable[[User], Any], mine: User, other_tenant: TenantRef, tenant: TenantRef
):
    with tenant_context(other_tenant), pytest.raises((CrossedContext, ValueError)), atomic():
        use(mine)
    for ref in (tenant, other_tenant):
        with tenant_context(ref):
            assert User.objects.get(pk=USER).name == ref.slug
            assert RoleAssignment.objects.get(pk=USER).user_id == User.objects.get(pk=USER).pk


@pytest.mark.parametrize("use", [save, delete, refresh, follow_backwards])
def test_an_object_is_refused_without_a_context(use: Callable[[User], Any], mine: User):
    with pytest.raises(NoContext):
        use(mine)


@pytest.mark.parametrize("use", [save, delete, refresh, follow_backwards, update_in_bulk])
def test_an_object_of_a_tenant_is_refused_on_the_platform(use: Callable[[User], Any], mine: User):
    with platform_context(), pytest.raises(CrossedContext):
        use(mine)


def test_an_object_of_an_earlier_life_of_the_tenant_is_refused(mine: User, tenant: TenantRef):
    values = {name: getattr(tenant, name) for name in TenantRef.__slots__}
    with tenant_context(TenantRef(**values | {"epoch": tenant.epoch + 1})), pytest.raises(CrossedContext):
        mine.save()


def test_in_its_own_tenant_an_object_is_read_and_written_again(mine: User, tenant: TenantRef):
    with tenant_context(tenant, read_only=False):
        mine.name = "changed"
        mine.save()
        mine.refresh_from_db()
        assert [role.pk for role in mine.roles.all()] == [Role.objects.first().pk]
        User.objects.bulk_update([mine], ["name"])
        mine.delete()
        assert not User.objects.exists()


@pytest.mark.parametrize("keep", [lambda user: pickle.loads(pickle.dumps(user)), lambda user: cached(user)])
def test_an_object_that_was_kept_remembers_its_tenant(
    keep: Callable[[User], User], mine: User, other_tenant: TenantRef
):
    kept = keep(mine)
    assert kept._state.db == "default"
    with tenant_context(other_tenant), pytest.raises(CrossedContext):
        kept.save()


def cached(user: User) -> User:
    caches["platform"].set("somebody", user)
    return caches["platform"].get("somebody")


def test_a_queryset_is_asked_in_the_context_in_which_it_is_evaluated(mine: User, other_tenant: TenantRef):
    with pytest.raises(NoContext):
        list(User.objects.filter(pk=USER))
    lazy = User.objects.filter(pk=USER)
    with tenant_context(other_tenant):
        (found,) = lazy
    assert found.name == other_tenant.slug


@pytest.mark.parametrize(
    "choose",
    [
        lambda users: users.using("default"),
        lambda users: users.db_manager("default").all(),
        lambda users: users.using(CellAlias("default", "t:another:1")),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        list,
        lambda found: found.count(),
        lambda found: found.exists(),
        lambda found: found.in_bulk([USER]),
        lambda found: found.aggregate(Max("name")),
        lambda found: list(found.iterator()),
        lambda found: found.filter(pk=USER).update(name="changed"),
        lambda found: found.filter(pk=USER).delete(),
        lambda found: found.get_or_create(email="b@example.com"),
        lambda found: found.bulk_create([User(email="c@example.com")]),
        lambda found: found.create(email="d@example.com"),
    ],
)
def test_no_query_names_a_database(choose: Callable[..., Any], ask: Callable[..., Any], mine: User, tenant: TenantRef):
    with tenant_context(tenant):
        with pytest.raises(CrossedContext), atomic():
            ask(choose(User.objects))
        assert [user.name for user in User.objects.filter(email="a@example.com")] == [tenant.slug]


def test_a_row_that_was_read_past_the_router_is_refused(tenant: TenantRef, mine: User):
    with tenant_context(tenant):
        (read,) = User.objects.using("default").raw("SELECT * FROM users_user")
        with pytest.raises(CrossedContext):
            read.save()


def test_raw_queries_are_of_the_context(mine: User, tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant):
        (read,) = User.objects.raw("SELECT * FROM users_user")
        read.save()
    with tenant_context(other_tenant), pytest.raises(CrossedContext):
        read.save()


def test_two_rows_are_related_only_within_one_tenant(mine: User, other_tenant: TenantRef):
    with tenant_context(other_tenant):
        theirs = User.objects.get(pk=USER)
        assert not CellRouter().allow_relation(mine, theirs)
        assert CellRouter().allow_relation(theirs, User())


def test_the_registry_is_closed_to_tenants(tenant: TenantRef):
    with tenant_context(tenant), pytest.raises(CrossedContext, match="belongs to the platform"):
        Tenant.objects.count()


def test_tables_are_migrated_in_the_context_that_they_belong_to(tenant: TenantRef):
    router = CellRouter()
    assert not router.allow_migrate(PLATFORM_CELL, "tenants")
    with platform_context():
        assert router.allow_migrate(PLATFORM_CELL, "tenants")
        assert router.allow_migrate(PLATFORM_CELL, "users")
        assert not router.allow_migrate("another", "users")
    with tenant_context(tenant):
        assert router.allow_migrate(PLATFORM_CELL, "users")
        assert not router.allow_migrate(PLATFORM_CELL, "tenants")


def test_a_tables_size_may_be_asked_with_instances_only(tenant: TenantRef):
    with tenant_context(tenant):
        assert connection.ops.bulk_batch_size(["name"], [User(), User()]) == 2


def test_sessions_of_two_tenants_do_not_meet(mine: User, tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant):
        Session.objects.filter(session_key=KEY).delete()
    with tenant_context(other_tenant):
        assert read_marker() == ["south"]
