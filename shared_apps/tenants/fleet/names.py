import secrets
from string import ascii_lowercase, digits

TEMPLATE_SCHEMA = "livery_template"


def new_schema_name() -> str:
    """An opaque name, `t_` and 20 random characters: it says nothing of the tenant and is never given twice."""
    return "t_" + "".join(secrets.choice(ascii_lowercase + digits) for _ in range(20))
