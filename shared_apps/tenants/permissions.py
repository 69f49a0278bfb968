from core.permissions import granted

granted("tenants.view", "See the organisations", roles=("platform_admin", "support"))
granted("tenants.create", "Create organisations", roles=("platform_admin",))
granted("tenants.change_state", "Suspend, resume and archive organisations", roles=("platform_admin",))
granted("tenants.delete", "Delete organisations", roles=("platform_admin",))
granted("fleet.view", "See the state of the fleet", roles=("platform_admin", "support"))
granted("fleet.change", "Run changes over the fleet", roles=("platform_admin",))
