"""python -m deploy.local.run [--data FOLDER] SCRIPT …: run a script of this checkout against local servers.

The servers in FOLDER (default: the demo's) are started when they do not run, and stopped afterwards.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import LocalRunError
from deploy.local.prepare import ROOT, child_environment, prepare_database
from deploy.local.services import SharedServices, kept_secrets

DATABASE = "livery"


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy.local.run", description="Run a script against local servers.")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the servers' folder")
    parser.add_argument("script", nargs=argparse.REMAINDER, help="a Python script and its arguments")
    options = parser.parse_args()
    # Ctrl-C is for the script, which may go on after it as a shell does. A handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return run(options.data.resolve(), options.script)
    except LocalRunError as error:
        print(error, file=sys.stderr)
        return 1


def run(data: Path, script: list[str]) -> int:
    """Run `script` with the servers of `data`, or with those that our environment names; returns its exit code."""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return _run(script, kept_secrets(data))
    services = SharedServices(data)
    try:
        servers = services.join(DATABASE)
        if "DATABASE_URL" not in os.environ:
            prepare_database(servers)
        return _run(script, {**kept_secrets(data), **servers})
    finally:
        services.leave()


def _run(script: list[str], offered: Mapping[str, str]) -> int:
    environment = {name: value for name, value in offered.items() if name not in os.environ}
    return subprocess.run(
        [sys.executable, *script], cwd=ROOT, env=child_environment(environment), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
