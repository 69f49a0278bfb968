import json
import logging

import pytest
import structlog

from core.observability import logs
from core.tenancy import platform_context, tenant_context


@pytest.fixture
def lines(settings):
    """Everything logged below root, formatted as the process would write it."""
    settings.LOG_FORMAT = "json"
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    handler = Keep()
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_a_line_is_one_json_object_with_what_is_known(lines, ref):
    structlog.contextvars.bind_contextvars(request_id="request-1234", actor="user", actor_id="u1")
    with tenant_context(ref()):
        structlog.get_logger("rooms.sales").info("order_kept", lines=3)
    [line] = lines
    event = json.loads(line)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "order_kept",
        "level": "info",
        "logger": "rooms.sales",
        "lines": 3,
        "tenant": str(ref().uuid),
        "request_id": "request-1234",
        "actor": "user",
        "actor_id": "u1",
    }


def test_lines_of_other_libraries_look_alike(lines):
    with platform_context():
        logging.getLogger("some.library").warning("call %s failed for %s", "lvk_secret", "ana@example.org")
    event = json.loads(lines[0])
    assert (event["event"], event["tenant"]) == ("call [redacted] failed for a***@example.org", "platform")


def test_without_a_context_no_tenant_is_claimed(lines):
    structlog.get_logger("x").info("start")
    assert "tenant" not in json.loads(lines[0])


def test_secrets_never_reach_a_line(lines):
    structlog.get_logger("x").info(
        "sign_in", password="hunter2", headers={"Cookie": "session=abc"}, note="token=abc123"
    )
    assert not any(secret in lines[0] for secret in ("hunter2", "abc"))


def test_a_traceback_keeps_its_frames_and_loses_its_secrets(lines):
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        structlog.get_logger("x").exception("broken")
    [line] = lines
    assert "hunter2" not in line
    assert "test_logs.py" in json.loads(line)["exception"]


def test_of_a_long_traceback_the_end_is_kept(lines):
    try:
        raise ValueError("x" * 20_000 + " the reason")
    except ValueError:
        structlog.get_logger("x").exception("broken")
    assert json.loads(lines[0])["exception"].endswith("the reason")
    assert len(lines[0]) < 10_000


def test_djangos_lines_do_not_tell_links_that_open_something(lines, rf):
    request = rf.get("/reset/1-cf3k2a-9d1f8e7b6a5c4d3e2f1a/")
    logging.getLogger("django.request").error("Internal Server Error: %s", request.path, extra={"request": request})
    assert json.loads(lines[0])["event"] == "Internal Server Error: /reset/[redacted]/"


def test_an_event_cannot_forge_a_second_line(lines, settings):
    settings.LOG_FORMAT = "console"
    console = logs.formatter()
    record = logging.LogRecord("x", logging.INFO, "f", 1, "one\ntwo %s", ("three\nfour",), None)
    assert "\n" not in console.format(record)


def test_the_console_shows_tracebacks_for_people(settings):
    settings.LOG_FORMAT = "console"
    try:
        raise ValueError("why")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "broken", (), (ValueError, error, error.__traceback__))
    assert "ValueError: why" in logs.formatter().format(record)
