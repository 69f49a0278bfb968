import pytest

from core.actor import SYSTEM
from core.tenancy import TenantState, platform_context
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.tenants.services import tenant_request
from shared_apps.trail.models import TrailEntry
from tests.support.twins import Twins

LIST = "/tenants/"


@pytest.fixture
def ids(db, twins: Twins):
    """Two organisations that work, and one that is not made yet."""
    with platform_context():
        young = tenant_request(slug="young", name="Young Ltd", owner=None, actor=SYSTEM)
        return [str(twins.first.uuid), str(twins.second.uuid), str(young.pk)]


def states():
    with platform_context():
        return dict(Tenant.objects.values_list("slug", "state"))


def test_ticked_organisations_are_asked_about_and_nothing_happens_yet(signed_in, ids):
    before = states()
    page = signed_in("platform_admin").post(LIST, {"do": "suspend", "chosen": ids}).content.decode()
    assert "Suspend: 3 organisations" in page and "Young Ltd" in page and "its state does not allow it" in page
    assert states() == before


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reason": "Unpaid", "confirmation": "2"}, "Type how many organisations are listed here."),
        ({"reason": "Unpaid", "confirmation": ""}, "This field is required."),
        ({"reason": "", "confirmation": "3"}, "This field is required."),
    ],
)
def test_without_the_count_and_a_reason_nothing_happens(signed_in, ids, values, said):
    before = states()
    answer = signed_in("platform_admin").post(LIST, {"do": "suspend", "chosen": ids, **values})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert states() == before


def test_each_is_done_on_its_own_and_what_one_refuses_is_listed(signed_in, ids):
    client = signed_in("platform_admin")
    answer = client.post(LIST, {"do": "suspend", "chosen": ids, "reason": "Unpaid", "confirmation": "3"})
    page = answer.content.decode()
    assert answer.status_code == 200 and "2 done, 1 refused" in page
    assert "An organisation that is requested cannot become suspended." in page
    assert states() == {"north": "suspended", "south": "suspended", "young": "requested"}
    with platform_context():
        assert list(StateChange.objects.values_list("reason", flat=True)) == ["Unpaid", "Unpaid"]
        entries = TrailEntry.objects.filter(action="tenants.suspended").values_list("object_id", flat=True)
        assert sorted(entries) == sorted(ids[:2])
    again = client.post(LIST, {"do": "suspend", "chosen": ids, "reason": "Unpaid", "confirmation": "3"})
    assert "0 done, 3 refused" in again.content.decode()
    back = client.post(LIST, {"do": "resume", "chosen": ids[:2], "reason": "Paid", "confirmation": "2"})
    assert "2 done, 0 refused" in back.content.decode() and states()["north"] == TenantState.ACTIVE


@pytest.mark.parametrize("code", ["archive", "delete", "explode"])
def test_what_closes_an_organisation_is_not_done_to_many(signed_in, ids, code):
    before = states()
    answer = signed_in("platform_admin").post(LIST, {"do": code, "chosen": ids, "reason": "so", "confirmation": "3"})
    assert answer.status_code == 404 and states() == before


def test_support_sees_no_boxes_and_changes_nothing(signed_in, ids):
    client, before = signed_in("support"), states()
    assert 'name="chosen"' not in client.get(LIST).content.decode()
    answer = client.post(LIST, {"do": "suspend", "chosen": ids, "reason": "so", "confirmation": "3"})
    assert answer.status_code == 403 and states() == before


def test_nothing_ticked_is_said(signed_in, ids):
    client = signed_in("platform_admin")
    assert client.post(LIST, {"do": "suspend"}).status_code == 303
    assert "Tick some rows first." in client.get(LIST).content.decode()
