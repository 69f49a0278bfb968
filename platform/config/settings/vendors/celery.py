from kombu import Queue

from config.settings.environment import broker_url, env

CELERY_BROKER_URL = broker_url()
CELERY_BROKER_TRANSPORT = "core.broker:Transport"
# A worker is believed for this long after its last sign of life; then another one gets what it held.
BROKER_LEASE_SECONDS = env.float("BROKER_LEASE_SECONDS", default=30.0)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": BROKER_LEASE_SECONDS,
    "renew_interval": BROKER_LEASE_SECONDS / 6,
    "restore_grace": BROKER_LEASE_SECONDS / 3,
    # Every pass looks, and one that was killed while it looked holds up the others for a moment only.
    "unacked_restore_interval": BROKER_LEASE_SECONDS / 6,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 10,
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
    "socket_keepalive": True,
    # A request that queues a task waits this little for a broker that is away; by default it waits for ever.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}

CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True

CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("critical", "default", "bulk", "fleet")]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330

CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 512 * 1024
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
# Leases keep a running task's message with its worker, so a lost connection is no reason to stop the task.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

CELERY_BEAT_SCHEDULER = "core.tenancy.schedule:SlotScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"
