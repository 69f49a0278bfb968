from core.permissions import granted

granted(
    "organisation.view",
    "See the organisation's details",
    roles=("tenant_admin", "firm_admin", "cfo", "accountant"),
)
granted("organisation.edit", "Change the organisation's details", roles=("tenant_admin", "cfo"))
