from uuid import UUID

import pytest

from core.backlogs import Amount, Backlog, backlog_of, backlogs, register
from core.errors import NotFound


def nothing(since, until):
    return Amount(0, None, 0)


def test_backlogs_are_known_by_their_names():
    assert [each.name for each in backlogs()] == sorted(each.name for each in backlogs())
    assert backlog_of("jobs").label == "Jobs"
    with pytest.raises(NotFound):
        backlog_of("nothing")


def test_a_name_is_taken_once():
    before = backlogs()
    with pytest.raises(ValueError, match="jobs is registered twice"):
        register(Backlog("jobs", "Jobs", nothing, lambda limit: [], lambda piece, actor: None))
    assert backlogs() == before


@pytest.mark.parametrize("name", ["events", "jobs"])
def test_each_counts_lists_and_refuses_what_is_not_there(tenant, name):
    from core.actor import SYSTEM
    from core.clock import now
    from core.tenancy import tenant_context

    with tenant_context(tenant):
        each = backlog_of(name)
        assert each.measure(now(), now()) == Amount(0, None, 0) and list(each.pieces(5)) == []
        with pytest.raises(NotFound):
            each.retry(UUID(int=1), SYSTEM)
