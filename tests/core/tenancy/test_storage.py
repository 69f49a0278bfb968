import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.signing import BadSignature, SignatureExpired

from core import clock
from core.tenancy import TenantRef, platform_context, tenant_context
from core.tenancy.errors import CrossedContext, NoContext
from core.tenancy.storage import (
    LINK_LIFETIME,
    FilesSize,
    TenantFileStorage,
    delete_scope_files,
    file_key,
    key_of_link,
    scope_files_size,
    scope_folder,
)
from tests.support.twins import Twins


@pytest.fixture
def storage(settings: Any, tmp_path: Path) -> TenantFileStorage:
    settings.FILES_DIR = tmp_path / "files"
    return TenantFileStorage()


@pytest.fixture
def first(twins: Twins) -> TenantRef:
    return twins.first


@pytest.fixture
def second(twins: Twins) -> TenantRef:
    return twins.second


@pytest.fixture
def key(storage: TenantFileStorage, first: TenantRef) -> str:
    """A file of the first twin."""
    with tenant_context(first):
        return storage.save(file_key(room="documents"), ContentFile(b"secret"))


def test_a_key_says_whose_the_file_is_and_nothing_of_its_name(first: TenantRef):
    with tenant_context(first):
        tenant, room, year, name = file_key(room="documents").split("/")
    assert (tenant, room, year) == (str(first.uuid), "documents", str(clock.now().year))
    assert UUID(name).version == 7
    with platform_context():
        assert file_key(room="brand").startswith("platform/brand/")
        assert scope_folder() == "platform"


def test_a_file_is_kept_privately(key: str, storage: TenantFileStorage, first: TenantRef):
    with tenant_context(first):
        path = Path(storage.path(key))
        assert storage.open(key).read() == b"secret"
        assert storage.generate_filename(key) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:4]} == {0o700}


OPERATIONS = ["path", "open", "exists", "size", "delete", "url", "listdir", "get_modified_time", "generate_filename"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_file_of_another_context_is_refused(
    operation: str, key: str, storage: TenantFileStorage, first: TenantRef, second: TenantRef
):
    for context in (tenant_context(second), platform_context()):
        with context, pytest.raises(CrossedContext):
            getattr(storage, operation)(key)
    with pytest.raises(NoContext):
        getattr(storage, operation)(key)
    with tenant_context(first):
        assert storage.open(key).read() == b"secret"


def test_a_file_is_not_saved_into_another_tenant(storage: TenantFileStorage, first: TenantRef, second: TenantRef):
    with tenant_context(first):
        key = file_key(room="documents")
    with tenant_context(second), pytest.raises(CrossedContext):
        storage.save(key, ContentFile(b"planted"))
    assert not Path(storage.location).exists()


@pytest.mark.parametrize(
    "name", ["{own}/../{other}/x", "../{other}/x", "/{other}/x", "/etc/passwd", "", "{other}/x", "."]
)
def test_a_path_does_not_lead_out_of_the_folder(
    name: str, storage: TenantFileStorage, first: TenantRef, second: TenantRef
):
    with tenant_context(first), pytest.raises((SuspiciousFileOperation, CrossedContext)):
        storage.path(name.format(own=first.uuid, other=second.uuid))


def test_a_file_is_never_replaced(key: str, storage: TenantFileStorage, first: TenantRef):
    with tenant_context(first):
        with pytest.raises(SuspiciousFileOperation):
            storage.save(key, ContentFile(b"other"))
        assert storage.open(key).read() == b"secret"
        assert storage.get_valid_name("Straße 1") == "Straße 1"


def link(storage: TenantFileStorage, key: str) -> str:
    return unquote(storage.url(key).removeprefix("/files/").removesuffix("/"))


def test_a_link_opens_the_file_for_a_few_minutes_in_its_own_tenant(
    key: str, storage: TenantFileStorage, first: TenantRef, second: TenantRef
):
    with tenant_context(first):
        token = link(storage, key)
        assert key_of_link(token) == key
        with time_machine.travel(clock.now() + LINK_LIFETIME + timedelta(seconds=2)), pytest.raises(SignatureExpired):
            key_of_link(token)
        with pytest.raises(BadSignature):
            key_of_link(token[:-1] + ("A" if token[-1] != "A" else "B"))
    elsewhere = (tenant_context(second), platform_context(), tenant_context(replace(first, epoch=first.epoch + 1)))
    for context in elsewhere:
        with context, pytest.raises(BadSignature):
            key_of_link(token)


def test_there_is_no_link_to_nothing(storage: TenantFileStorage, first: TenantRef):
    with tenant_context(first), pytest.raises(ValueError, match="no key"):
        storage.url(None)


def test_a_tenants_files_are_deleted_in_batches(
    key: str, storage: TenantFileStorage, first: TenantRef, second: TenantRef
):
    with tenant_context(first):
        for _ in range(1100):
            Path(storage.path(file_key(room="documents"))).touch()
    with tenant_context(second):
        kept = storage.save(file_key(room="documents"), ContentFile(b"kept"))
    assert delete_scope_files(first.uuid) > 0
    assert delete_scope_files(first.uuid) == 0
    assert delete_scope_files(first.uuid) == 0
    assert not (Path(storage.location) / str(first.uuid)).exists()
    with tenant_context(second):
        assert storage.open(kept).read() == b"kept"


def test_a_tenants_files_are_counted_and_a_file_that_goes_meanwhile_is_not(
    key: str, storage: TenantFileStorage, first: TenantRef, second: TenantRef, monkeypatch: pytest.MonkeyPatch
):
    with tenant_context(first):
        going = storage.path(storage.save(file_key(room="notes"), ContentFile(b"going")))
    assert scope_files_size(first.uuid) == FilesSize(2, len(b"secret") + len(b"going"))
    assert scope_files_size(second.uuid) == scope_files_size(uuid4()) == FilesSize(0, 0)
    walk = os.walk

    def walk_and_lose(top: Any) -> Any:
        for found in walk(top):
            Path(going).unlink(missing_ok=True)
            yield found

    monkeypatch.setattr(os, "walk", walk_and_lose)
    assert scope_files_size(first.uuid) == FilesSize(1, len(b"secret"))


@pytest.mark.parametrize("removal", ["unlink", "rmdir"])
def test_a_file_or_folder_that_another_one_removed_a_moment_ago_is_no_trouble(
    removal: str, key: str, storage: TenantFileStorage, first: TenantRef, monkeypatch: pytest.MonkeyPatch
):
    remove, gone = getattr(Path, removal), []

    def come_second(path: Path, **options: Any) -> None:
        remove(path)
        gone.append(path)
        remove(path, **options)

    monkeypatch.setattr(Path, removal, come_second)
    assert delete_scope_files(first.uuid) == 0
    assert gone
    assert not (Path(storage.location) / str(first.uuid)).exists()


def test_a_folder_that_may_not_be_emptied_is_an_error(
    key: str, storage: TenantFileStorage, first: TenantRef, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Path, "unlink", lambda path, **options: None)
    with pytest.raises(OSError, match="not empty"):
        delete_scope_files(first.uuid)
    with tenant_context(first):
        assert storage.exists(key)


def test_several_delete_a_tenants_files_at_once(key: str, storage: TenantFileStorage, first: TenantRef):
    folder = Path(storage.location) / str(first.uuid)
    for number in range(300):
        (folder / "documents" / str(number)).mkdir(parents=True)
        (folder / "documents" / str(number) / "file").touch()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(delete_scope_files, [first.uuid] * 4)) == [0] * 4
    assert not folder.exists()


@pytest.mark.parametrize("folder", ["", ".", "..", "platform"])
def test_nothing_but_a_tenants_folder_is_deleted(folder: Any, key: str, storage: TenantFileStorage, first: TenantRef):
    with pytest.raises(ValueError, match="UUID"):
        delete_scope_files(folder)
    assert delete_scope_files(uuid4()) == 0
    with tenant_context(first):
        assert storage.exists(key)
