from core.permissions import granted

granted("events.view", "See events", roles=("tenant_admin", "firm_admin", "platform_admin", "support"))
granted("events.retry", "Retry events", roles=("tenant_admin", "platform_admin"))
