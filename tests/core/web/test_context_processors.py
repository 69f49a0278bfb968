import pytest
from django.utils import translation

from core.web.context_processors import site, site_of


def test_a_tenants_host_wears_the_tenants_name_only(rf, ref, settings):
    settings.PLATFORM_NAME = "The Platform"
    request = rf.get("/")
    request.tenant, request.request_id = ref(), "request-1234"
    found = site(request)["site"]
    assert (found.name, found.host_kind, found.request_id) == ("Riverbank Trust", "tenant", "request-1234")


def test_the_platforms_host_wears_its_name(rf, settings):
    settings.PLATFORM_NAME = "The Platform"
    request = rf.get("/")
    request.tenant = None
    assert (site_of(request).name, site_of(request).host_kind) == ("The Platform", "platform")


def test_a_host_that_was_not_looked_up_names_nobody(rf):
    assert (site_of(rf.get("/")).name, site_of(rf.get("/")).host_kind) == ("", "unknown")


@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("ar", "rtl")])
def test_the_language_of_the_request_sets_the_direction(rf, language, direction):
    with translation.override(language):
        assert (site_of(rf.get("/")).language, site_of(rf.get("/")).direction) == (language, direction)


@pytest.mark.parametrize(
    ("name", "initials"), [("", ""), ("kiln", "K"), ("Riverbank Trust", "RT"), ("Harbour and Lane Capital", "HC")]
)
def test_initials_stand_for_a_logo(rf, settings, name, initials):
    settings.PLATFORM_NAME = name
    request = rf.get("/")
    request.tenant = None
    assert site_of(request).initials == initials
