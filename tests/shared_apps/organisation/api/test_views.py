from typing import Any

import pytest

from core.tenancy import TenantRef, tenant_context
from shared_apps.organisation.models import Organisation
from shared_apps.users.models import User
from shared_apps.users.selectors import user_get
from tests.support.factories.users import make_api_key, make_user

PATH = "/api/v1/organisation/"


@pytest.fixture
def api(client_for: Any, tenant: TenantRef) -> Any:
    """Requests of somebody with a role, by API key."""
    client = client_for(tenant)

    def call(method: str, body: Any = None, *, role: str = "tenant_admin") -> Any:
        with tenant_context(tenant):
            found = User.objects.filter(email=f"{role}@api.example").first()
            key = make_api_key(user_get((found or make_user(f"{role}@api.example", roles=[role])).pk)).text
        headers = {"Authorization": f"Bearer {key}"}
        if method == "get":
            return client.get(PATH, headers=headers)
        return client.patch(PATH, body, content_type="application/json", headers=headers)

    return call


def test_details_are_read_and_changed(api: Any, tenant: TenantRef, now_of: Any) -> None:
    assert api("get").json()["currency"] == "EUR"
    answer = api("patch", {"legal_name": "River", "currency": "JPY", "time_zone": "Asia/Tokyo"})
    assert answer.status_code == 200
    assert (answer.json()["legal_name"], answer.json()["time_zone"]) == ("River", "Asia/Tokyo")
    assert now_of(tenant).options["time_zone"] == "Asia/Tokyo"
    assert api("get", role="cfo").json()["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"currency": "XXX"}, 422, "currency"),
        ({"country": "DE", "tax_id": "DE1"}, 422, "tax_id"),
        ({"time_zone": "Mars/Olympus"}, 422, "time_zone"),
        ({"week_start": 9}, 400, "week_start"),
        ({"id": 1}, 400, "id"),
    ],
    ids=str,
)
def test_what_is_refused_is_named(api: Any, tenant: TenantRef, body: Any, status: int, field: str) -> None:
    answer = api("patch", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    with tenant_context(tenant):
        assert not Organisation.objects.exists()


def test_roles_decide(api: Any, tenant: TenantRef) -> None:
    assert api("patch", {"legal_name": "River"}, role="accountant").status_code == 403
    assert api("patch", {"legal_name": "River"}, role="firm_admin").status_code == 403
    with tenant_context(tenant):
        assert not Organisation.objects.exists()
