from core.tenancy.directory import directory
from core.web.readiness import readiness


class TemplateLags(RuntimeError):
    """The recorded template does not hold this code's migrations: run `manage.py migrate`."""


@readiness("migrations")
def template_is_current() -> None:
    """Raise unless the template has every migration that this code brings."""
    if directory().required_step() is None:
        raise TemplateLags
