"""Directions of generators: of a painter whose true ones are known, of a collapsed one, and of shipped ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gan.evaluation import evalnet
from gan.latents import attributes, directions
from gan.latents.directions import auc, dual_vectors, fit, r_squared
from gan.metrics import Unavailable
from gan.sampler import Sampler

Z = 12


class Painter(Sampler):
    """A generator without a network: a leaning bar, whose slant and thickness are linear in z along known ways."""

    shape, z_dim, step, classes = (1, 28, 28), Z, 70, 0
    lean = np.eye(Z)[0]
    bold = 0.6 * np.eye(Z)[0] + 0.8 * np.eye(Z)[1]  # who writes bolder leans more, too

    def __init__(self):
        pass

    def parameters(self, z, classes):
        return 6 * (z @ self.lean), (4 + 0.6 * z @ self.bold).clip(1)

    def images(self, z, classes=None, psi=1.0, centre="nearest"):
        y, x = np.mgrid[:28, :28] - 13.5
        slant, pen = (p[:, None, None] for p in self.parameters(np.asarray(z), classes))
        away = np.abs(x + np.tan(np.radians(slant)) * y) * np.cos(np.radians(slant))
        ink = (pen / 2 + 0.5 - away).clip(0, 1) * (9 + 0.5 - np.abs(y)).clip(0, 1)
        return np.rint(255 * ink).astype(np.uint8)[..., None]

    def first_weights(self):
        return np.diag(np.arange(Z, 0, -1)).astype(np.float32) @ np.eye(Z, dtype=np.float32)


class Blank(Painter):
    """Collapsed: one black picture whatever z is."""

    def images(self, z, classes=None, psi=1.0, centre="nearest"):
        return np.zeros((len(z), 28, 28, 1), np.uint8)

    def first_weights(self):
        raise ValueError("nothing like it")


class Asked(Painter):
    """Can be asked for a class; each leans by itself, much more than z makes it lean."""

    classes = 4

    def parameters(self, z, classes):
        slant, pen = super().parameters(z, classes)
        return slant + 12 * (classes - 1.5), pen


def named(found):
    return {one.name: one for one in found.directions}


@pytest.fixture(scope="module")
def found():
    return directions.of(Painter())


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_known_directions_are_found_and_freed_of_one_another(found):
    shown = named(found)
    for name, own, other in (("slant", "lean", "bold"), ("thickness", "bold", "lean")):
        way = shown[name]
        own, other = getattr(Painter, own), getattr(Painter, other)
        free = own - (own @ other) / (other @ other) * other
        assert (way.kind, way.measure) == ("attribute", "R²")
        assert way.score > 0.9
        assert cosine(way.vector, free) > 0.99
        assert abs(way.vector @ other) < 0.1
        assert way.monotone


def test_a_unit_is_about_one_standard_deviation_of_its_own_attribute_alone(found):
    shown = named(found)
    for name, other in (("slant", "thickness"), ("thickness", "slant")):
        effect = shown[name].effect
        assert set(effect) == set(attributes.UNITS)
        assert effect[name] == pytest.approx(1, abs=0.15)
        assert abs(effect[other]) < 0.15


def test_what_z_does_not_move_is_hidden_with_its_score(found):
    hidden = {one.name: one for one in found.hidden}
    assert hidden.keys() | named(found).keys() >= set(attributes.UNITS)
    assert hidden["height"].score < directions.MIN_R_SQUARED
    assert "linear" in hidden["height"].why


def test_what_says_the_same_twice_is_told_once():
    """The width of a bar is its thickness: one of both is shown, the other told why not."""
    found = directions.of(Painter())
    both = {"thickness", "width"}
    (shown,) = both & named(found).keys()
    (hidden,) = [one for one in found.hidden if one.name in both - {shown}]
    assert hidden.score is not None
    assert hidden.score > directions.MIN_R_SQUARED
    assert shown in hidden.why


def test_sefa_are_the_eigenvectors_in_order(found):
    ways = [one for one in found.directions if one.kind == "sefa"]
    assert [one.name for one in ways] == [f"SeFa {k}" for k in range(1, 6)]
    assert np.stack([one.vector for one in ways]) == pytest.approx(np.eye(Z)[:5])
    assert all(one.score is None and one.monotone is None for one in ways)
    assert ways[0].effect["slant"] > 0.9  # the first number of z leans


class Styled(Painter):
    """w is z turned and stretched, and pictures are painted of what w says of it."""

    layers, w_dim, latent_dim = ("one", "two"), Z, 2 * Z
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((Z, Z)))[0] * np.geomspace(5, 0.2, Z)

    def mapping(self, z, classes=None):
        return (z[:, :Z] @ self.turn.T + (z[:, Z:] if z.shape[1] > Z else 0)).astype(np.float32)

    def images(self, z, classes=None, psi=1.0, centre="nearest"):
        return super().images(np.linalg.solve(self.turn, self.mapping(np.asarray(z)).T).T, classes)


def test_with_styles_all_of_them_are_ways_in_w():
    shown = named(directions.of(Styled()))
    for name, own, other in (("slant", "lean", "bold"), ("thickness", "bold", "lean")):
        vector = shown[name].vector
        assert not vector[:Z].any()
        back = np.linalg.solve(Styled.turn, vector[Z:])  # what it is in z
        assert abs(cosine(back, getattr(Painter, own))) > 0.7
        assert abs(back @ getattr(Painter, other)) < 0.1
        assert shown[name].effect[name] == pytest.approx(1, abs=0.15)
    first, second = (shown[f"PCA {k}"].vector[Z:] for k in (1, 2))
    assert np.linalg.norm(first) == pytest.approx(5, rel=0.1)  # a unit is one standard deviation
    assert abs(cosine(first, second)) < 1e-6
    assert np.linalg.norm(shown["SeFa 1"].vector[Z:]) == pytest.approx(np.linalg.norm(Styled.turn[0]), rel=0.15)


def test_sefa_is_what_changes_the_first_layer_most():
    A = np.random.default_rng(0).standard_normal((50, Z))

    class Other(Painter):
        def first_weights(self):
            return A.astype(np.float32)

    ways = [one.vector for one in directions.sefa(Other())]
    moved = [np.linalg.norm(A @ way) for way in ways]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] == pytest.approx(np.linalg.norm(A, 2), rel=1e-4)
    assert np.stack(ways) @ np.stack(ways).T == pytest.approx(np.eye(5), abs=1e-5)
    assert all(way[np.abs(way).argmax()] > 0 for way in ways)


@pytest.mark.filterwarnings("error")
def test_of_a_collapsed_generator_nothing_is_found():
    found = directions.of(Blank(), evalnet.load("strokes"), n=100)
    assert found.directions == []
    scores = {one.name: one.score for one in found.hidden}
    assert {name: scores[name] for name in attributes.UNITS} == dict.fromkeys(attributes.UNITS, 0.0)
    assert [scores[str(digit)] for digit in range(10)] == [None] * 10
    assert "all pictures" in " ".join(one.why for one in found.hidden)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_class_that_is_asked_for_is_no_obstacle():
    found = directions.of(Asked(), evalnet.load("strokes"))
    shown = named(found)
    assert shown["slant"].score > 0.9
    assert shown["slant"].effect["slant"] == pytest.approx(1, abs=0.15)
    told = [one.measure for one in found.directions] + [one.measure for one in found.hidden]
    assert "AUC" not in told


def test_the_same_is_found_again_and_told_as_json(found):
    one, same = found.to_dict(), directions.of(Painter()).to_dict()
    assert one == same
    assert one["directions"] != directions.of(Painter(), seed=1).to_dict()["directions"]
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    assert (one["step"], one["n"], one["least"]) == (70, directions.N_IMAGES, 0.3)
    first = one["directions"][0]
    assert set(first) == {"name", "kind", "score", "measure", "vector", "effect", "monotone"}
    assert len(first["vector"]) == Z
    assert all({"name", "score", "measure"} <= set(each) for each in one["hidden"])
    scores = [each["score"] for each in one["directions"] if each["kind"] == "attribute"]
    assert scores == sorted(scores, reverse=True)


def test_more_is_shown_where_less_is_asked(found):
    assert "rotation" in {one.name for one in found.hidden}
    assert len(named(directions.of(Painter(), least=-9))) >= len(named(found))


def test_points_have_no_attributes():
    class Points(Painter):
        shape = (2, 1, 1)

    with pytest.raises(Unavailable, match="points"):
        directions.of(Points())
    with pytest.raises(ValueError, match="10 pictures or more"):
        directions.of(Painter(), n=9)


def test_scores_are_of_what_was_not_seen():
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((200, 60)), rng.standard_normal((200, 1))
    slopes, guess = fit(z, y)
    assert r_squared(y, z @ slopes.T)[0] > 0.15  # noise learnt by heart
    assert r_squared(y, guess)[0] < 0.05
    told = z[:, :1] - 3
    assert r_squared(told, fit(z, told)[1])[0] > 0.8
    assert r_squared(np.ones((9, 1)), np.ones((9, 1)))[0] == 0


def test_auc():
    of_it = np.array([True, True, False, False])
    assert auc(np.array([4.0, 3, 2, 1]), of_it) == 1
    assert auc(np.array([1.0, 2, 3, 4]), of_it) == 0
    assert auc(np.array([4.0, 1, 2, 3]), of_it) == 0.5


def test_apart_raises_one_and_leaves_the_others():
    slopes = np.random.default_rng(0).standard_normal((3, Z))
    assert slopes @ dual_vectors(slopes).T == pytest.approx(np.eye(3))


def test_the_shipped_digits():
    """Held out, isolated and monotone, as docs/directions.md tells with more pictures."""
    found = directions.of(Sampler.load("checkpoints/dcgan-deep-mnist"), evalnet.load("mnist"))
    shown = named(found)
    for name in ("slant", "thickness", "width"):
        effect = shown[name].effect
        others = {other: abs(effect[other]) for other in ("slant", "thickness", "width", "height")}
        others.pop(name)
        assert shown[name].score >= 0.6
        assert shown[name].monotone
        assert effect[name] > 2 * max(others.values())
    assert {str(digit) for digit in range(10)} <= shown.keys()
    kinds = [one.kind for one in found.directions]
    assert kinds == sorted(kinds, key=["attribute", "sefa", "class"].index)


def test_towards_a_class_there_is_more_of_it():
    sampler, judge = Sampler.load("checkpoints/lean-strokes"), evalnet.load("strokes")
    way = named(directions.of(sampler, judge))["0"]
    assert way.measure == "AUC"
    z = np.random.default_rng(5).standard_normal((200, sampler.z_dim))
    shares = [(judge.read(directions.render(sampler, z + k * way.vector))[1].argmax(1) == 0).mean() for k in (-2, 0, 2)]
    assert shares[0] < 0.5 * shares[1] < 0.3 * shares[2]
