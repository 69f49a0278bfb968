from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template

from core.money import Money
from core.web.columns import Column


def render(source, **context):
    return Template("{% load components %}" + source).render(Context(context)).strip()


def test_the_layers_are_declared_by_the_first_stylesheet():
    html = render("{% stylesheets %}")
    assert html.index("tokens.css") < html.index("base.css")
    assert html.count("<link ") == 11
    assert "public.css" not in html
    assert render("{% stylesheets public=True %}").count("<link ") == 10


def test_an_icon_is_decoration():
    assert render('{% icon "check" size="sm" %}') == (
        '<svg class="icon icon--sm" aria-hidden="true"><use href="/static/icons/lucide.svg#check"/></svg>'
    )


def test_a_badge_escapes_its_word():
    assert render("{% badge word 'ok' %}", word="<Paid>") == '<span class="badge badge--ok">&lt;Paid&gt;</span>'
    assert render("{% badge 'Draft' %}") == '<span class="badge">Draft</span>'


@pytest.mark.parametrize(
    ("name", "initials"), [("Inês Duarte", "ID"), ("ana@example.org", "AE"), ("kiln", "K"), ("", "?")]
)
def test_an_avatar_shows_initials_and_says_the_name(name, initials):
    html = render("{% avatar name %}", name=name)
    assert html.endswith(f'role="img" aria-label="{name}">{initials}</span>')
    assert html == render("{% avatar name %}", name=name)


def test_a_button_takes_attributes():
    html = render(
        "{% button 'Save' kind='primary' icon='check' name='then' value=value hx_post='/x/' disabled=off %}",
        value='a"b',
        off=False,
    )
    assert html.startswith('<button class="btn btn--primary" name="then" value="a&quot;b" hx-post="/x/">')
    assert html.endswith("Save</button>")
    assert render("{% button 'Go' autofocus=True %}") == '<button class="btn" autofocus>Go</button>'


def test_a_button_with_an_address_is_a_link():
    assert render("{% button 'Open' href=url %}", url="/x/?a=1&b=2") == '<a href="/x/?a=1&amp;b=2" class="btn">Open</a>'


def test_without_a_request_there_is_no_navigation():
    assert render("{% navigation %}") == ""


def test_values_are_written_by_locale():
    euro = Money(Decimal("1234.5"), "EUR")
    assert render("{% money value %}", value=euro) == '<span class="num nowrap">€1,234.50</span>'
    assert "€1,234<small>.50</small>" in render("{% money value light_cents=True %}", value=euro)
    assert 'datetime="2026-11-20"' in render("{% date day %}", day=date(2026, 11, 20))
    assert render("{% money none %}{% date none %}{% number none %}{% ago none %}", none=None) == ""


def test_a_card_with_a_title_is_a_named_section():
    html = render("{% card title=title %}<p>{{ text }}</p>{% endcard %}", title="<Facts>", text="<b>")
    key = html.partition('aria-labelledby="')[2].partition('"')[0]
    assert f'<h2 id="{key}">&lt;Facts&gt;</h2>' in html
    assert "<p>&lt;b&gt;</p>" in html


def test_a_bar_stays_within_its_bounds_and_is_named():
    assert 'value="100.0" max="100" aria-label="Done"' in render("{% progress 7 of=5 label='Done' %}")
    assert 'value="0.0"' in render("{% progress 1 of=0 label='x' %}")


def test_a_rise_is_welcome_or_not():
    assert "delta--up" in render("{% delta share %}", share=Decimal("0.04"))
    assert "delta--down" in render("{% delta share good='down' %}", share=Decimal("0.04"))


def test_a_short_table_opens_its_rows_and_says_what_is_missing():
    class Row:
        name, total, due = "<Ana>", Money(Decimal(5), "EUR"), None

    columns = [
        Column("name", "Name", link=True),
        Column("total", "Total", kind="money"),
        Column("due", "Due", kind="date"),
    ]

    def url(row):
        return "/ana/?a=1&b=2"

    url.do_not_call_in_templates = True
    html = render("{% table rows columns 'People' url=url %}", rows=[Row()], columns=columns, url=url)
    assert '<a class="rowlink" href="/ana/?a=1&amp;b=2"><b class="truncate">&lt;Ana&gt;</b></a>' in html
    assert '<td class="c-amt right amount"><span class="num nowrap">€5.00</span></td>' in html
    assert '<caption class="sr">People</caption>' in html
    assert '<td class="c-hide"><span class="faint">–</span></td>' in html
