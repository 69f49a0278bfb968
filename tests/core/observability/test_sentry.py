import json

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from core.observability import sentry
from core.tenancy import tenant_context
from core.web.request_id import clear_request_id, set_request_id


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    clear_request_id()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


class Kept(Transport):
    def __init__(self, options=None):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]


def test_without_a_dsn_nothing_is_started(settings):
    settings.SENTRY_DSN = ""
    sentry.start()
    assert not sentry_sdk.get_client().is_active()


def test_an_error_tells_the_tenant_and_no_secret_and_no_person(settings, ref, monkeypatch):
    settings.SENTRY_DSN = "http://public@127.0.0.1:9/1"
    transport = Kept()
    start = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: start(**options, transport=transport))
    sentry.start()
    sentry_sdk.set_user({"email": "ana@example.org", "id": "u1"})
    sentry_sdk.add_breadcrumb(category="query", message="SELECT secret FROM users")
    sentry_sdk.add_breadcrumb(category="note", message="key lvk_abc used", data={"password": "hunter2"})
    set_request_id("request-1234")
    with tenant_context(ref()):
        try:
            local_secret = "hunter2"
            raise ValueError(f"password={local_secret} of ana@example.org")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    [event] = transport.events
    text = json.dumps(event)
    assert event["tags"]["tenant"] == str(ref().uuid)
    assert event["tags"]["request_id"] == "request-1234"
    assert "user" not in event
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"].startswith("test_an_error")
    assert [crumb["category"] for crumb in event["breadcrumbs"]["values"]] == ["note"]
    assert "vars" not in event["exception"]["values"][0]["stacktrace"]["frames"][-1]
    for secret in ("hunter2", "ana@example.org", "lvk_abc"):
        assert secret not in text


def test_of_the_request_only_the_method_is_sent():
    event = sentry.before_send(
        {
            "request": {
                "method": "POST",
                "url": "https://a.example/reset/TOKEN/",
                "headers": {"Cookie": "x"},
                "data": "y",
            }
        },
        {},
    )
    assert event == {"request": {"method": "POST"}, "tags": {}}
