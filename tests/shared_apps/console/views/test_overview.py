from functools import partial

import pytest

from core import clock, ids
from core.tenancy import platform_context
from shared_apps.console.models import DayMeasure, TenantMeasure
from shared_apps.console.services.measuring import slice_measure
from shared_apps.tenants.models import Domain, Tenant
from tests.support.messages import waiting
from tests.support.queries import fewest_queries

PAGES = ["/overview/", "/tenants/", "/queues/", "/fleet/"]


def add_organisations(count, first=0):
    """Organisations with figures, as if all of them had been measured today."""
    made = Tenant.objects.bulk_create(
        Tenant(id=ids.uuid7(), slug=f"firm-{number}", name=f"Firm {number}", state="active",
               schema_name=f"t_{number:020d}", template_step=1 + number % 3)
        for number in range(first, first + count)
    )  # fmt: skip
    Domain.objects.bulk_create(
        Domain(id=ids.uuid7(), tenant=each, domain=f"{each.slug}.localhost", is_primary=True) for each in made
    )
    figures = {"table_count": 60, "people_count": 4, "waiting": 1, "failed": 1, "measured_at": clock.now(),
               "by_backlog": {"events": {"waiting": 1, "failed": 0}, "jobs": {"waiting": 0, "failed": 1}}}  # fmt: skip
    TenantMeasure.objects.bulk_create(
        TenantMeasure(tenant=each, size_bytes=10**6 * number, **figures) for number, each in enumerate(made)
    )
    DayMeasure.objects.bulk_create(
        DayMeasure(id=ids.uuid7(), tenant=each, day=clock.now().date(), size_bytes=10**6, **figures) for each in made
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_often_for_a_thousand_as_for_ten(signed_in, path):
    client = signed_in("platform_admin")
    counts = []
    for count, first in ((10, 0), (990, 10)):
        with platform_context():
            add_organisations(count, first)
        counts.append(fewest_queries(partial(client.get, path)))
        assert len(client.get(path).content) < 60 * 1024
    assert counts[0] == counts[1]


def test_the_overview_sums_all_organisations(signed_in, twins):
    with platform_context():
        slice_measure(number=0, count=1)
        add_organisations(3)
    page = signed_in("support").get("/overview/").content.decode()
    assert "3 pieces of work failed today" in page and "5 organisations" in page
    assert "Measure now" not in page and "3 pieces of work failed in 30 days." in page
    assert "3 organisations lag" in page or "2 organisations lag" in page


def test_an_empty_platform_has_an_overview(signed_in):
    with platform_context():
        Tenant.objects.update(state="purged")
    page = signed_in("support").get("/overview/").content.decode()
    assert "Nothing was measured yet" in page and "0 new in 30 days" not in page.split("<main")[0]


def test_measuring_is_asked_for_by_who_may(signed_in, django_capture_on_commit_callbacks):
    support, admin = signed_in("support"), signed_in("platform_admin")
    waiting()
    with django_capture_on_commit_callbacks(execute=True):
        assert support.post("/overview/measure/").status_code == 403
        assert admin.post("/overview/measure/").status_code == 303
    assert [each.task for each in waiting()] == ["console.measure"]


def test_lists_are_filtered_sorted_and_exported(signed_in):
    client = signed_in("support")
    with platform_context():
        add_organisations(12)
    largest = client.get("/tenants/?sort=-size").content.decode()
    assert largest.index("Firm 11") < largest.index("Firm 10") < largest.index("Firm 9")
    assert "Firm 0" in client.get("/tenants/?behind=yes&q=Firm 0").content.decode()
    assert "Nothing found" in client.get("/tenants/?state=suspended").content.decode()
    assert "Firm 3" in client.get("/tenants/?trouble=yes&no_plan=yes&cell=default&q=Firm 3").content.decode()
    assert client.get("/tenants/?state=bogus").status_code == 422
    text = b"".join(client.get("/tenants/?export=csv&q=Firm 11").streaming_content).decode()
    assert "Firm 11,Active,4,11.0,1,1," in text
    assert "Firm 7" in client.get("/queues/?failed=yes&waiting=yes&q=Firm 7").content.decode()
