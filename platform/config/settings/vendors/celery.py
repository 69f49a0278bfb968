from config.settings.environment import env

CELERY_BROKER_URL = env.str("BROKER_URL", default=env.str("REDIS_URL", default="redis://127.0.0.1:6379/0"))
