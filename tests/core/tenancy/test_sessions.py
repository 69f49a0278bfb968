from dataclasses import replace
from importlib import import_module

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as PlainSessionStore
from django.contrib.sessions.models import Session
from django.core import signing

from core.tenancy import TenantRef, platform_context, scope_key, tenant_context
from core.tenancy.errors import NoContext
from core.tenancy.sessions import SessionStore


def make_session(key: str = "") -> str:
    session = SessionStore()
    session["who"] = "me"
    session.save(must_create=True)
    if key:
        Session.objects.filter(pk=session.session_key).update(session_key=key)
    return key or session.session_key


def read_session(key: str) -> tuple[object, str | None]:
    session = SessionStore(key)
    return session.get("who"), session.session_key


def test_this_engine_is_the_one_in_use():
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore


def test_a_session_is_of_one_tenant(tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant):
        key = make_session()
        assert read_session(key) == ("me", key)
    for context in (tenant_context(other_tenant), platform_context()):
        with context:
            assert read_session(key) == (None, None)


def test_data_that_were_carried_over_mean_nothing(tenant: TenantRef, other_tenant: TenantRef):
    """As in a schema that was copied with its sessions."""
    with tenant_context(tenant):
        data = Session.objects.get(pk=make_session()).session_data
    with tenant_context(other_tenant):
        key = make_session()
        Session.objects.filter(pk=key).update(session_data=data)
        assert read_session(key) == (None, None)


def test_a_session_ends_with_the_tenants_life(tenant: TenantRef):
    with tenant_context(tenant):
        key = make_session()
    with tenant_context(replace(tenant, epoch=tenant.epoch + 1)):
        assert read_session(key) == (None, None)


def test_the_stamp_holds_where_the_signature_does_not(
    tenant: TenantRef, other_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(SessionStore, "key_salt", "one for all")
    with tenant_context(tenant):
        data = Session.objects.get(pk=make_session()).session_data
        assert signing.loads(data, salt="one for all") == {"who": "me", "_scope": scope_key()}
    with tenant_context(other_tenant):
        assert SessionStore("any").decode(data) == {}


def test_the_signature_holds_where_the_stamp_does_not(tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant):
        data = SessionStore().encode({"who": "me"})
    with tenant_context(other_tenant):
        assert PlainSessionStore.decode(SessionStore("any"), data) == {}


def test_a_session_that_is_read_asynchronously_is_checked_too(tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant):
        key = make_session()
        assert async_to_sync(SessionStore(key).aload)() == {"who": "me"}
        data = Session.objects.get(pk=key).session_data
    with tenant_context(other_tenant):
        key = make_session()
        Session.objects.filter(pk=key).update(session_data=data)
        session = SessionStore(key)
        assert async_to_sync(session.aload)() == {}
        assert session.session_key is None


def test_an_unknown_session_is_empty(tenant: TenantRef):
    with tenant_context(tenant):
        assert read_session("a-key-of-nobody") == (None, None)


def test_without_a_context_there_is_no_session(db: None):
    with pytest.raises(NoContext):
        read_session("a-key-of-nobody")
