"""Links to private files, through the whole stack."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.files.storage import default_storage

from core import clock
from core.actor import ANONYMOUS
from core.tenancy import tenant_context
from core.tenancy.storage import file_key
from core.web.files import LIFETIME, file_link
from shared_apps.users.actors import person_actor
from shared_apps.users.models import User
from shared_apps.users.selectors import user_get
from tests.support.factories.users import PASSWORD, make_user
from tests.support.storage import stored_in

ADA = UUID("01900000-0000-7000-8000-000000000001")
TEXT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path):
    with stored_in(tmp_path):
        yield


@pytest.fixture
def link(tenant):
    """A link for Ada to a page that somebody uploaded."""
    with tenant_context(tenant):
        ada = user_get(make_twin(ADA).pk)
        key = default_storage.save(file_key(room="documents"), BytesIO(TEXT))
        return file_link(key=key, name='Čapek "1".html', actor=person_actor(ada))


@pytest.fixture
def browser(client_for):
    """A browser at a site where somebody has signed in."""

    def make(site, email="ada@example.org"):
        client = client_for(site)
        answer = client.post("/account/sign-in/", {"login": email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return make


def test_a_person_gets_the_file_as_a_download_that_no_browser_runs(browser, tenant, link):
    answer = browser(tenant).get(link)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == TEXT
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%C4%8Capek%20%221%22.html"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store, private"


def test_head_is_answered_and_nothing_is_written_through_a_link(browser, tenant, link):
    client = browser(tenant)
    assert client.head(link).status_code == 200
    assert client.post(link).status_code == 405


def test_a_link_ends_with_its_minutes(browser, tenant, link):
    client = browser(tenant)
    with time_machine.travel(clock.now() + LIFETIME - timedelta(seconds=5)):
        assert client.get(link).status_code == 200
    with time_machine.travel(clock.now() + LIFETIME + timedelta(seconds=5)):
        assert client.get(link).status_code == 404


def test_a_link_is_for_the_person_whom_it_was_made_for(browser, client_for, tenant, link):
    with tenant_context(tenant):
        make_user("eve@example.org")
    assert browser(tenant, "eve@example.org").get(link).status_code == 404
    assert client_for(tenant).get(link).status_code == 404


def test_a_link_that_names_nobody_opens_for_nobody(client_for, tenant):
    with tenant_context(tenant):
        key = default_storage.save(file_key(room="documents"), BytesIO(TEXT))
        link = file_link(key=key, name="a.txt", actor=ANONYMOUS)
    assert client_for(tenant).get(link).status_code == 404


def test_a_link_means_nothing_in_another_tenant_where_the_same_person_has_the_same_id(
    browser, tenant, other_tenant, link
):
    with tenant_context(other_tenant):
        twin = user_get(make_twin(ADA).pk)
        key = default_storage.save(file_key(room="documents"), BytesIO(TEXT))
        own = file_link(key=key, name="a.txt", actor=person_actor(twin))
    client = browser(other_tenant)
    assert client.get(own).status_code == 200
    assert client.get(link).status_code == 404


def make_twin(key):
    user = User.objects.create(id=key, email="ada@example.org", password=make_password(PASSWORD))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: f"x{token}", lambda token: "none"])
def test_an_altered_link_is_a_missing_page_like_any_other(browser, tenant, link, change):
    client = browser(tenant)
    token = link.split("/")[2]
    altered, missing = client.get(f"/files/{change(token)}/"), client.get("/files/nothing/at/all/")
    assert (altered.status_code, missing.status_code) == (404, 404)


def test_a_link_of_the_storage_itself_names_no_person_and_opens_nothing(browser, tenant, link):
    with tenant_context(tenant):
        key = default_storage.save(file_key(room="documents"), BytesIO(TEXT))
        unnamed = default_storage.url(key)
    assert browser(tenant).get(unnamed).status_code == 404


def test_a_link_to_a_file_that_is_gone_is_a_missing_page(browser, tenant, link):
    with tenant_context(tenant):
        key, _, _ = signing.loads(
            link.split("/")[2], salt=f"livery.person_file:t:{tenant.uuid}:{tenant.epoch}", max_age=LIFETIME
        )
        default_storage.delete(key)
    assert browser(tenant).get(link).status_code == 404
