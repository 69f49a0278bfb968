from core.permissions import PLATFORM_ROLES, TENANT_ROLES, granted

granted("notifications.view", "Read your notifications", roles=(*TENANT_ROLES, *PLATFORM_ROLES))
