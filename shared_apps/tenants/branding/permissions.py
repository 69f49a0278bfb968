from core.permissions import granted

granted("brand.view", "See the brand's settings", roles=("tenant_admin", "firm_admin"))
granted("brand.edit", "Change the draft of the brand", roles=("tenant_admin",))
granted("brand.publish", "Publish the brand", roles=("tenant_admin",))
