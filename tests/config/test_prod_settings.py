import os
import secrets
import subprocess
import sys

import pytest

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ENCRYPTION_KEYS": "k1:" + "A" * 43 + "=",
    "PLATFORM_HOST": "platform.example",
    "TENANT_BASE_DOMAIN": "platform.example",
    "PUBLIC_SCHEME": "https",
}


def run(*arguments, remove=(), **changes):
    environment = {**os.environ, **GOOD, **changes, "DJANGO_SETTINGS_MODULE": "config.settings.prod"}
    for name in remove:
        environment.pop(name, None)
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def load(**changes):
    return run("-c", "from django.conf import settings; settings.DEBUG", **changes)


def test_the_deployment_check_finds_nothing():
    checked = run("manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "no issues (0 silenced)" in checked.stdout


def test_good_settings_load():
    assert load().returncode == 0


def test_nothing_switches_the_second_factor_of_the_platforms_people_off():
    asked = "from django.conf import settings; assert settings.PLATFORM_REQUIRES_TWO_FACTOR"
    assert run("-c", asked, PLATFORM_REQUIRES_TWO_FACTOR="false").returncode == 0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"remove": ["SECRET_KEY"]}, "SECRET_KEY"),
        ({"SECRET_KEY": "development-only-secret-never-used-in-production"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"remove": ["ENCRYPTION_KEYS"]}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": "no-colon"}, "ENCRYPTION_KEYS"),
        ({"remove": ["PLATFORM_HOST"]}, "PLATFORM_HOST"),
        ({"PLATFORM_HOST": ""}, "PLATFORM_HOST"),
        ({"remove": ["TENANT_BASE_DOMAIN"]}, "TENANT_BASE_DOMAIN"),
        ({"PUBLIC_SCHEME": "http"}, "PUBLIC_SCHEME"),
        ({"remove": ["DATABASE_URL"]}, "DATABASE_URL"),
        ({"remove": ["REDIS_URL"]}, "REDIS_URL"),
        ({"REDIS_URL": "redis://cache.example:6379/0"}, "REDIS_URL"),
        ({"BROKER_URL": "redis://queue.example:6379/0"}, "BROKER_URL"),
    ],
)
def test_production_refuses_to_start_and_says_what_to_set(changes, named):
    loaded = load(**changes)
    assert loaded.returncode != 0
    assert "ImproperlyConfigured" in loaded.stderr
    assert named in loaded.stderr.splitlines()[-1]


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(GOOD["SECRET_KEY"])
    assert load(remove=["SECRET_KEY"], SECRET_KEY_FILE=str(tmp_path / "secret")).returncode == 0


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_servers_start_with_the_production_settings(name):
    code = (
        f"import os; del os.environ['DJANGO_SETTINGS_MODULE']; import config.{name} as server;"
        "from django.conf import settings; print(settings.SECURE_SSL_REDIRECT, callable(server.application))"
    )
    assert run("-c", code).stdout.split() == ["True", "True"]


def test_there_is_no_route_where_no_host_was_chosen():
    code = "from config import urls_none; print(urls_none.urlpatterns, urls_none.handler404)"
    assert run("-c", code).stdout.split() == ["[]", "core.web.errors.not_found"]


def test_what_development_shows_cannot_be_switched_on():
    """Neither the mailbox nor a backend that fills it, whatever the environment says."""
    code = (
        "from django.conf import settings\n"
        "assert settings.MAILBOX_DIR is None and 'mailbox' not in settings.EMAIL_BACKEND, settings.EMAIL_BACKEND\n"
    )
    loaded = run("-c", code, MAILBOX_DIR="/tmp/mail")
    assert loaded.returncode == 0, loaded.stderr
