import logging
from collections.abc import Iterator
from typing import Any

import pytest

from core.tenancy import platform_context
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.services import tenant_provision
from tests.support.storage import stored_in
from tests.support.twin_browser import Browser
from tests.support.twin_credentials import keyring_of
from tests.support.twin_probes import World
from tests.support.twin_routes import all_routes
from tests.support.twin_world import (
    FOREIGN,
    OF_FIRST,
    OF_SECOND,
    TWIN,
    add_people,
    add_registry_rows,
    add_rows,
    copy_sign_ins,
    sites_of,
    tidy,
    unlimited,
)
from tests.support.twins import Twins


@pytest.fixture(scope="module")
def world(twins: Twins, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two organisations and the platform with the same people and ids, committed until the module's end."""
    logging.disable(logging.CRITICAL)
    with django_db_blocker.unblock(), stored_in(tmp_path_factory.mktemp("files")), unlimited():
        try:
            yield _made(twins)
        finally:
            tidy(twins)
            logging.disable(logging.NOTSET)


def _made(twins: Twins) -> World:
    browser = Browser()
    first, second, platform = sites_of(twins)
    for site in (first, second, platform):
        add_people(site)
    rings = (keyring_of(first, browser), keyring_of(second, browser), keyring_of(platform, browser))
    for site in (first, second, platform):
        add_rows(site, TWIN)
    add_rows(second, FOREIGN)
    with platform_context():
        tenant_provision(tenant=Tenant.objects.get(pk=TWIN.uuid))
    add_registry_rows(first, OF_FIRST, stored=rings[0].stored, pictures=[TWIN])
    add_registry_rows(second, OF_SECOND, stored=rings[1].stored, pictures=[TWIN, FOREIGN])
    for source, target in ((first, second), (first, platform), (platform, first)):
        copy_sign_ins(source, target)
    return World(browser, rings, all_routes())
