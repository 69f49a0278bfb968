from core.errors import LiveryError, NotFound, Unavailable


class TenancyError(RuntimeError):
    """A programming error that would cross from one tenant into another; it is never a user's fault."""


class NoContext(TenancyError):
    """A query ran while neither a tenant nor the platform was entered."""


class NoTenant(TenancyError):
    """A tenant was needed, but the context is the platform's or there is none."""


class ContextSwitchInTransaction(TenancyError):
    """Another context was entered while a transaction was open: its commit would run under the wrong one."""


class CrossedContext(TenancyError):
    """Something that was loaded in one context was used in another."""


class ForeignSchema(TenancyError):
    """A statement names a schema that is not its context's."""


class StatementRefused(TenancyError):
    """A statement is not one that reads or writes rows, or is more than one: what an injection looks like."""


class OwnerUnavailable(TenancyError):
    """This process has no credentials of the role that owns the tables."""


class TenantGone(NotFound):
    """There is no such tenant, or its credentials belong to an earlier life of it."""

    code = "tenant_gone"
    title = "No such organisation"


class TenantNotServing(Unavailable):
    """The tenant exists, but its state does not allow what was asked."""

    code = "tenant_not_serving"
    title = "This organisation is not available"


class ReadOnlyTenant(LiveryError):
    """A write was refused because the tenant's data may only be read at present."""

    status = 403
    code = "read_only"
    title = "This organisation is read-only"
    message = "Nothing can be changed at present. An administrator of the organisation can say why."
