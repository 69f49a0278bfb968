import os

from celery import Celery, signals

from core.broker import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
app = Celery("livery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
signals.worker_process_init.connect(end_with_parent, dispatch_uid="livery.end_with_parent")
