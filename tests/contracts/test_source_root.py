"""platform/ is a source root and never a package: the standard library owns its name."""

import importlib.util
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOT = ROOT / "platform"


def test_platform_is_the_standard_librarys():
    library = Path(sysconfig.get_paths()["stdlib"])
    assert Path(platform.__file__) == library / "platform.py"
    assert importlib.util.find_spec("platform").origin == str(library / "platform.py")
    assert platform.python_version_tuple()


def test_platform_holds_exactly_its_known_packages():
    children = {child.name for child in SOURCE_ROOT.iterdir() if child.name != "__pycache__"}
    assert children == {"config", "core"}


def test_every_way_in_finds_the_standard_librarys():
    for arguments in (["-c", "import platform; platform.system()"], ["manage.py", "help", "check"]):
        started = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert started.returncode == 0, started.stderr
