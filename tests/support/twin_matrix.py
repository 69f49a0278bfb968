"""Who may do what: each route's answer to each role, as people read it."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID

from core import permissions
from core.permissions import PLATFORM_ROLES, TENANT_ROLES, actions
from shared_apps.users.actors import person_actor
from shared_apps.users.credentials import new_api_key, secret_hash
from shared_apps.users.models import ApiKey
from shared_apps.users.selectors import realm_actions, user_get
from shared_apps.users.services import token_issue
from tests.support.twin_browser import NOTHING, Answer, Credential
from tests.support.twin_credentials import Keyring, sign_in
from tests.support.twin_judge import Judge
from tests.support.twin_ledger import Ledger
from tests.support.twin_probes import Probe, World, major
from tests.support.twin_routes import Route
from tests.support.twin_world import ADMIN, DISABLED, make_person

NOBODY = ("anonymous", "disabled")
KEYS = ("key without scope", "key with scope")


def personas(ring: Keyring) -> list[str]:
    """The columns: nobody, people by their role, the ones who may most last, and keys of one of those."""
    roles = PLATFORM_ROLES if ring.site.ref is None else TENANT_ROLES
    return [*NOBODY, "no role", *reversed(roles), *KEYS]


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one route: the actions that it asks about and its answers by persona; keys mean REST alone."""

    site: str
    method: str
    route: Route
    asked: tuple[str, ...]
    answers: dict[str, str]

    @property
    def action(self) -> str:
        """The registered actions that all must be allowed, or who gets in where there is none."""
        if self.asked:
            return " + ".join(self.asked)
        return "(signed in)" if self.asks_to_sign_in and self.lets_in("no role") else "(public)"

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether somebody who shows nothing is asked who they are."""
        return self.answers["anonymous"] in ("401", "in")

    def lets_in(self, persona: str) -> bool:
        """Whether the persona came past the gate."""
        return self.answers[persona] not in ("401", "403", "in")

    def grants(self, persona: str) -> bool:
        """Whether the registry says that the persona's role may do this."""
        if persona in (*NOBODY, KEYS[0]):
            return False
        return persona == KEYS[1] or all(persona in actions()[code].roles for code in self.asked)


class Matrix:
    """Asks routes of a site as everybody, for whom it makes people and keys."""

    def __init__(self, world: World, ring: Keyring) -> None:
        self.world, self.ring = world, ring
        self._people = dict(self._arrived())
        with ring.site.entered():
            self._keys = {code: _make_key([code]) for code in realm_actions()} | {"": _make_key([])}

    def rows(self, routes: Iterable[Route], ledger: Ledger) -> Iterator[Row]:
        """A row for each of their methods, by path."""
        for route in routes:
            if self.ring.site.urlconf in route.views:
                judge = Judge(self.world, route, ledger)
                yield from (self._row(judge, probe) for probe in major(judge.probes(self.ring)))

    def _row(self, judge: Judge, probe: Probe) -> Row:
        """Where no action is asked about, and the one who may most gets what people without a role get, the roles
        between them are not asked."""
        is_api = judge.route.is_api

        def answer(credential: Credential) -> str:
            answered = self.world.browser.send(judge.sent(self.ring, probe, "twin", credential))
            judge.ledger.take()
            return _written(answered)

        top = personas(self.ring)[-len(KEYS) - 1]
        with _recorded() as asked:
            answers = {top: answer(self._people[top][is_api])}
        answers["no role"] = answer(self._people["no role"][is_api])
        for persona, credentials in self._people.items():
            if persona in answers:
                continue
            if asked or persona in NOBODY or answers["no role"] != answers[top]:
                answers[persona] = answer(credentials[is_api])
            else:
                answers[persona] = answers[top]
        if is_api:
            answers |= {KEYS[0]: answer(self._keys[""]), KEYS[1]: answer(self._keys[asked[0] if asked else ""])}
        return Row(self.ring.site.name, probe.method, judge.route, tuple(asked), answers)

    def _arrived(self) -> Iterator[tuple[str, tuple[Credential, Credential]]]:
        """Everybody's session for pages and token for REST."""
        yield "anonymous", (NOTHING, NOTHING)
        yield "disabled", (self.ring.sessions[DISABLED], self.ring.token(DISABLED))
        site = self.ring.site
        for number, persona in enumerate(personas(self.ring)[2:-2]):
            with site.entered():
                key, email = UUID(int=ADMIN.int + 0x1000 + number), f"role{number}@example.org"
                user = make_person(site, key, email, *([] if persona == "no role" else [persona]))
                pair = token_issue(user=user, actor=person_actor(user_get(user.pk)))
            session = sign_in(site, self.world.browser, email)
            yield persona, (session, Credential(persona, "token", pair.access))


def _make_key(scopes: list[str]) -> Credential:
    """A key of the administrator, in the entered context."""
    text = new_api_key()
    ApiKey.objects.create(
        owner_id=ADMIN,
        name="Matrix",
        public_id=text.public_id,
        secret_hash=secret_hash(text.secret),
        scopes=scopes,
        credential_version=1,
    )
    return Credential("a key with scopes", "api_key", str(text))


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """The actions that are required while the block runs, at gates and behind them; mere questions are not in it."""
    asked: list[str] = []
    ask = permissions.check

    def check(code: str, *args: Any, **kwargs: Any) -> permissions.Decision:
        if sys._getframe(1).f_code is permissions.require.__code__ and code not in asked:
            asked.append(code)
        return ask(code, *args, **kwargs)

    with patch.object(permissions, "check", check):
        yield asked


def table(title: str, rows: list[Row], columns: list[str]) -> Iterator[str]:
    """The rows of one site as lines of text: under each answer, and the actions asked about, where it is given."""
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.action, *(row.answers.get(name, "·") for name in columns)].append(row)
    width = max(len(title), *(len(action) for action, *_ in alike)) + 2
    short = [_SHORT.get(name, name) for name in columns]
    yield f"{title:{width}}{' '.join(short)}"
    for (action, *answers), same in sorted(alike.items()):
        cells = " ".join(f"{answer:^{len(head)}}" for answer, head in zip(answers, short, strict=True))
        yield f"\n{action:{width}}{cells.rstrip()}"
        yield from (f"  {row.method:6} /{row.route}" for row in same)


_SHORT = {KEYS[0]: "key(-)", KEYS[1]: "key(scope)", "no role": "no_role"}


def _written(answer: Answer) -> str:
    if answer.status == 302 and answer.headers["location"].startswith("/account/sign-in/"):
        return "in"
    return str(answer.status)
