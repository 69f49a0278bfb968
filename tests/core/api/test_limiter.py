from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from core.actor import ANONYMOUS, Actor
from core.api.limiter import LimiterDown, address_block, spend, spender_of
from core.tenancy import platform_context, tenant_context

URL = "/api/v1/echo/"
SIGN_IN = "/api/v1/auth/sign-in/"
DOWN = "redis://127.0.0.1:1/0"


@pytest.fixture
def limits(settings):
    def give(**limits):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, **limits}

    return give


@pytest.fixture
def slow_clock(limits):
    """Ten points that take a day to come back, so that a slow machine earns none meanwhile."""
    limits(default={"points": 10, "seconds": 86_400}, auth={"points": 10, "seconds": 86_400, "fail_closed": True})


def test_points_run_out_and_the_answer_says_when_they_are_back(api, slow_clock):
    left = []
    for _ in range(10):
        response = api.get(URL)
        assert (response.status_code, response["RateLimit-Limit"]) == (200, "10")
        left.append(int(response["RateLimit-Remaining"]))
    assert left == list(range(9, -1, -1))
    response = api.get(URL)
    assert (response.status_code, response.json()["type"]) == (429, "/problems/rate_limited")
    assert response["RateLimit-Remaining"] == "0"
    assert 8630 <= int(response["Retry-After"]) <= 8640
    assert 86_390 <= int(response["RateLimit-Reset"]) <= 86_400


def test_a_refused_request_reaches_no_handler_and_costs_nothing(api, slow_clock):
    from tests.core.api.shelf import EchoView

    for _ in range(30):
        api.get(URL)
    assert len(EchoView.calls) == 10
    with platform_context():
        assert spend("default", "address:127.0.0.1").retry_after <= 8640


def test_points_come_back_over_time(limits):
    import time

    limits(default={"points": 100, "seconds": 100})
    with platform_context():
        assert spend("default", "user:1", cost=100).allowed
        refused = spend("default", "user:1", cost=100)
        assert not refused.allowed and 1 <= refused.retry_after <= 100
        time.sleep(1.1)
        assert spend("default", "user:1").allowed


def test_a_costly_request_takes_more_points(limits):
    limits(default={"points": 10, "seconds": 86_400})
    with platform_context():
        assert spend("default", "user:1", cost=7).remaining == 3
        assert not spend("default", "user:1", cost=4).allowed
        assert spend("default", "user:1", cost=3).remaining == 0


def test_a_request_that_costs_more_than_all_points_can_still_pass_once(limits):
    limits(default={"points": 10, "seconds": 86_400})
    with platform_context():
        assert spend("default", "user:1", cost=50).allowed
        assert not spend("default", "user:1").allowed


def test_parallel_requests_cannot_spend_the_same_point(slow_clock):
    with platform_context(), ThreadPoolExecutor(8) as pool:
        spent = [pool.submit(copy_context().run, spend, "default", "user:1") for _ in range(50)]
        assert [each.result().allowed for each in spent].count(True) == 10


def test_tenants_classes_and_actors_have_pots_of_their_own(slow_clock, ref):
    other = replace(ref(), uuid="0192f000-0000-7000-8000-000000000002")
    for scope in (platform_context(), tenant_context(ref()), tenant_context(other)):
        with scope:
            for rate_class in ("default", "auth"):
                for spender in ("user:1", "user:2"):
                    assert spend(rate_class, spender, cost=10).allowed
                    assert not spend(rate_class, spender).allowed


def test_views_choose_class_and_cost(api, slow_clock):
    assert api.post(SIGN_IN, {}, content_type="application/json")["RateLimit-Remaining"] == "7"
    assert api.get(SIGN_IN)["RateLimit-Remaining"] == "6"
    assert api.get(URL)["RateLimit-Remaining"] == "9"


def test_a_method_without_a_handler_has_no_price(api):
    assert api.delete(SIGN_IN).status_code == 405


def test_without_redis_sign_in_is_closed_and_the_rest_is_open(api, settings):
    settings.REDIS_URL = DOWN
    with capture_logs() as logs:
        response = api.get(URL)
        assert response.status_code == 200
        assert "RateLimit-Limit" not in response
        closed = api.post(SIGN_IN, {}, content_type="application/json")
    assert (closed.status_code, closed.json()["type"], closed["Retry-After"]) == (503, "/problems/unavailable", "30")
    assert [(line["rate_class"], line["fail_closed"]) for line in logs if line["event"] == "limiter_down"] == [
        ("default", False),
        ("auth", True),
    ]


def test_a_refused_spend_names_its_cause(settings):
    settings.REDIS_URL = DOWN
    with platform_context(), pytest.raises(LimiterDown) as refusal:
        spend("auth", "user:1")
    assert refusal.value.__cause__ is not None


def test_wrong_credentials_are_counted_against_their_address(api, limits):
    limits(failed_credentials={"points": 3, "seconds": 86_400})
    wrong = {"X-Actor": "wrong"}
    assert [api.get(URL, headers=wrong).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert int(api.get(URL, headers=wrong)["Retry-After"]) > 0
    assert api.get(URL).status_code == 200


def test_wrong_credentials_are_refused_without_redis_too(api, settings):
    settings.REDIS_URL = DOWN
    assert api.get(URL, headers={"X-Actor": "wrong"}).status_code == 401


def test_addresses_behind_a_proxy_are_told_apart_and_cannot_be_made_up(api, settings, slow_clock):
    settings.TRUSTED_PROXY_COUNT = 1
    for forged in ("1.1.1.1", "2.2.2.2", "3.3.3.3"):
        response = api.get(URL, headers={"X-Forwarded-For": f"{forged}, 203.0.113.9"})
    assert response["RateLimit-Remaining"] == "7"
    assert api.get(URL, headers={"X-Forwarded-For": "203.0.113.10"})["RateLimit-Remaining"] == "9"
    settings.TRUSTED_PROXY_COUNT = 0
    assert api.get(URL, headers={"X-Forwarded-For": "203.0.113.11"})["RateLimit-Remaining"] == "9"
    assert api.get(URL, headers={"X-Forwarded-For": "203.0.113.12"})["RateLimit-Remaining"] == "8"


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        (None, "unknown"),
    ],
)
def test_one_customer_is_one_caller(address, block):
    assert address_block(address) == block


def test_a_persons_keys_share_one_pot():
    person = SimpleNamespace(pk=7)
    session = Actor(kind="user", id="7", label="Ada", user=person)
    key = Actor(kind="api_key", id="99", label="Key", user=person)
    assert spender_of(session) == spender_of(key) == "user:7"
    assert spender_of(replace(key, user=None)) == "api_key:99"
    assert spender_of(replace(ANONYMOUS, address="203.0.113.9")) == "address:203.0.113.9"


def test_a_class_that_has_no_limit_is_an_error():
    with platform_context(), pytest.raises(KeyError):
        spend("misspelt", "user:1")


def test_a_throttle_that_was_not_asked_has_nothing_to_wait_for():
    from core.api.throttles import ActorThrottle

    assert ActorThrottle().wait() is None
