from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import override_settings
from playwright.sync_api import Browser, Page

from tests.support.live import WATCH, WIDE, chromium_started, served
from tests.support.page_checks import axe_source


@pytest.fixture(scope="module")
def site(twins: Any, django_db_blocker: Any) -> Iterator[str]:
    """The address of the first twin's host with the style guide, served by a thread of this process.

    Its settings end with the module: in random order other modules run before the package's last one.
    """
    policy = configured.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    changed = {
        "TENANT_URLCONF": "tests.core.web.styleguide.urls",
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {**policy, "report-uri": ["/csp-report/"], "report-to": ["csp"]}},
    }
    with django_db_blocker.unblock(), override_settings(**changed), served() as port:
        yield f"http://{twins.first.primary_host}:{port}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser; names below localhost are this machine.

    Its driver runs an event loop in this thread, in which Django refuses the database: it ends with the module.
    """
    with chromium_started() as browser:
        yield browser


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Any]:
    """Open a part of the style guide at a size; everything is closed after the test."""
    contexts = []

    def open_at(path: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(site + path, wait_until="load")
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def axe() -> str:
    """The accessibility checker's source."""
    return axe_source()
