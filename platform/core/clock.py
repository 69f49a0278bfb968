from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: str = "UTC") -> date:
    """The calendar date that it is now in a time zone named as in the IANA database."""
    return now().astimezone(ZoneInfo(zone)).date()
