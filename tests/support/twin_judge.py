"""Sends what one site's people have to every host, and says what is wrong with the answers."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.support.twin_browser import NOTHING, STRANGE, Answer, Credential, Sent
from tests.support.twin_credentials import Keyring
from tests.support.twin_ledger import SESSIONS, Ledger, Table
from tests.support.twin_probes import SAFE, Probe, World, found_probes, major
from tests.support.twin_routes import Route, Which
from tests.support.twin_rules import complaints_about, difference
from tests.support.twin_words import NOTED_WHEN_READ, OUT_OF_REACH
from tests.support.twin_world import ADMIN, DISABLED, FOREIGN, MEMBER, NOWHERE, TWIN, Site

UNKNOWN_HOST = "nobody.localhost"
# Looking at a page may begin a session, note where a device was last seen and when a key was last used.
HOUSEKEEPING = frozenset({SESSIONS, "usersessions_usersession", "users_apikey"})
GUIDE = "docs/how-to/testing.md says under “When the twin test is red” what each of these means and what to do."
_SHOWN = 12
# The beginning of every site's mark.
_SEARCHES = ("search=wordof", "q=wordof")
_IDS = [text for row in (TWIN, FOREIGN, NOWHERE) for text in (str(row.uuid), str(row.number))]
_OBJECTS: tuple[Which, ...] = ("twin", "foreign", "nowhere", "malformed")


class Judge:
    """Tries one route. `problems` are sentences about what should not have happened; none of them is what one wants."""

    def __init__(self, world: World, route: Route, ledger: Ledger) -> None:
        self.world, self.route, self.ledger = world, route, ledger
        self.problems: list[str] = []
        self._signed: dict[str, dict[str, dict[str, str]]] = {}

    def abroad(self, ring: Keyring, victim: Keyring, *, credentials: Sequence[Credential] = ()) -> None:
        """Another site's host: whatever one has at home is there what nobody ever had."""
        tried = self._fitting([*ring.alive(), *ring.alive(MEMBER)[:1], *credentials])
        if not self._exists(victim):
            self._as_if_strange(tried[:1], victim, [Probe("GET")], links=ring)
            return
        first, *others = major(self.probes(victim))
        self._as_if_strange(tried, victim, [first], links=ring)
        self._as_if_strange(self._fitting(ring.alive()), victim, others, links=ring)

    def abroad_in_odd_ways(self, ring: Keyring, victim: Keyring) -> None:
        """The same with methods that the route refuses, with empty bodies, and by links that were mailed."""
        for probe in self.probes(victim) if self._exists(victim) else []:
            if probe.minor:
                sent = self.sent(victim, probe, "twin", ring.alive()[0], links=ring)
                _, written = self._look(sent, victim.site)
                if _lasting(written):
                    self._complain(sent, f"it wrote {_told(written)}")
        for query in ring.queries():
            self._by_mailed_link(ring, victim, query)

    def ended(self, ring: Keyring) -> None:
        """Their own host: what has ended, expired or was never meant as a key is what nobody ever had."""
        if self._exists(ring):
            first, *others = major(self.probes(ring))
            self._as_if_strange(self._fitting(ring.ended()), ring, [first])
            self._as_if_strange(self._fitting(ring.alive(DISABLED)), ring, others)

    def at_home(self, ring: Keyring) -> None:
        """Their own host: nothing of others, nothing written elsewhere, nothing written by looking, and a hidden or
        foreign object is like one that never was."""
        if not self._exists(ring):
            return
        probes = self.probes(ring)
        for probe in major(probes):
            for person in (ADMIN, MEMBER):
                session, *others = self._fitting(ring.alive(person))
                objects = _OBJECTS if person == ADMIN else _OBJECTS[:3]
                tried = [self._object_by_object(ring, session, probe, objects)]
                objects = _OBJECTS[:3] if person == ADMIN and self.route.is_api else _OBJECTS[:1]
                tried += [self._object_by_object(ring, other, probe, objects) for other in others]
                if person == ADMIN:
                    shown = tried if self.route.is_api else tried[:1]
                    self._require_reached(ring, probe, [answers["twin"] for answers in shown])
        for probe in probes:
            if probe.minor and not probe.refused:
                self._object_by_object(ring, ring.alive()[0], probe, _OBJECTS[:1])
        for words in _SEARCHES if not self.route.names_an_object else ():
            sent = self.sent(ring, Probe("GET"), "twin", ring.alive()[0], query=words)
            self._look(sent, ring.site, alive=True)

    def other_hosts(self, ring: Keyring, victim: Keyring) -> None:
        """Hosts that nobody has, and other ways to name one that somebody has."""
        path = self.sent(ring, Probe("GET"), "twin", NOTHING).path
        fixed, _ = self._look(Sent("GET", UNKNOWN_HOST, "/"), None)
        session, token, _ = ring.alive()
        for sent in (Sent(method, UNKNOWN_HOST, path, each) for method, each in (("GET", token), ("POST", session))):
            answer, written = self._look(sent, None)
            self._require_alike(sent, answer, fixed, "this host and any other that nobody has")
            if written:
                self._complain(sent, f"it wrote {_told(written)} at a host that nobody has")
        for credential in [session, token] if self.route.is_api else [session]:
            self._spelled(Sent("GET", victim.site.host, path, credential), victim.site)
            self._forwarded(Sent("GET", ring.site.host, path, credential), ring.site, victim.site)

    def without_csrf_token(self, ring: Keyring) -> None:
        """A write that a foreign page could have caused is refused, unless it asks nobody who they are."""
        if not self._exists(ring):
            return
        for probe in major(self.probes(ring)):
            if probe.method in SAFE:
                continue
            sent = self.sent(ring, probe, "twin", ring.alive()[0])
            answer, written = self._look(sent, ring.site, alive=True, checks_csrf=True)
            if answer.status >= 400 and not _lasting(written):
                continue
            anonymous, _ = self._look(sent.by(NOTHING), ring.site, checks_csrf=True)
            self._require_alike(sent, answer, anonymous, "a session without CSRF token and no session")

    def _as_if_strange(
        self, credentials: Iterable[Credential], at: Keyring, probes: Iterable[Probe], *, links: Keyring | None = None
    ) -> None:
        for probe in probes:
            expected: dict[str, tuple[Answer, Counter[Table]]] = {}
            for credential in credentials:
                sent = self.sent(at, probe, "twin", credential, links=links)
                if credential.shape not in expected:
                    expected[credential.shape] = self._look(sent.by(STRANGE[credential.shape]), at.site)
                answer, written = self._look(sent, at.site)
                to_strange, by_strange = expected[credential.shape]
                self._require_alike(sent, answer, to_strange, "this and what nobody ever had")
                if _lasting(written) != _lasting(by_strange):
                    self._complain(sent, f"it wrote {_told(written)} where a stranger writes {_told(by_strange)}")

    def _by_mailed_link(self, ring: Keyring, victim: Keyring, query: str) -> None:
        name, _, token = query.partition("=")
        nobodys = "n" * len(token)
        sent = self.sent(victim, Probe("GET"), "twin", ring.alive()[0], query=query)
        strange = self.sent(victim, Probe("GET"), "twin", STRANGE["session"], query=f"{name}={nobodys}")
        answers = [self._look(each, victim.site)[0] for each in (sent, strange)]
        self._require_alike(sent, *answers, "a link from elsewhere and one that nobody was sent", token, nobodys)

    def _object_by_object(
        self, ring: Keyring, credential: Credential, probe: Probe, objects: Sequence[Which]
    ) -> dict[Which, Answer]:
        answers: dict[Which, Answer] = {}
        for which in objects if self.route.names_an_object else objects[:1]:
            sent = self.sent(ring, probe, which, credential)
            answers[which], written = self._look(sent, ring.site, alive=True)
            self._require_own_writes(sent, ring.site, written)
            self._require_uncached(sent, answers[which])
        if "nowhere" in answers:
            sent = self.sent(ring, probe, "foreign", credential)
            missing = answers["nowhere"]
            self._require_alike(sent, answers["foreign"], missing, "a foreign object and one that never was")
            if answers["twin"].status == 404:
                self._require_alike(sent, answers["twin"], missing, "a hidden object and one that never was")
            if "malformed" in answers and answers["malformed"].status < 400 <= missing.status:
                self._complain(sent, "a malformed id is answered where a missing one is refused")
        return answers

    def _require_reached(self, ring: Keyring, probe: Probe, answers: Sequence[Answer]) -> None:
        known = f"{probe.method} {self.route.name}"
        if known in OUT_OF_REACH or any(map(_reaches, answers)):
            return
        statuses = ", ".join(sorted({str(answer.status) for answer in answers}))
        sent = self.sent(ring, probe, "twin", ring.alive()[0])
        self._complain(
            sent, f"“{known}” lets an administrator no further than {statuses}, so what is behind that was not tried"
        )

    def _spelled(self, sent: Sent, site: Site) -> None:
        plain, _ = self._look(sent, site)
        odd = sent.to(f"WWW.{site.host.upper()}.:8443")
        spelled, _ = self._look(odd, site)
        self._require_alike(odd, spelled, plain, "this spelling and the usual one", odd.host, site.host)

    def _forwarded(self, sent: Sent, own: Site, victim: Site) -> None:
        plain, _ = self._look(sent, own, alive=True)
        names = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host")
        headers = [(name, victim.host) for name in names] + [("Forwarded", f"host={victim.host}")]
        steered = sent.to(sent.host, *headers)
        answer, _ = self._look(steered, own, alive=True)
        self._require_alike(steered, answer, plain, "with and without these headers")

    def _exists(self, ring: Keyring) -> bool:
        return ring.site.urlconf in self.route.views

    def probes(self, ring: Keyring) -> list[Probe]:
        """What to send to the route at a site, found once."""
        known = (str(self.route), ring.site.name)
        if known not in self.world.probes:
            path = self.route.path("twin", self._links(ring))
            bodies = self.world.bodies(ring)

            def answer_to(method: str, body: Mapping[str, object]) -> Answer:
                sent = Sent(method, ring.site.host, path, ring.alive()[0], **body)  # type: ignore[arg-type]
                return self._look(sent, ring.site, alive=True)[0]

            self.world.probes[known] = list(found_probes(lambda method: bodies.of(self.route, method, path), answer_to))
        return self.world.probes[known]

    def _fitting(self, credentials: Iterable[Credential]) -> list[Credential]:
        """All credentials for the API; a page looks at the cookie alone, so of the others there one is enough."""
        found = list(credentials)
        if self.route.is_api:
            return found
        others = [each for each in found if each.shape != "session"]
        return [each for each in found if each.shape == "session"] + others[:1]

    def sent(
        self,
        at: Keyring,
        probe: Probe,
        which: Which,
        credential: Credential,
        *,
        links: Keyring | None = None,
        query: str = "",
    ) -> Sent:
        """A request to a host for one of the objects; `links` says whose mailed links stand for objects."""
        sender = links or (self.world.rings[1] if which == "foreign" else at)
        path = self.route.path(which, self._links(sender))
        return Sent(probe.method, at.site.host, f"{path}?{query}" if query else path, credential, **probe.body)

    def _links(self, ring: Keyring) -> dict[str, dict[str, str]]:
        if ring.site.name not in self._signed:
            self._signed[ring.site.name] = ring.links()
        return self._signed[ring.site.name]

    def _look(
        self, sent: Sent, at: Site | None, *, alive: bool = False, checks_csrf: bool = False
    ) -> tuple[Answer, Counter[Table]]:
        """Send it and ask what holds of every answer; `alive` says that the credential is good there."""
        answer = self.world.browser.send(sent, checks_csrf=checks_csrf)
        written = self.ledger.take(at if alive else None)
        for complaint in complaints_about(answer, self.world.sites, at, alive=alive):
            self._complain(sent, complaint)
        return answer, written

    def _require_own_writes(self, sent: Sent, own: Site, written: Counter[Table]) -> None:
        elsewhere = {table: count for table, count in written.items() if table[0] != own.schema}
        if elsewhere:
            self._complain(sent, f"it wrote elsewhere: {_told(elsewhere)}")
        expected = {*HOUSEKEEPING, NOTED_WHEN_READ.get(self.route.name)}
        strange = {table: count for table, count in written.items() if table[1] not in expected}
        if sent.method in SAFE and strange:
            self._complain(sent, f"looking wrote {_told(strange)}")

    def _require_uncached(self, sent: Sent, answer: Answer) -> None:
        kept = answer.headers.get("cache-control", "")
        if "no-store" in kept:
            return
        anonymous = self.world.browser.send(sent.by(NOTHING))
        self.ledger.take()
        if "public" not in kept or answer.plain() != anonymous.plain():
            self._complain(sent, f"the answer may be kept: Cache-Control is “{kept}”")

    def _require_alike(self, sent: Sent, first: Answer, second: Answer, what: str, *named: str) -> None:
        ids = [*_IDS, *named]
        here, there = first.plain(*ids), second.plain(*ids)
        if "public" in first.headers.get("cache-control", ""):
            # The same for everybody, but a browser whose session is thrown away with it is told not to keep it.
            here, there = (here[0], {}, here[2]), (there[0], {}, there[2])
        if here != there:
            self._complain(sent, f"{what} are told apart: {difference(here, there)}")

    def _complain(self, sent: Sent, what: str) -> None:
        self.problems.append(f"{sent}\n    {what}")

    def require_no_problems(self) -> None:
        """Raise an AssertionError that tells the first problems."""
        require_none(self.problems)


def require_none(problems: Sequence[str]) -> None:
    """Raise an AssertionError that tells the first problems and where to read on."""
    assert not problems, "\n".join([f"{len(problems)} problems. {GUIDE}", *problems[:_SHOWN]])


def _reaches(answer: Answer) -> bool:
    led_away = answer.status == 302 and re.search(r"/(sign-in|confirm-yourself)/", answer.headers["location"])
    return answer.status < 400 and not led_away


def _lasting(written: Counter[Table]) -> dict[Table, int]:
    return {table: count for table, count in written.items() if table[1] != SESSIONS}


def _told(written: Mapping[Table, int]) -> str:
    return ", ".join(f"{schema}.{table} ×{count}" for (schema, table), count in sorted(written.items())) or "nothing"
