from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import DEFAULT_STORAGE_ALIAS, default_storage, storages
from django.test import override_settings


@contextmanager
def stored_in(folder: Path) -> Iterator[None]:
    """Keep files in a folder of the test's own; the storage, which remembers its folder, is made anew at both ends."""
    try:
        with override_settings(FILES_DIR=folder):
            _renew()
            yield
    finally:
        _renew()


def _renew() -> None:
    default_storage._wrapped = type(storages[DEFAULT_STORAGE_ALIAS])()
