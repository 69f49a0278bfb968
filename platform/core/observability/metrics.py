from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST

# Labels are few and closed: no tenant, no path, no person.
HTTP_REQUESTS = Counter("livery_http_requests", "Answered requests.", ["host_kind", "route", "method", "status_class"])
HTTP_SECONDS = Histogram(
    "livery_http_request_seconds",
    "Time from the first middleware to the answer's first byte.",
    ["host_kind", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TASKS = Counter("livery_tasks", "Finished runs of background tasks.", ["task", "outcome"])
TASK_SECONDS = Histogram(
    "livery_task_seconds",
    "Run time of background tasks.",
    ["task"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900),
)


def exposition() -> bytes:
    """All metrics as Prometheus text: of every process that shares PROMETHEUS_MULTIPROC_DIR, else of this one."""
    if not settings.PROMETHEUS_MULTIPROC_DIR:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=settings.PROMETHEUS_MULTIPROC_DIR)
    return generate_latest(registry)
