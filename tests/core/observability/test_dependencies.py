import pytest
from django.core.cache import caches
from django.db import connections

from core.observability import dependencies
from core.web.readiness import failed_checks


@pytest.fixture
def undurable(committed):
    """The application's sessions confirm before they are durable, as a careless administrator may have set it."""
    connection = connections["default"]
    connection.ensure_connection()
    with connection.connection.cursor() as raw:
        raw.execute("SET synchronous_commit = off")
    yield connection
    connection.close()


def test_everything_that_runs_is_ready(committed):
    assert not {"database", "cache", "broker"} & set(failed_checks())


def test_a_database_that_may_lose_commits_is_not_ready(undurable):
    assert dependencies.undurable_settings(undurable) == ["synchronous_commit"]
    with pytest.raises(dependencies.NotDurable, match="default: synchronous_commit is off"):
        dependencies.database()


def test_a_database_that_is_gone_is_not_ready(committed, monkeypatch):
    connection = connections["default"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    with pytest.raises(Exception, match="nowhere"):
        dependencies.database()


def test_a_cache_that_is_gone_is_not_ready(settings, monkeypatch):
    monkeypatch.setattr(caches["platform"], "_servers", ["redis://127.0.0.1:1/0"])
    caches["platform"].__dict__.pop("_cache", None)
    with pytest.raises(Exception, match="refused"):
        dependencies.cache()
    caches["platform"].__dict__.pop("_cache", None)


def test_a_broker_that_is_gone_is_not_ready(monkeypatch):
    monkeypatch.setitem(dependencies.current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    with pytest.raises(Exception, match="refused"):
        dependencies.broker()
