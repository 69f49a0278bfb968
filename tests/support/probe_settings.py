"""The product's settings with the routes of the probe site: what a server and a worker of the tests run with."""

from config.settings.test import *  # noqa: F403

TENANT_URLCONF = PLATFORM_URLCONF = "tests.support.probe_urls"
CELERY_IMPORTS = ["tests.support.probe_tasks"]
CELERY_WORKER_CONCURRENCY = 4
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_MAX_TASKS_PER_CHILD = None
CELERY_WORKER_MAX_MEMORY_PER_CHILD = None
