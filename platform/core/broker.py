"""Celery's Redis transport, with messages that come back when their worker dies and never while it lives.

Redis knows no acknowledgement: kombu keeps what a worker has taken in a sorted set, scored by the time of taking, and
any worker puts back what is older than `visibility_timeout`. That one number would have to be longer than the longest
task and shorter than the longest wait after a crash. Here a worker renews the score of what it holds, as a lease, so
the timeout only says how long a silent worker is believed.
"""

import ctypes
import signal
import sys
from time import monotonic, time
from typing import Any

from kombu.log import get_logger
from kombu.transport import redis

logger = get_logger("livery.broker")

RENEW_SECONDS = 5
# A worker that lost its connection and found it again renews its leases before anybody may judge them.
GRACE_SECONDS = 10
_PR_SET_PDEATHSIG = 1


class QoS(redis.QoS):
    """What one channel has taken and not acknowledged."""

    channel: Any
    _delivered: Any
    _dirty: Any
    # Only the lease returns a message: at the end of a lost connection its tasks are still running.
    restore_at_shutdown = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began = monotonic()

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Put back what silent workers held, but not before every living one could reconnect and renew."""
        if monotonic() - self._began >= self.channel.restore_grace:
            super().restore_visible(*args, **kwargs)

    def held(self) -> set[str]:
        """The delivery tags of what this channel has taken and not acknowledged."""
        return {*self._delivered} - self._dirty


class Channel(redis.Channel):
    QoS = QoS
    restore_grace = GRACE_SECONDS
    from_transport_options = (*redis.Channel.from_transport_options, "restore_grace")
    _address: dict[str, Any] | None = None

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Where Redis is, also after this channel lost it: a task that ran on is acknowledged on its own channel."""
        if asynchronous:
            return super()._connparams(asynchronous=True)  # type: ignore[misc]
        if self._address is None:
            self._address = super()._connparams()  # type: ignore[misc]
        return dict(self._address)


class Transport(redis.Transport):
    """Use it as CELERY_BROKER_TRANSPORT; transport options `renew_interval` and `restore_grace` are in seconds."""

    Channel = Channel
    cycle: Any

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        super().register_with_event_loop(connection, loop)
        options = connection.client.transport_options
        loop.call_repeatedly(options.get("renew_interval", RENEW_SECONDS), self.renew)

    def renew(self) -> None:
        """Renew the lease on all that this process holds, also on running tasks of an earlier connection."""
        # Imported here, as a process that only queues tasks has no need of a worker's code.
        from celery.worker.state import active_requests

        channels = tuple(self.cycle._channels)
        held = {request.message.delivery_tag for request in tuple(active_requests)}
        # A worker that is shutting down consumes no more, but its last tasks still run.
        held.update(tag for channel in channels for tag in channel.qos.held())
        if held and channels:
            try:
                with channels[0].conn_or_acquire() as client:
                    # xx: what was acknowledged meanwhile must not come back.
                    client.zadd(channels[0].unacked_index_key, dict.fromkeys(held, time()), xx=True)
            except self.connection_errors as error:
                # The event loop notices the lost connection by itself and reconnects.
                logger.warning("leases of running tasks were not renewed: %r", error)


def end_with_parent(**_: Any) -> None:
    """Have the kernel kill this pool process when the worker dies (Linux; elsewhere it ends after its task).

    The worker's leases run out when it is killed, so a task that its orphan still ran would run twice.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
