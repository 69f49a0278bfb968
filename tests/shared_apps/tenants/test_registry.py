import pytest
from django.db import IntegrityError

from core.actor import SYSTEM
from core.errors import NotFound
from core.tenancy import TenantState, directory, platform_context
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.names import NameRefused
from shared_apps.tenants.selectors import host_url, tenant_get, tenant_list, tenant_url
from shared_apps.tenants.services import Owner, tenant_create, tenant_options_change, tenant_request
from shared_apps.tenants.services.registry import CellUnknown, OwnerRefused
from shared_apps.trail.models import TrailEntry
from tests.support.threads import at_once
from tests.support.twins import Twins

OWNER = Owner(email="olga@example.org", name="Olga")


@pytest.fixture
def platform(db):
    with platform_context():
        yield


def request(slug="riverbank", name="Riverbank Trust", **values):
    return tenant_request(slug=slug, name=name, actor=SYSTEM, **{"owner": OWNER, **values})


def test_a_request_is_entered_with_its_host(platform):
    tenant = request(slug=" RiverBank ", name="  Riverbank   Trust ", options={"registration_open": True})
    assert (tenant.slug, tenant.name, tenant.state, tenant.cell) == (
        "riverbank",
        "Riverbank Trust",
        TenantState.REQUESTED,
        "default",
    )
    assert (tenant.schema_name, tenant.options) == (None, {"registration_open": True})
    assert tenant.owner == {"email": "olga@example.org", "name": "Olga", "password": ""}
    assert [(domain.domain, domain.is_primary) for domain in tenant.domains.all()] == [("riverbank.localhost", True)]
    entry = TrailEntry.objects.get()
    assert (entry.action, entry.object_label) == ("tenants.create", "Riverbank Trust")
    assert "olga" not in f"{entry.summary}{entry.changes}"
    assert str(tenant) == "Riverbank Trust"


@pytest.mark.parametrize(
    ("values", "error", "field", "code"),
    [
        ({"slug": "ab"}, NameRefused, "slug", "invalid"),
        ({"slug": "a" * 41}, NameRefused, "slug", "invalid"),
        ({"slug": "1st"}, NameRefused, "slug", "invalid"),
        ({"slug": "end-"}, NameRefused, "slug", "invalid"),
        ({"slug": "xn--bcher"}, NameRefused, "slug", "invalid"),
        ({"slug": "a.b"}, NameRefused, "slug", "invalid"),
        ({"slug": "bücher"}, NameRefused, "slug", "invalid"),
        ({"slug": "south\n"}, NameRefused, "slug", "taken"),
        ({"slug": "admin"}, NameRefused, "slug", "reserved"),
        ({"slug": "NORTH"}, NameRefused, "slug", "taken"),
        ({"name": "  "}, NameRefused, "name", "invalid"),
        ({"name": "n" * 121}, NameRefused, "name", "invalid"),
        ({"name": "evil\u202ename"}, NameRefused, "name", "invalid"),
        ({"owner": Owner(email="nobody", name="")}, OwnerRefused, "owner_email", "invalid"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_its_field(platform, values, error, field, code):
    before = Tenant.objects.count(), Domain.objects.count()
    with pytest.raises(error) as refusal:
        request(**values)
    assert [(each["field"], each["code"]) for each in refusal.value.errors] == [(field, code)]
    assert (Tenant.objects.count(), Domain.objects.count()) == before
    assert not TrailEntry.objects.exists()


def test_the_platforms_own_host_is_reserved(platform, settings):
    settings.PLATFORM_HOST, settings.TENANT_BASE_DOMAIN = "headquarters.example.com", "example.com"
    with pytest.raises(NameRefused, match="reserved"):
        request(slug="headquarters")


def test_a_cell_must_exist(platform):
    with pytest.raises(CellUnknown, match=r"There is no cell moon\. Known: default"):
        request(cell="moon")


def test_another_fault_of_the_row_is_not_called_a_taken_name(platform, monkeypatch):
    from shared_apps.tenants.services import registry

    monkeypatch.setattr(registry, "slug_host", lambda slug: None)
    with pytest.raises(IntegrityError, match="not-null"):
        request()


def test_two_requests_for_one_subdomain_end_with_one(committed: Twins):
    answers = at_once(4, lambda number: request(name=f"Riverbank {number}"))
    assert sorted(type(answer).__name__ for answer in answers) == ["NameRefused"] * 3 + ["Tenant"]
    with platform_context():
        assert Tenant.objects.filter(slug="riverbank").count() == 1
        assert Domain.objects.filter(domain="riverbank.localhost").count() == 1


def test_creating_queues_the_provisioning_of_what_was_committed(platform, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tenant = tenant_create(slug="riverbank", name="Riverbank", owner=OWNER, actor=SYSTEM)
        assert queued() == []
    assert [(message.task, message.queue, message.args) for message in queued()] == [
        ("tenants.provision", "fleet", [str(tenant.pk)])
    ]


def test_options_are_changed_one_by_one_and_remembered(platform, twins: Twins):
    tenant = Tenant.objects.get(pk=twins.first.uuid)
    tenant_options_change(tenant=tenant, changes={"registration_open": True, "locale": "de"}, actor=SYSTEM)
    changed = tenant_options_change(tenant=tenant, changes={"locale": "fr"}, actor=SYSTEM)
    assert changed.options == {"registration_open": True, "locale": "fr"}
    assert TrailEntry.objects.first().changes == {"locale": {"from": "de", "to": "fr"}}
    directory().forget()
    assert directory().by_uuid(twins.first.uuid).options["locale"] == "fr"


def test_lists_leave_out_what_is_gone(platform, twins: Twins):
    tenant = request()
    assert {each.slug for each in tenant_list()} == {"north", "south", "riverbank"}
    Tenant.objects.filter(pk=tenant.pk).update(state="purged")
    assert {each.slug for each in tenant_list()} == {"north", "south"}
    with pytest.raises(NotFound, match="no organisation “riverbank”"):
        tenant_get(slug="riverbank")
    assert tenant_get(slug=" North ").slug == "north"


def test_addresses_are_those_that_people_use(platform, settings, twins: Twins):
    tenant = tenant_get(slug="north")
    assert tenant_url(tenant) == "http://north.localhost:8000"
    settings.PUBLIC_SCHEME, settings.PUBLIC_PORT = "https", 443
    assert host_url("north.example.com") == "https://north.example.com"
    Domain.objects.filter(tenant=tenant).delete()
    assert tenant_url(tenant_get(slug="north")) == ""


def test_rows_are_saved_and_deleted_without_touching_schemas(platform, twins: Twins):
    tenant = request()
    tenant.name = "Other"
    tenant.save()
    domain = Domain(tenant=tenant, domain="other.example", is_primary=False)
    domain.save()
    assert tenant.domains.filter(is_primary=True).count() == 1
    tenant.domains.all().delete()
    tenant.delete()
    assert not Tenant.objects.filter(slug="riverbank").exists()
