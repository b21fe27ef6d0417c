"""Programs: what is written of every model, drawn by the engine of the page in node, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import torch as safetensors_torch
from torch import Tensor, nn

from gan import images, registry
from gan.config import RunConfig
from gan.evaluation.evalnet import EvalNet
from gan.export import page_weights, program, program_check
from gan.models import BaseGenerator, Spec, build
from gan.models._batchnorm import settle
from gan.sampler import Sampler
from tests.models.test_models import shapes

NODE = shutil.which("node")
DRAWER = Path(__file__).parents[1] / "js/draw-cases.js"
Z_DIM, CLASSES = 12, 4


class Odd(BaseGenerator):
    """Operations that none of our models has, but a model may have."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.start = nn.Parameter(torch.randn(1, 6, 3, 4))
        self.names = nn.Embedding(CLASSES, 5)
        self.first = nn.Linear(Z_DIM + 5, 24)
        self.norm = nn.LayerNorm(24)
        self.scale = nn.Linear(24, 6)
        self.modulated = nn.Parameter(torch.randn(8, 6, 3, 3))
        self.gaps = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=2)
        self.groups = nn.GroupNorm(2, 8)
        self.up = nn.ConvTranspose2d(8, 6, (3, 5), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=1)
        self.down = nn.Conv2d(6, 12, (3, 4), stride=(2, 1), padding=(0, 2))
        self.attend = nn.Linear(12, 12)
        self.last = nn.Conv2d(3, 3, 1)

    def mapping(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        assert y is not None
        z = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        return F.softplus(self.norm(F.elu(self.first(torch.cat([z, self.names(y)], 1)))))

    def synthesis(self, w: Tensor) -> Tensor:
        style = torch.addcmul(torch.ones(6), self.scale(w), self.scale.bias, value=0.5) + self.scale(w)  # N,6
        weight = self.modulated * 0.3  # Karras et al. 2020: scale, convolve, demodulate
        demodulation = ((weight[None] * style[:, None, :, None, None]) ** 2).sum((2, 3, 4)).add(1e-8).rsqrt()
        x = F.conv2d(self.start.expand(len(w), -1, -1, -1) * style[:, :, None, None], weight, padding=1)
        x = F.silu(x * demodulation[:, :, None, None])  # N,8,3,4
        x = F.gelu(self.groups(self.gaps(x)), approximate="tanh") + F.gelu(x).abs().sqrt()
        x = F.leaky_relu(self.down(self.up(x)), 0.1)
        x = F.avg_pool2d(F.interpolate(x, scale_factor=2, mode="nearest"), 2)
        x = F.interpolate(x, size=(5, 7), mode="bilinear")
        rows = x.flatten(2).transpose(1, 2)  # N,35,12
        shares = torch.softmax(self.attend(rows) @ rows.transpose(1, 2) / 12, 2)
        x = (shares @ rows).transpose(1, 2).reshape(-1, 12, 5, 7)
        x = F.pixel_shuffle(F.pad(x, (1, 0, 0, 2)), 2)  # N,3,14,16
        low, high = x[:, :, ::2].chunk(2, 3)
        x = self.last(torch.stack([low, high], 2).flatten(2, 3).clamp(-3, 3))
        return torch.tanh(x - x.mean((1, 2, 3), keepdim=True) + 0.5 * torch.sigmoid(x).var((2, 3), keepdim=True))


def pair(name: str, shape: tuple[int, int, int], n_classes: int) -> tuple[Any, Any]:
    config = RunConfig(model=name, z_dim=Z_DIM, width=4, conditional=n_classes > 0)
    return build(config, shape, n_classes, 0, "cpu")


def made(name: str, shape: tuple[int, int, int], n_classes: int) -> Any:
    """A generator of weights of 16 bits, whose pictures are not all grey."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        G = Odd(Spec(shape, Z_DIM, 4, n_classes)) if name == "odd" else pair(name, shape, n_classes)[0]
        with torch.no_grad():
            for weight in G.parameters():
                weight.mul_(1.5) if weight.ndim > 1 else weight.add_(0.3 * torch.randn_like(weight))
        settle(G, torch.randn(64, Z_DIM), torch.arange(64) % n_classes if n_classes else None)
    return G.half().float().eval()


def cases() -> Iterator[tuple[str, str, tuple[int, int, int], int]]:
    yield "odd", "odd", (3, 14, 8), CLASSES
    for name in registry.names("models"):
        for shape in shapes(name):
            for n_classes in (0, CLASSES) if "conditional" in registry.card("models", name).facts["KNOBS"] else (0,):
                yield f"{name}-{'x'.join(map(str, shape))}-{n_classes}", name, shape, n_classes


def write(folder: Path, case: str, content: dict[str, Any], weights: bytes) -> None:
    (folder / f"{case}.json").write_text(json.dumps(content))
    (folder / f"{case}.safetensors").write_bytes(weights)


def differences(folder: Path, *plain: str) -> dict[str, int]:
    """By case the largest difference between a pixel of the engine's and one of PyTorch's."""
    assert NODE is not None
    ran = subprocess.run([NODE, DRAWER, folder, *plain], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {line["name"]: line["difference"] for line in lines}


@pytest.mark.skipif(NODE is None, reason="node is not here")
def test_the_page_draws_what_pytorch_draws(tmp_path):
    """Every model in every shape it is tested in, one of operations that none has, and a run of old names."""
    z = torch.randn(3, Z_DIM, generator=torch.Generator().manual_seed(1))
    for case, name, shape, n_classes in cases():
        G = made(name, shape, n_classes)
        classes = torch.tensor([3, 1, 0]) if n_classes else None
        with torch.no_grad():
            pixels = images.to_pixels(G(z, classes).numpy())
        assert pixels.std() > 2, f"{case} draws nothing that could differ"
        tensors = {f"G_ema.{key}": value for key, value in G.state_dict().items()}
        content: dict[str, Any] = {
            "program": program.generator(G, Z_DIM, n_classes),
            "z": z.flatten().tolist(),
            "classes": None if classes is None else classes.tolist(),
            "pixels": pixels.flatten().tolist(),
        }
        packed = page_weights.packed(safetensors_torch.save(tensors, metadata={"step": "7"}))
        numbers = None if classes is None else classes.numpy()
        followed = program_check.pictures(content["program"], packed, z.numpy(), numbers)
        assert np.abs(followed.astype(int) - pixels).max() <= 1, case
        write(tmp_path, case, content, packed)
    for run in ("lean-mnist", "dcgan-deep-cond-mnist", "mini-stylegan-mnist"):
        path = Path("checkpoints") / run
        sampler = Sampler.load(path)
        shifted = bool(sampler.layers)  # then numbers stand behind z that are added to w
        length = sampler.z_dim + (sampler.w_dim if shifted else 0)
        noise = np.random.default_rng(0).standard_normal((3, length), np.float32)
        content = {
            "program": program.generator(sampler.generator, sampler.z_dim, sampler.classes),
            "z": noise.flatten().tolist(),
            "shifted": shifted,
            "pixels": sampler.images(noise).flatten().tolist(),  # each z with a class of its own
        }
        packed = page_weights.packed((path / "weights.safetensors").read_bytes())
        write(tmp_path, run, content, packed)
        if not shifted:
            continue
        centres = {name: found.tolist() for name, found in sampler.centres().items()}
        for name, psi in (("mean", 0.0), ("nearest", 0.6)):
            drawn = sampler.images(noise, None, psi, name).flatten().tolist()
            styles: dict[str, Any] = {"psi": psi, "centres": centres[name]}
            write(tmp_path, f"{run}-{name}", {**content, "styles": styles, "pixels": drawn}, packed)
        pairs = sampler.mix(noise[:1], noise[1:], 2, None, 0.6, "nearest").flatten().tolist()
        styles |= {"border": 2, "coarse": 1}
        write(tmp_path, f"{run}-mixed", {**content, "styles": styles, "pixels": pairs}, packed)
    with_instructions, without = differences(tmp_path), differences(tmp_path, "plain")
    assert set(with_instructions) == set(without) == {path.stem for path in tmp_path.glob("*.json")}
    assert max(with_instructions.values()) <= 1, with_instructions
    assert max(without.values()) <= 1, without


@pytest.mark.skipif(NODE is None, reason="node is not here")
def test_the_page_judges_as_pytorch_judges(tmp_path):
    """Every discriminator, and EvalNet."""
    for name in registry.names("models"):
        shape = shapes(name)[0]
        n_classes = CLASSES if "conditional" in registry.card("models", name).facts["KNOBS"] else 0
        D = pair(name, shape, n_classes)[1]
        x = torch.rand(3, *shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
        y = torch.tensor([3, 1, 0]) if n_classes else None
        settle(D.eval(), x, y)
        judge(tmp_path, name, program.discriminator(D.half().float(), shape, n_classes), D, x, y)
    net = EvalNet((1, 12, 12), 1).half().float().eval()
    x = torch.rand(3, 1, 12, 12, generator=torch.Generator().manual_seed(1))
    judge(tmp_path, "evalnet", program.discriminator(net, (1, 12, 12)), net, x, None)
    found = differences(tmp_path)
    assert len(found) == len(registry.names("models")) + 1
    assert max(found.values()) < 1e-3, found


def judge(folder: Path, case: str, written: dict[str, Any], D: Any, x: Tensor, y: Tensor | None) -> None:
    with torch.no_grad():
        logits = D(x, y) if y is not None else D(x)
    tensors = {f"D.{key}": value for key, value in D.state_dict().items()}
    content = {"program": written, "x": x.flatten().tolist(), "logits": logits.flatten().tolist()}
    content |= {"classes": None if y is None else y.tolist()}
    write(folder, case, content, page_weights.packed(safetensors_torch.save(tensors, metadata={"step": "1"}), "D"))


def plain(run: Any) -> dict[str, Any]:
    return program.network(nn.Identity().eval(), run, lambda n: {"x": torch.ones(n, 3)})


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (lambda x: x.sort(1).values, "sort is no operation"),
        (lambda x: x + torch.randn_like(x), "draws at random"),
        (lambda x: x - x.mean(0, keepdim=True), "compares the pictures"),
        (lambda x: x @ x.T, "compares the pictures"),
        (lambda x: x * len(x), "depends on the number of pictures"),
        (lambda x: x * float(x.sum()), "_local_scalar_dense is no operation"),
        (lambda x: (x[:, :2].relu_(), x)[1] * 2, "changed in place"),
        (lambda x: x.to(torch.int64), "whole ones"),
    ],
)
def test_what_the_engine_cannot_do_is_named(run, reason):
    with pytest.raises(program.Unsupported, match=reason):
        plain(run)


def test_changes_in_place_of_whole_tensors_are_written_as_if_they_made_new_ones():
    def run(x: Tensor) -> Tensor:
        counts = torch.zeros(len(x), 3)
        counts.add_(x).mul_(2)
        return F.relu(counts, inplace=True)

    assert [operation["op"] for operation in plain(run)["operations"]] == ["expand", "add", "mul", "relu"]


def test_batch_norm_and_activations_are_folded_and_shared_values_are_not():
    G = made("lean-resnet", (1, 8, 8), 0)
    operations = program.generator(G, Z_DIM, 0)["synthesis"]["operations"]
    conv = next(operation for operation in operations if operation["op"] == "conv")
    assert conv["norm"] == ["bn2.weight", "bn2.bias", "bn2.running_mean", "bn2.running_var"]
    assert conv["slope"] == 0.0
    assert [operation["op"] for operation in operations].count("relu") == 0

    def twice(x: Tensor) -> Tensor:
        weight = torch.eye(3)
        made = F.linear(x, weight)
        return F.relu(made) + made

    assert [operation["op"] for operation in plain(twice)["operations"]][-2:] == ["relu", "add"]


def test_a_program_names_weights_and_holds_none():
    G = made("gan-2014", (1, 8, 8), 0)
    assert len(json.dumps(program.generator(G, Z_DIM, 0))) < 3000


def test_numbers_that_16_bits_cannot_hold_stay_as_they_are():
    big = torch.tensor([1e6, 1.0])
    raw = page_weights.packed(safetensors_torch.save({"G.a": big, "G.b": torch.ones(2)}, metadata={"step": "1"}))
    tensors = safetensors_torch.load(raw)
    assert torch.equal(tensors["a"], big)
    assert tensors["b"].dtype == torch.float16
    with pytest.raises(ValueError, match="no weights"):
        page_weights.packed(raw[:40])
