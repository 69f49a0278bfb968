from core.permissions import granted

granted("trail.view", "Read the trail", roles=("tenant_admin", "firm_admin", "cfo", "platform_admin"))
