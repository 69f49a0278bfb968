"""Celery tasks that know for whom they run: a task without a valid, signed origin does not run at all."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from celery import Task, shared_task
from django.core.signing import BadSignature, Signer
from kombu.exceptions import OperationalError

from core.tenancy.context import current_scope, current_tenant, platform_context, require_scope, tenant_context
from core.tenancy.directory import directory
from core.tenancy.errors import TenancyError, TenantGone
from core.tenancy.lifecycle import WORKING
from core.tenancy.transactions import on_commit

HEADER = "livery_origin"
QUEUES = ("critical", "default", "bulk", "fleet")
_PLAIN = (str, int, bool, type(None))
_signer = Signer(salt="livery.task")
_log = structlog.get_logger("livery.tasks")


class TaskRefused(TenancyError):
    """A task arrived without a valid origin, or for a tenant that does not exist, work or live at this epoch any more."""


class ContextTask(Task):
    """What tenant and platform tasks share: late acknowledgement, plain arguments, a signed origin."""

    abstract = True
    acks_late = True
    reject_on_worker_lost = True
    acks_on_failure_or_timeout = True
    ignore_result = True

    def enqueue(self, *arguments: object) -> None:
        """Queue the task, with ids as its only arguments, once the current transaction has committed.

        A broker that cannot be reached is logged and not raised: what the task works on is a committed row, and the
        sweep of its room finds the row again.
        """
        plain = [str(value) if isinstance(value, UUID) else value for value in arguments]
        if not all(isinstance(value, _PLAIN) for value in plain):
            raise TypeError("A task takes ids and plain values; it reads everything else itself.")

        def send() -> None:
            try:
                self.apply_async(args=plain)
            except OperationalError as error:
                _log.warning("task_not_queued", task=self.name, reason=str(error))

        on_commit(send)

    def apply_async(
        self, args: Any = None, kwargs: Any = None, task_id: str | None = None, headers: Any = None, **options: Any
    ) -> Any:
        """Send the task with its origin: the scope in which it is sent, signed together with its name and id."""
        task_id = task_id or str(uuid4())
        origin = _signer.sign_object({"task": self.name, "id": task_id, **self.origin()})
        return super().apply_async(
            args=args, kwargs=kwargs, task_id=task_id, headers={**(headers or {}), HEADER: origin}, **options
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            require_scope()
            return self.run(*args, **kwargs)
        if current_scope() is not None:
            raise TaskRefused("The worker still had a context when the task began.")
        return self.run_in_origin(self._verified_origin(), args, kwargs)

    def origin(self) -> dict[str, Any]:
        """What is signed about the place that the task is sent from."""
        raise TypeError("Use TenantTask or PlatformTask.")

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        """Enter the origin's context and run the task there."""
        raise TypeError("Use TenantTask or PlatformTask.")

    def _verified_origin(self) -> dict[str, Any]:
        header = self.request.get(HEADER) or (self.request.headers or {}).get(HEADER)
        try:
            origin: dict[str, Any] = _signer.unsign_object(header)
        except (BadSignature, TypeError, ValueError) as error:
            raise TaskRefused(f"{self.name} came without a valid origin.") from error
        if (origin["task"], origin["id"]) != (self.name, self.request.id):
            raise TaskRefused(f"{self.name} came with the origin of another task.")
        return origin


class TenantTask(ContextTask):
    """A task of one tenant: enters its context, or refuses a missing, stopped, deleted, moved or restored tenant."""

    abstract = True

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
        if tenant.state not in WORKING:
            raise TaskRefused(f"{self.name} is for a tenant that is {tenant.state.label.lower()}.")
        required = directory().required_step()
        if required is None or tenant.template_step < required:
            raise TaskRefused(f"{self.name} is for a tenant whose tables lag behind this version.")
        with tenant_context(tenant):
            return self.run(*args, **kwargs)


class PlatformTask(ContextTask):
    """A task of the platform; periodic work is one of these and fans out to tenants."""

    abstract = True

    def origin(self) -> dict[str, Any]:
        return {"platform": True}

    def run_in_origin(self, origin: dict[str, Any], args: Any, kwargs: Any) -> Any:
        if not origin.get("platform"):
            raise TaskRefused(f"{self.name} did not come from the platform.")
        with platform_context():
            return self.run(*args, **kwargs)


def tenant_task(*, name: str, queue: str = "default", **options: Any) -> Callable[[Callable[..., Any]], TenantTask]:
    """Declare a task that runs in the context of the tenant in which it was queued."""
    return _declare(TenantTask, name, queue, options)


def platform_task(*, name: str, queue: str = "default", **options: Any) -> Callable[[Callable[..., Any]], PlatformTask]:
    """Declare a task that runs in the platform's context."""
    return _declare(PlatformTask, name, queue, options)


def _declare(base: type[ContextTask], name: str, queue: str, options: dict[str, Any]) -> Any:
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue}; choose one of {', '.join(QUEUES)}.")
    return cast(Any, shared_task(base=base, name=name, queue=queue, bind=False, **options))
