from core.api.limiter import address_block, spend
from shared_apps.signup.errors import SignUpLimited


def require_points(rate_class: str, *, address: str | None = None, email: str = "") -> None:
    """Count one attempt against an address or a mailbox, by a limit of RATE_LIMITS; raises SignUpLimited, LimiterDown.

    Pages and REST spend the same points.
    """
    spender = f"email:{email}" if email else f"address:{address_block(address)}"
    spending = spend(rate_class, spender)
    if spending is not None and not spending.allowed:
        raise SignUpLimited(spending.retry_after)
