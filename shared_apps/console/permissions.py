from core.permissions import granted

granted("console.view", "See the platform's figures, queues and health", roles=("platform_admin", "support"))
granted("console.measure", "Measure the organisations", roles=("platform_admin",))
granted("console.retry", "Try again what failed in an organisation", roles=("platform_admin",))
