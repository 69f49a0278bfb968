from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from core.actor import SYSTEM
from shared_apps.users.actors import person_actor
from shared_apps.users.models import User
from shared_apps.users.selectors import user_get
from shared_apps.users.services import TokenPair, api_key_create, token_issue, user_create

PASSWORD = "correct-horse-battery"


def make_user(
    email: str = "ada@example.org", *, roles: Collection[str] = ("tenant_admin",), name: str = "", **values: object
) -> User:
    """A person of the current schema who signs in with PASSWORD."""
    user = user_create(email=email, name=name, password=PASSWORD, roles=roles, actor=SYSTEM, **values)
    return user_get(user.pk)


def make_tokens(user: User) -> TokenPair:
    """A sign-in of this person through REST."""
    return token_issue(user=user, actor=person_actor(user, address="192.0.2.1"))


@dataclass(frozen=True)
class Key:
    id: object
    text: str


def make_api_key(user: User, *, scopes: Collection[str] | None = None, expires_at: datetime | None = None) -> Key:
    """An API key of this person; without scopes it may do all that its owner may."""
    key, text = api_key_create(owner=user, name="Test", scopes=scopes, expires_at=expires_at, actor=person_actor(user))
    return Key(key.pk, str(text))
