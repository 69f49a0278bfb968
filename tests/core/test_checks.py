import pytest
from django.core.checks import run_checks
from django.core.files.storage import FileSystemStorage
from django.db import connections

from core import checks


def ids(messages):
    return [message.id for message in messages]


def test_the_project_passes_its_own_checks():
    assert [message for message in run_checks() if message.id.startswith("livery.")] == []


def test_a_database_that_may_lose_commits_is_refused(committed):
    connection = connections["default"]
    connection.ensure_connection()
    with connection.connection.cursor() as raw:
        raw.execute("SET synchronous_commit = off")
    found = checks.databases_are_durable(databases=["default"])
    connection.close()
    assert ids(found) == ["livery.E001"]
    assert "synchronous_commit=off" in found[0].msg


def test_no_database_is_asked_unless_it_is_named(monkeypatch):
    assert checks.databases_are_durable() == checks.databases_are_durable(databases=[]) == []


def test_an_app_of_both_kinds_of_schema_must_be_declared_as_one(settings):
    settings.BOTH_APPS = [app for app in settings.BOTH_APPS if app != "shared_apps.users"]
    found = checks.schemas_are_disjoint()
    assert ids(found) == ["livery.E002"]
    assert "shared_apps.users" in found[0].msg


def test_one_table_name_never_means_two_tables(monkeypatch, settings):
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django.contrib.messages"]
    real = checks._tables
    monkeypatch.setattr(checks, "_tables", lambda names: real(names) | {"shared_name": sorted(names)[0]})
    assert ids(checks.schemas_are_disjoint()) == ["livery.E003"]


def test_uploads_never_go_to_a_public_storage(settings, monkeypatch):
    monkeypatch.setattr(checks, "default_storage", FileSystemStorage())
    assert ids(checks.files_are_private()) == ["livery.E004"]


def test_there_is_no_public_media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    assert ids(checks.files_are_private()) == ["livery.E005"]


@pytest.mark.parametrize("where", ["STATIC_ROOT", "STATICFILES_DIRS"])
def test_files_do_not_lie_among_the_public_ones(settings, where, tmp_path):
    setattr(settings, where, tmp_path if where == "STATIC_ROOT" else [tmp_path])
    settings.FILES_DIR = tmp_path / "uploads"
    assert ids(checks.files_are_private()) == ["livery.E006"]


@pytest.mark.parametrize("name", checks.MIDDLEWARE_ORDER)
def test_no_middleware_that_isolates_may_be_left_out(settings, name):
    settings.MIDDLEWARE = [installed for installed in settings.MIDDLEWARE if installed != name]
    assert ids(checks.middleware_is_in_order()) == ["livery.E007"]


def test_the_middlewares_keep_their_order(settings):
    settings.MIDDLEWARE = list(reversed(settings.MIDDLEWARE))
    assert ids(checks.middleware_is_in_order()) == ["livery.E008"]


def test_a_key_that_cannot_seal_is_named_at_the_start(settings):
    settings.ENCRYPTION_KEYS = {"first": "bm90IDMyIGJ5dGVz"}
    found = checks.secrets_can_be_sealed()
    assert ids(found) == ["livery.E009"]
    assert "first" in found[0].msg
