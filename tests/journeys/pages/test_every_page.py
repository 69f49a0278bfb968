"""Every page of both hosts in a real browser, as an administrator and as strangers see it.

Pages are found in the resolver. Each is looked at at 1440 and 390 px, light and dark, in the samples' brands by turns.
"""

from tests.support.page_visits import page_templates

# Page templates that no visit can reach, and why.
OUT_OF_REACH: dict[str, str] = {}


def test_no_page_has_a_barrier(crawl):
    assert not crawl.texts("accessibility"), crawl.texts("accessibility")


def test_no_page_is_wider_than_the_screen(crawl):
    assert not crawl.texts("width"), crawl.texts("width")


def test_no_page_does_what_the_policy_forbids(crawl):
    assert not crawl.texts("policy"), crawl.texts("policy")


def test_no_page_raises_an_error(crawl):
    assert not crawl.texts("console"), crawl.texts("console")


def test_every_page_is_light(crawl):
    assert not crawl.texts("weight"), crawl.texts("weight")


def test_every_page_template_was_looked_at(visits):
    seen = {name for visit in visits for name in visit.templates}
    missed = page_templates() - seen - set(OUT_OF_REACH)
    assert not missed, (
        f"No visit shows {', '.join(sorted(missed))}: add the person who sees it to `visits` in "
        "tests/journeys/pages/conftest.py, or say in OUT_OF_REACH why nobody can."
    )
