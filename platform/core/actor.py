from dataclasses import dataclass
from typing import Any, Literal

ActorKind = Literal["user", "api_key", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: what services, permissions and the trail know of the caller instead of a request.

    `scopes` limits an API key to some actions; None means that the permissions alone decide. An actor that
    `lacks_second_factor` where one is demanded may do nothing, whatever the permissions say.
    """

    kind: ActorKind
    id: str
    label: str
    user: Any = None
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    address: str | None = None
    request_id: str | None = None
    lacks_second_factor: bool = False

    def may(self, action: str) -> bool:
        """Whether the actor's roles, and the key's scopes where there is a key, grant an action."""
        if self.kind == "system":
            return True
        if self.lacks_second_factor:
            return False
        return action in self.permissions and (self.scopes is None or action in self.scopes)


SYSTEM = Actor(kind="system", id="system", label="System")
ANONYMOUS = Actor(kind="anonymous", id="", label="Anonymous")
