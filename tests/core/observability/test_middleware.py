import pytest
from django.http import HttpResponse
from django.urls import ResolverMatch
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from core.observability.middleware import RequestLogMiddleware


def run(
    rf, *, status=200, path="/things/7/?token=secret", method="GET", tenant="unknown", name="things:detail", route=""
):
    request = rf.generic(method, path)
    if tenant != "unknown":
        request.tenant = tenant

    def view(request):
        if name or route:
            request.resolver_match = ResolverMatch(view, (), {}, url_name=name or None, route=route)
        return HttpResponse(status=status)

    with capture_logs() as lines:
        RequestLogMiddleware(view)(request)
    [line] = lines
    return line


def counted(**labels):
    return REGISTRY.get_sample_value("livery_http_requests_total", labels) or 0


def test_each_request_is_one_line_without_its_query(rf, ref):
    line = run(rf, tenant=ref())
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/things/7/",
        "route": "things:detail",
        "status": 200,
        "tenant": str(ref().uuid),
    }


def test_a_link_that_opens_something_is_not_logged(rf):
    assert run(rf, path="/reset/1-cf3k2a-9d1f8e7b6a5c4d3e2f1a/")["path"] == "/reset/[redacted]/"


@pytest.mark.parametrize(("status", "level"), [(200, "info"), (404, "info"), (500, "error"), (503, "error")])
def test_a_server_error_stands_out(rf, status, level):
    assert run(rf, status=status)["log_level"] == level


def test_requests_are_counted_by_host_kind_route_method_and_status_class(rf, ref):
    labels = {"host_kind": "tenant", "route": "things:detail", "method": "POST", "status_class": "2xx"}
    before = counted(**labels)
    run(rf, tenant=ref(), method="POST", status=201)
    run(rf, tenant=ref(), method="POST", status=200)
    assert counted(**labels) == before + 2


def test_what_outsiders_choose_never_becomes_a_label(rf):
    labels = {"host_kind": "unknown", "route": "none", "method": "other", "status_class": "4xx"}
    before = counted(**labels)
    run(rf, path="/random/1/", method="BREW", status=404, name="")
    run(rf, path="/random/2/", method="STEAM", status=404, name="")
    assert counted(**labels) == before + 2


def test_a_route_without_a_name_counts_under_its_pattern(rf):
    assert run(rf, tenant=None, name="", route="files/<token>/")["route"] == "files/<token>/"


def test_no_tenant_is_in_any_metric(rf, ref):
    run(rf, tenant=ref())
    names = {name for metric in REGISTRY.collect() for sample in metric.samples for name in sample.labels}
    assert names.isdisjoint({"tenant", "schema", "slug", "host", "path", "user"})
    values = {value for metric in REGISTRY.collect() for sample in metric.samples for value in sample.labels.values()}
    assert str(ref().uuid) not in values
