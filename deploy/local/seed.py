"""python -m deploy.local.seed --passwords FILE --announcement FILE: the demo's organisations and people.

Adds what is missing and changes nothing that is there. Passwords and API keys are kept in the first file; the second
one gets the addresses and sign-ins.
"""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from deploy.local.passwords import Passwords, write_private

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
django.setup()

from django.conf import settings  # noqa: E402  settings and models are there only after setup
from django.contrib.auth.hashers import make_password  # noqa: E402

from core.actor import SYSTEM  # noqa: E402
from core.tenancy import TenantRef, TenantState, directory, platform_context, tenant_context  # noqa: E402
from core.tenancy.lifecycle import writable  # noqa: E402
from shared_apps.tenants.branding.selectors import draft_of, published_of  # noqa: E402
from shared_apps.tenants.branding.services import brand_publish, draft_change  # noqa: E402
from shared_apps.tenants.models import Tenant  # noqa: E402
from shared_apps.tenants.selectors import host_url, tenant_list  # noqa: E402
from shared_apps.tenants.services import Owner, tenant_provision, tenant_request  # noqa: E402
from shared_apps.users.actors import person_actor  # noqa: E402
from shared_apps.users.choices import PlatformRole, TenantRole  # noqa: E402
from shared_apps.users.credentials import parse_api_key  # noqa: E402
from shared_apps.users.models import User  # noqa: E402
from shared_apps.users.selectors import api_key_with  # noqa: E402
from shared_apps.users.services import api_key_create, password_set, user_create  # noqa: E402


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    role: str


@dataclass(frozen=True)
class Organisation:
    """A sample organisation; its first person administers it."""

    slug: str
    name: str
    people: tuple[Person, ...]
    brand: Mapping[str, Any]


PLATFORM_ADMIN = Person("paula@livery.example", "Paula Haddad", PlatformRole.PLATFORM_ADMIN)
ORGANISATIONS = (
    Organisation(
        "riverbank",
        "Riverbank Trust",
        (
            Person("olivia@riverbank.example", "Olivia Marsh", TenantRole.TENANT_ADMIN),
            Person("samuel@riverbank.example", "Samuel Okoro", TenantRole.ACCOUNTANT),
            Person("ruth@riverbank.example", "Ruth Lindqvist", TenantRole.REVIEWER),
        ),
        {
            "tagline": "Community foundation",
            "headline": "Rivers that run free again",
            "about": "For twenty years we have taken down what no longer serves and planted what will.\n\n"
            "## What we do\n\nWe buy back old weirs, replant banks with the people who live on them, and publish "
            "what every euro did.\n\n## Who we are\n\nFourteen people, four villages and a boat.",
            "contact": "Rua do Cais 4\n7750-320 Mértola\nPortugal",
            "contact_email": "hello@riverbank.example",
            "contact_phone": "+351 286 000 100",
            "imprint_text": "# Riverbank Trust\n\nRua do Cais 4, 7750-320 Mértola, Portugal",
            "privacy_text": "# Privacy\n\nWe keep what your gift needs, and nothing else.",
            "brand": "#1d7a4f",
            "accent": "#b45309",
            "neutral_hue": 150,
            "radius": 9,
        },
    ),
    Organisation(
        "kiln",
        "Kiln Studio",
        (
            Person("mateo@kiln.example", "Mateo Ferrara", TenantRole.TENANT_ADMIN),
            Person("ines@kiln.example", "Inês Duarte", TenantRole.STAFF),
            Person("jonas@kiln.example", "Jonas Weber", TenantRole.MEMBER),
        ),
        {
            "tagline": "Ceramics, made to order",
            "headline": "Thrown by hand, fired once a month",
            "about": "Six potters share one kiln. Tell us what you eat from it, and we make the plate.",
            "contact_email": "studio@kiln.example",
            "brand": "#f5a524",
            "accent": "#22d3ee",
            "neutral_hue": 60,
            "neutral_chroma": 0.01,
            "radius": 14,
            "font_body": "manrope",
            "font_head": "manrope",
        },
    ),
    Organisation(
        "harbour",
        "Harbour Capital",
        (
            Person("amara@harbour.example", "Amara Nwosu", TenantRole.TENANT_ADMIN),
            Person("henrik@harbour.example", "Henrik Solberg", TenantRole.CFO),
            Person("mei@harbour.example", "Mei Tanaka", TenantRole.FIRM_ADMIN),
        ),
        {
            "tagline": "Private capital",
            "headline": "Patient money for firms that outlive their founders",
            "about": "We take minority stakes for ten years and more, and report to every partner each quarter.",
            "contact": "12 Harbour Street\nBergen",
            "contact_email": "partners@harbour.example",
            "brand": "#1f3a8a",
            "neutral_hue": 255,
            "neutral_chroma": 0.012,
            "radius": 4,
            "font_head": "source-serif-4",
            "sidebar": "tinted",
        },
    ),
)


def seed(kept: Passwords) -> dict[str, Any]:
    """Add what is missing; returns the addresses and sign-ins."""
    with platform_context():
        add_person(PLATFORM_ADMIN, "platform", kept)
    return {
        "platform": {
            "url": host_url(settings.PLATFORM_HOST),
            "email": PLATFORM_ADMIN.email,
            "password": kept.get(f"platform/{PLATFORM_ADMIN.email}"),
        },
        "tenants": [add_organisation(sample, kept) for sample in ORGANISATIONS],
    }


def add_organisation(sample: Organisation, kept: Passwords) -> Mapping[str, str]:
    """Add an organisation with its people and an API key; returns its address and its administrator's sign-in."""
    administrator = sample.people[0]
    tenant = provisioned(sample, kept)
    key = ""
    # Somebody may have suspended it meanwhile; then it stays as it is.
    if writable(tenant.state):
        with tenant_context(tenant):
            for person in sample.people:
                add_person(person, sample.slug, kept)
            key = api_key(administrator, sample.slug, kept)
        wear(tenant, sample.brand)
    return {
        "slug": sample.slug,
        "url": host_url(tenant.primary_host),
        "email": administrator.email,
        "password": kept.get(f"{sample.slug}/{administrator.email}"),
        "api_key": key,
    }


def provisioned(sample: Organisation, kept: Passwords) -> TenantRef:
    """The organisation, made and provisioned where that was not done or was interrupted."""
    administrator = sample.people[0]
    with platform_context():
        tenant: Tenant | None = tenant_list().filter(slug=sample.slug).first()
        if tenant is None:
            password = make_password(kept.get(f"{sample.slug}/{administrator.email}"))
            owner = Owner(administrator.email, administrator.name, password)
            tenant = tenant_request(slug=sample.slug, name=sample.name, owner=owner, actor=SYSTEM)
        if tenant.state in (TenantState.REQUESTED, TenantState.PROVISIONING, TenantState.READY):
            tenant = tenant_provision(tenant=tenant)
    return directory().by_uuid(tenant.pk)


def wear(tenant: TenantRef, brand: Mapping[str, Any]) -> None:
    """Publish the sample's brand, unless the organisation has published one."""
    if published_of(tenant).number == 0:
        draft = draft_change(tenant=tenant, changes=brand, version=draft_of(tenant).version, actor=SYSTEM)
        brand_publish(tenant=tenant, version=draft.version, actor=SYSTEM)


def add_person(person: Person, place: str, kept: Passwords) -> None:
    """Add a person to the current schema. Who is there already gets a new password only where ours was lost."""
    name = f"{place}/{person.email}"
    was_kept = kept.has(name)
    password = kept.get(name)
    user = User.objects.filter(email=person.email).first()
    if user is None:
        user_create(email=person.email, name=person.name, password=password, roles=[person.role], actor=SYSTEM)
    elif not was_kept:
        password_set(user=user, password=password, actor=SYSTEM)


def api_key(person: Person, place: str, kept: Passwords) -> str:
    """The text of a key of this person that works: the kept one, else a new one; empty when the person is disabled."""
    name = f"{place}/api-key"
    user = User.objects.get(email=person.email)
    text = parse_api_key(kept.get(name)) if kept.has(name) else None
    if text is not None and api_key_with(text.public_id, text.secret) is not None:
        return str(text)
    if not user.is_active:
        return ""
    _, text = api_key_create(owner=user, name="Demo", scopes=None, expires_at=None, actor=person_actor(user))
    kept.put(name, str(text))
    return str(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.local.seed", description="Add the demo's organisations and people.")
    parser.add_argument("--passwords", type=Path, required=True, help="where passwords and keys are kept")
    parser.add_argument("--announcement", type=Path, required=True, help="where addresses and sign-ins are written")
    options = parser.parse_args()
    said = seed(Passwords(options.passwords))
    write_private(options.announcement, json.dumps(said, indent=2) + "\n")


if __name__ == "__main__":
    main()
