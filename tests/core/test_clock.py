from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
import time_machine

from core import clock


def test_now_is_aware_and_in_utc():
    now = clock.now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-03-01T23:30:00+00:00", "UTC", date(2026, 3, 1)),
        ("2026-03-01T23:30:00+00:00", "Europe/Vienna", date(2026, 3, 2)),
        ("2026-03-01T00:30:00+00:00", "America/New_York", date(2026, 2, 28)),
        ("2026-03-29T00:59:59+00:00", "Europe/Vienna", date(2026, 3, 29)),
        ("2026-10-24T22:30:00+00:00", "Europe/Vienna", date(2026, 10, 25)),
        ("2026-12-31T10:00:00+00:00", "Pacific/Kiritimati", date(2027, 1, 1)),
    ],
)
def test_the_date_is_that_of_the_time_zone(instant: str, zone: str, day: date):
    with time_machine.travel(datetime.fromisoformat(instant), tick=False):
        assert clock.today(zone) == day
        assert clock.today() == datetime.fromisoformat(instant).date()


def test_an_unknown_time_zone_is_an_error():
    with pytest.raises(ZoneInfoNotFoundError):
        clock.today("Mars/Olympus")
