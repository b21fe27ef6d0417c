"""Label smoothing: cross-entropy with a target below 1 for real pictures, and the old one for the others."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given

from gan import registry
from gan.tricks.label_smoothing import d_loss

LOGITS = st.lists(st.floats(-12, 12), min_size=1, max_size=8)


def logits(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
@given(real=LOGITS, fake=LOGITS, amount=st.floats(0, 0.5))
def test_it_is_cross_entropy_with_a_target_below_1(name, real, fake, amount):
    r, f = logits(real), logits(fake)
    found = d_loss(registry.load("losses", name).d, r, f, amount)
    bce = F.binary_cross_entropy_with_logits
    expected = bce(r, torch.full_like(r, 1 - amount)) + bce(f, torch.zeros_like(f))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_d_has_no_reason_to_be_ever_surer_of_real_pictures():
    d = registry.load("losses", "non-saturating").d
    sure, fake = logits([6.0]), logits([0.0])
    assert torch.autograd.grad(d(sure, fake), sure)[0] < 0
    assert torch.autograd.grad(d_loss(d, sure, fake, 0.1), sure)[0] > 0
    best = logits([torch.tensor(0.9).double().logit().item()])
    assert torch.autograd.grad(d_loss(d, best, fake, 0.1), best)[0].item() == pytest.approx(0, abs=1e-7)


def test_hinge_by_hand():
    d = registry.load("losses", "hinge").d
    assert d_loss(d, logits([3.0]), logits([-2.0]), 0.25).item() == 0.25 * 4.0
    assert d_loss(d, logits([0.0]), logits([0.0]), 0.25).item() == 0.75 + 0.25 + 1.0
