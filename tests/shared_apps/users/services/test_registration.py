from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest
import time_machine
from allauth.account.models import EmailConfirmation
from django.core.exceptions import ValidationError

from core.clock import now
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.errors import PasswordRefused, RegistrationClosed
from shared_apps.users.models import Mail, User
from shared_apps.users.selectors import user_is_verified
from shared_apps.users.services import confirmation_send, registration_begin, registration_is_open
from tests.shared_apps.users.conftest import link_in
from tests.support.factories.users import PASSWORD, make_user


@pytest.fixture
def open_house(tenant: TenantRef) -> Iterator[TenantRef]:
    """The first twin, where anybody may register."""
    opened = replace(tenant, options=MappingProxyType({"registration_open": True}))
    with tenant_context(opened):
        yield opened


def register(email: str = "dora@example.org", **values: str) -> None:
    registration_begin(**{"email": email, "name": "Dora", "password": PASSWORD, "address": "192.0.2.5", **values})


def test_whoever_registers_becomes_a_member_and_gets_a_link(open_house: TenantRef, mail_to) -> None:
    register("Dora@example.org")
    user = User.objects.get()
    assert [role.code for role in user.roles.all()] == ["member"]
    assert not user_is_verified(user)
    (mail,) = mail_to("dora@example.org")
    key = EmailConfirmation.objects.get().key
    assert link_in(mail) == f"http://north.localhost:8000/account/email/confirm/{key}/"
    entry = TrailEntry.objects.get(action="users.create")
    assert (entry.actor_label, entry.address) == ("Registration", "192.0.2.5")


def test_a_known_address_gets_another_mail_and_nothing_changes(open_house: TenantRef, mail_to) -> None:
    ada = make_user("ada@example.org")
    register("ADA@example.org", password="another-long-phrase")
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert User.objects.count() == 1
    (mail,) = mail_to("ada@example.org")
    assert mail["subject"] == "You have an account at North Ltd"
    assert link_in(mail) == "http://north.localhost:8000/account/password/reset/"


def test_nobody_is_mailed_twice_because_somebody_types_their_address_twice(open_house: TenantRef) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        for email in ("dora@example.org", "dora@example.org", "dora@example.org"):
            register(email)
        assert Mail.objects.count() == 2
        clock.shift(timedelta(minutes=3))
        register()
        assert Mail.objects.count() == 3


def test_it_is_closed_unless_the_tenant_opens_it_and_never_open_on_the_platform(inside: TenantRef) -> None:
    assert not registration_is_open()
    with pytest.raises(RegistrationClosed):
        register()
    for value in (False, 0, "yes", 1, None):
        with tenant_context(replace(inside, options=MappingProxyType({"registration_open": value}))):
            assert not registration_is_open()
    assert not User.objects.exists()


def test_the_platform_registers_nobody(on_platform: None) -> None:
    with pytest.raises(RegistrationClosed):
        register()


@pytest.mark.parametrize(
    ("values", "error"), [({"password": "short"}, PasswordRefused), ({"email": "nobody"}, ValidationError)]
)
def test_what_is_refused_leaves_nothing(open_house: TenantRef, values, error) -> None:
    with pytest.raises(error):
        register(**values)
    assert not User.objects.exists()
    assert not Mail.objects.exists()


def test_an_easy_password_is_refused_for_a_known_address_as_for_a_new_one(open_house: TenantRef) -> None:
    make_user("ada@example.org")
    with pytest.raises(PasswordRefused):
        register("ada@example.org", password="short")


def test_a_confirmation_is_sent_again_after_a_while(inside: TenantRef, mail_to) -> None:
    user = make_user("ada@example.org", verified=False)
    with time_machine.travel(now(), tick=False) as clock:
        confirmation_send(user=user)
        confirmation_send(user=user)
        assert len(mail_to(user.email)) == 1
        clock.shift(timedelta(minutes=3))
        confirmation_send(user=user)
    assert len(mail_to(user.email)) == 2
