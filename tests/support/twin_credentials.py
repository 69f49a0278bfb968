"""Everything that a person of a site can show to be let in, while it is good and after it has ended."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import resolve

from core import clock
from core.tenancy.storage import file_key
from core.web.files import file_link
from shared_apps.users import tokens
from shared_apps.users.actors import person_actor
from shared_apps.users.models import ApiKey, User
from shared_apps.users.selectors import user_get
from shared_apps.users.services import api_key_create, confirmation_send, user_disable
from tests.support.factories.users import PASSWORD
from tests.support.twin_browser import Browser, Credential, Sent, form, json_body
from tests.support.twin_world import ADMIN, DISABLED, EMAILS, MEMBER, SIGNED_OUT, UNCONFIRMED, Site, link_to

INVITED = "newcomer@example.org"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Keyring:
    """What was issued by one site. Tokens and signed links are made when they are asked for, as they end in minutes."""

    site: Site
    families: Mapping[UUID, UUID]
    sessions: Mapping[UUID, Credential]
    keys: Mapping[UUID, Credential]
    mailed: Mapping[str, str]
    stored: str = field(default="")

    def token(self, person: UUID = ADMIN, *, use: tokens.Use = "at+jwt", lifetime: timedelta = _HOUR) -> Credential:
        """A token of a person's sign-in."""
        with self.site.entered():
            text, _ = tokens.issue(use=use, user=person, family=self.families[person], version=1, lifetime=lifetime)
        return Credential(f"{self.site.name}'s token of {EMAILS[person]}", "token", text)

    def alive(self, person: UUID = ADMIN) -> list[Credential]:
        """What a person can show that is good here."""
        found = [self.sessions[person], self.token(person)]
        return [*found, self.keys[person]] if person in self.keys else found

    def ended(self) -> list[Credential]:
        """What is no longer good, or never was, here."""
        with time_machine.travel(clock.now() - _HOUR, tick=False):
            expired = self.token(lifetime=timedelta(minutes=5))
        return [
            replace(expired, name=f"{expired.name}, expired"),
            replace(self.token(use="rt+jwt"), name=f"{self.site.name}'s refresh token as an access token"),
            *(replace(each, name=f"{each.name}, signed out") for each in self.alive(SIGNED_OUT)),
            *(replace(each, name=f"{each.name}, disabled") for each in self.alive(DISABLED)),
        ]

    def forged_for(self, victim: Site) -> Iterator[Credential]:
        """Tokens that claim to be another site's, made with what a person of this site has and knows."""
        own = self.token().text
        header, claims = jwt.get_unverified_header(own), jwt.decode(own, options={"verify_signature": False})
        with victim.entered():
            their_id, their_audience = tokens._key_id(), tokens._audience()
        with self.site.entered():
            key = next(tokens._keys())
        their_claims = claims | {"aud": their_audience, "epoch": 1 if victim.ref else 0}
        forgeries: dict[str, tuple[dict[str, Any], dict[str, Any], bytes | str]] = {
            "for their audience, our key": (header | {"kid": their_id}, their_claims, key),
            "for both audiences": (header | {"kid": their_id}, claims | {"aud": [claims["aud"], their_audience]}, key),
            "with their key's id": (header | {"kid": their_id}, claims, key),
            "with our key's id": (header, their_claims, key),
            "of another type": (header | {"kid": their_id, "typ": "JWT"}, their_claims, key),
            "with a key of its own": (header | {"kid": their_id, "jwk": {"kty": "oct", "k": "AA"}}, their_claims, key),
            "with an empty key": (header | {"kid": their_id}, their_claims, "-" * 32),
        }
        for name, (head, payload, secret) in forgeries.items():
            text = jwt.encode(payload, secret, algorithm="HS256", headers=head)
            yield Credential(f"{self.site.name}'s forgery {name}", "token", text)
        yield Credential(f"{self.site.name}'s unsigned token", "token", _unsigned(header, their_id, their_claims))

    def links(self) -> dict[str, dict[str, str]]:
        """The parameters of the links that were sent or signed, by kind."""
        found = {
            kind: dict(resolve(path.partition("?")[0], self.site.urlconf).kwargs) for kind, path in self.mailed.items()
        }
        with self.site.entered():
            signed = file_link(key=self.stored, name="a.txt", actor=person_actor(user_get(ADMIN)))
        found["file"] = dict(resolve(signed, self.site.urlconf).kwargs)
        return found

    def queries(self) -> Iterator[str]:
        """The query strings of mailed links."""
        yield from (path.partition("?")[2] for path in self.mailed.values() if "?" in path)


def keyring_of(site: Site, browser: Browser) -> Keyring:
    """Sign everybody in through the pages and REST, and ask for each kind of link."""
    families, sessions = {}, {}
    for person in (ADMIN, MEMBER, DISABLED, SIGNED_OUT):
        sessions[person] = sign_in(site, browser, EMAILS[person])
        families[person] = _sign_in_by_rest(site, browser, person)
    with site.entered():
        keys = {person: _make_key(site, user_get(person)) for person in (ADMIN, DISABLED, SIGNED_OUT)}
    mailed = _links(site, browser, sessions[ADMIN])
    with site.entered():
        stored = default_storage.save(file_key(room="documents"), ContentFile(site.mark.encode()))
    ring = Keyring(site, families, sessions, keys, mailed, stored)
    _end(ring, browser)
    return ring


def sign_in(site: Site, browser: Browser, email: str) -> Credential:
    """A new session of a person, through the page."""
    fields = {"login": email, "password": PASSWORD}
    answer = browser.send(Sent("POST", site.host, "/account/sign-in/", **form(fields)))
    assert (answer.status, answer.headers["location"]) == (302, "/"), answer.text
    return Credential(f"{site.name}'s session of {email}", "session", answer.cookies["sessionid"].value)


def _sign_in_by_rest(site: Site, browser: Browser, person: UUID) -> UUID:
    fields = {"email": EMAILS[person], "password": PASSWORD}
    answer = browser.send(Sent("POST", site.host, f"{site.api}auth/login/", **json_body(fields)))
    assert answer.status == 200, answer.text
    claims = jwt.decode(json.loads(answer.body)["access"], options={"verify_signature": False})
    return UUID(claims["fam"])


def _make_key(site: Site, owner: User) -> Credential:
    _, text = api_key_create(owner=owner, name=site.mark, scopes=None, expires_at=None, actor=person_actor(owner))
    return Credential(f"{site.name}'s API key of {owner.email}", "api_key", str(text))


def _links(site: Site, browser: Browser, admin: Credential) -> dict[str, str]:
    browser.send(Sent("POST", site.host, "/account/password/reset/", **form({"email": EMAILS[MEMBER]})))
    invite = form({"email": INVITED, "role": site.roles[1]})
    browser.send(Sent("POST", site.host, "/people/invitations/", admin, **invite))
    with site.entered():
        reset, invitation = link_to(EMAILS[MEMBER]), link_to(INVITED)
        confirmation_send(user=user_get(UNCONFIRMED))
        return {"reset": reset, "invitation": invitation, "confirmation": link_to(EMAILS[UNCONFIRMED])}


def _end(ring: Keyring, browser: Browser) -> None:
    site = ring.site
    out = browser.send(Sent("POST", site.host, "/account/sign-out/", ring.sessions[SIGNED_OUT]))
    assert out.status == 302, out.text
    out = browser.send(Sent("POST", site.host, f"{site.api}auth/logout/", ring.token(SIGNED_OUT), **json_body({})))
    assert out.status == 204, out.text
    with site.entered():
        ApiKey.objects.filter(owner=SIGNED_OUT).update(revoked_at=clock.now())
        user_disable(user=user_get(DISABLED), actor=person_actor(user_get(ADMIN)))


def _unsigned(header: dict[str, Any], key_id: str, claims: dict[str, Any]) -> str:
    parts = ({**header, "alg": "none", "kid": key_id}, claims)
    head, payload = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return f"{head}.{payload}."
