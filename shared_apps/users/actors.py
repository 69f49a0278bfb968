from django.http import HttpRequest

from core.actor import Actor
from core.errors import PermissionRefused
from shared_apps.users.models import ApiKey, User
from shared_apps.users.selectors import lacks_second_factor, permissions_of


def person_actor(user: User, *, address: str | None = None, request_id: str | None = None) -> Actor:
    """A person who is signed in, with what their roles allow at this moment."""
    return Actor(
        kind="user",
        id=str(user.pk),
        label=str(user),
        user=user,
        permissions=permissions_of(user),
        address=address,
        request_id=request_id,
        lacks_second_factor=lacks_second_factor(user),
    )


def person_of(request: HttpRequest) -> User:
    """Whose request this is, in person or by their API key; raises PermissionRefused where nobody is signed in."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionRefused("Sign in first.")
    return user


def key_actor(key: ApiKey, *, address: str | None = None, request_id: str | None = None) -> Actor:
    """A program that acts for its owner: it may do what the owner may at this moment and the key's scopes include."""
    return Actor(
        kind="api_key",
        id=str(key.pk),
        label=f"{key.name} ({key.owner})",
        user=key.owner,
        permissions=permissions_of(key.owner),
        scopes=None if key.scopes is None else frozenset(key.scopes),
        address=address,
        request_id=request_id,
        lacks_second_factor=lacks_second_factor(key.owner),
    )
