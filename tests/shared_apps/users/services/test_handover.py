from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from core.actor import SYSTEM
from core.clock import now
from core.errors import NotFound
from core.tenancy import tenant_context
from shared_apps.users.errors import HandOverRefused
from shared_apps.users.models import User
from shared_apps.users.services import handover_claim, handover_token, sign_out_everywhere, user_disable
from tests.support.factories.users import make_user


@pytest.fixture
def owner(inside):
    make_user("deputy@example.org")
    return make_user("owner@example.org")


def test_a_token_is_for_the_person_who_never_signed_in(owner):
    assert handover_claim(token=handover_token(email="Owner@Example.org")) == owner
    User.objects.filter(pk=owner.pk).update(last_login=now())
    assert handover_token(email=owner.email) == ""
    assert handover_token(email="nobody@example.org") == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda owner: User.objects.filter(pk=owner.pk).update(last_login=now()),
        lambda owner: user_disable(user=owner, actor=SYSTEM),
        lambda owner: sign_out_everywhere(user=owner, actor=SYSTEM),
        lambda owner: owner.emailaddress_set.update(verified=False),
        lambda owner: owner.delete(),
    ],
    ids=["signed in", "disabled", "signed out everywhere", "unconfirmed", "gone"],
)
def test_a_token_dies_with_what_it_stands_for(owner, change):
    token = handover_token(email=owner.email)
    change(owner)
    with pytest.raises(HandOverRefused):
        handover_claim(token=token)


def test_a_token_lives_for_a_minute(owner):
    token = handover_token(email=owner.email)
    with time_machine.travel(now() + timedelta(seconds=61), tick=False), pytest.raises(HandOverRefused):
        handover_claim(token=token)


def test_a_token_means_nothing_elsewhere_or_in_another_life(owner, tenant, other_tenant):
    token = handover_token(email=owner.email)
    for place in (other_tenant, replace(tenant, epoch=tenant.epoch + 1)):
        with tenant_context(place):
            make_user("owner@example.org") if place is other_tenant else None
            with pytest.raises(HandOverRefused):
                handover_claim(token=token)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "eyJhIjoxfQ:1abc:zzz", "\x00", "é"])
def test_nonsense_is_refused(owner, token):
    with pytest.raises(HandOverRefused):
        handover_claim(token=token)


def test_the_platform_hands_nobody_over(on_platform):
    with pytest.raises(NotFound):
        handover_claim(token="x")
