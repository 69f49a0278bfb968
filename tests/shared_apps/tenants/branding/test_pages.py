"""The settings pages, without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.tenancy import TenantRef, tenant_context
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import draft_of, published_of, version_list
from shared_apps.tenants.branding.services import asset_put
from tests.conftest import HostClient
from tests.shared_apps.tenants.branding.conftest import ADA

SignIn = Callable[..., HostClient]
Publish = Callable[..., TenantRef]
PAGE = "/settings/brand/"
GETS = ["", "history/", "theme.css", *[f"preview/{kind}/" for kind in ("dashboard", "public", "mail", "document")]]
POSTS = ["", "try/", "pictures/", "pictures/remove/", "publish/", "discard/", "roll-back/"]


def form(tenant: TenantRef, **changes: Any) -> dict[str, Any]:
    """What the page's form would send."""
    draft = draft_of(tenant)
    return {**draft.values.stored(), "version": draft.version, **changes}


def test_saving_publishing_and_rolling_back(tenant: TenantRef, sign_in: SignIn, now_of: Any) -> None:
    client = sign_in(tenant)

    assert client.post(PAGE, form(tenant, brand="#1d7a4f", name="River", neutral_chroma="0.012")).status_code == 303
    assert published_of(now_of(tenant)).number == 0
    assert client.post(f"{PAGE}publish/", {"version": 1}).status_code == 303
    assert (now_of(tenant).name, draft_of(now_of(tenant)).values.neutral_chroma) == ("River", 0.012)

    assert client.post(PAGE, form(now_of(tenant), brand="#f5a524", name="Kiln")).status_code == 303
    assert client.post(f"{PAGE}publish/", {"version": 2}).status_code == 303
    assert client.post(f"{PAGE}roll-back/", {"number": 1}).status_code == 303

    found = now_of(tenant)
    assert (found.name, published_of(found).values.brand) == ("River", "#1d7a4f")
    page = client.get(f"{PAGE}history/").content.decode()
    assert "Version 3" in page
    assert "Publish version 2 again" in page
    assert "tenant_admin" in page
    assert client.post(f"{PAGE}discard/", {"version": 2}).status_code == 303
    assert draft_of(now_of(tenant)).values.name == "River"


def test_the_page_wears_the_draft_and_others_do_not(
    tenant: TenantRef, sign_in: SignIn, publish: Publish, change: Any
) -> None:
    publish(tenant, brand="#1d7a4f")
    draft = change(tenant, brand="#f5a524", name="Kiln")
    client = sign_in(tenant)

    page = client.get(PAGE).content.decode()
    css = client.get(f"{PAGE}theme.css?draft={draft.version}")

    assert f'href="{PAGE}theme.css?draft={draft.version}"' in page
    assert "/theme.css?v=" not in page
    assert "--brand: #f5a524;" in css.content.decode()
    assert "--paper-brand: #f5a524;" in css.content.decode()
    assert css["Cache-Control"] == "no-store, private"
    assert "--brand: #1d7a4f;" in client.get("/theme.css").content.decode()
    assert "/theme.css?v=" in client.get("/").content.decode()


@pytest.mark.parametrize("kind", ["dashboard", "public", "mail", "document"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_each_sample_has_a_page_in_both_modes(
    tenant: TenantRef, sign_in: SignIn, change: Any, kind: str, mode: str
) -> None:
    change(tenant, name="<b>Kiln</b>")
    page = sign_in(tenant).get(f"{PAGE}preview/{kind}/?mode={mode}").content.decode()
    assert f'data-mode="{mode}" data-mode-fixed' in page
    assert "&lt;b&gt;Kiln" in page
    assert "<b>Kiln" not in page
    assert "style=" not in page


def test_the_contrast_and_the_nudge_are_shown(tenant: TenantRef, sign_in: SignIn, change: Any) -> None:
    change(tenant, brand="#008774")
    page = sign_in(tenant).get(PAGE).content.decode()
    assert 'data-reading="light-on-brand-brand">4.5' in page
    assert "<b data-brand-shown>#008774" not in page
    assert 'id="nudge">' in page


def test_a_form_that_is_not_valid_says_why_and_keeps_what_was_typed(tenant: TenantRef, sign_in: SignIn) -> None:
    client = sign_in(tenant)

    answer = client.post(PAGE, form(tenant, name="River", terms_url="javascript:alert(1)", sender_name="a@b.example"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Give an address that begins with https://" in page
    assert "A sender&#x27;s name holds no @" in page
    assert 'value="River"' in page
    assert draft_of(tenant).version == 0


def test_a_form_that_somebody_overtook_is_refused(tenant: TenantRef, sign_in: SignIn, change: Any) -> None:
    client = sign_in(tenant)
    stale = form(tenant, name="Mine")
    change(tenant, name="Theirs")

    answer = client.post(PAGE, stale)

    assert answer.status_code == 422
    assert "Somebody else saved the draft" in answer.content.decode()
    assert draft_of(tenant).values.name == "Theirs"
    assert client.post(f"{PAGE}publish/", {"version": 0}).status_code == 409
    assert version_list(tenant) == []


def test_trying_out_saves_nothing(tenant: TenantRef, sign_in: SignIn) -> None:
    client = sign_in(tenant)

    answer = client.post(f"{PAGE}try/", form(tenant, brand="#008774", neutral_chroma="0.02", radius="3"))

    assert answer.status_code == 200
    said = answer.json()
    assert said["nudged"] is True
    assert said["properties"]["--brand"] == said["brand"] != "#008774"
    assert said["properties"]["--radius"] == "3px"
    assert float(said["readings"]["dark-on-brand-brand"]) >= 4.5
    assert client.post(f"{PAGE}try/", form(tenant, brand="red")).status_code == 422
    assert client.post(f"{PAGE}try/", form(tenant, radius="x")).status_code == 422
    assert draft_of(tenant).version == 0


def test_pictures_are_put_shown_and_removed(
    tenant: TenantRef, sign_in: SignIn, picture: Callable[..., bytes], now_of: Any
) -> None:
    client = sign_in(tenant)
    file = SimpleUploadedFile("../../logo.svg", picture(), "image/svg+xml")

    assert client.post(f"{PAGE}pictures/", {"version": 0, "kind": "square", "file": file}).status_code == 303

    asset = draft_of(tenant).assets["square"]
    shown = client.get(f"{PAGE}pictures/{asset['id']}/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert shown["Cache-Control"] == "no-store, private"
    assert asset["id"] in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}pictures/remove/", {"version": 1, "kind": "square"}).status_code == 303
    assert draft_of(tenant).assets == {}


def test_a_picture_that_cannot_be_used_says_why(tenant: TenantRef, sign_in: SignIn) -> None:
    client = sign_in(tenant)
    for content, words in ((b"<svg></svg>", "SVG files can hold scripts"), (b"\0" * 2_100_000, "larger than 2 MB")):
        file = SimpleUploadedFile("logo.png", content, "image/png")
        answer = client.post(f"{PAGE}pictures/", {"version": 0, "kind": "logo", "file": file})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert draft_of(tenant).version == 0


@pytest.mark.parametrize("path", GETS)
def test_who_may_not_see_the_brand_sees_none_of_it(
    tenant: TenantRef, client_for: Callable[..., HostClient], sign_in: SignIn, path: str
) -> None:
    anonymous = client_for(tenant).get(f"{PAGE}{path}")
    assert anonymous.status_code == 302
    assert "/account/sign-in/" in anonymous["Location"]
    assert sign_in(tenant, "accountant").get(f"{PAGE}{path}").status_code == 403
    assert sign_in(tenant, "firm_admin").get(f"{PAGE}{path}").status_code == 200


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("role", ["firm_admin", "accountant"])
def test_who_may_not_edit_changes_nothing(
    tenant: TenantRef, sign_in: SignIn, change: Any, path: str, role: str, now_of: Any
) -> None:
    change(tenant, name="Draft")
    sent = form(tenant, kind="logo", number=1, name="Mine")
    assert sign_in(tenant, role).post(f"{PAGE}{path}", sent).status_code == 403
    assert draft_of(tenant).values.name == "Draft"
    assert published_of(now_of(tenant)).number == 0


def test_the_platform_has_no_such_page(client_for: Callable[..., HostClient]) -> None:
    assert client_for("platform").get(PAGE).status_code == 404


def test_one_organisation_sees_nothing_of_anothers_draft(
    tenant: TenantRef, other_tenant: TenantRef, sign_in: SignIn, change: Any, picture: Callable[..., bytes]
) -> None:
    change(other_tenant, name="Their secret", brand="#f5a524")
    draft = asset_put(tenant=other_tenant, kind=AssetKind.LOGO, content=picture(), version=1, actor=ADA)
    client = sign_in(tenant)

    for path in GETS:
        answer = client.get(f"{PAGE}{path}")
        assert b"Their secret" not in answer.content
        assert b"#f5a524" not in answer.content
    assert client.get(f"{PAGE}pictures/{draft.assets['logo']['id']}/").status_code == 404
    assert client.post(PAGE, form(tenant, name="Mine")).status_code == 303
    assert client.post(f"{PAGE}publish/", {"version": 1}).status_code == 303
    assert draft_of(other_tenant).values.name == "Their secret"
    assert version_list(other_tenant) == []
    with tenant_context(other_tenant):
        assert published_of(other_tenant).number == 0


@pytest.mark.parametrize("sent", [{}, {"version": "x"}, {"version": -1}])
def test_a_button_without_its_version_is_refused(tenant: TenantRef, sign_in: SignIn, change: Any, sent: Any) -> None:
    change(tenant, name="Draft")
    client = sign_in(tenant)
    for path in ("publish/", "discard/", "pictures/remove/"):
        assert client.post(f"{PAGE}{path}", sent).status_code == 422
    assert client.post(f"{PAGE}roll-back/", {"number": 0}).status_code == 422
    assert client.post(f"{PAGE}roll-back/", {"number": 9}).status_code == 404
    assert draft_of(tenant).version == 1


def test_the_page_has_a_constant_number_of_queries(
    tenant: TenantRef, sign_in: SignIn, publish: Publish, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(tenant)
    counts = []
    for number in (1, 4):
        for step in range(number):
            publish(tenant, name=f"River {number} {step}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{PAGE}history/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_form_that_cannot_be_read_is_shown_again(tenant: TenantRef, sign_in: SignIn) -> None:
    client = sign_in(tenant)
    assert client.post(PAGE, form(tenant, name="River", version="x")).status_code == 422
    assert client.post(f"{PAGE}pictures/", {"version": 0, "kind": "logo"}).status_code == 422
    assert draft_of(tenant).version == 0
