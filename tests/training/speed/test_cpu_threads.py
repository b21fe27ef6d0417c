"""How many threads train: on machines that are only reckoned, where other programs come and go."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan.training.loop import train
from gan.training.speed import cpu_threads
from gan.training.speed.cpu_threads import Switch, Threads
from tests.engine import event, happened, kept, make, pictures, play, rows, same, tiny, until

BY = 0.7  # share of a step that more threads divide among themselves


@dataclass
class Machine:
    """Some cores, and programs that keep them busy from time to time."""

    cores: int
    hogs: list[int]  # how many are busy, in one `period` after the other
    period: float = 10.0
    collapse: float = 0.15  # of the pace is left to threads that wait for one without a core
    noise: float = 0.1
    seed: int = 0
    step: float = 0.012  # seconds that one thread needs alone
    times: list[tuple[float, float, int]] = field(default_factory=list)  # when, seconds, threads
    switches: list[tuple[float, Switch]] = field(default_factory=list)

    def pace(self, count: int, now: float) -> float:
        """Steps in the time of one that one thread makes alone."""
        busy = count + self.hogs[min(int(now / self.period), len(self.hogs) - 1)]
        waits = self.collapse if busy > self.cores and count > 1 else 1.0
        return min(1.0, self.cores / busy) * waits / (1 - BY + BY / count)

    def train(self, chosen: Threads, seconds: float | None = None) -> Machine:
        """Makes steps for so long, or until the last period is over."""
        now, draws = 0.0, random.Random(self.seed)
        while now < (seconds or self.period * len(self.hogs)):
            count = chosen.next
            took = self.step / self.pace(count, now) * draws.lognormvariate(0, self.noise)
            self.times.append((now, took, count))
            now += took
            if switch := chosen.took(took, 2):
                self.switches.append((now, switch))
        return self

    def shares(self, span: float = 5.0) -> list[float]:
        """Of the windows of so many seconds: steps made, to those that one thread would have made in the same."""
        starts = [start for start, _, _ in self.times]
        alone = [0.0, *accumulate(s / self.step * self.pace(1, t) for t, s, _ in self.times)]
        ends = [bisect_right(starts, start + span) for start in starts]
        return [(end - k) / (alone[end] - alone[k]) for k, end in enumerate(ends) if end < len(starts)]

    def switches_a_minute(self) -> int:
        """The most within any minute."""
        at = [now for now, _ in self.switches]
        return max((bisect_right(at, start + 60) - k for k, start in enumerate(at)), default=0)

    def paces(self, since: float, to: float) -> float:
        """Steps in the time of one, from then to then."""
        within = [took for start, took, _ in self.times if since <= start < to]
        return self.step * len(within) / sum(within)


busy = st.lists(st.integers(0, 3), min_size=3, max_size=20)


@given(busy, st.floats(2, 30), st.floats(0.15, 1), st.floats(0, 0.3), st.integers(0, 99))
def test_two_cores_never_fall_under_sixty_per_cent_of_one_thread(
    hogs: list[int], period: float, collapse: float, noise: float, seed: int
) -> None:
    machine = Machine(2, hogs, period, collapse, noise, seed).train(Threads((1, 2)))
    assert min(machine.shares(), default=1.0) > 0.6
    assert machine.switches_a_minute() <= 5


@given(busy, st.sampled_from((3, 4, 8, 16)), st.floats(8, 30), st.integers(0, 99))
def test_more_cores_neither(hogs: list[int], cores: int, period: float, seed: int) -> None:
    machine = Machine(cores, hogs, period, seed=seed).train(Threads(cpu_threads.steps(cores)))
    assert min(machine.shares(), default=1.0) > 0.6


@pytest.mark.parametrize("cores", [2, 4, 8])
def test_a_quiet_machine_is_used_whole_and_the_rest_costs_little(cores: int) -> None:
    machine = Machine(cores, [0] * 12).train(Threads(cpu_threads.steps(cores)))
    assert [switch.threads for _, switch in machine.switches] == [*cpu_threads.steps(cores)[1:]]
    assert machine.switches[-1][0] < 15
    assert machine.paces(20, 120) > 0.97 * machine.pace(cores, 0)


@pytest.mark.parametrize("hogs", [1, 2, 3])
def test_looking_for_more_on_a_busy_machine_costs_little(hogs: int) -> None:
    machine = Machine(2, [hogs] * 30).train(Threads((1, 2)))
    assert machine.switches == []
    assert machine.paces(0, 300) > 0.985 * machine.pace(1, 0)
    assert {count for _, _, count in machine.times} == {1, 2}


def test_a_collapse_ends_within_a_second() -> None:
    machine = Machine(2, [0, 0, 0, 1, 1, 1], noise=0.05).train(Threads((1, 2)))
    (up, more), (down, fewer) = machine.switches
    assert (more.before, more.threads, more.why) == (1, 2, "due")
    assert (fewer.before, fewer.threads, fewer.why) == (2, 1, "slow")
    assert up < 10
    assert 30 < down < 31.2
    assert fewer.paces[1] > 2 * fewer.paces[0]


@pytest.mark.parametrize("cores", [2, 4])
def test_a_program_may_come_at_any_moment_even_amid_a_comparison(cores: int) -> None:
    for k in range(120):
        machine = Machine(cores, [0, 3], 5 + k / 10, noise=0.02)
        machine.train(Threads(cpu_threads.steps(cores)), machine.period + 8)
        assert min(machine.shares()) > 0.6


def test_a_program_that_comes_again_and_again_is_not_followed_every_time() -> None:
    machine = Machine(2, [0, 0, 0, 0, 0, 1] * 20, 2.0).train(Threads((1, 2)))
    assert len(machine.switches) <= 12, "in four minutes and twenty visits"
    assert machine.paces(0, 240) > 1.0


def test_slow_steps_are_compared_less_often() -> None:
    machine = Machine(2, [3] * 60, step=1.0).train(Threads((1, 2)))
    assert machine.paces(100, 600) > 0.95 * machine.pace(1, 0)


def test_what_is_quiet_again_is_found_again() -> None:
    machine = Machine(2, [0, 0, 1, 1, *[0] * 6]).train(Threads((1, 2)))
    assert [switch.threads for _, switch in machine.switches] == [2, 1, 2]
    assert machine.switches[-1][0] < 40 + cpu_threads.SELDOM_SECONDS + 2


def test_a_resumed_run_that_used_both_cores_soon_sees_that_one_is_taken() -> None:
    machine = Machine(2, [1, 1]).train(Threads((1, 2), last=2))
    ((at, switch),) = machine.switches
    assert switch.threads == 1
    assert at < cpu_threads.SOON_SECONDS + 2


@pytest.mark.parametrize("count", [1, 3])
def test_a_single_choice_is_never_left(count: int) -> None:
    chosen = Threads((count,))
    machine = Machine(2, [0, 3, 0, 3]).train(chosen)
    assert {count for _, _, count in machine.times} == {count}
    assert machine.switches == []


def test_the_same_times_lead_to_the_same_decisions() -> None:
    one, other = (Machine(4, [0, 2, 0, 3]).train(Threads((1, 2, 4))) for _ in range(2))
    assert one.switches == other.switches != []


def test_a_slow_step_is_tried_twice_and_no_longer() -> None:
    """Two seconds a step: every stretch is two steps and one to warm up."""
    chosen, used = Threads((1, 2)), []
    for _ in range(60):
        used.append(chosen.next)
        chosen.took(2.0 / chosen.next, 2)
    first = used.index(2)
    assert used[first : first + 3] == [2, 2, 2]
    assert used[-1] == 2
    assert math.isclose(used.count(1) / 60, 0.3, abs_tol=0.2)


@pytest.mark.parametrize(("most", "tried"), [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (6, (1, 2, 4, 6))])
def test_ones_twos_fours_and_all_are_tried(most: int, tried: tuple[int, ...]) -> None:
    assert cpu_threads.steps(most) == tried


def test_a_number_is_for_good_and_a_gpu_leaves_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_threads, "cores", lambda: 4)
    assert cpu_threads.choose(tiny(threads=3), last=1).settled == 3
    assert cpu_threads.choose(tiny(threads=0)).settled == 1
    assert cpu_threads.choose(tiny(threads=0), last=3).settled == 2
    assert cpu_threads.choose(tiny(threads=0, device="cuda"), last=1).settled == 3
    assert cpu_threads.choose(tiny(threads=0, device="cuda"), spare=1).settled == 3


@pytest.mark.parametrize(("most", "spare", "used"), [(4, 1, 3), (2, 1, 1), (1, 1, 1), (4, 0, 4)])
def test_a_host_may_have_cores_left_to_others(
    most: int, spare: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_threads, "cores", lambda: most)
    assert cpu_threads.choose(tiny(threads=0), last=most, spare=spare).settled == used
    assert cpu_threads.choose(tiny(threads=2), spare=spare).settled == 2


# -- in the training loop ----------------------------------------------------------------------------


@pytest.fixture
def own_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def hasty(own_threads: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Two threads as soon as so many steps are made."""

    def after(steps: int) -> None:
        def took(self: Threads, seconds: float, updates: int) -> Switch | None:
            self.count = getattr(self, "count", 0) + 1  # type: ignore[attr-defined]
            if self.count != steps or self.settled == 2:  # type: ignore[attr-defined]
                return None
            self._place, self.next = 1, 2
            return Switch(1, 2, "due", (100.0, 150.0))

        monkeypatch.setattr(cpu_threads, "cores", lambda: 2)
        monkeypatch.setattr(Threads, "took", took)

    return after


def test_a_switch_is_told_kept_and_taken_up(tmp_path, hasty, quick_disk) -> None:
    hasty(4)
    run, seen = make(tmp_path, tiny(threads=0)), []
    ticks = train(run, pictures())
    for tick in ticks:
        seen.append(torch.get_num_threads())
        if tick.step == 6:
            break
    ticks.close()
    assert seen == [1, 1, 1, 2, 2, 2]
    told = event(run, "threads")
    assert {name: told[name] for name in ("step", "before", "threads", "why", "paces")} == {
        "step": 4,
        "before": 1,
        "threads": 2,
        "why": "due",
        "paces": [100.0, 150.0],
    }
    assert event(run, "started")["threads"] == 1
    torch.set_num_threads(1)
    play(run)
    assert event(run, "resumed")["threads"] == 2
    assert torch.get_num_threads() == 2


def test_a_fixed_number_never_switches_and_repeats_its_numbers(tmp_path, own_threads, quick_disk, monkeypatch) -> None:
    """However long its steps take."""
    clock = iter(range(0, 10**6, 3))
    monkeypatch.setattr("gan.training.loop.time.perf_counter", lambda: float(next(clock)))
    one, other = (make(tmp_path, tiny(threads=1), run_id=name) for name in ("one", "other"))
    play(one)
    until(other, 4)
    torch.set_num_threads(2)
    play(other)
    assert "threads" not in happened(one) + happened(other)
    assert torch.get_num_threads() == 1
    assert rows(one) == rows(other)
    assert same(kept(one), kept(other))


def test_auto_compares_in_a_real_run(tmp_path, quick_disk, monkeypatch) -> None:
    """By a clock whose steps take half as long on two threads."""
    now, used = [0.0], [1]

    def clock() -> float:
        now[0] += 0.5 / used[-1]
        return now[0]

    monkeypatch.setattr(cpu_threads, "cores", lambda: 2)
    monkeypatch.setattr("gan.hardware.use_threads", used.append)
    monkeypatch.setattr("gan.training.loop.time.perf_counter", clock)
    run = make(tmp_path, tiny(threads=0), steps=40)
    play(run)
    assert (used[:5], used[-5:]) == ([1] * 5, [2] * 5)
    assert event(run, "threads")["threads"] == 2
    assert event(run, "threads")["paces"] == [4.0, 8.0]
