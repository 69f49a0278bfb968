from core.permissions import granted

granted("tenants.view", "See the organisations")
granted("tenants.create", "Create organisations")
granted("tenants.change_state", "Suspend, resume and archive organisations")
granted("tenants.delete", "Delete organisations")
granted("fleet.view", "See the state of the fleet")
granted("fleet.change", "Run changes over the fleet")
