import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from os import PathLike
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

from core import clock, ids
from core.tenancy.context import require_scope, scope_key
from core.tenancy.errors import CrossedContext

LINK_LIFETIME = timedelta(minutes=5)
_PLATFORM_FOLDER = "platform"
_BATCH = 1_000


def scope_folder() -> str:
    """The folder that holds the files of the current context: the tenant's uuid, or `platform`."""
    tenant = require_scope().tenant
    return str(tenant.uuid) if tenant else _PLATFORM_FOLDER


def file_key(*, room: str) -> str:
    """A new key for a file: tenant/room/year/random. It says nothing of the name that the file was uploaded under."""
    return f"{scope_folder()}/{room}/{clock.now().year}/{ids.uuid7()}"


@deconstructible
class TenantFileStorage(FileSystemStorage):
    """Private files: a key begins with its tenant's uuid, and is refused in every other context."""

    def __init__(self) -> None:
        super().__init__(
            location=settings.FILES_DIR, base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700
        )

    def get_valid_name(self, name: str) -> str:
        return name

    def generate_filename(self, filename: str | PathLike[str]) -> str:
        """The key as it is; make it with `file_key`."""
        key = str(filename)
        self._require_own(key)
        return key

    def path(self, name: str) -> str:
        self._require_own(name)
        return super().path(name)

    def url(self, name: str | None) -> str:
        """A link that works for five minutes, in this tenant only; anything longer goes through an authorised view."""
        if name is None:
            raise ValueError("This file has no key.")
        self._require_own(name)
        return f"/files/{quote(signing.dumps(name, salt=_link_salt()))}/"

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        if self.exists(name):
            raise SuspiciousFileOperation("A file with this key exists; files are never replaced.")
        return name

    def _require_own(self, name: str) -> None:
        parts = Path(str(name)).parts
        if ".." in parts or not parts:
            raise SuspiciousFileOperation("This is no key of a file.")
        if parts[0] != scope_folder():
            raise CrossedContext("This file belongs to another context.")


def key_of_link(token: str) -> str:
    """The key that a link was made for; raises django.core.signing.BadSignature elsewhere, later or when altered."""
    name: str = signing.loads(token, salt=_link_salt(), max_age=LINK_LIFETIME)
    return name


def _link_salt() -> str:
    return f"livery.file:{scope_key()}"


@dataclass(frozen=True, slots=True)
class FilesSize:
    """How many files, and how large they are together."""

    count: int
    size_bytes: int


def scope_files_size(tenant: UUID) -> FilesSize:
    """What one tenant's files come to; a file that goes meanwhile does not count."""
    sizes = []
    for folder, _folders, names in os.walk(Path(settings.FILES_DIR) / str(UUID(str(tenant)))):
        for name in names:
            with suppress(FileNotFoundError):
                sizes.append(os.stat(Path(folder) / name).st_size)
    return FilesSize(len(sizes), sum(sizes))


def delete_scope_files(tenant: UUID) -> int:
    """Remove one batch of a deleted tenant's files; returns how many are left.

    Several may do so at once: what another one has removed meanwhile is as good as removed.
    """
    # An empty name would be the folder of all tenants.
    root = Path(settings.FILES_DIR) / str(UUID(str(tenant)))
    if not root.is_dir():
        return 0
    # What is in a folder comes before the folder.
    paths = [
        Path(folder) / name for folder, folders, files in os.walk(root, topdown=False) for name in (*files, *folders)
    ]
    for path in paths[:_BATCH]:
        _remove(path)
    if len(paths) > _BATCH:
        return len(paths) - _BATCH
    _remove(root)
    return 0


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError):
        path.rmdir()
