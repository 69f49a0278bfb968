from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "tenant_apps.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from core import backlogs
        from core.web import navigation, search
        from tenant_apps.jobs import home, notices, permissions, tasks  # noqa: F401
        from tenant_apps.jobs.backlog import JOBS
        from tenant_apps.jobs.finding import runs_found

        backlogs.register(JOBS)
        home.register()
        notices.register()
        search.register(
            "jobs",
            label=_("Jobs"),
            icon="list-checks",
            find=runs_found,
            action="jobs.view",
            on=("tenant", "platform"),
            order=900,
        )
        navigation.register(
            group=_("Operations"),
            label=_("Jobs"),
            icon="list-checks",
            url_name="jobs:run_list",
            on=("tenant", "platform"),
            action="jobs.view",
            order=900,
        )
