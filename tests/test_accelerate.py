"""Faster ways change nothing but speed: recordings and precision; and a run keeps what it began with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gan import accelerate, models, registry
from gan.accelerate import Graphs
from gan.runs import RunError
from gan.step import Players
from tests.engine import event, kept, make, play, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")


def players_of(shape=(1, 8, 8), n_classes=0, **settings) -> Players:
    config = tiny(**settings)
    G, D = models.build(config, shape, n_classes, config.seed, "cpu")
    return Players(config, G, D, registry.load("losses", config.loss))


def real_of(k, shape=(1, 8, 8)):
    return torch.rand(4, *shape, generator=torch.Generator().manual_seed(100 + k)) * 2 - 1


# -- recordings --------------------------------------------------------------------------------------


class Tape(TorchDispatchMode):
    """Every kernel that ran, with the very tensors and numbers it was given: what a CUDA graph holds."""

    def __init__(self):
        super().__init__()
        self.kernels = []

    def __torch_dispatch__(self, kernel, types, args=(), kwargs=None):
        out = kernel(*args, **(kwargs or {}))
        self.kernels.append((kernel, args, kwargs or {}, out))
        return out

    @torch.no_grad()
    def play(self):
        """Runs them once more, each result into the memory of the first; autograd does not notice."""
        met = {id(t): t for t in tree_leaves(self.kernels) if isinstance(t, Tensor)}
        with _unsafe_preserve_version_counter(tuple(met.values())):
            for kernel, args, kwargs, out in self.kernels:
                again = kernel(*args, **kwargs)
                for mine, its in zip(tree_leaves(out), tree_leaves(again), strict=True):
                    if isinstance(mine, Tensor) and mine.data_ptr() != its.data_ptr():
                        mine.copy_(its)


class Taping:
    """Records on the CPU as CudaGraphs does on CUDA; `fails` names the recording that does not work."""

    def __init__(self, fails=0):
        self.fails, self.recorded = fails, 0

    def rehearse(self, work):
        return work()

    def record(self, work):
        self.recorded += 1
        if self.recorded == self.fails:
            raise RuntimeError("this cannot be recorded\nand here is why")
        with Tape() as tape:
            out = work()
        return out, tape.play


@pytest.fixture
def double() -> Iterator[None]:
    """A learning rate in a tensor is then the number itself."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


ROUNDS = [*[(1, 1)] * 6, (2, 3), (1, 0), (0, 1), (0, 1), (1, 1), (1, 0), (0, 2), (2, 1), (1, 1)]
BY_HAND_FIRST = [*[(0, 1)] * 5, *[(1, 0)] * 5, (1, 2), (0, 1), (1, 1), (1, 1), (0, 1), (1, 1)]


def history(players: Players, rounds, n_classes=0) -> list[Tensor]:
    """All that the updates told, while learning rates change."""
    told = []
    for k, (n_d, n_g) in enumerate(rounds):
        players.set_rates(1e-3 / (k + 1), 2e-3 / (k + 1))
        for _ in range(n_d):
            update = players.d_updates
            y = torch.arange(update, update + 4) % n_classes if n_classes else None
            told.append(players.update_d(real_of(update), y))
        told.extend(players.update_g() for _ in range(n_g))
        players.end_round()
    return told


def tensors(players: Players) -> dict[str, Tensor]:
    nets = {"G": players.G, "D": players.D, "average": players.average}
    found = {f"{name}.{k}": v for name, net in nets.items() for k, v in net.state_dict().items()}
    for name, adam in (("opt_g", players.opt_g), ("opt_d", players.opt_d)):
        found |= {f"{name}.{k}": v for k, v in adam.tensors().items()}
    return found


SETTINGS = (
    {"model": "gan-dropout", "ema_decay": 0.9},
    {"model": "gan-dropout", "reuse_fake": False, "ema_decay": 0.0},
    {"model": "lean", "conditional": True, "n_classes": 3},
    {"model": "dcgan-tutorial", "loss": "minimax"},
    {"model": "lean-residual", "r1": 0.3},
    {"model": "lean", "r1": 0.3, "reuse_fake": False},
)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("rounds", [ROUNDS, BY_HAND_FIRST])
@pytest.mark.parametrize("settings", SETTINGS)
def test_recordings_do_what_the_updates_do(settings, rounds, monkeypatch):
    """Bit for bit: new pictures, noise, classes, masks, rates and pace of the average reach every replay."""
    monkeypatch.setattr("gan.penalty.EVERY", 2)
    n_classes = settings.get("n_classes", 0)
    plain, recorded = players_of(**settings), players_of(**settings)
    recorded.perform = graphs = Graphs(recorded, Taping(), pytest.fail)
    one, two = history(plain, rounds, n_classes), history(recorded, rounds, n_classes)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert same(tensors(plain), tensors(recorded))
    reused = settings.get("reuse_fake", True)
    expected = {"d", "g", "g alone"} if reused else {"d", "g alone"}
    if settings.get("r1"):
        expected |= {"d with r1", "g with r1"} if reused else {"d with r1"}
    assert set(graphs.kinds) == expected


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("r1", [0.0, 0.3])
@pytest.mark.parametrize("n_d", [2, 3])
def test_recordings_survive_several_updates_of_d_in_a_step(n_d, r1, monkeypatch):
    monkeypatch.setattr("gan.penalty.EVERY", 4)
    plain, recorded = (players_of(model="lean-residual", r1=r1) for _ in range(2))
    recorded.perform = graphs = Graphs(recorded, Taping(), pytest.fail)
    one, two = (history(players, [(n_d, 1)] * 30) for players in (plain, recorded))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert same(tensors(plain), tensors(recorded))
    assert {"d", "g"} <= set(graphs.kinds)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("fails", [1, 2, 3])
def test_training_goes_on_without_recordings_and_says_why(fails):
    settings = {"model": "gan-dropout", "ema_decay": 0.9}
    plain, other = players_of(**settings), players_of(**settings)
    told: list[str] = []
    other.perform = Graphs(other, Taping(fails), told.append)
    one, two = history(plain, ROUNDS), history(other, ROUNDS)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert same(tensors(plain), tensors(other))
    (text,) = told
    assert text.endswith("train more slowly: this cannot be recorded")


# -- precision ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 0.9])
@pytest.mark.parametrize("model", registry.names("models"))
def test_bfloat16_stays_near(model, decay):
    """Weights, moments and what is told stay float32; the first gradients point the same way."""
    shape = {"dcgan-16": (1, 16, 16), "first-steps": (2, 1, 1)}.get(model, (1, 8, 8))
    settings = {"model": model, "batch": 64, "z_dim": 16, "ema_decay": decay}
    plain, short = players_of(shape, **settings), players_of(shape, **settings)
    accelerate._set_precision(short, "bf16")
    for one, other in zip(accelerate._slopes(short), accelerate._slopes(plain), strict=True):
        assert 0.9 < torch.cosine_similarity(one, other, dim=0) < 1.0
    assert {t.dtype for t in tensors(short).values()} <= {torch.float32, torch.int64}
    assert short.update_d(real_of(0, shape)).dtype == torch.float32


@pytest.fixture
def probing(monkeypatch):
    """A machine whose bfloat16 takes a `share` of the time, for networks of any size."""

    def machine(share, tolerance=1.0):
        monkeypatch.setattr(accelerate, "WORTHWHILE", 0)
        monkeypatch.setattr(accelerate, "TOLERANCE", tolerance)
        monkeypatch.setattr(accelerate, "_candidates", lambda device: ("bf16",))
        plain = players_of().call
        monkeypatch.setattr(
            accelerate, "_seconds", lambda players: 1.0 if players.call is plain else share
        )

    return machine


@pytest.mark.parametrize(
    ("share", "tolerance", "found"),
    [(0.5, 1.0, "bf16"), (0.9, 1.0, "fp32"), (0.5, 0.0, "fp32")],
)
def test_auto_takes_what_is_clearly_faster_and_near(probing, share, tolerance, found):
    probing(share, tolerance)
    players = players_of(model="gan-dropout")
    before = tensors(players)
    kept_before = {name: t.clone() for name, t in before.items()}
    assert accelerate.probe(players) == found
    assert same(kept_before, tensors(players))
    assert players.d_updates == players.g_updates == 0


def test_auto_leaves_small_networks_alone(monkeypatch):
    monkeypatch.setattr(accelerate, "_candidates", lambda device: ("bf16",))
    monkeypatch.setattr(accelerate, "_twin", lambda *_: pytest.fail("probed"))
    assert accelerate.probe(players_of()) == "fp32"


def test_a_run_stays_with_the_precision_it_began_with(tmp_path, probing, monkeypatch):
    probing(0.5)
    whole, parts = (make(tmp_path, run_id=name) for name in ("whole", "parts"))
    play(whole)
    until(parts, 4)
    monkeypatch.setattr(accelerate, "probe", lambda players: pytest.fail("probed again"))
    play(parts)
    assert event(parts, "started")["precision"] == event(parts, "resumed")["precision"] == "bf16"
    assert rows(parts) == rows(whole)
    assert same(kept(parts), kept(whole))
    play(plain := make(tmp_path, tiny(precision="fp32"), run_id="plain"))
    assert rows(plain) != rows(whole)


def test_a_run_from_before_there_was_a_choice_goes_on_as_it_was(tmp_path, unbroken, monkeypatch):
    run = make(tmp_path)
    until(run, 4)
    path = run.path / "events.jsonl"
    lines = path.read_text().replace('"precision": "fp32"', '"old": true')
    assert "old" in lines
    path.write_text(lines)
    monkeypatch.setattr(accelerate, "probe", lambda players: pytest.fail("probed"))
    play(run)
    assert rows(run) == rows(unbroken)


def test_tf32_is_refused_where_there_is_none(tmp_path):
    with pytest.raises(RunError, match=r"^precision: tf32 needs CUDA"):
        play(make(tmp_path, tiny(precision="tf32")))


def test_products_are_shortened_while_a_run_trains_only():
    place = torch.backends.cuda.matmul
    before, during = place.fp32_precision, []
    with accelerate.products_kept():
        for precision in ("tf32", "fp32", "tf32"):
            accelerate._with_products(lambda: during.append(place.fp32_precision), precision)()
            assert place.fp32_precision == during[-1], "whoever looks finds it, too"
    assert place.fp32_precision == before
    assert during == ["tf32", "ieee", "tf32"]
