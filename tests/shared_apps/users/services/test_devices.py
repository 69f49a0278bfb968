from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from core.actor import SYSTEM
from core.errors import NotFound
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import TokenFamily, User
from shared_apps.users.selectors import browser_id, devices_of
from shared_apps.users.services import device_sign_out, sign_out_everywhere, token_family_end
from tests.conftest import HostClient
from tests.support.factories.users import make_tokens

SignIn = Callable[[User], HostClient]


def test_browsers_and_programs_are_listed_newest_first(ada: User, bob: User, sign_in: SignIn) -> None:
    browser = sign_in(ada)
    make_tokens(ada)
    make_tokens(bob)
    family = TokenFamily.objects.get(user=ada)
    program, page = devices_of(ada, session_key=browser.session.session_key, family=family.pk)
    assert (program.kind, program.id, program.address, program.current) == ("program", family.pk, "192.0.2.1", True)
    assert (page.kind, page.address, page.current) == ("browser", "127.0.0.1", True)
    assert page.id == browser_id(browser.session.session_key)
    assert [device.current for device in devices_of(ada)] == [False, False]


def test_what_ended_is_not_listed(ada: User, sign_in: SignIn) -> None:
    sign_in(ada)
    make_tokens(ada)
    sign_out_everywhere(user=ada, actor=SYSTEM)
    ada.refresh_from_db()
    assert devices_of(ada) == []
    make_tokens(ada)
    token_family_end(family_id=TokenFamily.objects.latest("id").pk, user=ada, actor=SYSTEM)
    assert devices_of(ada) == []


def test_a_browser_is_signed_out_from_elsewhere(ada: User, sign_in: SignIn) -> None:
    browser = sign_in(ada)
    assert browser.get("/people/account/").status_code == 200
    (device,) = devices_of(ada)
    device_sign_out(user=ada, device_id=device.id, actor=SYSTEM)
    assert browser.get("/people/account/").status_code == 302
    assert not UserSession.objects.exists()
    assert not Session.objects.filter(pk=browser.session.session_key).exists()
    assert TrailEntry.objects.filter(action="users.sign_out_device").count() == 1


def test_a_program_is_signed_out_from_elsewhere(ada: User) -> None:
    make_tokens(ada)
    family = TokenFamily.objects.get()
    device_sign_out(user=ada, device_id=family.pk, actor=SYSTEM)
    family.refresh_from_db()
    assert family.revoked_for == "revoked"


def test_other_people_s_devices_do_not_exist(ada: User, bob: User, sign_in: SignIn, other_tenant: TenantRef) -> None:
    sign_in(ada)
    make_tokens(ada)
    for device in devices_of(ada):
        with pytest.raises(NotFound):
            device_sign_out(user=bob, device_id=device.id, actor=SYSTEM)
    with pytest.raises(NotFound):
        device_sign_out(user=ada, device_id=uuid7(), actor=SYSTEM)
    assert len(devices_of(ada)) == 2
    with tenant_context(other_tenant):
        twin = User.objects.create(id=ada.pk, email=ada.email)
        with pytest.raises(NotFound):
            device_sign_out(user=twin, device_id=TokenFamily.objects.model().pk, actor=SYSTEM)
