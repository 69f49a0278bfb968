"""E-mails wear the published brand."""

from django.core import mail

from core.tenancy import tenant_context
from core.web.letters import letterhead
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import draft_of
from shared_apps.tenants.branding.services import asset_put
from shared_apps.users.services import mail_queue, mail_send
from tests.shared_apps.tenants.branding.conftest import ADA


def test_sender_colours_and_links_are_those_of_the_brand(tenant, other_tenant, publish):
    north = publish(
        tenant,
        name="North & Co",
        sender_name="North desk",
        reply_to="desk@north.example",
        brand="#1d7a4f",
        radius=12,
        font_head="source-serif-4",
        privacy_text="# We keep little",
    )
    with tenant_context(north):
        head = letterhead()
        sent = mail_queue(
            template="users/mail/invitation",
            recipient="cleo@example.org",
            context={"link": "https://x.example/", "days": 7},
        )
        mail_send(mail_id=sent.pk)
    assert (head.name, head.sender, head.reply_to, head.radius) == (
        "North & Co",
        "North desk",
        "desk@north.example",
        12,
    )
    assert head.light.button == "#1d7a4f" and head.light.card == "#ffffff" and head.dark.card < "#555555"
    assert head.head_font.startswith("Georgia")
    assert head.links == (("Privacy", "http://north.localhost:8000/legal/privacy/"),)
    (message,) = mail.outbox
    assert message.from_email == "North desk <no-reply@localhost>" and message.reply_to == ["desk@north.example"]
    assert "#1d7a4f" in message.alternatives[0][0] and "North &amp; Co" in message.alternatives[0][0]
    with tenant_context(other_tenant):
        other = letterhead()
    assert (other.name, other.sender, other.reply_to, other.links) == ("South Ltd", "South Ltd", "", ())
    assert other.light.button != "#1d7a4f"


def test_a_wide_logo_keeps_its_shape_and_gives_way_in_the_dark(tenant, publish, picture, now_of):
    found = now_of(tenant)
    asset_put(
        tenant=found, kind=AssetKind.LOGO, content=picture((880, 200)), version=draft_of(found).version, actor=ADA
    )
    with tenant_context(publish(tenant)):
        head = letterhead()
    assert (head.logo.width, head.logo.height) == (176, 40)
    assert head.logo.url.startswith("http://north.localhost:8000/brand/assets/")
    assert head.logo_dark is None
