"""What to send to a route, found by asking it; and the world in which that happens."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.twin_bodies import Bodies
from tests.support.twin_browser import Answer, Browser
from tests.support.twin_credentials import Keyring
from tests.support.twin_ledger import digest_of
from tests.support.twin_routes import Route
from tests.support.twin_world import Site

SAFE = ("GET", "HEAD", "OPTIONS")
METHODS = (*SAFE, "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Probe:
    """A method to try on a route, with its body. A minor one repeats what another tries; a refused one is a 405."""

    method: str
    body: Mapping[str, Any] = field(default_factory=dict)
    minor: bool = False
    refused: bool = False


def major(probes: Iterable[Probe]) -> list[Probe]:
    """Those that are each worth trying with everything."""
    return [each for each in probes if not each.minor]


def found_probes(
    body_of: Callable[[str], Mapping[str, Any]], answer_to: Callable[[str, Mapping[str, Any]], Answer]
) -> Iterator[Probe]:
    """Each method that a route takes, with a plausible and with an empty body, and, as minor ones, those it refuses.

    A list of allowed methods is believed about those that are not in it, as they are tried at other hosts all the same.
    """
    allowed = METHODS
    for method in METHODS:
        body = {} if method in SAFE else body_of(method)
        refused = method not in allowed
        if not refused:
            answer = answer_to(method, body)
            refused = answer.status == 405
            allowed = tuple(re.findall(r"\w+", answer.headers.get("allow", ""))) or allowed
        yield Probe(method, body, minor=refused or method in ("HEAD", "OPTIONS"), refused=refused)
        if not refused and method not in SAFE:
            yield Probe(method, {"content_type": body["content_type"]}, minor=True)


@dataclass
class World:
    """Three populated sites, what their people hold, and what is known of the routes between which this happens."""

    browser: Browser
    rings: tuple[Keyring, Keyring, Keyring]
    routes: list[Route]
    probes: dict[tuple[str, str], list[Probe]] = field(default_factory=dict)
    digests: list[dict[str, str]] = field(init=False)
    _bodies: dict[str, Bodies] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note what the sites hold while nobody has done anything to them."""
        self.digests = self.held()

    def held(self) -> list[dict[str, str]]:
        """A checksum of each table by site."""
        return [digest_of(site) for site in self.sites]

    @property
    def sites(self) -> list[Site]:
        """The first twin, the second and the platform."""
        return [ring.site for ring in self.rings]

    def bodies(self, ring: Keyring) -> Bodies:
        """Plausible bodies of a site, learnt once."""
        if ring.site.name not in self._bodies:
            self._bodies[ring.site.name] = Bodies(ring, self.browser, self.routes)
        return self._bodies[ring.site.name]
