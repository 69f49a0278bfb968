import os
import subprocess
import sys

from core.observability import metrics

COUNT_ONE = """
import django; django.setup()
from core.observability import metrics
metrics.TASKS.labels("x", "success").inc()
"""


def test_one_process_shows_its_own_numbers(settings):
    settings.PROMETHEUS_MULTIPROC_DIR = ""
    assert b"# TYPE livery_http_request_seconds histogram" in metrics.exposition()


def test_processes_that_share_a_folder_are_added_up(settings, tmp_path):
    shared = {"PYTHONPATH": os.pathsep.join(sys.path), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT_ONE], env={**os.environ, **shared}, check=True, timeout=60)
    settings.PROMETHEUS_MULTIPROC_DIR = str(tmp_path)
    assert b'livery_tasks_total{outcome="success",task="x"} 2.0' in metrics.exposition()
