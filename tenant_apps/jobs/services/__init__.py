from tenant_apps.jobs.services.execution import run_execute
from tenant_apps.jobs.services.housekeeping import records_purge, runs_purge, sessions_purge
from tenant_apps.jobs.services.progress import Progress
from tenant_apps.jobs.services.registry import job, job_label, kinds_like
from tenant_apps.jobs.services.runs import run_cancel, run_start
from tenant_apps.jobs.services.sweep import runs_requeue, runs_sweep

__all__ = [
    "Progress",
    "job",
    "job_label",
    "kinds_like",
    "records_purge",
    "run_cancel",
    "run_execute",
    "run_start",
    "runs_purge",
    "runs_requeue",
    "runs_sweep",
    "sessions_purge",
]
