"""One row with one key in every schema that says whose it is: whoever reads the wrong one has crossed over."""

from datetime import timedelta

from django.contrib.sessions.models import Session

from core import clock
from core.tenancy import TenantRef, platform_context, tenant_context
from tests.support.twins import Twins

KEY = "marker"
PLATFORM = "platform"


def put_markers(twins: Twins) -> None:
    """Write the row into both twins and the platform."""
    for tenant in (twins.first, twins.second):
        with tenant_context(tenant):
            put_marker(tenant.slug)
    with platform_context():
        put_marker(PLATFORM)


def put_marker(owner: str) -> Session:
    """Write the row into the current context."""
    session = Session(session_key=KEY, session_data=owner, expire_date=clock.now() + timedelta(days=1))
    session.save(force_insert=True)
    return session


def read_marker() -> list[str]:
    """What the row says to whoever asks in the current context."""
    return list(Session.objects.filter(session_key=KEY).values_list("session_data", flat=True))


def marker_of(tenant: TenantRef) -> list[str]:
    """What the row of a tenant says."""
    with tenant_context(tenant):
        return read_marker()
