"""Which pages there are, found in the resolver by asking every route as the people who may stand before it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test.signals import template_rendered

from tests.support.twin_browser import Answer, Credential, Sent
from tests.support.twin_credentials import Keyring
from tests.support.twin_judge import World
from tests.support.twin_routes import all_routes
from tests.support.twin_world import TWIN

# The reader of the API's description is vendored: its look and its weight are not ours.
FOREIGN_ROUTES = frozenset({"api-docs"})
_LETTERS = ("/mail/", "/email/", "email/", "styleguide/")


@dataclass(frozen=True)
class Visit:
    """A page as one person sees it; `templates` are those that it is made of."""

    host: str
    path: str
    route: str
    credential: Credential
    status: int
    templates: frozenset[str]
    # Answers that come once, to what was posted or while a setting is another: shown at these paths as they were.
    answers: Mapping[str, Answer] = field(default_factory=dict, hash=False, compare=False)

    def __str__(self) -> str:
        path = self.path if len(self.path) < 80 else f"{self.path[:80]}…"
        return f"http://{self.host}{path} as {self.credential.name} ({self.route})"

    @property
    def likeness(self) -> tuple[object, ...]:
        """What two visits have in common that show the same page; its parts differ by what there is to show."""
        return (self.route if self.status < 400 else "", self.pages)

    @property
    def pages(self) -> frozenset[str]:
        """The templates that are pages, without their parts."""
        return self.templates & page_templates()


def visits_of(world: World, ring: Keyring, credentials: Iterable[Credential], *, below: str = "") -> Iterator[Visit]:
    """The HTML pages of a site for each of these people: every route, or those below a path, and mailed links."""
    links = ring.links()
    asked = [] if below else [("", path) for path in ring.mailed.values()]
    for route in all_routes(ring.site.urlconf):
        if route.form.startswith("api/") or route.name in FOREIGN_ROUTES or not route.form.startswith(below):
            continue
        path = route.path("twin", links)
        asked.append((route.name, path))
        if ring.site.ref is None and "tenant_id" in dict(route.parameters):
            # The row that stands for an organisation has no schema; this one is real.
            first = world.sites[0].ref
            assert first is not None
            asked.append((f"{route.name} of a real one", path.replace(str(TWIN.uuid), str(first.uuid))))
    for credential in credentials:
        for name, path in asked:
            visit = _visit(world, name, Sent("GET", ring.site.host, path, credential))
            if visit is not None:
                yield visit


def visit_once(world: World, name: str, *sent: Sent) -> Visit:
    """A page that is an answer to what is sent now; further requests are for what it holds."""
    with templates_rendered() as templates:
        answers = {each.path: world.browser.send(each) for each in sent}
    first = sent[0]
    answer = answers[first.path]
    assert _is_page(answer), f"{name}: {first} was answered with {answer.status} and no page: {answer.text[:1000]}"
    return Visit(first.host, first.path, name, first.credential, answer.status, frozenset(templates), answers)


def _visit(world: World, name: str, sent: Sent) -> Visit | None:
    with templates_rendered() as templates:
        answer = world.browser.send(sent)
        if answer.status == 302 and settings.SESSION_COOKIE_NAME in answer.cookies and not name:
            # A link whose secret is put away before the page is shown.
            kept = Credential("", "session", answer.cookies[settings.SESSION_COOKIE_NAME].value)
            answer = world.browser.send(Sent("GET", sent.host, answer.headers["location"], kept))
    if not _is_page(answer):
        return None
    name = name or "a link in a mail"
    return Visit(sent.host, sent.path, name, sent.credential, answer.status, frozenset(templates))


def different(visits: Iterable[Visit]) -> list[Visit]:
    """One visit for each page, whoever sees it and on whichever host."""
    found: dict[object, Visit] = {}
    for visit in visits:
        found.setdefault(visit.likeness, visit)
    return list(found.values())


@cache
def page_templates() -> frozenset[str]:
    """The names of the templates that are pages: those that extend another, but for mails and the style guide."""
    folder = Path(settings.BASE_DIR) / "templates"
    names = {str(file.relative_to(folder)) for file in folder.rglob("*.html") if "{% extends" in file.read_text()}
    return frozenset(name for name in names if not any(part in name for part in _LETTERS))


def _is_page(answer: Answer) -> bool:
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return is_html and b"<html" in answer.body


@contextmanager
def templates_rendered() -> Iterator[set[str]]:
    """The names of the templates that are rendered meanwhile, in any thread."""
    names: set[str] = set()

    def note(template: Any, **_: Any) -> None:
        names.add(str(template.name).partition("#")[0])

    template_rendered.connect(note)
    try:
        yield names
    finally:
        template_rendered.disconnect(note)
