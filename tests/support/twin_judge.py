"""Sends what one site's people have to every host, and says what is wrong with the answers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.support.twin_bodies import Bodies
from tests.support.twin_browser import NOTHING, STRANGE, Answer, Browser, Credential, Sent
from tests.support.twin_credentials import Keyring
from tests.support.twin_ledger import SESSIONS, Ledger, Table, digest_of
from tests.support.twin_routes import Route, Which
from tests.support.twin_rules import complaints_about, difference
from tests.support.twin_world import ADMIN, FOREIGN, MEMBER, NOWHERE, TWIN, Site

UNKNOWN_HOST = "nobody.localhost"
SAFE = ("GET", "HEAD", "OPTIONS")
METHODS = (*SAFE, "POST", "PUT", "PATCH", "DELETE")
# Looking at a page may begin a session, note where a device was last seen and when a key was last used.
HOUSEKEEPING = frozenset({SESSIONS, "usersessions_usersession", "users_apikey"})
_SHOWN = 12
# The beginning of every site's mark.
_SEARCHES = ("search=wordof", "q=wordof")
_IDS = [text for row in (TWIN, FOREIGN, NOWHERE) for text in (str(row.uuid), str(row.number))]


@dataclass(frozen=True, slots=True)
class Probe:
    """A method to try on a route, with its body. A minor one repeats what another tries; a refused one is a 405."""

    method: str
    body: Mapping[str, Any] = field(default_factory=dict)
    minor: bool = False
    refused: bool = False


@dataclass
class World:
    """Three populated sites, what their people hold, and what is known of the routes between which this happens."""

    browser: Browser
    rings: tuple[Keyring, Keyring, Keyring]
    probes: dict[tuple[str, str], list[Probe]] = field(default_factory=dict)
    _bodies: dict[str, Bodies] = field(default_factory=dict)

    @cached_property
    def digests(self) -> list[dict[str, str]]:
        """What the sites hold while nobody has done anything to them."""
        return [digest_of(site) for site in self.sites]

    @property
    def sites(self) -> list[Site]:
        """The first twin, the second and the platform."""
        return [ring.site for ring in self.rings]

    def bodies(self, ring: Keyring, routes: list[Route]) -> Bodies:
        """Plausible bodies of a site, learnt once."""
        if ring.site.name not in self._bodies:
            self._bodies[ring.site.name] = Bodies(ring, self.browser, routes)
        return self._bodies[ring.site.name]


class Judge:
    """Tries one route. `problems` are sentences about what should not have happened; none of them is what one wants."""

    def __init__(self, world: World, route: Route, routes: list[Route]) -> None:
        self.world, self.route, self.routes = world, route, routes
        self.ledger = Ledger(world.sites)
        self.problems: list[str] = []
        self._signed: dict[str, dict[str, dict[str, str]]] = {}

    def abroad(self, ring: Keyring, victim: Keyring, *, credentials: Sequence[Credential] = ()) -> None:
        """Another site's host: whatever one has at home is there what nobody ever had."""
        tried = self._fitting([*ring.alive(), *ring.alive(MEMBER)[:1], *credentials])
        if self._exists(victim):
            self._as_if_strange(tried, victim, _major(self.probes(victim)), links=ring)
        else:
            self._as_if_strange(tried[:1], victim, [Probe("GET")], links=ring)

    def abroad_in_odd_ways(self, ring: Keyring, victim: Keyring) -> None:
        """The same with methods that the route refuses, with empty bodies, and by links that were mailed."""
        minor = [probe for probe in self.probes(victim) if probe.minor] if self._exists(victim) else []
        self._as_if_strange(ring.alive()[:1], victim, minor, links=ring)
        for query in ring.queries():
            self._by_mailed_link(ring, victim, query)

    def ended(self, ring: Keyring) -> None:
        """Their own host: what has ended, expired or was never meant as a key is what nobody ever had."""
        if self._exists(ring):
            self._as_if_strange(self._fitting(ring.ended()), ring, _major(self.probes(ring)))

    def at_home(self, ring: Keyring) -> None:
        """Their own host: nothing of others, nothing written elsewhere, nothing written by looking, and a hidden or
        foreign object is like one that never was."""
        if not self._exists(ring):
            return
        probes = self.probes(ring)
        for person in (ADMIN, MEMBER):
            for credential in self._fitting(ring.alive(person)):
                for probe in _major(probes):
                    self._object_by_object(ring, credential, probe)
        for probe in probes:
            if probe.minor and not probe.refused:
                self._object_by_object(ring, ring.alive()[0], probe)
        for words in _SEARCHES if not self.route.names_an_object else ():
            sent = self.sent(ring, Probe("GET"), "twin", ring.alive()[0], query=words)
            self._look(sent, ring.site, alive=True)

    def other_hosts(self, ring: Keyring, victim: Keyring) -> None:
        """Hosts that nobody has, and other ways to name one that somebody has."""
        path = self.sent(ring, Probe("GET"), "twin", NOTHING).path
        fixed, _ = self._look(Sent("GET", UNKNOWN_HOST, "/"), None)
        session, token, key = ring.alive()
        for method, credential in [*((method, session) for method in METHODS), ("GET", token), ("GET", key)]:
            sent = Sent(method, UNKNOWN_HOST, path, credential)
            answer, written = self._look(sent, None)
            self._require_alike(sent, answer, fixed, "this host and any other that nobody has")
            if written:
                self._complain(sent, f"it wrote {_told(written)} at a host that nobody has")
        for credential in [session, token] if self._is_api else [session]:
            sent = Sent("GET", victim.site.host, path, credential)
            plain, _ = self._look(sent, victim.site)
            for host in _spelled(victim.site.host):
                spelled, _ = self._look(sent.to(host), victim.site)
                self._require_alike(
                    sent.to(host), spelled, plain, "this spelling and the usual one", host, victim.site.host
                )
            self._forwarded(Sent("GET", ring.site.host, path, credential), ring.site, victim.site)

    def without_csrf_token(self, ring: Keyring) -> None:
        """A write that a foreign page could have caused is refused, unless it is nobody's anyway."""
        if not self._exists(ring):
            return
        for probe in _major(self.probes(ring)):
            if probe.method in SAFE:
                continue
            sent = self.sent(ring, probe, "twin", ring.alive()[0])
            answer, written = self._look(sent, ring.site, alive=True, checks_csrf=True)
            if answer.status == 403 and not _lasting(written):
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

    def _object_by_object(self, ring: Keyring, credential: Credential, probe: Probe) -> None:
        objects: tuple[Which, ...] = ("twin", "foreign", "nowhere", "malformed")
        answers: dict[str, Answer] = {}
        for which in objects if self.route.names_an_object and not probe.minor else objects[:1]:
            sent = self.sent(ring, probe, which, credential)
            answers[which], written = self._look(sent, ring.site, alive=True)
            self._require_own_writes(sent, ring.site, written)
            self._require_uncached(sent, answers[which])
        if "nowhere" not in answers:
            return
        missing = answers["nowhere"]
        sent = self.sent(ring, probe, "foreign", credential)
        self._require_alike(sent, answers["foreign"], missing, "a foreign object and one that never was")
        if answers["twin"].status == 404:
            self._require_alike(sent, answers["twin"], missing, "a hidden object and one that never was")
        if answers["malformed"].status < 400 <= missing.status:
            self._complain(sent, "a malformed id is answered where a missing one is refused")

    def _forwarded(self, sent: Sent, own: Site, victim: Site) -> None:
        plain, _ = self._look(sent, own, alive=True)
        for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded"):
            steered = sent.to(sent.host, (name, f"host={victim.host}" if name == "Forwarded" else victim.host))
            answer, _ = self._look(steered, own, alive=True)
            self._require_alike(steered, answer, plain, "with and without this header")

    def _exists(self, ring: Keyring) -> bool:
        return ring.site.urlconf in self.route.views

    def probes(self, ring: Keyring) -> list[Probe]:
        """What to send to the route: each method that its view takes, with a plausible and with an empty body, and,
        as minor ones, the methods that it refuses."""
        known = (str(self.route), ring.site.name)
        if known not in self.world.probes:
            self.world.probes[known] = list(self._found(ring))
        return self.world.probes[known]

    def _found(self, ring: Keyring) -> Iterator[Probe]:
        path = self.route.path("twin", self._links(ring))
        for method in METHODS:
            body = {} if method in SAFE else self.world.bodies(ring, self.routes).of(self.route, method, path)
            sent = Sent(method, ring.site.host, path, ring.alive()[0], **body)
            refused = self._look(sent, ring.site, alive=True)[0].status == 405
            yield Probe(method, body, minor=refused or method in ("HEAD", "OPTIONS"), refused=refused)
            if not refused and method not in SAFE:
                yield Probe(method, {"content_type": body["content_type"]}, minor=True)

    def _fitting(self, credentials: Iterable[Credential]) -> list[Credential]:
        """All credentials for the API; a page looks at the cookie alone, so of the others there one is enough."""
        found = list(credentials)
        if self._is_api:
            return found
        others = [each for each in found if each.shape != "session"]
        return [each for each in found if each.shape == "session"] + others[:1]

    @property
    def _is_api(self) -> bool:
        return self.route.form.startswith("api/")

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
        strange = {table: count for table, count in written.items() if table[1] not in HOUSEKEEPING}
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
        shown = self.problems[:_SHOWN]
        assert not shown, "\n".join([f"{len(self.problems)} problems", *shown])


def _major(probes: Iterable[Probe]) -> list[Probe]:
    return [each for each in probes if not each.minor]


def _lasting(written: Counter[Table]) -> dict[Table, int]:
    return {table: count for table, count in written.items() if table[1] != SESSIONS}


def _told(written: Mapping[Table, int]) -> str:
    return ", ".join(f"{schema}.{table} ×{count}" for (schema, table), count in sorted(written.items())) or "nothing"


def _spelled(host: str) -> Iterator[str]:
    yield host.upper()
    yield f"{host}."
    yield f"{host}:8443"
    yield f"www.{host}"
