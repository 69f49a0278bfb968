"""python -m tests.support.victims: does work in a child process that kills itself at a given moment.

One order per line of standard input, a list in JSON: the moment, then a management command and its arguments, or
`module:function`. One word per line of standard output: `killed`, `done` or `refused`.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django


class Moments:
    """Kills this process with SIGKILL when it comes to the moment that it was told; 0 lets it live.

    A moment is just before, and just after, what the server commits or the disk forgets.
    """

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.count = 0

    def around(self, function: Any) -> Any:
        def surrounded(*args: Any, **kwargs: Any) -> Any:
            self.reach()
            result = function(*args, **kwargs)
            self.reach()
            return result

        return surrounded

    def reach(self) -> None:
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def run(fatal: int, command: str, arguments: list[str]) -> None:
    """Do the work, counting its moments."""
    from django.core.management import CommandError, call_command
    from django.db.backends.signals import connection_created
    from django.utils.module_loading import import_string

    from core.tenancy.backend.base import DatabaseWrapper

    moments = Moments(fatal)
    DatabaseWrapper._commit = moments.around(DatabaseWrapper._commit)  # type: ignore[method-assign]
    Path.unlink = moments.around(Path.unlink)  # type: ignore[method-assign]

    def outside_a_transaction(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        writes = str(sql).split(" ", 1)[0] in {"INSERT", "UPDATE", "DELETE"}
        if writes and not context["connection"].in_atomic_block:
            execute = moments.around(execute)
        return execute(sql, params, many, context)

    def watch(connection: Any, **_: Any) -> None:
        if outside_a_transaction not in connection.execute_wrappers:
            connection.execute_wrappers.append(outside_a_transaction)

    connection_created.connect(watch, weak=False)
    try:
        if ":" in command:
            import_string(command.replace(":", "."))(*arguments)
        else:
            call_command(command, *arguments, verbosity=0)
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        os._exit(3)
    os._exit(0)


def main() -> None:
    django.setup()
    from django.conf import settings

    settings.MIGRATION_MODULES = json.loads(os.environ.get("VICTIMS_MIGRATIONS", "{}"))
    for line in sys.stdin:
        fatal, command, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            sys.stdout = sys.stderr
            run(fatal, command, arguments)
        _child, status = os.waitpid(child, 0)
        ended = "killed" if os.WIFSIGNALED(status) else {0: "done", 3: "refused"}.get(os.WEXITSTATUS(status), "broken")
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
