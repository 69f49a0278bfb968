from collections.abc import Callable
from typing import Any, TypeVar, cast

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

from core.tenancy.tasks import QUEUES

_SECONDS = 2
Answer = TypeVar("Answer")


def queue_depths() -> dict[str, int] | None:
    """How many messages wait in each queue at this moment; None where the broker does not answer."""
    return _asked(lambda channel: {name: _depth(channel, name) for name in QUEUES})


def broker_version() -> str | None:
    """The version of the Redis server that holds the queues; None where it does not answer."""
    return _asked(lambda channel: str(channel.client.info("server")["redis_version"]))


def _asked(question: Callable[[Any], Answer]) -> Answer | None:
    connection = current_app.connection_for_read()
    faults = cast(tuple[type[Exception], ...], (OperationalError, *connection.connection_errors))
    try:
        with connection:
            connection.ensure_connection(max_retries=0, timeout=_SECONDS)
            return question(connection.default_channel)
    except faults:
        return None


def _depth(channel: Any, name: str) -> int:
    try:
        return int(channel.queue_declare(queue=name, passive=True).message_count)
    except ChannelError:
        # Redis keeps no empty list.
        return 0
