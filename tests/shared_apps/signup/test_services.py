from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import check_password

from core.clock import now
from core.errors import LiveryError, NotFound
from core.tenancy import TenantState
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.errors import (
    CodeSpent,
    CodeTooSoon,
    CodeWrong,
    NothingToRetry,
    SignUpClosed,
    SignUpLimited,
)
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import (
    require_available,
    sign_in_url,
    sign_up_state,
    sign_up_with,
    slug_suggestion,
)
from shared_apps.signup.services import (
    code_resend,
    password_prepare,
    sign_up_begin,
    sign_up_confirm,
    sign_up_rename,
    sign_up_retry,
    sign_ups_purge,
)
from shared_apps.tenants.errors import NameRefused
from shared_apps.tenants.models import Tenant
from shared_apps.trail.models import TrailEntry
from shared_apps.users.errors import PasswordRefused
from shared_apps.users.models import Mail
from tests.shared_apps.signup.conftest import PASSWORD, begin, mailed_code, mails, make_wish, wrong_code

pytestmark = pytest.mark.usefixtures("on_platform")
FROM = "192.0.2.7"


def test_before_the_code_comes_back_there_is_no_organisation():
    begun = begin()
    sign_up = SignUp.objects.get()
    assert sign_up_state(sign_up) == SignUpState.CONFIRMING
    assert not Tenant.objects.filter(slug="riverbank").exists()
    assert check_password(PASSWORD, sign_up.password)
    code = mailed_code(sign_up.email)
    assert code not in sign_up.code_hash
    assert begun.secret not in sign_up.secret_hash
    assert [mail["subject"] for mail in mails(sign_up.email)] == [f"{code} is your code for Livery"]


def test_the_code_founds_the_organisation_and_the_trail_says_who_did():
    begun = begin()
    sign_up = sign_up_confirm(sign_up=begun.sign_up, code=f" {mailed_code(begun.sign_up.email)} ", address=FROM)
    tenant = Tenant.objects.get(slug="riverbank")
    assert (sign_up.tenant, tenant.state, tenant.name) == (tenant, TenantState.REQUESTED, "Riverbank Trust")
    assert tenant.options == {"locale": "en-GB", "time_zone": "Europe/Lisbon", "currency": "EUR"}
    assert check_password(PASSWORD, tenant.owner["password"])
    assert (sign_up.password, sign_up.code_hash, sign_up.held) == ("", "", None)
    assert sign_up_state(sign_up) == SignUpState.PROVISIONING
    rows = TrailEntry.objects.filter(action__in=["signup.confirm", "tenants.create"]).order_by("action")
    assert [(row.action, row.actor_label, row.address) for row in rows] == [
        ("signup.confirm", f"Olivia Marsh <{sign_up.email}>", FROM),
        ("tenants.create", f"Olivia Marsh <{sign_up.email}>", FROM),
    ]


def test_a_code_that_comes_twice_founds_one_organisation():
    begun = begin()
    code = mailed_code(begun.sign_up.email)
    first = sign_up_confirm(sign_up=begun.sign_up, code=code, address=FROM)
    assert sign_up_confirm(sign_up=begun.sign_up, code=code, address=FROM).tenant_id == first.tenant_id
    assert Tenant.objects.filter(slug="riverbank").count() == 1


def test_five_wrong_codes_end_the_right_one_too():
    sign_up = begin().sign_up
    code = mailed_code(sign_up.email)
    for _ in range(4):
        with pytest.raises(CodeWrong):
            sign_up_confirm(sign_up=sign_up, code=wrong_code(code), address=FROM)
    for attempt in (wrong_code(code), code):
        with pytest.raises(CodeSpent):
            sign_up_confirm(sign_up=sign_up, code=attempt, address=FROM)
    sign_up.refresh_from_db()
    assert (sign_up.wrong_codes, sign_up.email_confirmed_at, sign_up.tenant) == (5, None, None)


def test_another_persons_code_and_an_old_one_are_wrong():
    first, second = begin().sign_up, begin(slug="meadow").sign_up
    with pytest.raises(CodeWrong):
        sign_up_confirm(sign_up=first, code=mailed_code(second.email), address=FROM)
    old = mailed_code(first.email)
    with time_machine.travel(now() + timedelta(seconds=61), tick=False):
        code_resend(sign_up=first, address=FROM)
        with pytest.raises(CodeWrong):
            sign_up_confirm(sign_up=first, code=old, address=FROM)
    with time_machine.travel(now() + timedelta(minutes=12), tick=False), pytest.raises(CodeSpent):
        sign_up_confirm(sign_up=first, code=mailed_code(first.email), address=FROM)
    assert not Tenant.objects.filter(slug="riverbank").exists()


def test_codes_are_mailed_once_a_minute_and_five_times_at_most():
    sign_up = begin().sign_up
    with pytest.raises(CodeTooSoon, match=r"(60|59) seconds"):
        code_resend(sign_up=sign_up, address=FROM)
    for minute in range(1, 5):
        with time_machine.travel(now() + timedelta(minutes=2 * minute), tick=False):
            code_resend(sign_up=sign_up, address=FROM)
    with (
        time_machine.travel(now() + timedelta(minutes=20), tick=False),
        pytest.raises(CodeTooSoon, match="No more codes"),
    ):
        code_resend(sign_up=sign_up, address=FROM)
    assert Mail.objects.filter(recipient=sign_up.email).count() == 5


@pytest.mark.parametrize("slug", ["riverbank", "RIVERBANK", "river-bank", "rlverbank", "r1verbank", "rivverbank"])
def test_a_name_that_somebody_is_signing_up_with_is_refused(slug):
    begin(slug="riwerbank" if slug == "rivverbank" else "riverbank")
    with pytest.raises(NameRefused) as caught:
        begin(slug=slug)
    assert [(error["field"], error["code"]) for error in caught.value.errors] == [("slug", "held")]
    assert (SignUp.objects.count(), Mail.objects.count()) == (1, 1)


def test_a_held_name_is_free_again_after_half_an_hour_and_the_late_one_keeps_the_rest():
    late = begin().sign_up
    code = mailed_code(late.email)
    SignUp.objects.filter(pk=late.pk).update(held_until=now() - timedelta(seconds=1))
    quick = begin().sign_up
    sign_up_confirm(sign_up=quick, code=mailed_code(quick.email), address=FROM)
    with pytest.raises(NameRefused):
        sign_up_confirm(sign_up=late, code=code, address=FROM)
    late.refresh_from_db()
    assert sign_up_state(late) == SignUpState.NAMING
    with pytest.raises(NameRefused):
        sign_up_rename(sign_up=late, slug="r1verbank", address=FROM)
    renamed = sign_up_rename(sign_up=late, slug="river-trust", address=FROM)
    assert (renamed.tenant.slug, renamed.tenant.owner["email"]) == ("river-trust", late.email)
    with pytest.raises(NothingToRetry):
        sign_up_rename(sign_up=late, slug="another", address=FROM)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"terms_accepted": False}, ["terms_accepted"]),
        ({"slug": "admin"}, ["slug"]),
        ({"slug": "adrnin"}, ["slug"]),
        ({"slug": "n0rth"}, ["slug"]),
        ({"slug": "north"}, ["slug"]),
        ({"organisation": "\u202eevil"}, ["name"]),
        ({"name": " "}, ["name"]),
        ({"email": "nobody"}, ["email"]),
        ({"time_zone": "Europe/Atlantis", "currency": "XXX", "locale": "xx-YY"}, ["time_zone", "currency", "locale"]),
    ],
    ids=str,
)
def test_what_is_refused_keeps_nothing(tenant, changes, fields):
    with pytest.raises(LiveryError) as caught:
        begin(**changes)
    assert [error["field"] for error in caught.value.errors] == fields
    assert not SignUp.objects.exists()
    assert not Mail.objects.exists()


def test_a_password_must_be_good_for_this_person():
    for password in ("short", "olivia@riverbank.example", "password123456"):
        with pytest.raises(PasswordRefused):
            password_prepare(password=password, email="olivia@riverbank.example", name="Olivia Marsh")


def test_closed_means_closed(settings):
    settings.SIGN_UP_OPEN = False
    with pytest.raises(SignUpClosed):
        begin()
    assert not SignUp.objects.exists()


def test_a_mailbox_and_an_address_have_limits():
    for number in range(6):
        sign_up_begin(wish=make_wish(slug=f"garden-{'abcdefg'[number]}", email="one@x.example"), address=FROM)
    with pytest.raises(SignUpLimited):
        sign_up_begin(wish=make_wish(slug="garden-h", email="one@x.example"), address="192.0.2.8")
    for number in range(14):
        begin(slug=f"field-{'abcdefghjkmnpqrs'[number]}", address=FROM)
    with pytest.raises(SignUpLimited) as caught:
        begin(slug="field-z", address=FROM)
    assert caught.value.retry_after > 0
    assert not SignUp.objects.filter(slug__in=["garden-h", "field-z"]).exists()


def test_beginning_again_lets_go_of_ones_own_name():
    first = begin().sign_up
    again = sign_up_begin(wish=make_wish(), address=FROM, instead_of=first.pk)
    first.refresh_from_db()
    assert (first.held, again.sign_up.slug) == (None, "riverbank")


def test_only_the_secret_finds_a_sign_up():
    begun, other = begin(), begin(slug="meadow")
    assert sign_up_with(begun.sign_up.pk, begun.secret) == begun.sign_up
    for secret in (other.secret, "", "x"):
        with pytest.raises(NotFound):
            sign_up_with(begun.sign_up.pk, secret)


def test_what_led_to_nothing_is_forgotten_after_a_day():
    old, new, founded = begin().sign_up, begin(slug="meadow").sign_up, begin(slug="orchard").sign_up
    sign_up_confirm(sign_up=founded, code=mailed_code(founded.email), address=FROM)
    SignUp.objects.filter(pk__in=[old.pk, founded.pk]).update(created_at=now() - timedelta(hours=25))
    assert sign_ups_purge() == 1
    assert set(SignUp.objects.values_list("pk", flat=True)) == {new.pk, founded.pk}


def test_only_what_failed_is_tried_again():
    sign_up = begin().sign_up
    with pytest.raises(NothingToRetry):
        sign_up_retry(sign_up=sign_up, address=FROM)
    sign_up_confirm(sign_up=sign_up, code=mailed_code(sign_up.email), address=FROM)
    SignUp.objects.update(failed_at=now())
    sign_up_retry(sign_up=sign_up, address=FROM)
    assert SignUp.objects.get().failed_at is None


@pytest.mark.parametrize(
    ("organisation", "slug"),
    [
        ("Riverbank Trust", "riverbank-trust"),
        ("  Café Ünïque  ", "cafe-unique"),
        ("3rd Street Theatre", "rd-street-theatre"),
        ("The Society for the Protection of Small Rivers", "the-society-for-the-protection"),
        ("Admin", "admin-hq"),
        ("Организация", ""),
        ("…", ""),
        ("North", "north-hq"),
    ],
)
def test_a_free_subdomain_is_suggested(tenant, organisation, slug):
    assert slug_suggestion(organisation) == slug
    if slug:
        assert require_available(slug) == slug


def test_an_organisation_is_found_by_what_people_type(tenant):
    for typed in ("north", " North ", "http://north.localhost:8000/people/", "north.localhost"):
        assert sign_in_url(typed) == "http://north.localhost:8000/account/sign-in/"
    for typed in ("nobody", "evil.example", "//evil.example", "north.evil.example", ""):
        with pytest.raises(NotFound):
            sign_in_url(typed)
