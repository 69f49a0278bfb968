"""What is asked of every page in a browser: accessible, within the policy, as wide as the screen, silent and light."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from django.conf import settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route

from tests.support.live import NARROW, NARROWEST, WATCH, WIDE
from tests.support.twin_browser import Answer

# Bytes of a page, compressed with brotli.
BUDGETS = {"HTML": 60_000, "CSS": 15_000, "JavaScript": 30_000}
KINDS = {"css": "CSS", "js": "JavaScript"}
CONTRAST = ["color-contrast"]
# Sizes, modes and rules: what is no colour is the same in both modes.
LOOKS: list[tuple[tuple[int, int], str, list[str]]] = [
    (WIDE, "light", []),
    (WIDE, "dark", CONTRAST),
    (NARROW, "dark", []),
    (NARROW, "light", CONTRAST),
]
CHECK = """
async ([rules, place]) => {
  const options = { preload: false, iframes: false };
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const result = await axe.run(place, { ...options, ...only, resultTypes: ["violations"] });
  const why = (node) => node.any.map((each) => each.message).join("; ");
  const said = (rule, node) => `${rule.id}: ${node.target.join(" ")} ${why(node)}`;
  return result.violations.flatMap((rule) => rule.nodes.map((node) => said(rule, node)));
}
"""
# By how much a page is wider than the screen, and the innermost element that sticks out.
OVERFLOW = """
() => {
  const screen = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - screen;
  const out = over > 0 ? [...document.body.querySelectorAll("*")] : [];
  const widest = out.filter((each) => each.getBoundingClientRect().right > screen + 1).pop();
  return [over, widest ? widest.outerHTML.slice(0, 100) : ""];
}
"""
# Colours on their way from one look to the next are nobody's.
WEAR = """
([theme, mode]) => {
  const still = new CSSStyleSheet(), worn = new CSSStyleSheet();
  still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
  worn.replaceSync(theme);
  document.adoptedStyleSheets = [still, worn];
  document.documentElement.dataset.mode = mode;
}
"""
FETCHED = """
() => performance.getEntriesByType("resource").map((entry) => entry.name)
"""
TEXT = "async (address) => (await fetch(address, { cache: 'force-cache' })).text()"


def axe_source() -> str:
    """The accessibility checker."""
    return (Path(settings.BASE_DIR) / "tests/support/vendor/axe.min.js").read_text()


def shown(answer: Answer) -> Callable[[Route], None]:
    """What gives a tab an answer as it came."""

    def fulfil(route: Route) -> None:
        route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    return fulfil


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be, and where."""

    kind: str
    text: str


@dataclass
class Inspector:
    """One tab through which all pages go; `themes` are stylesheets of brands by their names."""

    context: BrowserContext
    themes: dict[str, str]
    found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._axe = axe_source()
        self._sizes: dict[str, int] = {}
        self._said: list[str] = []
        self._turn = 0
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._said.append(f"an error was raised: {error}"))

    def inspect(self, name: str, address: str, *, briefly: bool = False) -> None:
        """Open a page and look at it at every width, light and dark, in one brand after the other.

        Briefly is in one of these looks by turns, for a page that differs in its words from another.
        """
        self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        self._said.clear()
        answer = self.page.goto(address, wait_until="load")
        assert answer is not None, f"{name}: nothing came back"
        self.page.evaluate(self._axe)
        for size, mode, rules in [(*LOOKS[self._turn % len(LOOKS)][:2], [])] if briefly else LOOKS:
            self._measure(name, size)
            self._check(f"{name}, {size[0]} px, {mode}", mode, rules)
        self._measure(name, NARROWEST)
        for violation in self.page.evaluate("window.violations"):
            self._find("policy", f"{name}: the policy refused {violation}")
        own = f"status of {answer.status}" if answer.status >= 400 else None
        for said in self._said:
            if own is None or own not in said:
                self._find("console", f"{name}: {said}")
        self._weigh(name, answer.body())

    def _find(self, kind: str, text: str) -> None:
        self.found.append(Finding(kind, text))

    def _check(self, where: str, mode: str, rules: list[str]) -> None:
        brand = list(self.themes)[self._turn % len(self.themes)]
        self._turn += 1
        self.page.evaluate(WEAR, [self.themes[brand], mode])
        for violation in self.page.evaluate(CHECK, [rules, "html"]):
            self._find("accessibility", f"{where}, brand {brand}: {violation}")

    def _measure(self, name: str, size: tuple[int, int]) -> None:
        if self.page.viewport_size != {"width": size[0], "height": size[1]}:
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
        over, widest = self.page.evaluate(OVERFLOW)
        if over > 0:
            self._find("width", f"{name}, {size[0]} px: the page is {over} px wider than the screen: {widest}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._said.append(f"the console says “{message.text}” ({message.location.get('url', '')})")

    def _weigh(self, name: str, html: bytes) -> None:
        weights = {"HTML": len(brotli.compress(html, quality=5)), "CSS": 0, "JavaScript": 0}
        for address in set(self.page.evaluate(FETCHED)):
            kind = KINDS.get(urlsplit(address).path.rpartition(".")[2])
            if kind:
                weights[kind] += self._size(address)
        for kind, weight in weights.items():
            if weight >= BUDGETS[kind]:
                self._find("weight", f"{name}: {weight} bytes of {kind}, compressed; the budget is {BUDGETS[kind]}")

    def _size(self, address: str) -> int:
        """Bytes of a file, compressed; looked at once."""
        if address not in self._sizes:
            self._sizes[address] = len(brotli.compress(self.page.evaluate(TEXT, address).encode()))
        return self._sizes[address]
