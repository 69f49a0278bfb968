from datetime import timedelta

import pytest
import time_machine

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users import tokens
from shared_apps.users.actors import person_actor
from shared_apps.users.errors import PersonInactive
from shared_apps.users.models import RefreshToken, TokenFamily, User
from shared_apps.users.selectors import token_family_with
from shared_apps.users.services import (
    password_set,
    sign_out_everywhere,
    token_family_end,
    token_issue,
    token_refresh,
    user_disable,
    user_roles_change,
)
from shared_apps.users.tokens import TokenInvalid
from tests.support.factories.users import make_tokens, make_user


def works(access: str) -> bool:
    return token_family_with(tokens.read(access, use="at+jwt")) is not None


def test_a_sign_in_starts_a_family(ada: User) -> None:
    pair = token_issue(user=ada, actor=person_actor(ada, address="192.0.2.1"), user_agent="curl/8" + "x" * 300)
    family = TokenFamily.objects.get()
    assert (family.user, family.address, len(family.user_agent)) == (ada, "192.0.2.1", 200)
    assert works(pair.access)
    assert TrailEntry.objects.get(action="users.sign_in").changes == {"by": "token"}
    ada.refresh_from_db()
    assert ada.last_login is not None
    assert pair.refresh.rpartition(".")[2] not in str(list(RefreshToken.objects.values()))


def test_a_refresh_token_is_exchanged_once(ada: User) -> None:
    first = make_tokens(ada)
    second = token_refresh(refresh=first.refresh, address="192.0.2.7")
    assert works(second.access)
    assert works(first.access)
    assert second.refresh != first.refresh
    used, fresh = RefreshToken.objects.order_by("id")
    assert (used.used_at is not None, fresh.used_at, fresh.parent) == (True, None, used)
    assert TokenFamily.objects.get().address == "192.0.2.7"


def test_one_that_comes_again_ends_the_family(ada: User) -> None:
    first = make_tokens(ada)
    second = token_refresh(refresh=first.refresh)
    other = make_tokens(ada)
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=first.refresh, address="203.0.113.5")
    family = TokenFamily.objects.order_by("id").first()
    assert family.revoked_for == "reused"
    assert not works(second.access)
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=second.refresh)
    assert RefreshToken.objects.filter(family=family).count() == 2
    entry = TrailEntry.objects.get(action="users.end_token_family")
    assert (entry.changes, entry.address) == ({"reason": "reused"}, "203.0.113.5")
    assert works(other.access)


def test_an_access_token_refreshes_nothing(ada: User) -> None:
    pair = make_tokens(ada)
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=pair.access)
    with pytest.raises(TokenInvalid):
        works(pair.refresh)
    assert RefreshToken.objects.count() == 1


def test_it_ends_after_two_weeks_and_its_family_after_three_months(ada: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        pair = make_tokens(ada)
        clock.shift(timedelta(days=14))
        with pytest.raises(TokenInvalid):
            token_refresh(refresh=pair.refresh)
        pair = make_tokens(ada)
        for _ in range(9):
            clock.shift(timedelta(days=10) - timedelta(seconds=1))
            pair = token_refresh(refresh=pair.refresh)
        assert pair.refresh_expires_at <= TokenFamily.objects.latest("id").expires_at
        clock.shift(30)
        with pytest.raises(TokenInvalid):
            token_refresh(refresh=pair.refresh)
        assert not TokenFamily.objects.filter(expires_at__gt=now()).exists()


@pytest.mark.parametrize(
    "end",
    [
        lambda user: user_disable(user=user, actor=SYSTEM),
        lambda user: user_roles_change(user=user, roles=["cfo"], actor=SYSTEM),
        lambda user: password_set(user=user, password="another-long-phrase", actor=SYSTEM),
        lambda user: sign_out_everywhere(user=user, actor=SYSTEM),
        lambda user: token_family_end(family_id=user.token_families.get().pk, user=user, actor=SYSTEM, signed_out=True),
    ],
)
def test_what_ends_a_person_s_access_ends_both_tokens_at_once(ada: User, end) -> None:
    second = make_user("second@example.org")
    pair, other = make_tokens(second), make_tokens(ada)
    end(second)
    assert not works(pair.access)
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=pair.refresh)
    assert RefreshToken.objects.filter(used_at__isnull=False).count() == 0
    assert works(other.access)


def test_a_family_is_ended_once_and_by_its_own_person(ada: User, bob: User) -> None:
    make_tokens(ada)
    family = TokenFamily.objects.get()
    assert not token_family_end(family_id=family.pk, user=bob, actor=SYSTEM)
    assert token_family_end(family_id=family.pk, user=ada, actor=SYSTEM)
    assert not token_family_end(family_id=family.pk, user=ada, actor=SYSTEM)
    assert TokenFamily.objects.get().revoked_for == "revoked"


def test_a_disabled_person_gets_no_tokens(bob: User) -> None:
    user_disable(user=bob, actor=SYSTEM)
    with pytest.raises(PersonInactive):
        make_tokens(bob)
    assert not TokenFamily.objects.exists()


def test_a_forgotten_family_or_token_is_refused(ada: User) -> None:
    pair = make_tokens(ada)
    RefreshToken.objects.all().delete()
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=pair.refresh)
    assert works(pair.access)
    TokenFamily.objects.all().delete()
    assert not works(pair.access)
    with pytest.raises(TokenInvalid):
        token_refresh(refresh=pair.refresh)


def test_tokens_of_one_tenant_mean_nothing_in_the_other_though_all_ids_are_equal(
    ada: User, tenant: TenantRef, other_tenant: TenantRef
) -> None:
    pair = make_tokens(ada)
    family, token = TokenFamily.objects.get(), RefreshToken.objects.get()
    with tenant_context(other_tenant):
        User.objects.create(id=ada.pk, email=ada.email, password=ada.password)
        TokenFamily.objects.create(id=family.pk, user_id=ada.pk, credential_version=1, expires_at=family.expires_at)
        RefreshToken.objects.create(
            id=token.pk, family_id=family.pk, jti_hash=token.jti_hash, expires_at=token.expires_at
        )
        with pytest.raises(TokenInvalid):
            works(pair.access)
        with pytest.raises(TokenInvalid):
            token_refresh(refresh=pair.refresh)
        assert RefreshToken.objects.get().used_at is None
    with platform_context(), pytest.raises(TokenInvalid):
        token_refresh(refresh=pair.refresh)
    assert token_refresh(refresh=pair.refresh)


def test_the_platform_signs_its_own_people_in(on_platform: None) -> None:
    root = make_user("root@example.org", roles=["platform_admin"])
    assert works(token_refresh(refresh=make_tokens(root).refresh).access)


def test_a_read_only_tenant_still_signs_in_and_refreshes(ada: User, inside: TenantRef) -> None:
    with tenant_context(inside, read_only=True):
        pair = make_tokens(User.objects.get(pk=ada.pk))
        again = token_refresh(refresh=pair.refresh)
        assert works(again.access)
        with pytest.raises(TokenInvalid):
            token_refresh(refresh=pair.refresh)
        assert not works(again.access)
