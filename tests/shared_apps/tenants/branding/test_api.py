from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.tenancy import TenantRef, tenant_context
from shared_apps.tenants.branding.selectors import draft_of, published_of, version_list
from tests.conftest import HostClient
from tests.support.factories.users import make_api_key, make_user

API = "/api/v1/brand/"
Call = Callable[..., Any]
WRITES = ["publish", "rollback", "discard", "assets", "assets/remove"]


@pytest.fixture
def call(client_for: Callable[..., HostClient]) -> Call:
    """Calls an organisation's API with a key of somebody with a role."""
    keys: dict[tuple[str, str], str] = {}

    def make(tenant: TenantRef, method: str, path: str = "", data: Any = None, role: str = "tenant_admin") -> Any:
        if (tenant.slug, role) not in keys:
            with tenant_context(tenant):
                # Only some roles may make keys; the key's rights are those of the role that is tried.
                user = make_user(f"{role}@{tenant.slug}.example", roles=[role])
                keys[tenant.slug, role] = make_api_key(user).text
        headers = {"Authorization": f"Bearer {keys[tenant.slug, role]}"}
        form = {} if path == "assets" else {"content_type": "application/json"}
        url = f"{API}{path}/" if path else API
        return getattr(client_for(tenant), method)(url, data, headers=headers, **form)

    return make


def test_reading_changing_publishing_and_rolling_back(tenant: TenantRef, call: Call, now_of: Any) -> None:
    start = call(tenant, "get").json()
    assert (start["published"]["number"], start["draft"]["version"]) == (0, 0)
    assert start["published"]["settings"]["name"] == "North Ltd"

    changed = call(tenant, "patch", data={"version": 0, "brand": "#008774", "name": "River", "imprint_text": "# Us"})
    assert changed.status_code == 200, changed.content
    draft = changed.json()
    assert (draft["version"], draft["settings"]["brand"]) == (1, "#008774")
    assert draft["shown_brand"] != "#008774"
    assert all(each["ratio"] >= each["needed"] for each in draft["contrast"])

    published = call(tenant, "post", "publish", {"version": 1})
    assert published.status_code == 200, published.content
    assert published.json()["changes"]["name"] == {"from": "North Ltd", "to": "River"}
    assert now_of(tenant).name == "River"
    assert call(tenant, "get").json()["published"]["settings"]["imprint_text"] == "# Us"

    call(tenant, "patch", data={"version": 1, "name": "Kiln"})
    assert call(tenant, "post", "publish", {"version": 2}).status_code == 200
    now_of(tenant)
    assert call(tenant, "post", "rollback", {"number": 1}).json()["restored"] == 1
    assert now_of(tenant).name == "River"
    assert [each["number"] for each in call(tenant, "get", "history").json()["results"]] == [3, 2, 1]
    assert call(tenant, "post", "discard", {"version": 2}).json()["settings"]["name"] == "River"


def test_a_stale_version_is_a_conflict(tenant: TenantRef, call: Call, change: Any) -> None:
    change(tenant, name="Theirs")
    for method, path in (("patch", ""), ("post", "publish"), ("post", "discard")):
        answer = call(tenant, method, path, {"version": 0})
        assert answer.status_code == 409
        assert "Somebody else saved the draft" in answer.json()["detail"]
    assert draft_of(tenant).values.name == "Theirs"
    assert version_list(tenant) == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"brand": "red"}, "brand"),
        ({"radius": 17}, "radius"),
        ({"radius": 1.5}, "radius"),
        ({"neutral_chroma": 0.5}, "neutral_chroma"),
        ({"font_body": "Comic Sans"}, "font_body"),
        ({"css": "body{}"}, "css"),
        ({"assets": {}}, "assets"),
        ({"sender_name": "a@b.example"}, "sender_name"),
        ({"terms_url": "javascript:x"}, "terms_url"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_not_valid_is_named(tenant: TenantRef, call: Call, data: dict[str, Any], field: str) -> None:
    answer = call(tenant, "patch", data={"version": 0, **data})
    assert answer.status_code in (400, 422)
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert draft_of(tenant).version == 0


def test_pictures(tenant: TenantRef, call: Call, picture: Callable[..., bytes]) -> None:
    def upload(content: bytes, version: int) -> Any:
        file = SimpleUploadedFile("logo.png", content, "image/png")
        return call(tenant, "post", "assets", {"version": version, "kind": "logo", "file": file})

    put = upload(picture((40, 20)), 0)
    assert put.status_code == 200, put.content
    assert set(put.json()["pictures"]["logo"]) == {"id", "width", "height"}
    for content, code in ((b"<svg/>", "svg"), (b"\0" * 2_100_000, "too_large")):
        answer = upload(content, 1)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == code
    assert call(tenant, "post", "assets/remove", {"version": 1, "kind": "logo"}).json()["pictures"] == {}


def test_who_may_not_edit_changes_nothing(tenant: TenantRef, call: Call, change: Any, now_of: Any) -> None:
    change(tenant, name="Draft")
    assert call(tenant, "get", role="accountant").status_code == 403
    assert call(tenant, "get", role="firm_admin").status_code == 200
    for path in WRITES:
        assert call(tenant, "post", path, {"version": 1, "number": 1}, role="firm_admin").status_code == 403
    assert call(tenant, "patch", data={"version": 1, "name": "Mine"}, role="firm_admin").status_code == 403
    assert draft_of(tenant).values.name == "Draft"
    assert published_of(now_of(tenant)).number == 0


def test_nobody_is_asked_to_sign_in(tenant: TenantRef, client_for: Callable[..., HostClient]) -> None:
    assert client_for(tenant).get(API).status_code == 401
    assert client_for("platform").get(API).status_code == 404


def test_one_organisations_calls_reach_no_other(
    tenant: TenantRef, other_tenant: TenantRef, call: Call, change: Any, publish: Any, now_of: Any
) -> None:
    publish(other_tenant, name="Their first")
    publish(other_tenant, name="Their second")
    change(other_tenant, name="Their secret")
    before = now_of(other_tenant)

    for method, path, data in (
        ("get", "", None),
        ("get", "history", None),
        ("post", "rollback", {"number": 1}),
        ("patch", "", {"version": 0, "name": "Mine"}),
        ("post", "publish", {"version": 1}),
    ):
        assert b"Their" not in call(tenant, method, path, data).content

    assert now_of(other_tenant) == before
    assert draft_of(other_tenant).values.name == "Their secret"
    assert len(version_list(other_tenant)) == 2
