"""Files named by a step, and which of them to drop."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gan.runs.retention import prune_log_spaced, steps_of

STEPS = st.lists(st.integers(0, 10**6), unique=True, max_size=60).map(sorted)


@given(STEPS, st.integers(2, 20))
def test_thinning_keeps_at_most_so_many_and_both_ends(steps, keep):
    dropped = prune_log_spaced(steps, keep)
    left = [step for step in steps if step not in dropped]
    assert len(left) == min(len(steps), keep)
    assert len(left) + len(dropped) == len(steps)
    assert left[:1] == steps[:1]
    assert left[-1:] == steps[-1:]


def test_thinning_step_by_step_stays_dense_early_and_reaches_the_end():
    left: list[int] = []
    for step in range(0, 20_000, 10):
        left.append(step)
        for old in prune_log_spaced(left, 24):
            left.remove(old)
    assert len(left) == 24
    assert (left[0], left[-1]) == (0, 19_990)
    assert all(b <= 3 * a + 20 for a, b in itertools.pairwise(left))  # no hole on a log axis
    assert sum(step < 2_000 for step in left) >= 8


def test_files_that_are_not_numbered_are_passed_over(tmp_path):
    for name in ("10.webp", "9.webp", "x.webp", ".1.webp.tmp", "2.png", "-3.webp", "1.5.webp"):
        (tmp_path / name).write_bytes(b"")
    for name in ("state-3.bin", "state-20.bin", "state-x.bin", "state--1.bin", "7.bin"):
        (tmp_path / name).write_bytes(b"")
    assert steps_of(tmp_path, "*.webp") == [9, 10]
    assert steps_of(tmp_path, "state-*.bin") == [3, 20]
    assert steps_of(tmp_path / "nowhere", "*.webp") == []
