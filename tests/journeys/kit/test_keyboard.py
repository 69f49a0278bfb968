"""What a keyboard alone must reach, and what works without scripts."""

import re

from playwright.sync_api import expect

from tests.support.live import NARROW, WIDE

FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.id"


def test_the_first_stop_leads_past_the_navigation(open_page):
    page = open_page("/styleguide/dashboard/")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to content"


def test_a_menu_opens_moves_and_gives_focus_back(open_page):
    page = open_page("/styleguide/controls/")
    opener = page.locator("summary[aria-label=More]")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == "Duplicate"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == "Void invoice"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More"
    assert not page.locator("details.drop[open]").count()
    opener.click()
    page.locator("h1").click()
    assert not page.locator("details.drop[open]").count()


def test_a_dialog_holds_focus_and_gives_it_back(open_page):
    page = open_page("/styleguide/feedback/")
    opener = page.get_by_role("button", name="Void INV-2046")
    opener.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "Keep invoice"
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "Void INV-2046"


def test_a_dialog_from_the_server_is_named_and_closes(open_page):
    page = open_page("/styleguide/feedback/")
    page.get_by_role("button", name="From the server").click()
    page.get_by_role("dialog", name="Send a reminder?").wait_for()
    page.get_by_role("button", name="Not now").click()
    assert not page.locator("#dialog").evaluate("(dialog) => dialog.open")


def test_the_palette_opens_finds_and_leads(open_page):
    page = open_page("/styleguide/dashboard/")
    page.keyboard.press("Control+k")
    page.locator(".hit.is-active").wait_for()
    page.keyboard.type("odelouca")
    expect(page.locator("#palette .hit")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/styleguide/detail/"))


def test_the_palette_closes_and_gives_focus_back(open_page):
    page = open_page("/styleguide/dashboard/")
    opener = page.locator("[data-palette]")
    opener.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "palette-field"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.hasAttribute('data-palette')")


def test_a_toast_is_announced_and_an_error_stays(open_page):
    page = open_page("/styleguide/feedback/")
    send = """(level) => document.dispatchEvent(new CustomEvent("toast",
        { detail: { messages: [{ level, title: `A ${level}` }] } }))"""
    page.clock.install()
    for level in ("success", "error"):
        page.evaluate(send, level)
    assert page.locator("#toasts [role=status] .toast").count() == 1
    page.clock.run_for(7000)
    assert page.locator("#toasts [role=status] .toast").count() == 0
    page.locator("#toasts [role=alert] .toast button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#toasts .toast").count() == 0


def test_lines_are_added_with_their_number_and_removed(open_page):
    page = open_page("/styleguide/forms/")
    page.get_by_role("button", name="Add line").click()
    assert page.evaluate("document.activeElement.name") == "lines-2-what"
    assert page.locator("[name=lines-TOTAL_FORMS]").input_value() == "3"
    page.get_by_role("button", name="Remove new line").click()
    assert page.locator("[data-row]:visible").count() == 2


def test_ticks_show_the_bulk_bar_with_their_number(open_page):
    page = open_page("/styleguide/tables/")
    assert not page.locator(".bulk").is_visible()
    page.get_by_role("checkbox", name="Choose INV-2048").check()
    assert page.locator(".bulk").inner_text().startswith("1 chosen")
    page.get_by_role("checkbox", name="Choose all on this page").check()
    assert page.locator(".bulk").inner_text().startswith("6 chosen")


def test_the_choice_of_dark_stays(open_page):
    page = open_page("/styleguide/dashboard/")
    page.locator(".btn--person").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.mode") == "dark"


def test_a_chart_says_its_figures_under_the_pointer(open_page):
    page = open_page("/styleguide/dashboard/")
    page.locator(".chart__plot .hit").nth(8).hover()
    said = page.locator(".chart__tip text").all_text_contents()
    assert said[0] == "25 Sept"
    assert "Balance €152,000" in said
    page.locator("h1").hover()
    assert page.locator(".chart__tip").count() == 0


def test_a_long_chart_zooms_on_request_within_the_policy(open_page):
    page = open_page("/styleguide/charts/")
    assert page.locator("script[src*=uplot]").count() == 0
    page.get_by_role("button", name="Zoom").click()
    page.locator(".uplot canvas").wait_for()
    assert page.evaluate("window.violations") == []


def test_a_form_is_sent_once(open_page):
    page = open_page("/styleguide/form/")
    sent = []
    page.route("**/*", lambda route: sent.append(1) if route.request.method == "POST" else route.continue_())
    page.evaluate("() => { for (const _ of [1, 2, 3]) document.getElementById('form').requestSubmit(); }")
    page.wait_for_timeout(100)
    assert len(sent) == 1
    assert page.get_by_role("button", name="Send invoice").get_attribute("aria-busy") == "true"


def test_the_drawer_opens_on_a_phone(open_page):
    page = open_page("/styleguide/dashboard/", NARROW)
    assert not page.locator("#sidebar").is_visible()
    page.get_by_role("button", name="Open menu").press("Enter")
    assert page.locator("#sidebar").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#sidebar").is_visible()


def test_pages_work_without_scripts(open_page):
    page = open_page("/styleguide/list/", WIDE, java_script_enabled=False)
    page.get_by_text("Export", exact=True).first.click()
    assert page.get_by_role("link", name="Excel").is_visible()
    page.get_by_role("link", name="Search or jump to").click()
    page.get_by_role("searchbox").fill("ribeira")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("option", name=re.compile("INV-2046")).is_visible()
