from datetime import timedelta

import pytest

from core.clock import now
from core.tenancy import TenantState, platform_context
from core.tenancy.schedule import schedule
from shared_apps.signup import tasks
from shared_apps.signup.models import SignUp
from shared_apps.signup.services import sign_up_confirm
from tests.shared_apps.signup.conftest import begin, mailed_code
from tests.support.messages import waiting


@pytest.fixture
def queued():
    """What has been queued since the last look."""

    def look():
        return [message for message in waiting() if message.task.startswith("signup.")]

    look()
    return look


def test_a_worker_sets_up_what_was_confirmed_and_the_sweep_what_was_left_lying(committed, queued):
    with platform_context():
        for slug in ("riverbank", "meadow"):
            sign_up = begin(slug=slug).sign_up
            sign_up_confirm(sign_up=sign_up, code=mailed_code(sign_up.email), address=None)
    first, lost = queued()
    assert (first.task, first.queue) == ("signup.provision", "fleet")
    first.run()
    first.run()
    with platform_context():
        SignUp.objects.update(email_confirmed_at=now() - timedelta(minutes=2))
        tasks.sweep_task.enqueue()
    (sweep,) = queued()
    sweep.run()
    (again,) = queued()
    assert again.args == lost.args
    again.run()
    with platform_context():
        states = SignUp.objects.exclude(welcomed_at=None).order_by("pk").values_list("slug", "tenant__state")
        assert list(states) == [("riverbank", TenantState.ACTIVE), ("meadow", TenantState.ACTIVE)]


def test_a_worker_forgets_who_did_not_go_on(committed, queued):
    with platform_context():
        begin()
        SignUp.objects.update(created_at=now() - timedelta(days=2))
        tasks.purge_task.enqueue()
    (purge,) = queued()
    purge.run()
    with platform_context():
        assert not SignUp.objects.exists()


@pytest.mark.parametrize(("name", "seconds"), [("signup.sweep", 60), ("signup.purge", 3600)])
def test_the_periodic_ones_have_their_period(name, seconds):
    assert schedule()[name].every == seconds
