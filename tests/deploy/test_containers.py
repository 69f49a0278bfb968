"""What can be known of the containers without an engine to run them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.prepare import PYTHON_PATH, ROOT
from deploy.make_secrets import fresh_values, make_secrets

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LONG_RUNNING = [name for name in SERVICES if name not in ("prepare", "migrate")]
ANSWERING = [name for name in LONG_RUNNING if name != "beat"]
OURS = ("prepare", "migrate", "web", "worker", "beat")


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile as (word, rest)."""
    text = dockerfile.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened(name: str) -> None:
    service = SERVICES[name]

    assert service["user"] not in ("root", "0", "0:0")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"]
    assert "privileged" not in service
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_server_comes_back(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ANSWERING)
def test_every_server_that_answers_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_the_web_server_is_healthy_when_it_is_ready() -> None:
    assert "/readyz" in " ".join(SERVICES["web"]["healthcheck"]["test"])
    assert any(word == "HEALTHCHECK" and "/readyz" in rest for word, rest in instructions(ROOT / "deploy/Dockerfile"))


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["data"]
    assert "data" not in SERVICES["caddy"]["networks"]


def test_the_tables_are_made_before_anything_serves() -> None:
    completed = "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["prepare"]["condition"] == completed
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == completed


def test_no_secret_stands_in_the_environment() -> None:
    secret_names = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|DATABASE|REDIS|EMAIL_URL")
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if secret_names.search(variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert value.rpartition("/")[2] in service["secrets"], f"{name} is not given {value}"


def test_each_container_gets_the_database_login_that_it_needs_and_no_other() -> None:
    given = {name: set(service.get("secrets", [])) for name, service in SERVICES.items()}

    assert [name for name in SERVICES if "database_admin_url" in given[name]] == ["prepare"]
    assert [name for name in SERVICES if "database_owner_url" in given[name]] == ["prepare", "migrate", "worker"]
    assert [name for name in SERVICES if "database_url" in given[name]] == list(OURS)


def test_the_secrets_that_are_made_are_the_ones_that_are_named(tmp_path: Path) -> None:
    assert set(COMPOSE["secrets"]) == set(fresh_values())

    assert make_secrets(tmp_path / "secrets")

    values = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert values["postgres_password"] in values["database_admin_url"]
    assert values["redis_url"].split(":")[2].partition("@")[0] in values["valkey_users"]
    assert not make_secrets(tmp_path / "secrets")
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == values


def test_half_a_set_of_secrets_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres_password").write_text("kept")

    with pytest.raises(SystemExit, match="lacks valkey_users"):
        make_secrets(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["postgres_password"]
    assert (tmp_path / "postgres_password").read_text() == "kept"


def test_postgresql_runs_with_the_settings_of_the_embedded_server() -> None:
    postgres = SERVICES["postgres"]

    assert "./deploy/postgres/livery.conf:/etc/postgresql/livery.conf:ro" in postgres["volumes"]
    assert "config_file=/etc/postgresql/livery.conf" in postgres["command"]
    assert postgres["image"].startswith("postgres:18")
    embedded = (ROOT / "deploy/local/postgres.py").read_text()
    for option in ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale", "--encoding=UTF8"):
        assert option in postgres["environment"]["POSTGRES_INITDB_ARGS"]
        assert option in embedded


def test_every_file_that_is_mounted_or_built_from_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file()
    assert (ROOT / SERVICES["web"]["build"]["dockerfile"]).is_file()
    assert (ROOT / SERVICES["caddy"]["build"] / "Dockerfile").is_file()


@pytest.mark.parametrize("path", ["deploy/Dockerfile", "deploy/caddy/Dockerfile"])
def test_images_are_pinned_to_a_release_and_do_not_run_as_root(path: str) -> None:
    words = instructions(ROOT / path)
    arguments = dict(rest.split("=", 1) for word, rest in words if word == "ARG")
    images = [
        rest.split()[0].replace("${PYTHON}", arguments.get("PYTHON", "")) for word, rest in words if word == "FROM"
    ]

    assert all(":" in image and not image.endswith(":latest") for image in images)
    assert [rest for word, rest in words if word == "USER"][-1] == "10001:10001"
    assert not any(word == "ADD" for word, _ in words)


def test_the_image_holds_what_runs_and_nothing_else() -> None:
    words = instructions(ROOT / "deploy/Dockerfile")
    copied = {rest.split()[0] for word, rest in words if word == "COPY" and not rest.startswith("--from")}
    let_in = {line[1:] for line in (ROOT / "deploy/Dockerfile.dockerignore").read_text().split() if line[0] == "!"}

    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert any("--require-hashes" in rest for word, rest in words if word == "RUN")
    assert sum(word == "FROM" for word, _ in words) == 2


def test_the_proxy_serves_every_organisation_and_hides_the_operators_paths() -> None:
    caddyfile = (ROOT / "deploy/caddy/Caddyfile").read_text()

    assert "*.{$TENANT_BASE_DOMAIN" in caddyfile
    assert "{$PLATFORM_HOST" in caddyfile
    assert "@operators path /healthz /readyz /metrics" in caddyfile
    assert "header_up -X-Forwarded-Host" in caddyfile


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_accepts_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_production_starts_with_the_environment_and_secrets_of_the_containers(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    given = {name: _resolved(str(value), tmp_path) for name, value in SERVICES["worker"]["environment"].items()}
    code = "import django; django.setup(); from django.conf import settings as s; "
    code += (
        "print(s.DATABASES['default']['USER'], s.DATABASES['default']['OWNER']['USER'], s.PLATFORM_HOST, s.REDIS_URL)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PYTHON_PATH, **given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    redis_url = (tmp_path / "redis_url").read_text()
    assert done.stdout.split() == ["livery_app", "livery_owner", "livery.localhost", redis_url]


def _resolved(value: str, secrets: Path) -> str:
    """A value of the compose file as a container sees it: the default of each ${NAME:-default}, the mounted secrets."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value).replace("/run/secrets", str(secrets))
