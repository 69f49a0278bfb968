"""Takes tasks from the real broker and runs them in this process, as a worker's pool process would."""

from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field, replace
from typing import Any

from celery.app.trace import build_tracer

from config.celery import app
from core.tenancy.tasks import QUEUES


@dataclass(frozen=True, slots=True)
class Message:
    """A task as it waits in a queue."""

    queue: str
    headers: dict[str, Any]
    args: list[Any]
    kwargs: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        return self.headers["task"]

    def changed(self, **headers: Any) -> "Message":
        """The same with other headers; one that is None is taken out."""
        merged = {**self.headers, **headers}
        return replace(self, headers={name: value for name, value in merged.items() if value is not None})

    def run(self) -> Any:
        """Run it in an empty context; returns what the task returns and raises what it raises."""
        return Context().run(self._traced)

    def _traced(self) -> Any:
        task = app.tasks[self.task]
        tracer = build_tracer(task.name, task, app=app)
        result = tracer(self.headers["id"], self.args, self.kwargs, request={**self.headers, "delivery_info": {}})
        if result.info is not None:
            raise result.info.retval
        return result.retval


def waiting() -> list[Message]:
    """Take everything out of the queues, in the order of the queues and of arrival."""
    return list(_taken())


def _taken() -> Iterator[Message]:
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        for queue in QUEUES:
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                args, kwargs, options = message.payload
                yield Message(queue, dict(message.headers), args, kwargs, options)
