from core.errors import Conflict


class UnknownJob(LookupError):
    """No room registered a job of this kind."""


class RunCancelled(Exception):
    """Somebody asked the run to stop: raised where the job reports its progress, and ends it."""


class RunLost(Exception):
    """Another worker has taken the run over, as this one was believed dead: nothing more may be written."""


class RunEnded(Conflict):
    """The run has come to its end already."""

    code = "run_ended"
    title = "The job has ended"
    message = "This job has ended; there is nothing to cancel."


class RunNotFailed(Conflict):
    """Only a run that failed can be begun anew."""

    code = "run_not_failed"
    title = "The job did not fail"
    message = "Only a job that failed can be tried again."
