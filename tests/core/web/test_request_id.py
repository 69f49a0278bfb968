from uuid import UUID

import pytest
import structlog
from django.http import HttpResponse

from core.web.request_id import RequestIdMiddleware, current_request_id


def answer(rf, header=None, view=lambda request: HttpResponse()):
    request = rf.get("/", headers={"X-Request-ID": header} if header is not None else {})
    return request, RequestIdMiddleware(view)(request)


@pytest.mark.parametrize("given", ["abcdefgh", "A-1._b" * 4, "z" * 64])
def test_a_well_formed_id_is_taken_over(rf, given):
    request, response = answer(rf, given)
    assert request.request_id == response["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", [None, "", "short12", "z" * 65, "has space12", "line\nbreak", "ünïcödé12", "a/b/c/d/e"]
)
def test_any_other_id_is_replaced(rf, given):
    request, response = answer(rf, given)
    assert response["X-Request-ID"] == request.request_id != given
    assert UUID(request.request_id).version == 7


def test_logs_and_tasks_of_the_request_see_its_id(rf):
    seen = {}

    def view(request):
        seen.update(structlog.contextvars.get_contextvars(), current=current_request_id())
        return HttpResponse()

    answer(rf, "request-1234", view)
    assert seen == {"request_id": "request-1234", "current": "request-1234"}


def test_nothing_of_a_request_is_left_for_the_next_one_on_the_thread(rf):
    structlog.contextvars.bind_contextvars(actor_id="someone")

    def view(request):
        assert "actor_id" not in structlog.contextvars.get_contextvars()
        structlog.contextvars.bind_contextvars(actor_id="another")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        answer(rf, None, view)
    assert structlog.contextvars.get_contextvars() == {}
    assert current_request_id() == ""
