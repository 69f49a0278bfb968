from pathlib import Path

import pytest

from core.actor import SYSTEM
from core.tenancy import TenantRef, TenantState, platform_context, tenant_context
from deploy.local.passwords import Passwords
from deploy.local.seed import ORGANISATIONS, add_organisation, provisioned, seed
from shared_apps.tenants.selectors import tenant_get, tenant_list
from shared_apps.tenants.services import tenant_suspend
from shared_apps.users.credentials import parse_api_key
from shared_apps.users.models import ApiKey, User
from shared_apps.users.selectors import api_key_with
from shared_apps.users.services import user_create, user_disable
from tests.support.twins import Twins

RIVERBANK = ORGANISATIONS[0]
OLIVIA = RIVERBANK.people[0]


@pytest.fixture
def kept(tmp_path: Path, committed: Twins) -> Passwords:
    return Passwords(tmp_path / "people.json")


def riverbank(kept: Passwords) -> TenantRef:
    return provisioned(RIVERBANK, kept)


def test_seeding_twice_adds_nothing_and_says_the_same(kept: Passwords) -> None:
    said = seed(kept)

    assert seed(kept) == said

    with platform_context():
        slugs = set(tenant_list().values_list("slug", flat=True))
        assert {"riverbank", "kiln", "harbour"} < slugs
        assert [role.code for role in User.objects.get(email=said["platform"]["email"]).roles.all()] == [
            "platform_admin"
        ]
    for sample in ORGANISATIONS:
        with tenant_context(provisioned(sample, kept)):
            people = {user.email: [role.code for role in user.roles.all()] for user in User.objects.all()}
            assert people == {person.email: [person.role] for person in sample.people}
            assert ApiKey.objects.count() == 1


def test_what_is_said_signs_in(kept: Passwords) -> None:
    said = add_organisation(RIVERBANK, kept)

    with tenant_context(riverbank(kept)):
        assert User.objects.get(email=said["email"]).check_password(said["password"])
        text = parse_api_key(said["api_key"])
        assert text is not None
        key = api_key_with(text.public_id, text.secret)
        assert key is not None
        assert key.owner.email == said["email"]


def test_lost_passwords_are_replaced_and_a_changed_one_is_left_alone(kept: Passwords) -> None:
    before = add_organisation(RIVERBANK, kept)
    with tenant_context(riverbank(kept)):
        hashes = dict(User.objects.values_list("email", "password"))

    add_organisation(RIVERBANK, kept)
    with tenant_context(riverbank(kept)):
        assert dict(User.objects.values_list("email", "password")) == hashes

    kept.path.unlink()
    after = add_organisation(RIVERBANK, kept)

    assert after["password"] != before["password"]
    with tenant_context(riverbank(kept)):
        assert User.objects.get(email=after["email"]).check_password(after["password"])
        text = parse_api_key(after["api_key"])
        assert text is not None
        assert api_key_with(text.public_id, text.secret) is not None


def test_an_organisation_that_somebody_suspended_stays_as_it_is(kept: Passwords) -> None:
    add_organisation(RIVERBANK, kept)
    with platform_context():
        tenant_suspend(tenant=tenant_get(slug="riverbank"), actor=SYSTEM, reason="unpaid")

    said = add_organisation(RIVERBANK, kept)

    assert said["api_key"] == ""
    assert provisioned(RIVERBANK, kept).state == TenantState.SUSPENDED


def test_a_disabled_administrator_gets_no_new_key(kept: Passwords) -> None:
    add_organisation(RIVERBANK, kept)
    with tenant_context(riverbank(kept)):
        user_create(email="second@riverbank.example", actor=SYSTEM, roles=["tenant_admin"])
        user_disable(user=User.objects.get(email=OLIVIA.email), actor=SYSTEM)

    assert add_organisation(RIVERBANK, kept)["api_key"] == ""

    with tenant_context(riverbank(kept)):
        assert ApiKey.objects.count() == 1
        assert not User.objects.get(email=OLIVIA.email).is_active
