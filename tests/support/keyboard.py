"""Uses a page with the keys alone, as somebody who has no pointer."""

from playwright.sync_api import Page

# How a screen reader would call what has the focus, and its kind.
_FOCUSED = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  const name = at.labels?.length ? [...at.labels].map((label) => label.textContent).join(" ")
    : at.getAttribute("aria-label") || at.textContent || at.value || "";
  return name.replace(/\\s+/g, " ").trim();
}
"""
_MOST_STOPS = 120


class Keyboard:
    """A pair of hands on the keys of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, name: str) -> None:
        """Press Tab until what is called so, or begins so, has the focus. Raises AssertionError with what was met."""
        met: list[str] = []
        while len(met) < _MOST_STOPS:
            self.page.keyboard.press("Tab")
            met.append(self.page.evaluate(_FOCUSED))
            if met[-1].startswith(name):
                return
        raise AssertionError(f"No key leads to “{name}” at {self.page.url}; met were {list(dict.fromkeys(met))}.")

    def press(self, name: str) -> None:
        """Follow a link or push a button."""
        self.reach(name)
        self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Tick a box."""
        self.reach(name)
        self.page.keyboard.press("Space")

    def write(self, name: str, text: str) -> None:
        """Write into a field, instead of what is in it."""
        self.reach(name)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
