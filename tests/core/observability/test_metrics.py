import os
import subprocess
import sys

from core.observability import metrics

COUNT = "from core.observability import metrics; metrics.TASKS.labels('x', 'success').inc(); "


def test_one_process_shows_its_own_numbers(settings):
    settings.PROMETHEUS_MULTIPROC_DIR = ""
    assert b"# TYPE livery_http_request_seconds histogram" in metrics.exposition()


def test_processes_that_share_a_folder_are_added_up(tmp_path):
    def run(code):
        return subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(); {COUNT}{code}"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    run("")
    assert 'livery_tasks_total{outcome="success",task="x"} 2.0' in run("print(metrics.exposition().decode())")
