"""The mailbox of development and the demo."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from core.ids import uuid7
from core.tenancy import platform_context, tenant_context
from core.tenancy.errors import NoContext


@pytest.fixture
def mailboxes(tmp_path, settings, db):
    settings.MAILBOX_DIR = tmp_path
    settings.EMAIL_BACKEND = "core.mailbox.MailboxBackend"
    settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = "tests.core.web.styleguide.urls"


def send(subject):
    message = EmailMultiAlternatives(
        subject, f"Text of {subject} https://north.example/join", "x@y.example", ["z@y.example"]
    )
    message.attach_alternative(f"<html><body onload='evil()'><p>HTML of {subject}</p></body></html>", "text/html")
    assert message.send() == 1


def first_link(page):
    return re.search(r'href="(/mailbox/[0-9a-f-]+/)"', page).group(1)


def test_each_host_shows_what_it_has_sent_itself(mailboxes, tenant, other_tenant, client_for):
    for site, subject in ((tenant, "North"), (other_tenant, "South")):
        with tenant_context(site):
            send(subject)
    with platform_context():
        send("Platform")
    links = {}
    for site, own, others in (
        (tenant, "North", ("South", "Platform")),
        (other_tenant, "South", ("North", "Platform")),
        ("platform", "Platform", ("North", "South")),
    ):
        page = client_for(site).get("/mailbox/").content.decode().partition("<main")[2].partition('id="messages"')[2]
        assert own in page and not any(other in page for other in others)
        links[own] = first_link(page)
        detail = client_for(site).get(links[own]).content.decode()
        assert f'Text of {own} <a href="https://north.example/join"' in detail
    for path in (links["South"], f"{links['South']}html/", links["Platform"], f"/mailbox/{uuid7()}/"):
        assert client_for(tenant).get(path).status_code == 404


def test_html_is_shown_where_it_can_do_nothing(mailboxes, tenant, client_for):
    with tenant_context(tenant):
        send("North")
    link = first_link(client_for(tenant).get("/mailbox/").content.decode())
    page, frame = client_for(tenant).get(link), client_for(tenant).get(f"{link}html/")
    assert "HTML of North" not in page.content.decode() and "frame-src 'self'" in page["Content-Security-Policy"]
    assert "HTML of North" in frame.content.decode()
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox allow-popups" in policy and "script" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_a_message_without_a_context_is_kept_nowhere(mailboxes, tmp_path):
    with pytest.raises(NoContext):
        send("Nobody's")
    assert list(tmp_path.rglob("*")) == []


def test_elsewhere_there_is_no_mailbox(tenant, client_for):
    assert client_for(tenant).get("/mailbox/").status_code == 404
    assert client_for("platform").get("/mailbox/").status_code == 404
    assert mail.outbox == []


def test_the_guide_shows_every_message(mailboxes, tenant, client_for):
    client = client_for(tenant)
    page = client.get("/styleguide/emails/?mail=users-mail-invitation&mode=dark&width=390").content.decode()
    assert "You are invited to North Ltd" in page and "letter--390" in page
    assert 'src="/styleguide/emails/users-mail-invitation/html/?mode=dark"' in page
    frame = client.get("/styleguide/emails/users-mail-invitation/html/?mode=dark")
    assert "http://north.localhost:8000/people/join/?token=sample" in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert client.get("/styleguide/emails/?mail=nothing").status_code == 404
