import pytest
from django.urls import path

from core import permissions
from core.actor import Actor
from core.web import navigation, set_actor
from core.web.navigation import links, register

urlpatterns = [
    path("", lambda request: None, name="home"),
    path("invoices/", lambda request: None, name="invoice_list"),
    path("people/", lambda request: None, name="person_list"),
    path("tenants/", lambda request: None, name="tenant_list"),
]


@pytest.fixture(autouse=True)
def entries(monkeypatch, settings):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(permissions, "_actions", {})
    permissions.granted("people.view", "See people")
    register(group="People", label="People", icon="users", url_name="person_list", action="people.view", order=20)
    register(group="Money", label="Invoices", icon="receipt-text", url_name="invoice_list", order=10)
    register(group="Fleet", label="Organisations", icon="building-2", url_name="tenant_list", on=["platform"])


def labels(rf, tenant, *granted, kind="user", path="/invoices/7/"):
    request = rf.get(path)
    request.tenant = tenant
    set_actor(request, Actor(kind=kind, id="u1", label="Ana", permissions=frozenset(granted)))
    return [(group, [(link.label, link.url, link.current) for link in found]) for group, found in links(request)]


def test_links_are_grouped_in_order_and_mark_where_one_is(rf, ref):
    assert labels(rf, ref(), "people.view") == [
        ("Money", [("Invoices", "/invoices/", True)]),
        ("People", [("People", "/people/", False)]),
    ]


def test_only_the_closest_link_is_the_current_one(rf, ref):
    register(group="Money", label="Home", icon="house", url_name="home", order=1)
    assert labels(rf, ref())[0][1] == [("Home", "/", False), ("Invoices", "/invoices/", True)]
    assert labels(rf, ref(), path="/")[0][1] == [("Home", "/", True), ("Invoices", "/invoices/", False)]
    assert labels(rf, ref(), path="/elsewhere/")[0][1] == [("Home", "/", False), ("Invoices", "/invoices/", False)]


def test_what_one_may_not_do_is_not_shown(rf, ref):
    assert [group for group, _ in labels(rf, ref())] == ["Money"]


def test_the_platforms_links_are_on_the_platform_only(rf):
    assert [group for group, _ in labels(rf, None, "people.view")] == ["Fleet"]


def test_nobody_who_is_not_signed_in_sees_links(rf, ref):
    assert labels(rf, ref(), kind="anonymous") == []
