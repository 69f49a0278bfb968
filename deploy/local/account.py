"""PostgreSQL refuses to run as root: which account runs it then, and where that account can reach its files."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import LocalRunError

ACCOUNTS = ("postgres", "nobody")
# Open to every account, and kept when the machine restarts.
ELSEWHERE = Path("/var/tmp")  # noqa: S108


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def __str__(self) -> str:
        return self.name


def server_account(home: Path) -> Account | None:
    """The account to run the server of `home` as; None is the account that we run as ourselves.

    Raises LocalRunError when we are root and the machine has no account to use.
    """
    if os.geteuid() != 0:
        return None
    owner = home.stat().st_uid if home.exists() else 0
    entries = [entry for entry in pwd.getpwall() if entry.pw_uid and entry.pw_uid == owner]
    entries += [entry for name in ACCOUNTS for entry in pwd.getpwall() if entry.pw_name == name]
    if not entries:
        raise LocalRunError(
            "PostgreSQL refuses to run as root, and this machine has no account named postgres or nobody to run it as. "
            "Add one (useradd --system postgres) or run as another user."
        )
    return Account(entries[0].pw_name, entries[0].pw_uid, entries[0].pw_gid)


def run_as(account: Account | None) -> dict[str, Any]:
    """The arguments that make subprocess start a child under `account`."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether `account` may enter every folder above `path`, and enter or run `path` itself."""
    if account is None:
        return True
    return subprocess.run(["test", "-x", path], cwd="/", check=False, **run_as(account)).returncode == 0


def private_folder(path: Path, account: Account | None) -> None:
    """Make `path` a folder of `account` alone; raises LocalRunError when somebody else made it."""
    uid = os.geteuid() if account is None else account.uid
    path.mkdir(mode=0o700, exist_ok=True)
    _refuse_foreign(path, {uid, os.geteuid()})
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def elsewhere(folder: Path) -> Path:
    """The path outside `folder`'s tree that stands in for `folder`: always the same one for the same `folder`."""
    return ELSEWHERE / ("livery-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12])


def make_elsewhere(folder: Path) -> Path:
    """Make the folder `elsewhere`, so that every account may enter it and only ours may write to it."""
    path = elsewhere(folder)
    path.mkdir(mode=0o711, exist_ok=True)
    _refuse_foreign(path, {os.geteuid()})
    path.chmod(0o711)
    return path


def reachable_copy(root: Path, names: Sequence[str], *, into: Path, account: Account | None) -> Path:
    """`root`, or a folder in `into` with copies of `names` from it when `account` cannot enter the first of them."""
    first = root / names[0]
    if can_reach(first, account):
        return root
    copy = into / f"programs-{first.stat().st_mtime_ns}"
    if not copy.exists():
        fresh = copy.with_name(copy.name + ".new")
        if fresh.exists():
            shutil.rmtree(fresh)
        for name in names:
            shutil.copytree(root / name, fresh / name, symlinks=True)
        fresh.rename(copy)
    return copy


def _refuse_foreign(path: Path, owners: set[int]) -> None:
    # /var/tmp is open to everybody: somebody else's folder or link under our name must not be used.
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise LocalRunError(f"{path} belongs to another account. Remove it, or run as the account that made it.")
