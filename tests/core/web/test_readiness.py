import threading
import time

import pytest

from core.web import readiness as module
from core.web.readiness import failed_checks, readiness


@pytest.fixture(autouse=True)
def no_other_checks(monkeypatch):
    monkeypatch.setattr(module, "_checks", {})


def test_checks_that_pass_fail_nothing():
    readiness("a")(lambda: None)
    assert failed_checks() == []


def test_failed_checks_are_named_in_order():
    def fail():
        raise ConnectionError("password=hunter2")

    readiness("b")(fail)
    readiness("a")(fail)
    readiness("c")(lambda: None)
    assert failed_checks() == ["a", "b"]


def test_a_check_that_hangs_has_failed_and_is_not_asked_twice_at_once():
    release, calls = threading.Event(), []

    def hang():
        calls.append(1)
        release.wait(10)

    readiness("slow", seconds=0.05)(hang)
    began = time.monotonic()
    assert failed_checks() == ["slow"]
    assert failed_checks() == ["slow"]
    assert time.monotonic() - began < 5
    assert len(calls) == 1
    release.set()


def test_a_check_that_answers_again_passes_again():
    answers = [OSError(), None]

    def flap():
        error = answers.pop(0)
        if error:
            raise error

    readiness("flap")(flap)
    assert failed_checks() == ["flap"]
    assert failed_checks() == []


def test_checks_run_side_by_side():
    both = threading.Barrier(2, timeout=5)
    readiness("a")(both.wait)
    readiness("b")(both.wait)
    assert failed_checks() == []


def test_a_name_is_taken_once():
    readiness("a")(lambda: None)
    with pytest.raises(ValueError, match="registered twice"):
        readiness("a")(lambda: None)
