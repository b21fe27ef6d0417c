"""The code of some settings: a file that trains as the loop does, for every preset, and holds nothing else."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from gan import games, registry
from gan.config import RunConfig, preset
from gan.export import code, layer_table
from gan.models import _layers as layers

PRESETS = [
    name
    for name in registry.names("presets")
    if not preset(name)[0].from_source and preset(name)[0].conditioning != "words"
]
STEPS, IMAGES, CLASSES = 3, 12, 3
SMALL = {"batch": 4, "z_dim": 6, "device": "cpu", "threads": 1}
DECIDED = {
    "TORCHVISION",
    "POINTS",
    "CONDITIONAL",
    "NEEDS_REAL",
    "PENALTIES",
    "VIEWS",
    "PREPARE",
    "TARGETS",
    "EMA",
}


def small(name: str) -> RunConfig:
    """A preset with small batches, and narrow where it can be."""
    config, _ = preset(name)
    narrow = {"width": 4} if "width" in registry.card("models", config.model).facts["KNOBS"] else {}
    return config.replace(**SMALL, **narrow)


@pytest.fixture
def exact() -> Iterator[None]:
    """Numbers in float64, so that sums in another order make no other weights."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def executed(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(text, "code.py", "exec"), names)
    return names


class Real:
    """The batches of a run: every update sees the same rows, whoever asks."""

    def __init__(self, config: RunConfig, shape: tuple[int, int, int], n_classes: int) -> None:
        draw = torch.Generator().manual_seed(1)
        self.x = torch.rand(IMAGES, *shape, generator=draw) * 2 - 1
        self.y = torch.arange(IMAGES) % n_classes if n_classes else None
        self.batch = config.batch

    def __call__(self, update: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        rows = (torch.arange(self.batch) + update * self.batch) % IMAGES
        return self.x[rows], None if self.y is None else self.y[rows]


def loop(config: RunConfig, game: Any, real: Real) -> None:
    """Steps as the training loop makes them."""
    for step in range(STEPS):
        factor = _factor(config, step)
        for net, rate in (("G", config.lr_g), ("D", config.lr_d)):
            game.optimizers[net].set_rate(rate * factor)
        for name, count in (("d", config.d_steps), ("g", config.g_steps)):
            for _ in range(count):
                game.update(name, real)
        game.end_step()


def _factor(config: RunConfig, step: int) -> float:
    from gan.config import decayed

    epoch = step * config.d_steps * config.batch / IMAGES
    return decayed(step, epoch, config.decay_steps, config.half_life, config.half_life_steps)


def file_trained(config: RunConfig, text: str, game: Any, real: Real) -> tuple[Any, Any, Any]:
    """The networks of the file, begun as the loop's and trained by its own `train` on the loop's random numbers."""
    names = executed(text)
    G, D = names["make_networks"]()
    G.load_state_dict(game.nets["G"].state_dict())
    D.load_state_dict(game.nets["D"].state_dict())
    rng, turns = game.rng, {"z for D": 0, "z for G": 0}

    def noise(n: int) -> torch.Tensor:
        of_g = config.d_steps == 0 or (not config.reuse_fake and turns["z for D"] > turns["z for G"])
        purpose = "z for G" if of_g else "z for D"
        turns[purpose] += 1
        return rng.z(purpose, turns[purpose] - 1, n, config.z_dim)

    def batches(*_: Any) -> Iterator[Any]:
        for update in range(100):
            x, y = real(update)
            yield x if y is None else (x, y)

    def random_classes(n: int) -> torch.Tensor:
        return rng.classes("classes for G", turns["z for G"], n, CLASSES)

    def drawing(draw: Any, purpose: str) -> Any:
        calls = [0]

        def drawn(shape: Any, generator: Any, amount: Any) -> Any:
            update, whom = divmod(calls[0], 2)
            calls[0] += 1
            return draw(shape, rng.generator(f"{purpose} for {'DG'[whom]}", update), amount)

        return drawn

    names |= {"noise": noise, "batches": batches, "random_classes": random_classes}
    for kind in ("augmentations", "tricks"):
        for name in registry.names(kind):
            key = f"{name.replace('-', '_')}_draw"
            if key in names:
                names[key] = drawing(names[key], registry.load(kind, name).__name__)
    for net in (G, D):
        for layer in net.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
    arguments = (real.x,) if real.y is None else (real.x, real.y)
    shown = names["train"](G, D, *arguments, STEPS)
    return shown, G, D


def assert_the_file_trains_as_the_loop(config: RunConfig, text: str, shape: tuple[int, int, int]) -> None:
    n_classes = CLASSES if config.conditional else 0
    game: Any = games.build(config, shape, CLASSES, "cpu")
    for net in game.nets.values():
        for layer in net.modules():
            if isinstance(layer, layers.Dropout):
                layer.threshold = 0
    real = Real(config, shape, n_classes)
    shown, G, D = file_trained(config, text, game, real)
    start = {name: value.clone() for name, value in game.nets["G"].state_dict().items()}
    loop(config, game, real)
    for mine, its in ((G, game.nets["G"]), (D, game.nets["D"]), (shown, game.G_ema)):
        for (name, a), b in zip(mine.named_parameters(), its.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8, msg=name)
    if config.g_steps:
        assert any(not torch.equal(start[name], value) for name, value in G.state_dict().items())


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_a_preset_trains_as_the_loop(name: str) -> None:
    config = small(name)
    shape = layer_table.data_shape(config)
    text = code.source(config, shape, CLASSES)
    assert_the_file_trains_as_the_loop(config, text, shape)


WAYS = {  # what no preset uses
    "everything": {"model": "lean-resnet", "r1": 0.3, "spectral_norm": True, "translation": 1, "label_smoothing": 0.1},
    "relativistic": {"model": "lean-resnet", "loss": "relativistic", "r1": 0.1, "r2": 0.1, "cutout": 2},
    "clipping": {"model": "own-dcgan", "loss": "wasserstein", "weight_clipping": 0.01, "d_steps": 3, "r1": 0.2},
    "own mlp": {"model": "own-mlp", "units": 8, "norm_d": "batch", "reuse_fake": False, "ema_decay": 0.0},
    "own resnet": {
        "model": "own-resnet",
        "conditional": True,
        "upsampling": "pixel-shuffle",
        "stages": 1,
        "half_life_steps": 2.0,
    },
    "auxiliary": {"model": "lean-resnet", "conditional": True, "conditioning": "auxiliary", "r1": 0.3, "d_steps": 2},
    "auxiliary in one pass": {
        "model": "own-dcgan",
        "conditional": True,
        "conditioning": "auxiliary",
        "loss": "relativistic",
        "spectral_norm": True,
        "translation": 1,
    },
    "noise": {"model": "dcgan-deep", "instance_noise": 0.3, "instance_noise_steps": 4, "minibatch_deviation": True},
}


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("way", WAYS)
def test_the_code_of_other_settings_trains_as_the_loop(way: str) -> None:
    config = RunConfig(**{**SMALL, "width": 4, "dataset": "mnist", **WAYS[way]})
    text = code.source(config, (1, 8, 8), CLASSES)
    assert_the_file_trains_as_the_loop(config, text, (1, 8, 8))


@pytest.mark.parametrize("name", PRESETS)
def test_the_file_has_nothing_that_the_settings_do_not_use(name: str) -> None:
    config, facts = preset(name)
    tree = ast.parse(code.source(config, layer_table.data_shape(config), title=facts["title"]))
    top = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert set(top) - used == set()
    assigned = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in ast.walk(n) if isinstance(t, ast.Name)}
    assert assigned - used <= {"torch"}
    assert not DECIDED & (used | assigned)
    if not config.conditional:
        assert "y" not in used


def test_lines_that_differ_are_told() -> None:
    base = code.source(RunConfig(), (1, 28, 28))
    other = code.source(RunConfig(r1=0.5, lr_g=0.01), (1, 28, 28))
    lines = other.splitlines()
    changed = {lines[line - 1].strip() for line in code.changed_lines(other, base)}
    assert "LR_G, LR_D = 0.01, 0.002  # learning rates" in changed
    assert "total = total + 0.5 * r1_EVERY * r1_penalty(D, seen_real, seen_fake)" in changed
    assert "loss_g.backward()" not in changed
    assert code.changed_lines(base, base) == set()


def test_the_notebook_holds_the_same_code() -> None:
    text = code.source(RunConfig(), (1, 28, 28), title="A title")
    book = json.loads(code.notebook(text))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    cells = book["cells"]
    assert "".join(cells[0]["source"]).startswith("# A title.")
    assert [cell["cell_type"] for cell in cells[:2]] == ["markdown", "code"]
    assert "".join(cells[-1]["source"]) == "main()"
    joined = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert functions <= {n.name for n in ast.parse(joined).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert len({cell["id"] for cell in cells}) == len(cells)
