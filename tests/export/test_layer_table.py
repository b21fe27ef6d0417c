"""The layer tables: FLOPs against a count by hand, rows in their order, and what does not fit, at its layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gan import models, registry
from gan.config import RunConfig
from gan.export import layer_table

LEAN_D = {  # output pixels, kernel pixels, channels in and out: two FLOPs for each product
    "Convolution 4 × 4, stride 2, 1 → 16": 2 * 14 * 14 * 4 * 4 * 1 * 16,
    "Convolution 4 × 4, stride 2, 16 → 32": 2 * 7 * 7 * 4 * 4 * 16 * 32,
    "Convolution 3 × 3, 32 → 32": 2 * 7 * 7 * 3 * 3 * 32 * 32,
    "Linear 1,568 → 1": 2 * 1568,
}


def test_flops_are_those_of_a_count_by_hand():
    table = layer_table.of_config(RunConfig(model="lean-resnet"), (1, 28, 28))["D"]
    assert {row["layer"]: row["flops"] for row in table.rows} == LEAN_D
    assert table.flops == sum(LEAN_D.values())


@pytest.mark.parametrize("model", [n for n in registry.names("models") if n != "mini-stylegan"])
def test_flops_are_those_of_the_library(model):
    side = (registry.card("models", model).facts["SIZES"] or (28,))[0]
    config, shape = RunConfig(model=model), (1, side, side)
    tables = layer_table.of_config(config, shape)
    nets = [net.eval() for net in models.build(config, shape, 0, 0, "cpu")]
    for (letter, table), net, inputs in zip(tables.items(), nets, ((config.z_dim,), shape), strict=True):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net(torch.zeros(1, *inputs))
        assert table.flops == counter.get_total_flops(), letter
        assert table.parameters == sum(row["parameters"] for row in table.rows)


def test_counting_hangs_nothing_on_the_modules_of_other_threads():
    layer, calls = nn.Linear(2, 2), []
    layer.register_forward_hook(lambda *_: calls.append(len(nn.modules.module._global_forward_hooks)))
    layer_table.rows(nn.Sequential(layer), (2,))
    assert calls
    assert not any(calls)


def test_a_shortcut_is_a_row_of_its_own():
    rows = layer_table.of_config(RunConfig(model="own-resnet"), (1, 28, 28))["D"].rows
    assert [row["layer"] for row in rows[:4]] == [
        "Convolution 3 × 3, 1 → 16",
        "Convolution 3 × 3, 16 → 16",
        "Convolution 3 × 3, 16 → 16",
        "Average of 2 × 2, then Convolution 1 × 1, 16 → 16",
    ]
    assert [row["output"] for row in rows[1:4]] == [[16, 28, 28], [16, 14, 14], [16, 14, 14]]
    assert rows[3]["then"] == ["+ input", "LeakyReLU 0.2"]


@pytest.mark.parametrize("stages", [4, 6])
def test_what_does_not_fit_is_shown_at_its_layer(stages):
    tables = layer_table.of_config(RunConfig(model="own-dcgan", stages=stages), (1, 28, 28))
    assert tables["D"].misfit == "D, layer 3: a 7 × 7 map cannot be halved."
    assert [row.get("misfit") for row in tables["D"].rows[:4]] == [
        None,
        None,
        "a 7 × 7 map cannot be halved",
        "4 × 4 kernel on a 3 × 3 map",
    ]
    assert tables["G"].rows[0]["misfit"].startswith("28 × 28 cannot be halved")


def test_a_network_of_any_size_is_a_matter_of_milliseconds():
    config = RunConfig(model="own-mlp", units=4096, layers_g=8)
    assert layer_table.of_config(config, (1, 28, 28))["G"].parameters > 100_000_000
