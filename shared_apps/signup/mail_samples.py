"""The messages of sign-up as the style guide shows them."""

from core.web.letters import register_sample

_WHO = {"name": "Olivia Marsh", "organisation": "Riverbank Trust"}


def register() -> None:
    """Register each message with a context such as its sender gives."""
    register_sample("signup/mail/code", "Sign-up code", {**_WHO, "code": "204863", "minutes": 10})
    register_sample("signup/mail/welcome", "Organisation ready", {**_WHO, "link": "/account/sign-in/"})
