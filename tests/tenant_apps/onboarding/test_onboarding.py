"""The first steps of an organisation."""

import pytest

from core.actor import SYSTEM
from core.errors import NotFound, PermissionRefused
from core.tenancy import tenant_context
from core.web.onboarding import register, steps_for
from shared_apps.users.actors import person_actor
from shared_apps.users.selectors import user_get
from tenant_apps.onboarding.models import Dismissal
from tenant_apps.onboarding.selectors import checklist_of
from tenant_apps.onboarding.services import checklist_dismiss, step_skip
from tests.support.factories.users import make_api_key


def actor_for(user):
    return person_actor(user_get(user.pk))


def open_steps(actor):
    return [standing.step.code for standing in checklist_of(actor).standings if standing.is_open]


def test_real_work_ticks_the_steps_off(person):
    actor = actor_for(person("tenant_admin"))
    assert open_steps(actor) == ["brand", "invite_colleague", "second_factor", "api_key"]
    make_api_key(actor.user)
    checklist = checklist_of(actor)
    assert open_steps(actor) == ["brand", "invite_colleague", "second_factor"]
    assert (checklist.done, checklist.total, checklist.is_over) == (2, 5, False)
    assert checklist.next.url == "/settings/brand/"


def test_each_role_has_its_own_steps(person):
    assert [step.code for step in steps_for(actor_for(person("member")))] == ["verify_address", "second_factor"]


def test_a_step_that_is_left_out_counts_as_done_for_that_person_alone(person):
    actor, other = actor_for(person("tenant_admin")), actor_for(person("tenant_admin"))
    step_skip(code="api_key", actor=actor)
    step_skip(code="api_key", actor=actor)
    assert "api_key" not in open_steps(actor) and "api_key" in open_steps(other)
    for code in ("second_factor", "nothing", ""):
        with pytest.raises(NotFound):
            step_skip(code=code, actor=actor)
    assert Dismissal.objects.count() == 1


def test_the_list_is_put_away_by_person_and_by_tenant(person, browser, inside, other_tenant):
    ada = person("tenant_admin")
    client = browser(ada)
    assert "First steps" in client.get("/").content.decode()
    assert client.post("/first-steps/dismiss/").status_code == 303
    assert "Turn on two-factor" not in client.get("/").content.decode()
    assert checklist_of(actor_for(ada)).is_dismissed
    assert not checklist_of(actor_for(person("tenant_admin"))).is_dismissed
    with tenant_context(other_tenant):
        assert Dismissal.objects.count() == 0


def test_pages_refuse_who_is_nobody_and_steps_that_are_not_theirs(person, browser, client_for, inside):
    stranger = client_for(inside)
    for path in ("/first-steps/dismiss/", "/first-steps/skip/api_key/"):
        assert stranger.post(path)["Location"].startswith("/account/sign-in/")
        assert stranger.get(path).status_code == 405
    assert browser(person("member")).post("/first-steps/skip/api_key/").status_code == 404
    with pytest.raises(PermissionRefused):
        checklist_dismiss(actor=SYSTEM)
    assert Dismissal.objects.count() == 0


def test_a_code_is_taken_once():
    with pytest.raises(ValueError, match="twice"):
        register("api_key", title="", text="", act="", icon="", url_name="", done=lambda actor: True)
