"""python -m deploy.local.run [--data FOLDER] SCRIPT …: run a script of this checkout against local servers.

The servers in FOLDER (default: the demo's) are started when they do not run, and stopped afterwards.
"""

import argparse
import os
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
    data = options.data.resolve()
    try:
        if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
            return _run(options.script, kept_secrets(data))
        services = SharedServices(data)
        try:
            environment = services.join(DATABASE)
            prepare_database(environment)
            return _run(options.script, {**kept_secrets(data), **environment})
        finally:
            services.leave()
    except LocalRunError as error:
        print(error, file=sys.stderr)
        return 1


def _run(script: list[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(
        [sys.executable, *script], cwd=ROOT, env=child_environment(environment), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
