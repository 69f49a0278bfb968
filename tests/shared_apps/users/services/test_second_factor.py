from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator

from core.clock import now
from core.secrets import SecretUnreadable
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import User
from shared_apps.users.selectors import has_second_factor
from shared_apps.users.services import second_factor_use
from tests.support.factories.second_factors import code_of, make_app, make_recovery_codes


def test_a_code_is_taken_once(ada: User) -> None:
    with time_machine.travel(now(), tick=False):
        app = make_app(ada)
        code = code_of(app)
        assert second_factor_use(user=ada, code=code) == app
        assert second_factor_use(user=ada, code=code) is None
        assert second_factor_use(user=ada, code=f" {code[:3]} {code[3:]} ") is None
    app.refresh_from_db()
    assert app.last_used_at is not None


def test_it_is_taken_once_however_long_it_is_valid(ada: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        app = make_app(ada)
        code = code_of(app)
        assert second_factor_use(user=ada, code=code)
        clock.shift(timedelta(seconds=31))
        assert second_factor_use(user=ada, code=code) is None
        assert second_factor_use(user=ada, code=code_of(app))


def test_a_clock_may_be_off_by_one_step_and_no_more(ada: User) -> None:
    with time_machine.travel(now(), tick=False):
        app = make_app(ada)
        for steps in (-2, 2):
            assert second_factor_use(user=ada, code=code_of(app, steps=steps)) is None
        assert second_factor_use(user=ada, code=code_of(app, steps=-1))
        assert second_factor_use(user=ada, code=code_of(app, steps=1))
        # A later step was taken, so an earlier one is a replay.
        assert second_factor_use(user=ada, code=code_of(app)) is None


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_refused(ada: User, code: str) -> None:
    make_app(ada)
    make_recovery_codes(ada)
    assert second_factor_use(user=ada, code=code) is None


def test_a_recovery_code_is_taken_once(ada: User) -> None:
    make_app(ada)
    first, second, *_ = make_recovery_codes(ada)
    assert second_factor_use(user=ada, code=first).type == Authenticator.Type.RECOVERY_CODES
    assert second_factor_use(user=ada, code=first) is None
    assert second_factor_use(user=ada, code=second, kinds=("totp",)) is None
    assert second_factor_use(user=ada, code=second, kinds=("recovery_codes",))


def test_codes_are_the_person_s_own(ada: User, bob: User) -> None:
    app = make_app(ada)
    assert second_factor_use(user=bob, code=code_of(app)) is None
    assert (has_second_factor(ada), has_second_factor(bob)) == (True, False)
    make_recovery_codes(bob)
    assert not has_second_factor(bob)


def test_secrets_are_sealed_and_open_in_their_tenant_only(ada: User, other_tenant: TenantRef) -> None:
    app = make_app(ada)
    make_recovery_codes(ada)
    for row in Authenticator.objects.all():
        assert (row.data.get("secret") or row.data["seed"]).startswith("v1.")
    code = code_of(app)
    with tenant_context(other_tenant):
        User.objects.create(id=ada.pk, email=ada.email)
        Authenticator.objects.create(id=app.pk, user_id=ada.pk, type=app.type, data=app.data)
        twin = User.objects.get(pk=ada.pk)
        with pytest.raises(SecretUnreadable):
            second_factor_use(user=twin, code=code)


def test_factors_come_and_go_in_the_trail(ada: User) -> None:
    app = make_app(ada)
    app.save()
    app.delete()
    entries = TrailEntry.objects.filter(action__contains="second_factor").order_by("id")
    assert [(entry.action, entry.changes) for entry in entries] == [
        ("users.add_second_factor", {"kind": "totp"}),
        ("users.remove_second_factor", {"kind": "totp"}),
    ]


def test_a_read_only_tenant_takes_codes_and_still_only_once(ada: User, inside: TenantRef) -> None:
    app = make_app(ada)
    codes = make_recovery_codes(ada)
    code = code_of(app)
    with tenant_context(inside, read_only=True):
        person = User.objects.get(pk=ada.pk)
        assert second_factor_use(user=person, code=code)
        assert second_factor_use(user=person, code=code) is None
        assert second_factor_use(user=person, code=codes[0])
        assert second_factor_use(user=person, code=codes[0]) is None
