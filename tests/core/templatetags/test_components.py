import pytest
from django.template import Context, Template


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
