import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """An empty folder that every account can enter, as a checkout usually is and pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="livery-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder
