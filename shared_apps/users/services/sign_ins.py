from collections.abc import Iterable, Mapping
from typing import Any

from shared_apps.users.choices import SignInReason
from shared_apps.users.models import SignIn, User


def sign_in_note(
    *,
    email: str,
    address: str | None,
    user_agent: str,
    user: User | None = None,
    method: str = "",
    reason: SignInReason | None = None,
) -> SignIn:
    """Keep that somebody signed in, or with a `reason` that they were refused.

    A refused address is kept as it was typed, with its person if it is anybody's.
    """
    typed = email.replace("\0", "").strip()[:254]
    if "@" not in typed:
        # Whatever was typed into the wrong field, such as a password, is not for everybody's eyes.
        typed = ""
    return SignIn.objects.create(
        user=user or User.objects.filter(email=typed.lower()).first(),
        email=typed,
        succeeded=reason is None,
        method=method[:60],
        reason=reason or "",
        address=address,
        user_agent=user_agent.replace("\0", "")[:200],
    )


def method_of(records: Iterable[Mapping[str, Any]]) -> str:
    """With what somebody signed in, from allauth's records of a session: `password+totp`, `webauthn`, `link`."""
    steps = [str(record.get("type") or record.get("method", "")) for record in records]
    return "+".join(dict.fromkeys(step for step in steps if step)) or "link"
