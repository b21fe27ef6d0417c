"""What is decided once for a whole set."""

import numpy as np
import pytest

from gan.datasets._decode import Sample
from gan.datasets.own import decisions, report

GREY = np.zeros((1, 1, 8, 8), np.uint8)


def deep(low, high, depth="16-bit", n=1):
    values = np.full((n, 1, 8, 8), low, np.float32)
    values[..., 2:6] = high
    scale = 255 / 65535 if high > 255 else 1
    return Sample(np.clip(values * scale, 0, 255).astype(np.uint8), deep=values, depth=depth)


def ends(samples):
    return [(int(sample.pixels.min()), int(sample.pixels.max())) for sample in samples]


@pytest.mark.parametrize(
    ("given", "black_and_white", "value"),
    [
        ([deep(100, 3500), deep(100, 1800)], [(0, 255), (0, 128)], "stretch"),
        ([deep(0, 65535), deep(0, 3500)], [(0, 255), (0, 13)], "stored"),
        ([deep(30000, 36000)], [(0, 255)], "stretch"),
        ([deep(0, 200)], [(0, 200)], "stored"),
        ([deep(0.0, 1.0, "float"), deep(0.0, 0.5, "float")], [(0, 255), (0, 128)], "stored"),
        ([deep(-1.0, 1.0, "float")], [(0, 255)], "stored"),
        ([deep(0.0, 255.0, "float")], [(0, 255)], "stored"),
        ([deep(0.01, 0.09, "float")], [(0, 255)], "stretch"),
        ([deep(-5000, 90000, "32-bit")], [(0, 255)], "stretch"),
    ],
)
def test_one_scale_for_a_bit_depth(given, black_and_white, value):
    samples, (decision,) = decisions.levels(given, "auto")
    assert ends(samples) == black_and_white
    assert (decision.knob, decision.value) == ("levels", value)


def test_each_bit_depth_has_its_own_scale_and_12_bits_in_16_too():
    twelve = [deep(0, 4000)] * 4
    samples, told = decisions.levels([*twelve, deep(0, 60000), deep(0, 1, "float"), Sample(GREY)], "auto")
    assert ends(samples[3:]) == [(0, 255), (0, 233), (0, 255), (0, 0)]
    assert len(told) == 3
    assert "12 are used" in " ".join(decision.text for decision in told)


def test_a_hot_pixel_does_not_darken_the_rest_and_the_choice_is_obeyed():
    hot = deep(100, 3500, n=20)
    hot.deep[3, 0, 0, 0] = 65535
    samples, _ = decisions.levels([hot], "auto")
    assert samples[0].pixels[0].max() == 255
    assert decisions.levels([deep(100, 3500)], "stored")[0][0].pixels.max() == 13
    assert ends(decisions.levels([deep(0, 40000)], "stretch")[0]) == [(0, 255)]


def drawn(shade, opaque=1.0):
    """A square of one shade on nothing."""
    alpha = np.zeros((1, 1, 8, 8))
    alpha[..., 2:6, 2:6] = opaque
    return Sample((alpha * shade + (1 - alpha) * 255).astype(np.uint8), (alpha * shade).astype(np.uint8))


@pytest.mark.parametrize(
    ("shades", "choice", "paper"),
    [
        ((0, 0), "auto", "white"),
        ((255, 255), "auto", "black"),
        ((240, 128), "auto", "black"),
        ((255, 0), "auto", "grey"),
        ((128,), "auto", "white"),
        ((255,), "white", "white"),
        ((0,), "grey", "grey"),
    ],
)
def test_paper_contrasts_with_what_is_drawn(shades, choice, paper):
    given = [drawn(shade) for shade in shades]
    samples, (decision,) = decisions.paper([*given, Sample(GREY)], choice)
    assert decision.value == paper
    assert [sample.pixels[0, 0, 0, 0] for sample in samples[:-1]] == [
        {"white": 255, "black": 0, "grey": 128}[paper]
    ] * len(given)
    assert samples[-1].pixels is GREY


def test_faintly_drawn_white_is_seen_on_black():
    assert decisions.paper([drawn(255, 0.3)], "auto")[1][0].value == "black"


def test_no_transparency_no_decision():
    assert decisions.paper([Sample(GREY)], "black")[1] == []


def coloured(pixels, strength):
    image = np.full((1, 3, 28, 28), 200, np.uint8)
    image.reshape(1, 3, -1)[0, 0, :pixels] += strength
    return Sample(image)


@pytest.mark.parametrize(
    ("sample", "count"),
    [(coloured(0, 0), 1), (coloured(8, 50), 3), (coloured(784, 6), 3), (coloured(784, 2), 1), (coloured(1, 50), 1)],
)
def test_thin_colour_is_colour_and_traces_are_none(sample, count):
    assert decisions.channels([Sample(GREY), sample], "auto")[0] == count


def test_the_choice_of_colour_is_obeyed_and_joined():
    samples = [coloured(784, 50), Sample(np.full((2, 1, 28, 28), 7, np.uint8))]
    for choice, count in (("grey", 1), ("colour", 3)):
        assert decisions.channels(samples, choice)[0] == count
        images = decisions.joined(samples, count, 28)
        assert images.shape == (3, count, 28, 28)
        assert (images[1:] == 7).all()
    assert decisions.channels([Sample(GREY)], "colour")[1].value == "colour"


def varied(n):
    return np.random.default_rng(0).integers(0, 256, (n, 1, 8, 8), dtype=np.uint8)


def test_sets_that_teach_nothing_are_refused():
    assert "blank" in report.refusal(np.full((20, 1, 8, 8), 7, np.uint8))
    assert "same" in report.refusal(np.repeat(varied(1), 20, 0))
    assert "same" in report.refusal(
        np.clip(np.repeat(varied(1), 20, 0), 1, 254) + np.arange(20)[:, None, None, None] % 2
    )
    assert report.refusal(varied(20)) == ""


def test_what_makes_a_set_hard_is_said():
    assert report.warnings(varied(40)) == []
    assert "Only 20 of 40 pictures are different" in report.warnings(np.repeat(varied(20), 2, 0))[0]
    half_blank = varied(40)
    half_blank[:20] = np.arange(20)[:, None, None, None]
    assert "20 of 40 pictures are blank" in report.warnings(half_blank)[0]
    assert "hardly any contrast" in report.warnings(varied(40) // 16)[0]
    assert report.uneven(("a", "b"), (40, 39)) == []
    assert "'cross' has 2" in report.uneven(("cross", "ring"), (2, 400))[0]
    assert "cut off" in report.cropping([(400, 10)] * 3, "crop")[0]
    assert report.cropping([(400, 10)], "pad") == report.cropping([(40, 30)], "crop") == []
