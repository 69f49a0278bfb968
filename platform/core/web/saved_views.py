from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest

from core.errors import Unprocessable

LONGEST_NAME = 40
LONGEST_QUERY = 1000
MOST = 20


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list as somebody likes to see it: a name and the query string of search, filter and order."""

    name: str
    query: str


class TooManyViews(Unprocessable):
    code = "too_many_views"
    title = "There are too many saved views"
    message = f"A list keeps {MOST} views. Delete one that you no longer use."


class InvalidView(Unprocessable):
    code = "invalid_view"
    title = "This view cannot be saved"
    message = f"Give the view a name of 1 to {LONGEST_NAME} characters."


class SavedViewStore(Protocol):
    """Where each person's views of each list live: in the current tenant, or platform, and for that person alone."""

    def of(self, request: HttpRequest, list_name: str) -> list[SavedView]:
        """The person's views of a list, in the order in which they were first saved."""

    def save(self, request: HttpRequest, list_name: str, view: SavedView) -> None:
        """Keep a view; one of the same name is replaced. Raises TooManyViews."""

    def delete(self, request: HttpRequest, list_name: str, name: str) -> None:
        """Forget a view; one that is not there is no error."""


class SessionViews:
    """Keeps views with the signed-in session, where no store that outlives it is installed."""

    key = "saved_views"

    def of(self, request: HttpRequest, list_name: str) -> list[SavedView]:
        """The views of this session."""
        return [SavedView(name, query) for name, query in self._all(request).get(list_name, {}).items()]

    def save(self, request: HttpRequest, list_name: str, view: SavedView) -> None:
        """Keep a view in the session; raises TooManyViews."""
        views = self._all(request)
        kept = views.setdefault(list_name, {})
        if view.name not in kept and len(kept) >= MOST:
            raise TooManyViews
        kept[view.name] = view.query
        request.session[self.key] = views

    def delete(self, request: HttpRequest, list_name: str, name: str) -> None:
        """Forget a view of this session."""
        views = self._all(request)
        if views.get(list_name, {}).pop(name, None) is not None:
            request.session[self.key] = views

    def _all(self, request: HttpRequest) -> dict[str, dict[str, str]]:
        return dict(request.session.get(self.key, {}))


_stores: list[SavedViewStore] = []


def register(store: SavedViewStore) -> None:
    """Install the store, once, from an AppConfig.ready."""
    if _stores:
        raise ValueError("Saved views have a store already.")
    _stores.append(store)


def store() -> SavedViewStore:
    """The installed store, else the session's."""
    return _stores[0] if _stores else SessionViews()


def named(name: str, query: str) -> SavedView:
    """A view from what somebody typed; raises InvalidView."""
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= LONGEST_NAME or len(query) > LONGEST_QUERY:
        raise InvalidView
    return SavedView(name, query)
