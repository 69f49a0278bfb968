import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122

import pytest

from core import ids


def moment_of(key) -> int:
    """Milliseconds since 1970 in a key."""
    return key.int >> 80


def test_a_key_is_a_uuid_of_version_7_that_holds_the_time(monkeypatch):
    # Another test may have made keys in the future.
    monkeypatch.setattr(ids, "_last", 0)
    before = time.time_ns() // 1_000_000
    key = ids.uuid7()
    assert (key.version, key.variant) == (7, RFC_4122)
    # Keys that were made faster than the clock runs go ahead of it by fractions of a millisecond.
    assert before <= moment_of(key) <= time.time_ns() // 1_000_000 + 1000


def test_keys_sort_in_the_order_in_which_they_were_made():
    keys = [ids.uuid7() for _ in range(20_000)]
    assert all(first < second for first, second in pairwise(keys))
    assert all(str(first) < str(second) for first, second in pairwise(keys))


def test_keys_go_on_sorting_when_the_clock_stands_still_or_goes_back(monkeypatch: pytest.MonkeyPatch):
    last = ids.uuid7()
    for now in (time.time_ns(), 0, 10**18):
        monkeypatch.setattr(ids.time, "time_ns", lambda now=now: now)
        key = ids.uuid7()
        assert key > last
        last = key


def test_threads_never_make_the_same_key():
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [ids.uuid7() for _ in range(2_000)], range(8)))
    assert len({key for batch in batches for key in batch}) == 16_000
    assert len({key.int >> 64 for batch in batches for key in batch}) == 16_000


def test_a_key_cannot_be_guessed_from_another():
    tails = {ids.uuid7().int & (1 << 62) - 1 for _ in range(1_000)}
    assert len(tails) == 1_000
    assert len(bin(max(tails))) > 60
