import threading
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context, tenant_context
from core.tenancy.lifecycle import TransitionRefused
from core.tenancy.storage import file_key
from shared_apps.tenants.fleet import schemas
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.models import Domain, StateChange, Tenant
from shared_apps.tenants.services import tenant_archive, tenant_delete, tenant_provision, tenant_purge
from tests.support.databases import database
from tests.support.factories.users import PASSWORD, make_tokens, make_user
from tests.support.threads import at_once
from tests.support.twins import Twins


@pytest.fixture(autouse=True)
def files(tmp_path, settings, monkeypatch):
    """A folder for files that other processes know of too."""
    settings.FILES_DIR = str(tmp_path / "files")
    monkeypatch.setenv("FILES_DIR", settings.FILES_DIR)
    (tmp_path / "files").mkdir()


@pytest.fixture
def deleting(committed: Twins, provisioned) -> Tenant:
    """An organisation with files whose deletion has begun."""
    tenant = provisioned("riverbank")
    with tenant_context(directory().by_uuid(tenant.pk)):
        for _ in range(3):
            (Path(settings.FILES_DIR) / file_key(room="documents")).parent.mkdir(parents=True, exist_ok=True)
            (Path(settings.FILES_DIR) / file_key(room="documents")).write_text("secret")
    with platform_context():
        tenant = tenant_archive(tenant=tenant, actor=SYSTEM)
        return tenant_delete(tenant=tenant, actor=SYSTEM, reason="Asked for")


def left(tenant, schema):
    """The state, how many tables, roles, hosts and files are left."""
    with platform_context():
        state = Tenant.objects.get(pk=tenant.pk).state
        hosts = Domain.objects.filter(tenant=tenant).count()
    with database() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema])
        tables = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname IN (%s, %s)", [schema, f"{schema}_ro"])
        roles = cursor.fetchone()[0]
    folder = Path(settings.FILES_DIR) / str(tenant.pk)
    return state, tables, roles, hosts, len(list(folder.rglob("*"))) if folder.exists() else -1


def test_nothing_is_left_but_the_proof(deleting: Tenant):
    schema = deleting.schema_name
    state, tables, *others = left(deleting, schema)
    assert (state, others) == ("deleting", [2, 1, 5]) and tables > 20
    with platform_context():
        gone = tenant_purge(tenant=deleting)
        assert left(gone, schema) == ("purged", 0, 0, 0, -1)
        assert (gone.schema_name, gone.owner, gone.options, gone.epoch) == (None, {}, {}, 2)
        assert (gone.slug, gone.name) == ("riverbank", "Riverbank")
        last = StateChange.objects.filter(tenant=gone).last()
        assert (last.from_state, last.to_state) == ("deleting", "purged")
        assert tenant_purge(tenant=gone).state == TenantState.PURGED
        assert StateChange.objects.filter(tenant=gone).last() == last


def test_a_killed_purge_is_finished_by_the_same_command(deleting: Tenant, kill_through):
    schema = deleting.schema_name
    command = ("tenant", "delete", "riverbank", "--confirm", "riverbank")
    seen = kill_through(*command, look=lambda: left(deleting, schema))
    tables = [step[1] for step in seen]
    assert tables == sorted(tables, reverse=True) and max(tables) > 8
    assert all(before - after <= 8 for before, after in pairwise(tables))
    # Tables, then the rights, then file by file, and the hosts at the very end.
    assert [step[1:] for step in seen if step[1] == 0] == [
        (0, 2, 1, 5),
        (0, 0, 1, 5),
        (0, 0, 1, 4),
        (0, 0, 1, 3),
        (0, 0, 1, 2),
        (0, 0, 1, -1),
        (0, 0, 0, -1),
    ]
    assert {step[0] for step in seen[:-1]} == {"deleting"} and seen[-1][0] == "purged"


def test_what_never_had_a_schema_is_purged_as_well(committed: Twins, requested):
    with platform_context():
        tenant = tenant_purge(tenant=tenant_delete(tenant=requested("riverbank"), actor=SYSTEM))
    assert left(tenant, "t_none") == ("purged", 0, 0, 0, -1)


def test_any_number_of_files_is_removed(deleting: Tenant):
    folder = Path(settings.FILES_DIR) / str(deleting.pk) / "documents"
    for number in range(1001):
        (folder / str(number)).touch()
    with platform_context():
        tenant_purge(tenant=deleting)
    assert not folder.parent.exists()


def test_two_purges_at_once_end_with_one(deleting: Tenant):
    answers = at_once(2, lambda number: tenant_purge(tenant=Tenant.objects.get(pk=deleting.pk)))
    assert [answer.state for answer in answers] == ["purged", "purged"]
    with platform_context():
        assert StateChange.objects.filter(tenant=deleting, to_state="purged").count() == 1


def test_no_transaction_holds_more_than_a_few_hundred_locks(deleting: Tenant):
    most, done = [], threading.Event()

    def count_locks():
        with database() as cursor:
            while not done.is_set():
                # Other databases of this server are other tests'.
                cursor.execute(
                    "SELECT coalesce(max(held), 0) FROM (SELECT count(*) AS held FROM pg_locks l"
                    " JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() GROUP BY pid) l"
                )
                most.append(cursor.fetchone()[0])

    watcher = threading.Thread(target=count_locks)
    watcher.start()
    with platform_context():
        tenant_purge(tenant=deleting)
    done.set()
    watcher.join()
    assert 20 < max(most) < 400


def test_only_a_tenants_schema_can_be_dropped(committed: Twins):
    for name in ("public", TEMPLATE_SCHEMA, "pg_catalog", ""):
        with pytest.raises(ValueError, match="no tenant's schema"):
            schemas.schema_drop(cell="default", schema=name)


def test_what_is_not_being_deleted_is_not_purged(committed: Twins):
    schema = committed.first.schema
    with platform_context():
        tenant = Tenant.objects.get(pk=committed.first.uuid)
        before = left(tenant, schema)
        with pytest.raises(TransitionRefused, match="North Ltd is not being deleted"):
            tenant_purge(tenant=tenant)
        assert left(tenant, schema) == before


def test_a_subdomain_can_be_used_again_and_old_credentials_stay_dead(
    committed: Twins, provisioned, requested, client_for
):
    old = directory().by_uuid(provisioned("riverbank").pk)
    with tenant_context(old):
        user = make_user("ada@example.org")
        tokens = make_tokens(user)
    client = client_for(old)
    assert client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 302
    bearer = {"Authorization": f"Bearer {tokens.access}"}
    assert client.get("/people/account/").status_code == 200
    assert client_for(old).get("/api/v1/auth/me/", headers=bearer).status_code == 200
    with platform_context():
        tenant = Tenant.objects.get(pk=old.uuid)
        for change in (tenant_archive, tenant_delete):
            tenant = change(tenant=tenant, actor=SYSTEM)
        tenant_purge(tenant=tenant)
    directory().forget()
    unknown = client_for("platform").get("/", headers={"host": "nobody.localhost"})
    for answer in (client.get("/"), client_for(old).get("/api/v1/auth/me/", headers=bearer)):
        assert (answer.status_code, answer.content) == (404, unknown.content)
    with platform_context():
        new = tenant_provision(tenant=requested("riverbank"))
    directory().forget()
    assert new.pk != old.uuid and new.schema_name != old.schema
    with tenant_context(directory().by_uuid(new.pk)):
        make_user("ada@example.org")
    assert client.get("/people/account/").status_code == 302
    assert client_for(old).get("/api/v1/auth/me/", headers=bearer).status_code == 401
