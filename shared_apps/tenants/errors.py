from core.errors import Unprocessable


class NameRefused(Unprocessable):
    """A subdomain that nobody may have, or that somebody has, or a name that is none."""

    code = "name_refused"
    title = "This name cannot be used"
