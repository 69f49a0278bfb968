# Every process that may queue a task needs the configured application, not Celery's default one.
from config.celery import app as celery_app

__all__ = ["celery_app"]
