"""Every part of the style guide in a real browser: accessible, within the policy, and never wider than the screen."""

import pytest

from core.web.styleguide.views import PARTS
from tests.support.live import NARROW, NARROWEST, WIDE
from tests.support.page_checks import CHECK

ERRORS = ("error/server_error", "error/tenant_suspended")
PAGES = ["", *PARTS, *ERRORS]
LOOKS = [(theme, mode) for theme in ("riverbank", "kiln", "harbour") for mode in ("light", "dark")]
WEAR = """
async ([theme, mode]) => {
  if (!document.adoptedStyleSheets.length) {
    // Colours on their way from one look to the next are nobody's.
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets.push(still);
  }
  document.documentElement.dataset.mode = mode;
  const sheet = document.createElement("link");
  const link = Object.assign(sheet, { rel: "stylesheet", href: `/static/css/samples/${theme}.css` });
  const old = document.querySelector('link[href*="css/samples/"]:not([href*="guide"])');
  await new Promise((resolve) => { link.onload = resolve; document.head.append(link); });
  old?.remove();
}
"""
FRAMED = ("dashboard", "public", *ERRORS)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looks_at(width, name):
    """Every look on a wide screen; on a narrow one light and dark of one brand, each brand in its turn."""
    if width == WIDE[0] or name in FRAMED:
        return LOOKS[1:]
    turn = PAGES.index(name) % 3 * 2
    return LOOKS[turn : turn + 2]


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "index")
def test_a_part_is_accessible_at_every_size_and_in_every_look(open_page, axe, name):
    page = open_page(f"/styleguide/{name}{'/' if name else ''}?theme=riverbank&mode=light")
    page.evaluate(axe)
    found = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(WEAR, LOOKS[0])
        assert page.evaluate(OVERFLOW) <= 0
        found += page.evaluate(CHECK, [[], "html"])
        # What is no colour is the same in every look, and the frame around the parts is the same in each.
        place = "html" if name in FRAMED else "main"
        for look in looks_at(width, name):
            page.evaluate(WEAR, look)
            found += [f"{width} {look} {each}" for each in page.evaluate(CHECK, [["color-contrast"], place])]
    assert found == []
    assert page.evaluate("window.violations") == []
    page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
    assert page.evaluate(OVERFLOW) <= 0
