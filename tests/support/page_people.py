"""People who stand before pages that others never see: on the way in, on the way to an organisation, with an app."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from core import clock
from core.tenancy import platform_context
from shared_apps.signup.models import SignUp
from shared_apps.signup.services import Begun, Wish, password_prepare, sign_up_begin
from shared_apps.tenants.models import Tenant
from tests.support.factories.second_factors import make_app, make_recovery_codes
from tests.support.factories.users import PASSWORD
from tests.support.twin_browser import Browser, Credential, Sent, form
from tests.support.twin_credentials import sign_in
from tests.support.twin_world import ADMIN, EMAILS, Site, make_person

_WITH_APP = UUID("01900000-0000-7000-8000-000000000201")
_WITHOUT_PASSWORD = UUID("01900000-0000-7000-8000-000000000202")
_OWNER = UUID("01900000-0000-7000-8000-000000000203")


def with_app(site: Site, browser: Browser) -> Credential:
    """An administrator with an authenticator app and recovery codes, signed in."""
    with site.entered():
        person = make_person(site, _WITH_APP, "april@example.org", site.roles[0])
    credential = sign_in(site, browser, person.email)
    with site.entered():
        make_app(person)
        make_recovery_codes(person)
    return credential


def without_password(site: Site) -> Credential:
    """An administrator who never chose a password, signed in."""
    with site.entered():
        person = make_person(site, _WITHOUT_PASSWORD, "nora@example.org", site.roles[0])
        person.set_unusable_password()
        person.save(update_fields=["password"])
        backend = settings.AUTHENTICATION_BACKENDS[0]
        signed_in = {SESSION_KEY: str(person.pk), BACKEND_SESSION_KEY: backend}
        key = _session({**signed_in, HASH_SESSION_KEY: person.get_session_auth_hash()})
    return Credential("a person without a password", "session", key)


def between_factors(site: Site, browser: Browser) -> Credential:
    """The administrator, who has a passkey, between the password and the second factor."""
    fields = form({"login": EMAILS[ADMIN], "password": PASSWORD})
    answer = browser.send(Sent("POST", site.host, "/account/sign-in/", **fields))
    assert answer.headers["location"] == "/account/second-factor/enter/", answer.text
    return Credential("between the factors", "session", answer.cookies[settings.SESSION_COOKIE_NAME].value)


def signing_up(opened: Site) -> list[Credential]:
    """Strangers at each step of a sign-up; the last one's organisation is the one that is given."""
    assert opened.ref is not None
    with platform_context():
        confirmed = {"email_confirmed_at": clock.now()}
        unborn = [Tenant.objects.create(slug=f"{word}-trust", name="Fund") for word in ("oak", "elm")]
        door = _begun("fifth")
        people = [
            _stranger("confirming", _begun("first")),
            _stranger("naming", _begun("second"), **confirmed),
            _stranger("waiting", _begun("third"), **confirmed, tenant=unborn[0]),
            _stranger("before a failure", _begun("fourth"), **confirmed, tenant=unborn[1], failed_at=clock.now()),
            _stranger("at the door", door, **confirmed, tenant=opened.ref.uuid),
        ]
    with opened.entered():
        make_person(opened, _OWNER, door.sign_up.email, opened.roles[0])
    return people


def _begun(slug: str) -> Begun:
    email = f"owner@{slug}.example"
    wish = Wish(
        organisation=f"{slug.title()} Fund",
        slug=f"{slug}-fund",
        name="Olivia Marsh",
        email=email,
        password=password_prepare(password=PASSWORD, email=email, name="Olivia Marsh"),
        locale="en-GB",
        time_zone="Europe/Lisbon",
        currency="EUR",
        terms_accepted=True,
    )
    return sign_up_begin(wish=wish, address=None)


def _stranger(step: str, begun: Begun, **changes: Any) -> Credential:
    if changes:
        SignUp.objects.filter(pk=begun.sign_up.pk).update(**changes)
    own = {"sign_up": {"id": str(begun.sign_up.pk), "secret": begun.secret}}
    return Credential(f"a stranger {step}", "session", _session(own))


def _session(values: Mapping[str, Any]) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update(values)
    session.create()
    return str(session.session_key)
