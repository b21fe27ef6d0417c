"""Who may import whom, by room, and what loads torch. Arrows are read from the sources; one process checks itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.imports import SOURCES, arrows, circle, loaded, room, rooms

FLOORS = (  # from the top: a room may import rooms of lower floors, and of its own floor only as BESIDE says
    {"cli", "hosting"},
    {"training", "export"},
    {"latents"},
    {"evaluation"},
    {"sampler"},
    {"runs", "diagnostics"},
    {"games"},
    {"models", "losses", "penalties", "tricks", "augmentations", "conditionings", "datasets", "metrics"},
    {"config", "registry", "files", "images", "hardware", "palette", "rng", "tensor_files"},
)
UI_FLOORS = (
    {"main"},
    {"api", "compare", "failures", "shell"},
    {"learn", "report", "runs", "train"},
    {"shared"},
)  # the same for ui/
BESIDE = {("diagnostics", "runs"), ("config", "registry"), ("hardware", "config"), ("tensor_files", "files")}
APART = {("training", "latents"), ("export", "training")}  # allowed by their floors, and kept apart all the same
HEAVY = {"torch", "torchvision", "safetensors", "matplotlib", "streamlit", "plotly"}
LIGHT = {*FLOORS[-1], "runs", "diagnostics", "hosting", "datasets"} - {"rng", "tensor_files"}
INSIDE = {"sampler", "latents", "evaluation", "export", "training"}  # what ui may import, inside functions only
PLAIN = {
    "gan.export.watch_html",
    "gan.metrics",
    "gan.training.branch",
    "gan.sampler.quiz",
    "gan.cli.flags",
}  # load no torch by themselves
MATHS = ("models", "losses", "penalties", "tricks", "augmentations", "conditionings")
ENGINE = [name for name in SOURCES if name.split(".")[0] == "gan"]
PAGES = [name for name in SOURCES if name.split(".")[0] != "gan"]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}


def light(name: str) -> bool:
    return name.removeprefix("gan.").split(".")[0] in LIGHT or name in PLAIN


def short(name: str) -> str:
    return room(name).partition(".")[2]


def test_the_reader_of_arrows_sees_what_it_should():
    assert "torch" in arrows("gan.games.adversarial")
    assert "gan.training.loop" in arrows("gan.hosting.trainer_threads", deep=True)
    assert "gan.training.loop" not in arrows("gan.hosting.trainer_threads")
    assert "torch" in loaded("gan.training.loop")
    assert "gan.datasets" not in arrows("gan.hosting.jobs", deep=True)  # only for types
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("name", sorted(rooms("gan")))
def test_a_room_imports_from_lower_floors_only(name):
    one = short(name)
    for other in map(short, rooms("gan")[name]):
        assert FLOOR[other] > FLOOR[one] or (one, other) in BESIDE, f"{one} imports {other}"
        assert (one, other) not in APART, f"{one} imports {other}"


@pytest.mark.parametrize("name", sorted(rooms("ui")))
def test_a_room_of_the_app_imports_from_lower_floors_only(name):
    floor = {room: floor for floor, names in enumerate(UI_FLOORS) for room in names}
    for other in map(short, rooms("ui")[name]):
        assert floor[other] > floor[short(name)], f"{name} imports ui.{other}"


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("ui.api")])
def test_a_route_knows_no_streamlit(name):
    assert "streamlit" not in arrows(name, deep=True) | loaded(name)


@pytest.mark.parametrize(("top", "most"), [("gan", 26), ("ui", 10)])
def test_the_house_has_few_rooms_and_no_circle(top, most):
    assert len(rooms(top)) <= most
    assert circle(rooms(top)) == []
    names = [name for name in SOURCES if name.startswith(f"{top}.")]
    assert circle({name: {n for n in arrows(name) if n in names} for name in names}) == []


@pytest.mark.parametrize("name", [*filter(light, ENGINE)])
def test_the_light_rooms_load_neither_torch_nor_a_drawing_library(name):
    assert loaded(name) & HEAVY == set()


@pytest.mark.parametrize("name", PAGES)
def test_pages_and_ui_never_reach_for_torch_or_the_loop(name):
    for other in (n for n in arrows(name, deep=True) if n.startswith("gan.")):
        assert light(other) or (short(other) in INSIDE and other not in arrows(name)), f"{name} imports {other}"
        assert not other.startswith("gan.training.loop")
    drawing_or_torch = HEAVY - {"streamlit", "plotly"}
    assert (arrows(name, deep=True) | loaded(name)) & drawing_or_torch == set()


@pytest.mark.parametrize("name", ENGINE)
def test_the_engine_knows_nothing_of_the_app(name):
    found = {full.split(".")[0] for full in arrows(name, deep=True)}
    assert found & {"streamlit", "plotly", "starlette", "uvicorn", "ui", "pages", "app", "tests"} == set()


def test_only_hosts_and_the_command_line_iterate_the_loop():
    users = {name for name in SOURCES if "gan.training.loop" in arrows(name, deep=True)}
    assert users == {"gan.hosting.trainer_threads", "gan.cli.commands", "gan.cli.sweep_command"}


@pytest.mark.parametrize("name", [n for n in ENGINE if short(n) in MATHS])
def test_a_choice_knows_the_maths_only(name):
    ours = {full for full in arrows(name, deep=True) if full.startswith("gan")}
    shared = {full for full in ours if ".".join(full.split(".")[:2]) == room(name)}
    assert name in ("gan.models", "gan.models._batchnorm") or ours <= shared


def test_a_data_set_imports_torchvision_only_when_it_has_to():
    for name in ENGINE:
        if name.startswith("gan.datasets"):
            assert arrows(name) & HEAVY == set()
            assert "torch" not in arrows(name, deep=True)


def test_a_process_that_only_looks_loads_no_torch_and_soon():
    """The floor on which the first page stands, in a fresh interpreter."""
    names = [name for name in ENGINE if light(name)]
    code = (
        "import sys, time; began = time.process_time();"
        f"import {', '.join(names)};"
        "from gan import registry;"
        "[registry.card(kind, n) for kind in registry.KINDS if kind != 'presets' for n in registry.names(kind)];"
        "print(time.process_time() - began, *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *modules = done.stdout.split()
    assert set(modules) & HEAVY == set()
    assert float(seconds) < 1.5  # of CPU; torch alone takes more
