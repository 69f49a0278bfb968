"""What imports do not show: which words the source may use where."""

import ast
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("platform", "shared_apps", "tenant_apps")

KERNEL = "platform/core/tenancy/*"
FLEET = "shared_apps/tenants/fleet/*"
CONTEXTS = {"tenant_context", "platform_context", "owner_context", "entered"}
# What tells a cached function for whom it was called the first time.
ASKS_THE_CONTEXT = {"objects", "scope_key", "current_scope", "current_tenant", "require_scope", "cursor", "caches"}

Rule = Callable[[ast.AST], bool]


def names_of(node: ast.AST) -> set[str]:
    """The names that a decorator, a call or an import mentions: plain ones and the last part of dotted ones."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
    return found


def imports(module: str, *names: str) -> Rule:
    def rule(node: ast.AST) -> bool:
        if isinstance(node, ast.Import):
            return any(alias.name == f"{module}.{name}" for alias in node.names for name in names)
        if not isinstance(node, ast.ImportFrom):
            return False
        return node.module == module and bool({alias.name for alias in node.names} & {*names, "*"})

    return rule


def below(module: str) -> Rule:
    def rule(node: ast.AST) -> bool:
        found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        return any(name == module or name.startswith(f"{module}.") for name in found)

    return rule


def calls(*methods: str) -> Rule:
    return lambda node: isinstance(node, ast.Call) and getattr(node.func, "attr", "") in methods


def names_a_database(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "using"


def keeps_a_context_open(node: ast.AST) -> bool:
    """A generator that yields inside a context runs its consumer in it; as a context manager that is what is meant."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if any(
        names_of(decorator) & {"contextmanager", "asynccontextmanager", "fixture"} for decorator in node.decorator_list
    ):
        return False
    entered = (part for part in ast.walk(node) if isinstance(part, ast.With | ast.AsyncWith))
    return any(
        isinstance(inner, ast.Yield | ast.YieldFrom)
        for block in entered
        if any(names_of(item.context_expr) & CONTEXTS for item in block.items)
        for inner in ast.walk(block)
    )


def remembers_for_everybody(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    cached = any(names_of(decorator) & {"cache", "lru_cache"} for decorator in node.decorator_list)
    return cached and bool(names_of(node) & ASKS_THE_CONTEXT)


# Each rule with what it says and the files to which it does not apply.
RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "Use core.tenancy.atomic() and on_commit(): they know the cell.": (
        imports("django.db", "transaction"),
        (KERNEL, FLEET, "shared_apps/tenants/management/*"),
    ),
    "Use core.tenancy.cursor(): it knows the cell.": (
        imports("django.db", "connection", "connections"),
        (
            KERNEL,
            "platform/core/checks.py",
            "platform/core/observability/dependencies.py",
            "platform/core/web/readiness.py",
            "shared_apps/tenants/fleet/locks.py",
        ),
    ),
    "The router chooses the database; nobody names one.": (names_a_database, (KERNEL, FLEET)),
    "The router chooses the database; nobody asks for another.": (calls("using", "db_manager"), ()),
    "A schema is chosen by entering a context.": (calls("set_tenant", "set_schema", "set_schema_to_public"), ()),
    "Transactions are begun by atomic() alone.": (calls("set_autocommit", "set_isolation_level"), ()),
    "Connections are opened by Django, which asks for the context.": (
        calls("get_new_connection"),
        (KERNEL, "shared_apps/tenants/fleet/locks.py"),
    ),
    "Content types have other ids in each schema: name an object by its label and id.": (
        below("django.contrib.contenttypes"),
        (KERNEL,),
    ),
    "What depends on the context is kept in a cache that knows it.": (
        remembers_for_everybody,
        # The platform's recorded template, by its version.
        ("shared_apps/tenants/fleet/replay.py",),
    ),
    "A generator must not keep a context open for its consumer.": (keeps_a_context_open, ()),
}


def faults(path: str, text: str) -> Iterator[str]:
    """What a file does that its place does not allow."""
    for node in ast.walk(ast.parse(text)):
        for message, (rule, exempt) in RULES.items():
            if rule(node) and not any(fnmatch(path, pattern) for pattern in exempt):
                line = getattr(node, "lineno", None) or getattr(node, "value", node).lineno
                yield f"{path}:{line} {message}"


def test_the_source_keeps_to_its_words():
    found = []
    for floor in FLOORS:
        for file in (ROOT / floor).rglob("*.py"):
            if "migrations" not in file.parts:
                found += faults(str(file.relative_to(ROOT)), file.read_text())
    assert found == []


PLANTED = {
    "from django.db import models, transaction": "Use core.tenancy.atomic",
    "import django.db.transaction": "Use core.tenancy.atomic",
    "from django.db import *": "Use core.tenancy.atomic",
    "from django.db import connection": "Use core.tenancy.cursor",
    "from django.db import connections": "Use core.tenancy.cursor",
    "role.save(using='default')": "nobody names one",
    "Role.objects.using('default').count()": "nobody asks for another",
    "Role.objects.db_manager('default')": "nobody asks for another",
    "connection.set_tenant(tenant)": "by entering a context",
    "connection.set_schema('public')": "by entering a context",
    "connection.set_autocommit(False)": "begun by atomic",
    "wrapper.get_new_connection({})": "opened by Django",
    "from django.contrib.contenttypes.fields import GenericForeignKey": "Content types",
    "import django.contrib.contenttypes.models": "Content types",
    "@cache\ndef roles():\n    return list(Role.objects.all())": "a cache that knows it",
    "@functools.lru_cache(maxsize=1)\ndef brand():\n    return current_tenant().options": "a cache that knows it",
    "def all_rows(tenant):\n    with tenant_context(tenant):\n        yield from Role.objects.all()": "A generator",
    "async def rows():\n    with core.tenancy.platform_context() as it:\n        yield 1": "A generator",
}


@pytest.mark.parametrize(("text", "message"), PLANTED.items())
def test_a_planted_fault_is_found(text: str, message: str):
    found = list(faults("tenant_apps/jobs/services/planted.py", text))
    assert any(message in fault for fault in found), found


@pytest.mark.parametrize(
    "text",
    [
        "from core.tenancy import atomic, on_commit\nfrom django.db import DatabaseError, models",
        "@contextmanager\ndef acting():\n    with platform_context():\n        yield",
        "@lru_cache\ndef theme(values):\n    return dict(values)",
        "def rows(tenant):\n    with tenant_context(tenant):\n        found = list(roles)\n    yield from found",
    ],
)
def test_what_is_right_is_let_through(text: str):
    assert list(faults("tenant_apps/jobs/services/planted.py", text)) == []


def test_no_exemption_outlives_its_file():
    patterns = {pattern for _, exempt in RULES.values() for pattern in exempt}
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []
