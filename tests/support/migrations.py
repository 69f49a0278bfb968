"""Further migrations of a tenant's app, written by a test while it runs."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from core.tenancy import directory
from shared_apps.tenants.fleet.recording import code_loader
from shared_apps.tenants.fleet.replay import _code_of

APP = "jobs"
MODULE = "more_migrations"


class MoreMigrations:
    """A package that holds the app's own migrations and those that are written here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / MODULE
        self.folder.mkdir()
        own = Path(apps.get_app_config(APP).path) / "migrations"
        (self.folder / "__init__.py").write_text(f"__path__.append({str(own)!r})\n")
        (self.first,) = (name for _app, name in MigrationLoader(None).graph.leaf_nodes(APP))
        self.last = self.first

    def write(
        self, name: str, operations: str, *, before: str = "", after: str = "", needs: str = "", **options: object
    ) -> None:
        """Write or replace a migration that follows the last one, or `after`; `needs` is another one's key."""
        after = after or self.last
        extras = "".join(f"    {key} = {value!r}\n" for key, value in options.items())
        head = "from django.db import migrations, models\n\n"
        body = f"class Migration(migrations.Migration):\n    dependencies = [({APP!r}, {after!r}), {needs}]\n"
        (self.folder / f"{name}.py").write_text(
            f"{head}{dedent(before)}\n\n{body}    operations = [{operations}]\n{extras}"
        )
        self.last = name
        self.reload()

    def remove(self, name: str, *, last: str) -> None:
        """As if the code had never had it."""
        (self.folder / f"{name}.py").unlink()
        self.last = last
        self.reload()

    def reload(self) -> None:
        """Let the next look find what was written."""
        for module in [each for each in sys.modules if each.split(".")[0] == MODULE]:
            del sys.modules[module]
        importlib.invalidate_caches()
        code_loader.cache_clear()
        _code_of.cache_clear()
        directory().forget()


@contextmanager
def more_migrations(folder: Path) -> Iterator[MoreMigrations]:
    """Use the written migrations until the block ends."""
    written = MoreMigrations(folder)
    remembered, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        with override_settings(MIGRATION_MODULES={APP: MODULE}):
            yield written
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = remembered
        written.reload()
