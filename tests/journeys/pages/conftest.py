from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings
from django.urls import reverse

from core.actor import SYSTEM
from core.mailbox import MailboxBackend, kept_list
from core.tenancy import directory, platform_context, tenant_context
from deploy.local.seed import ORGANISATIONS
from shared_apps.tenants.branding.selectors import draft_of
from shared_apps.tenants.branding.services import brand_publish, draft_change, draft_discard
from shared_apps.tenants.branding.theme import css_of, theme_properties
from shared_apps.tenants.branding.values import LEGAL, BrandValues
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.services import tenant_options_change
from shared_apps.users.links import platform_origin
from tests.support.live import chromium_started, served
from tests.support.page_checks import Finding, Inspector, shown
from tests.support.page_people import between_factors, signing_up, with_app, without_password
from tests.support.page_visits import Visit, different, visit_once, visits_of
from tests.support.twin_browser import NOTHING, Sent, form
from tests.support.twin_judge import UNKNOWN_HOST, World
from tests.support.twin_world import ADMIN, MEMBER, TWIN, Site

WORDS = {
    "headline": "Money for the places we share",
    "about": "# Who we are\n\nA foundation, with a [register](https://register.example/) and a list:\n\n- one",
    "contact": "Quay 4\n1200 Lisbon",
    "contact_email": "hello@riverbank.example",
    "contact_phone": "+351 21 000 0000",
}
# The page that leads a new owner on sends itself by a script; here it stays.
SENDS_ITSELF = frozenset({"signup:open"})


@dataclass(frozen=True)
class Crawl:
    """What was visited and what was found."""

    visits: list[Visit]
    found: list[Finding]

    def texts(self, kind: str) -> str:
        """The findings of a kind, one a line."""
        return "\n".join(finding.text for finding in self.found if finding.kind == kind)


@pytest.fixture(scope="module")
def visits(world: World) -> Iterator[list[Visit]]:
    """Every page there is, once."""
    first, second, platform = world.rings
    with _open_to_all(second.site):
        people = (
            (first, [NOTHING, first.sessions[ADMIN]], ""),
            (first, [with_app(first.site, world.browser)], "account/"),
            (second, [NOTHING], ""),
            (second, [between_factors(second.site, world.browser), without_password(second.site)], "account/"),
            (platform, [NOTHING, platform.sessions[ADMIN]], ""),
            (platform, signing_up(second.site), "sign-up/"),
        )
        found = [
            visit for ring, credentials, below in people for visit in visits_of(world, ring, credentials, below=below)
        ]
        yield different([*found, *_answered_once(world)])


def _answered_once(world: World) -> Iterator[Visit]:
    tenant, _, platform = world.rings
    host, admin = tenant.site.host, tenant.sessions[ADMIN]
    operator = platform.sessions[ADMIN]
    yield visit_once(world, "unknown host", Sent("GET", UNKNOWN_HOST, "/"))
    yield visit_once(world, "arrival", Sent("POST", host, "/account/arrive/", headers=(("Origin", platform_origin()),)))
    new_key = form({"name": "Books", "scopes": ["api_keys.view"], "lifetime": "30"})
    yield visit_once(world, "a new key", Sent("POST", host, "/people/api-keys/new/", admin, **new_key))
    signing_out = form({"do": "sign_out", "chosen": [str(MEMBER)]})
    yield visit_once(world, "many people", Sent("POST", host, "/people/", admin, **signing_out))
    chosen = {"do": "suspend", "chosen": [str(TWIN.uuid)]}
    for name, fields in (("many, asked", chosen), ("many, done", {**chosen, "reason": "Unpaid", "confirmation": "1"})):
        path = reverse("console:tenant_list", platform.site.urlconf)
        sent = Sent("POST", platform.site.host, path, operator, **form(fields))
        yield visit_once(world, name, sent)
    yield _mailbox(world, tenant.site, "/mailbox/")
    yield _mailbox(world, tenant.site, "/mailbox/{id}/", "/mailbox/{id}/html/")
    with override_settings(SIGN_UP_OPEN=False):
        yield visit_once(world, "sign-up closed", Sent("GET", platform.site.host, "/sign-up/"))


def _mailbox(world: World, site: Site, *paths: str) -> Visit:
    """A page of what development keeps instead of sending it."""
    assert site.ref is not None
    with (
        TemporaryDirectory() as folder,
        override_settings(TENANT_URLCONF="tests.core.web.styleguide.urls", MAILBOX_DIR=folder),
    ):
        with tenant_context(site.ref):
            message = EmailMultiAlternatives("A subject", "Some text.", "from@example.org", ["to@example.org"])
            message.attach_alternative("<html lang=en><title>A subject</title><p>Some text.</html>", "text/html")
            MailboxBackend().send_messages([message])
            (kept,) = kept_list()
        return visit_once(
            world, f"mailbox {paths[0]}", *[Sent("GET", site.host, path.format(id=kept.id)) for path in paths]
        )


@contextmanager
def _open_to_all(site: Site) -> Iterator[None]:
    """Let strangers register, and publish the texts that only few organisations have."""
    assert site.ref is not None
    with platform_context():
        kept = Tenant.objects.get(pk=site.ref.uuid).options
        tenant = Tenant.objects.get(pk=site.ref.uuid)
        tenant_options_change(tenant=tenant, changes={"registration_open": True}, actor=SYSTEM)
    directory().forget()
    tenant = directory().by_uuid(site.ref.uuid)
    changes = {**ORGANISATIONS[0].brand, **WORDS, **{f"{kind}_text": WORDS["about"] for kind in LEGAL}}
    # The world's draft shows pictures that are none.
    draft = draft_discard(tenant=tenant, version=draft_of(tenant).version, actor=SYSTEM)
    draft = draft_change(tenant=tenant, changes=changes, version=draft.version, actor=SYSTEM)
    brand_publish(tenant=tenant, version=draft.version, actor=SYSTEM)
    directory().forget()
    try:
        yield
    finally:
        with platform_context():
            Tenant.objects.filter(pk=site.ref.uuid).update(options=kept)
        directory().forget()


@pytest.fixture(scope="module")
def crawl(visits: list[Visit]) -> Crawl:
    """Every page, looked at in one tab of one browser."""
    themes = {one.slug: css_of(theme_properties(BrandValues(**one.brand))) for one in ORGANISATIONS}
    seen: set[frozenset[str]] = set()
    with served() as port, override_settings(PUBLIC_PORT=port), chromium_started() as browser:
        context = browser.new_context(reduced_motion="reduce")
        inspector = Inspector(context, themes)
        for visit in visits:
            site = f"http://{visit.host}:{port}"
            context.clear_cookies()
            if visit.credential.text:
                name, value = settings.SESSION_COOKIE_NAME, visit.credential.text
                context.add_cookies([{"name": name, "value": value, "url": site}])
            for path, answer in visit.answers.items():
                context.route(f"{site}{path}", shown(answer))
            if visit.route in SENDS_ITSELF:
                context.route("**/js/sign-up.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
            inspector.inspect(str(visit), f"{site}{visit.path}", briefly=visit.pages in seen)
            seen.add(visit.pages)
            context.unroute_all()
    return Crawl(visits, inspector.found)
