"""Celery tasks that know for whom they run: a task without a valid, signed origin does not run at all."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from celery import Task, current_app, shared_task
from django.core.signing import BadSignature, Signer
from kombu.exceptions import OperationalError

from core.tenancy.context import (
    TenantRef,
    current_scope,
    current_tenant,
    platform_context,
    require_scope,
    tenant_context,
)
from core.tenancy.directory import directory
from core.tenancy.errors import TenancyError, TenantGone
from core.tenancy.lifecycle import WORKING, TenantState, writable
from core.tenancy.transactions import on_commit

HEADER = "livery_origin"
QUEUES = ("critical", "default", "bulk", "fleet")
# A fan-out over time is this many messages at most, however many tenants there are.
MAX_SLICES = 60
LIVE = frozenset(state for state in TenantState if writable(state))
_PLAIN = (str, int, bool, type(None))
_signer = Signer(salt="livery.task")
_log = structlog.get_logger("livery.tasks")


class TaskRefused(TenancyError):
    """A task arrived without a valid origin, or for a tenant that does not exist, work or live at this epoch now."""


class ContextTask(Task):
    """What all our tasks share: late acknowledgement, plain arguments, an origin that is signed with them."""

    abstract = True
    acks_late = True
    reject_on_worker_lost = True
    ignore_result = True
    destination = "default"

    def enqueue(self, *arguments: object, countdown: float | None = None, queue: str | None = None) -> None:
        """Queue the task, with ids as its only arguments, once the current transaction has committed.

        `countdown` is in seconds, `queue` another than the task's own. A broker that cannot be reached is logged and
        not raised: what the task works on is a committed row, and the sweep of its room finds the row again.
        """
        plain = [str(value) if isinstance(value, UUID) else value for value in arguments]
        _require_plain(plain)

        def send() -> None:
            try:
                self.apply_async(args=plain, countdown=countdown, queue=queue or self.destination)
            except OperationalError as error:
                _log.warning("task_not_queued", task=self.name, reason=str(error))

        on_commit(send)

    def apply_async(  # type: ignore[override]
        self, args: Any = None, kwargs: Any = None, task_id: str | None = None, headers: Any = None, **options: Any
    ) -> Any:
        """Send the task with its origin: the scope in which it is sent, signed with its name, id and arguments."""
        _require_plain([*(args or ()), *(kwargs or {}).values()])
        task_id = task_id or str(uuid4())
        claims = {"task": self.name, "id": task_id, "arguments": _digest(args, kwargs), **self.origin()}
        return super().apply_async(
            args=args,
            kwargs=kwargs,
            task_id=task_id,
            headers={**(headers or {}), HEADER: _signer.sign_object(claims)},
            **{"queue": self.destination, **options},
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            require_scope()
            return self.run(*args, **kwargs)
        if current_scope() is not None:
            raise TaskRefused("The worker still had a context when the task began.")
        return self.run_in_origin(self._verified_origin(args, kwargs), args, kwargs)

    def origin(self) -> dict[str, Any]:
        """What is signed about the place that the task is sent from."""
        raise TypeError("Use TenantTask, PlatformTask or ScopedTask.")

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        """Enter the origin's context and run the task there."""
        raise TypeError("Use TenantTask, PlatformTask or ScopedTask.")

    def _verified_origin(self, args: Any, kwargs: Any) -> dict[str, Any]:
        header = self.request.get(HEADER) or (self.request.headers or {}).get(HEADER)
        try:
            origin: dict[str, Any] = _signer.unsign_object(cast(str, header))
        except (BadSignature, TypeError, ValueError, AttributeError) as error:
            raise TaskRefused(f"{self.name} came without a valid origin.") from error
        if (origin["task"], origin["id"]) != (self.name, self.request.id):
            raise TaskRefused(f"{self.name} came with the origin of another task.")
        if origin["arguments"] != _digest(args, kwargs):
            raise TaskRefused(f"{self.name} came with other arguments than it was sent with.")
        return origin


class TenantTask(ContextTask):
    """A task of one tenant: enters its context, or refuses a missing, stopped, deleted, moved or restored tenant.

    A tenant that is read-only is refused as well, unless the task is declared with `writes=False`.
    """

    abstract = True
    writes = True

    def origin(self) -> dict[str, Any]:
        tenant = current_tenant()
        return {"tenant": str(tenant.uuid), "epoch": tenant.epoch}

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        if "tenant" not in origin:
            raise TaskRefused(f"{self.name} came without a tenant.")
        try:
            tenant = directory().by_uuid(UUID(origin["tenant"]))
        except TenantGone as error:
            raise TaskRefused(f"{self.name} is for a tenant that does not exist.") from error
        if tenant.epoch != origin["epoch"]:
            raise TaskRefused(f"{self.name} was queued in another epoch of its tenant.")
        if tenant.state not in WORKING or (self.writes and not writable(tenant.state)):
            raise TaskRefused(f"{self.name} is for a tenant that is {tenant.state.label.lower()}.")
        if lags_behind(tenant):
            raise TaskRefused(f"{self.name} is for a tenant whose tables lag behind this version.")
        with tenant_context(tenant):
            return self.run(*args, **kwargs)


class PlatformTask(ContextTask):
    """A task of the platform; periodic work is one of these and fans out to tenants."""

    abstract = True

    def origin(self) -> dict[str, Any]:
        scope = current_scope()
        if scope is not None and not scope.is_platform:
            raise TenancyError(f"{self.name} belongs to the platform; a tenant cannot queue it.")
        return {"platform": True}

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        if not origin.get("platform"):
            raise TaskRefused(f"{self.name} did not come from the platform.")
        with platform_context():
            return self.run(*args, **kwargs)


class ScopedTask(TenantTask):
    """A task of an app that is installed in both: it runs where it was queued, in a tenant or on the platform."""

    abstract = True

    def origin(self) -> dict[str, Any]:
        return {"platform": True} if require_scope().is_platform else super().origin()

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        if not origin.get("platform"):
            return super().run_in_origin(origin, args, kwargs)
        with platform_context():
            return self.run(*args, **kwargs)


def tenant_task(*, name: str, queue: str = "default", **options: Any) -> Callable[[Callable[..., Any]], TenantTask]:
    """Declare a task that runs in the context of the tenant in which it was queued."""
    return _declare(TenantTask, name, queue, options)


def platform_task(*, name: str, queue: str = "default", **options: Any) -> Callable[[Callable[..., Any]], PlatformTask]:
    """Declare a task that runs in the platform's context."""
    return _declare(PlatformTask, name, queue, options)


def scoped_task(*, name: str, queue: str = "default", **options: Any) -> Callable[[Callable[..., Any]], ScopedTask]:
    """Declare a task that runs in the context in which it was queued, a tenant's or the platform's."""
    return _declare(ScopedTask, name, queue, options)


def enqueue(name: str, *arguments: object, queue: str | None = None) -> None:
    """Queue a task by its name: for services, which stand below the tasks that call them."""
    cast(ContextTask, current_app.tasks[name]).enqueue(*arguments, queue=queue)


def fan_out(task: TenantTask, *arguments: object, states: Collection[TenantState] = LIVE, spread: int = 0) -> None:
    """Queue a task for every tenant in these states, over `spread` seconds; call it in the platform's context.

    A hash of its uuid gives each tenant its moment, the same every time. The broker holds one message for each of at
    most MAX_SLICES moments, and the tenants are looked up when theirs has come.
    """
    count = max(1, min(spread, MAX_SLICES))
    for number in range(count):
        delay = number * spread / count
        queue_slice.enqueue(task.name, ",".join(sorted(states)), number, count, *arguments, countdown=delay or None)


def lags_behind(tenant: TenantRef) -> bool:
    """Whether the tenant's tables are older than this code needs."""
    required = directory().required_step()
    return required is None or tenant.template_step < required


def takes_writes(tenant: TenantRef) -> bool:
    """Whether work that writes may run for a tenant now."""
    return tenant.state in LIVE and not lags_behind(tenant)


def tenants_of_slice(number: int, count: int, *, states: Collection[TenantState] = LIVE) -> Iterator[TenantRef]:
    """One of `count` slices of the tenants in these states, by hash of uuid; those whose tables lag are left out."""
    return (ref for ref in directory().refs(states) if ref.uuid.int % count == number and not lags_behind(ref))


def require_queue(name: str) -> str:
    """The name of a queue as it is; raises ValueError for a queue that no worker listens to."""
    if name not in QUEUES:
        raise ValueError(f"There is no queue {name}; choose one of {', '.join(QUEUES)}.")
    return name


def _declare(base: type[ContextTask], name: str, queue: str, options: dict[str, Any]) -> Any:
    require_queue(queue)
    if "time_limit" in options:
        # The general soft limit may be longer, and Celery refuses to send such a task.
        options.setdefault("soft_time_limit", options["time_limit"])
    return cast(Any, shared_task(base=base, name=name, destination=queue, bind=False, **options))


def _require_plain(values: Collection[object]) -> None:
    if not all(isinstance(value, _PLAIN) for value in values):
        raise TypeError("A task takes ids and plain values; it reads everything else itself.")


def _digest(args: Any, kwargs: Any) -> str:
    written = json.dumps([list(args or ()), dict(kwargs or {})], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


@platform_task(name="tenancy.queue_slice")
def queue_slice(name: str, states: str, number: int, count: int, *arguments: object) -> None:
    """Queue a task for one slice of the tenants."""
    task = cast(ContextTask, current_app.tasks[name])
    for tenant in tenants_of_slice(number, count, states=[TenantState(state) for state in states.split(",")]):
        with tenant_context(tenant):
            task.enqueue(*arguments)
