import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from core.tenancy import TenantRef, TenantState, directory, platform_context, tenant_context
from shared_apps.tenants.branding.addresses import ICON_PATHS, asset_url, card_url, icon_url, theme_url
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import draft_of, published_of
from shared_apps.tenants.branding.services import asset_put, brand_publish
from shared_apps.tenants.branding.views.public import FOR_A_MINUTE, FOR_EVER
from shared_apps.tenants.models import Tenant
from tests.conftest import HostClient
from tests.shared_apps.tenants.branding.conftest import ADA

Publish = Callable[..., TenantRef]
ClientFor = Callable[..., HostClient]
PARTS = [
    "/theme.css",
    "/manifest.webmanifest",
    "/favicon.ico",
    "/brand/card.png",
    "/brand/icon-maskable.png",
    *[f"/{path}" for path in ICON_PATHS.values()],
]


def test_the_stylesheet_is_kept_for_ever_at_its_hash(
    tenant: TenantRef, publish: Publish, client_for: ClientFor
) -> None:
    url = theme_url(published_of(publish(tenant, brand="#1d7a4f", radius=9)))
    client = client_for(tenant)

    answer = client.get(url)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == FOR_EVER
    assert "--brand: #1d7a4f;" in answer.content.decode()
    assert "--radius: 9px;" in answer.content.decode()
    assert not answer.cookies
    unchanged = client.get(url, headers={"If-None-Match": f'W/"old", {answer["ETag"]}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef", "?v=../../etc/passwd"])
def test_an_unknown_hash_gets_the_current_stylesheet_for_a_minute(
    tenant: TenantRef, publish: Publish, client_for: ClientFor, query: str
) -> None:
    publish(tenant, brand="#1d7a4f")
    answer = client_for(tenant).get(f"/theme.css{query}")
    assert "--brand: #1d7a4f;" in answer.content.decode()
    assert answer["Cache-Control"] == FOR_A_MINUTE


def test_another_organisations_hash_shows_nothing_of_it(
    tenant: TenantRef, other_tenant: TenantRef, publish: Publish, client_for: ClientFor
) -> None:
    first = theme_url(published_of(publish(tenant, brand="#1d7a4f", name="River")))
    second = theme_url(published_of(publish(other_tenant, brand="#f5a524", name="Kiln")))

    for site, own, foreign in ((tenant, "#1d7a4f", "#f5a524"), (other_tenant, "#f5a524", "#1d7a4f")):
        for url in (first, second, "/theme.css"):
            css = client_for(site).get(url).content.decode()
            assert own in css
            assert foreign not in css


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_brand_mixes_with_anothers(
    tenant: TenantRef, other_tenant: TenantRef, publish: Publish, client_for: ClientFor, part: str
) -> None:
    publish(tenant, brand="#1d7a4f", name="River")
    publish(other_tenant, brand="#f5a524", name="Kiln")
    bodies = {}
    # Asked twice: the second answer comes from the cache.
    for _ in range(2):
        for site in (tenant, other_tenant):
            answer = client_for(site).get(part)
            assert answer.status_code == 200
            assert "public" in answer["Cache-Control"]
            assert bodies.setdefault(site.slug, answer.content) == answer.content
    platform = client_for("platform").get(part).content
    assert len({bodies["north"], bodies["south"], platform}) == 3


def test_a_brand_that_is_published_again_is_seen_at_once(
    tenant: TenantRef, publish: Publish, client_for: ClientFor
) -> None:
    publish(tenant, name="River", brand="#1d7a4f")
    before = [client_for(tenant).get(part).content for part in PARTS]
    publish(tenant, name="Kiln", brand="#f5a524")
    after = [client_for(tenant).get(part).content for part in PARTS]
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_the_manifest_names_icons_that_exist(tenant: TenantRef, publish: Publish, client_for: ClientFor) -> None:
    publish(tenant, name="River", brand="#1d7a4f")
    client = client_for(tenant)
    manifest = client.get("/manifest.webmanifest").json()

    assert (manifest["name"], manifest["theme_color"]) == ("River", "#1d7a4f")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        answer = client.get(icon["src"])
        assert answer["Cache-Control"] == FOR_EVER
        width, height = Image.open(io.BytesIO(answer.content)).size
        assert icon["sizes"] == f"{width}x{height}"


@pytest.mark.parametrize(
    "name", ["River", "日本 財団", "Łódź Ćma Ž", "9 to 5", "🦊", "x" * 120, "Wi\u0301de Na\u0308me"]
)
def test_icons_and_card_are_drawn_for_any_name(
    tenant: TenantRef, publish: Publish, client_for: ClientFor, name: str
) -> None:
    published = published_of(publish(tenant, name=name, tagline="Since 1904 🦊", font_head="source-serif-4"))
    client = client_for(tenant)
    with tenant_context(tenant):
        urls = {size: icon_url(published, size) for size in ICON_PATHS}
        card = card_url(published)
    for size, url in urls.items():
        assert Image.open(io.BytesIO(client.get(url).content)).size == (size, size)
    assert Image.open(io.BytesIO(client.get(card).content)).size == (1200, 630)
    icon = Image.open(io.BytesIO(client.get("/favicon.ico").content))
    assert icon.format == "ICO"
    assert icon.info["sizes"] == {(16, 16), (32, 32)}


def test_icons_come_from_the_square_logo(
    tenant: TenantRef, publish: Publish, picture: Callable[..., bytes], client_for: ClientFor, now_of: Any
) -> None:
    publish(tenant, name="River", brand="#1d7a4f")
    draft = asset_put(
        tenant=now_of(tenant),
        kind=AssetKind.SQUARE,
        content=picture((64, 64), "#ff0000"),
        version=draft_of(tenant).version,
        actor=ADA,
    )
    client = client_for(tenant)
    hidden = asset_url(draft.assets["square"])
    assert client.get(hidden).status_code == 404

    brand_publish(tenant=now_of(tenant), version=draft.version, actor=ADA)
    directory().forget()

    shown = client.get(hidden)
    assert (shown.status_code, shown["Content-Type"], shown["Cache-Control"]) == (200, "image/png", FOR_EVER)
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    icon = Image.open(io.BytesIO(client.get("/brand/icon-32.png").content)).convert("RGB")
    assert icon.getpixel((16, 16)) == (255, 0, 0)


def test_a_picture_is_served_on_its_own_host_alone(
    tenant: TenantRef,
    other_tenant: TenantRef,
    publish: Publish,
    picture: Callable[..., bytes],
    client_for: ClientFor,
    now_of: Any,
) -> None:
    draft = asset_put(tenant=tenant, kind=AssetKind.LOGO, content=picture(), version=0, actor=ADA)
    brand_publish(tenant=now_of(tenant), version=draft.version, actor=ADA)
    publish(other_tenant, name="Kiln")
    url = asset_url(draft.assets["logo"])

    assert client_for(tenant).get(url).status_code == 200
    missing = client_for(other_tenant).get(f"/brand/assets/{other_tenant.uuid}/")
    assert client_for(other_tenant).get(url).status_code == missing.status_code == 404
    assert client_for("platform").get(url).status_code == 404


def test_legal_texts_are_pages_of_their_host_and_linked_nowhere_else(
    tenant: TenantRef, other_tenant: TenantRef, publish: Publish, client_for: ClientFor
) -> None:
    publish(tenant, imprint_text="# Who we are\n\n<script>x</script>", terms_url="https://north.example/terms")
    client = client_for(tenant)

    page = client.get("/legal/imprint/")

    assert page.status_code == 200
    assert "<h2>Who we are</h2>" in page.content.decode()
    assert "<script>x" not in page.content.decode()
    for path in ("/legal/privacy/", "/legal/terms/"):
        assert client.get(path).status_code == 404
    for site in (other_tenant, "platform"):
        assert client_for(site).get("/legal/imprint/").status_code == 404


def test_pages_wear_the_published_brand(
    tenant: TenantRef, other_tenant: TenantRef, publish: Publish, client_for: ClientFor
) -> None:
    found = publish(tenant, name="River", tagline="Since 1904", brand="#1d7a4f", mode="dark")

    page = client_for(tenant).get("/account/sign-in/").content.decode()

    assert f'<link rel="stylesheet" href="{theme_url(published_of(found))}">' in page
    assert "· River</title>" in page
    assert "Since 1904" in page
    assert 'data-mode="dark" data-mode-fixed' in page
    assert "/brand/icon-32.png?v=" in page
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert f'content="http://{tenant.primary_host}' in page
    assert '<meta name="theme-color" content="#1d7a4f">' in page
    for site in (other_tenant, "platform"):
        other = client_for(site).get("/account/sign-in/").content.decode()
        assert "River" not in other
        assert "theme.css" not in other
        assert "data-mode-fixed" not in other


def test_the_page_of_a_suspended_organisation_is_drawn(
    tenant: TenantRef, publish: Publish, client_for: ClientFor, now_of: Any
) -> None:
    publish(tenant, name="River", brand="#1d7a4f")
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(state=TenantState.SUSPENDED)
    now_of(tenant)
    page = client_for(tenant).get("/")
    html, css = page.content.decode(), client_for(tenant).get("/theme.css")
    assert page.status_code == 403
    assert "River" in html
    # It is closed in its own colours, and nothing but those is served.
    assert 'href="/theme.css?v=' in html and "/brand/" not in html.replace("/brand/icon-", "").replace(
        "/brand/card", ""
    )
    assert css.status_code == 200 and "--brand: #1d7a4f;" in css.content.decode()
    assert client_for(tenant).get("/legal/privacy/").status_code == 403


def test_wearing_a_brand_costs_no_query(
    tenant: TenantRef, publish: Publish, client_for: ClientFor, django_assert_num_queries: Any, now_of: Any
) -> None:
    client = client_for(tenant)
    client.get("/theme.css")
    publish(tenant, name="River", brand="#1d7a4f")
    now_of(tenant)
    client.get("/theme.css")
    with django_assert_num_queries(0):
        assert client.get("/theme.css").status_code == 200
        assert client.get("/brand/icon-32.png").status_code == 200
