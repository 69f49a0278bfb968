from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from core.tenancy.context import scope_key

_STAMP = "_scope"


class SessionStore(DatabaseSessionStore):
    """Sessions in the schema of the context, each bound to that tenant and epoch: elsewhere its key means nothing."""

    @property
    def key_salt(self) -> str:
        """Also the signature of the stored data is bound to the tenant."""
        return f"livery.session:{scope_key()}"

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        data: dict[str, Any] = super().decode(session_data)
        if data.pop(_STAMP, None) == scope_key():
            return data
        self._session_key = None
        return {}

    def encode(self, session_dict: dict[str, Any]) -> str:
        encoded: str = super().encode({**session_dict, _STAMP: scope_key()})
        return encoded
