import psycopg2
import pytest
from django.conf import settings

from shared_apps.tenants.cluster import Principal, ServerRefused, cell_prepare, require_durable
from tests.support.databases import superuser
from tests.support.threads import at_once

DATABASE = "test_livery_cluster"
APPLICATION, OWNER = Principal("test_cluster_app", "pass'word"), Principal("test_cluster_owner", "")


@pytest.fixture
def prepare():
    """Prepares a database of the test's own, and takes it away again with its roles."""

    def run():
        cell_prepare(
            admin_url=settings.DATABASES["default"]["ADMIN_URL"],
            database=DATABASE,
            application=APPLICATION,
            owner=OWNER,
        )

    yield run
    with superuser() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        for principal in (APPLICATION, OWNER):
            cursor.execute(f"DROP ROLE IF EXISTS {principal.name}")


class Answers:
    """A cursor of a server with these settings."""

    def __init__(self, **found):
        self.found = found

    def execute(self, statement, parameters=None):
        self.asked = statement

    def fetchall(self):
        return [(name, self.found[name]) for name in ("fsync", "full_page_writes")]

    def fetchone(self):
        return (self.found["synchronous_commit"],)


DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@pytest.mark.parametrize("name", DURABLE)
def test_a_server_that_can_lose_what_it_confirmed_is_refused(name):
    require_durable(Answers(**DURABLE))
    require_durable(Answers(**{**DURABLE, "synchronous_commit": "remote_apply"}))
    with pytest.raises(ServerRefused, match=f"Set {name} = on"):
        require_durable(Answers(**{**DURABLE, name: "off"}))


def test_a_server_that_is_too_old_is_refused(prepare, monkeypatch):
    from shared_apps.tenants import cluster

    monkeypatch.setattr(cluster, "OLDEST", 999_999)
    with pytest.raises(ServerRefused, match="PostgreSQL 16 or newer"):
        prepare()


def test_roles_and_database_are_made_with_no_more_rights_than_they_need(prepare):
    prepare()
    with superuser(dbname=DATABASE) as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
            " WHERE rolname LIKE 'test_cluster%' ORDER BY 1"
        )
        assert cursor.fetchall() == [
            ("test_cluster_app", False, False, False, False, True),
            ("test_cluster_owner", False, True, True, False, True),
        ]
        cursor.execute(
            "SELECT has_schema_privilege('test_cluster_app', 'public', 'USAGE'),"
            " has_schema_privilege('livery_platform', 'public', 'USAGE'),"
            " has_schema_privilege('livery_platform', 'public', 'CREATE'),"
            " has_database_privilege('test_cluster_app', current_database(), 'CONNECT'),"
            " has_database_privilege('livery_platform', current_database(), 'CONNECT'),"
            " has_database_privilege('test_cluster_app', current_database(), 'CREATE'),"
            " (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public')"
        )
        assert cursor.fetchone() == (False, True, False, True, False, False, "test_cluster_owner")


def test_preparing_again_changes_nothing_but_corrects_what_was_changed(prepare):
    prepare()
    state = (
        "SELECT (SELECT array_agg(r ORDER BY rolname) FROM (SELECT rolname, rolinherit, rolcreaterole FROM pg_roles"
        " WHERE rolname LIKE 'test_cluster%') r)::text, datacl::text, (SELECT nspacl::text FROM pg_namespace"
        " WHERE nspname = 'public') FROM pg_database WHERE datname = current_database()"
    )
    with superuser(dbname=DATABASE) as cursor:
        cursor.execute(state)
        before = cursor.fetchone()
        cursor.execute("ALTER ROLE test_cluster_app CREATEROLE INHERIT")
        cursor.execute("GRANT ALL ON SCHEMA public TO PUBLIC")
        prepare()
        cursor.execute(state)
        assert cursor.fetchone() == before


def test_two_preparations_at_once_do_no_harm(prepare, db):
    assert at_once(2, lambda number: prepare()) == [None, None]


def test_the_application_signs_in_with_its_password_and_may_do_nothing(prepare):
    prepare()
    address = psycopg2.extensions.parse_dsn(settings.DATABASES["default"]["ADMIN_URL"])
    values = {**address, "dbname": DATABASE, "user": APPLICATION.name}
    connection = psycopg2.connect(**{**values, "password": APPLICATION.password})
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("pg_catalog",)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE public.one (id int)")
    connection.close()
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(**{**values, "password": "wrong"})
