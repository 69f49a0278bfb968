"""Sends one request in a process of its own that is killed at a named point; run by test_idempotency."""

import os
import signal
import sys
from uuid import UUID

import django


def main(tenant: str, key: str, point: str) -> None:
    django.setup()
    from django.conf import settings
    from django.test import Client

    from core import tenancy
    from tests.core.api import shelf

    settings.ROOT_URLCONF = "tests.core.api.urls"
    settings.MIDDLEWARE = []
    shelf.register_actions()
    create = shelf.book_create

    def create_and_die(**values: object) -> object:
        book = create(**values)
        if point == "before_commit":
            os.kill(os.getpid(), signal.SIGKILL)
        tenancy.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        return book

    shelf.book_create = create_and_die
    with tenancy.platform_context():
        ref = tenancy.directory().by_uuid(UUID(tenant))
    with tenancy.tenant_context(ref):
        Client().post(
            "/api/v1/shelf/books/",
            {"title": "Emma", "cost": {"amount": "12.50", "currency": "EUR"}},
            content_type="application/json",
            headers={"X-Actor": "user:grace:shelf.view,shelf.add", "Idempotency-Key": key},
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
