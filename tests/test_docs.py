"""What docs/ tell is true: files, keys and events of a run are all named, examples of routes are answered as shown."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.routing import Mount, Route
from streamlit.testing.v1 import AppTest

import bootstrap
from gan import config, files, hardware, images, metrics, registry
from gan.datasets import Data, strokes
from gan.hosting import torch_loader
from gan.latents import truncation
from gan.runs import Run, RunError
from gan.runs.scores import Scores
from gan.training import live_scores
from gan.training.branch import branch
from gan.training.loop import train
from tests import engine, test_arrows
from tests.asgi import Client
from tools import example
from ui.api import routes
from ui.api.app import mount
from ui.shell import connection

HOME = Path(__file__).parent.parent
PAGES = {path.name: path.read_text("utf-8") for path in [*(HOME / "docs").glob("*.md"), *HOME.glob("*.md")]}
COMMON = {"event", "step", "seconds", "epoch", "time"}  # of every event


def section(page: str, title: str) -> str:
    """The text below a heading of a page, up to the next one."""
    return re.split(r"^#+ ", PAGES[page].partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def named(text: str) -> set[str]:
    """The words in code spans, those of spans of several words too."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return {*spans, *(word for span in spans for word in re.findall(r"[\w-]+", span))}


def table(text: str) -> dict[str, set[str]]:
    """Rows of the tables of a text: what is named first in each, and all that its row names."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return {name: named(row) for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def header(path: Path) -> tuple[dict[str, str], list[str]]:
    """Metadata and tensor names of a safetensors file, read as the page tells."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    head: dict[str, Any] = json.loads(raw[8 : 8 + length])
    return head.pop("__metadata__"), list(head)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run to which nearly everything was done that can be, with live scores in its log."""
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (300, 1, 28, 28), dtype=np.uint8), rng.integers(0, 10, 300)
    names = tuple("0123456789")
    data = Data(pixels, labels, names, test=Data(pixels[::-1].copy(), labels[::-1].copy(), names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        patch.setattr(live_scores, "EVERY_IMAGES", 24)
        patch.setattr(live_scores, "MAX_SAMPLES", live_scores.MIN_SAMPLES)
        home = tmp_path_factory.mktemp("runs")
        first = engine.make(home, engine.tiny(dataset="strokes"), steps=12, run_id="first")
        engine.drive(first, {4: {"lr_g": 0.01}, 6: {"d_steps": 2}, 8: {"want": "stop"}}, data)
        first.state(8).write_bytes(b"damaged")
        first.write_control(want="pause")
        for tick in train(first, data):
            if tick.paused:
                first.write_control(want="run") if tick.step else first.ask_step("d")
        made = branch(first, 12, {"steps": 20})
        engine.play(made, data)
        broken = engine.make(home, engine.tiny(dataset="strokes"), run_id="broken")
        with pytest.raises(RunError):
            list(train(broken, Data(pixels[:, :, :3])))
        files.append(made.path / "events.jsonl", broken.events())
        (made.path / "error.txt").write_text(broken.error())
    return made


# -- docs/run-folder.md ------------------------------------------------------------------------------------------------


def test_every_file_of_a_run_is_named(run: Run) -> None:
    told = table(section("run-folder.md", "Where it lies"))
    names = {re.sub(r"\d+(?=\.)", "STEP", str(p.relative_to(run.path))) for p in run.path.rglob("*") if p.is_file()}
    assert {"weights.safetensors", "snapshots/STEP.safetensors", "state-STEP.safetensors", "error.txt"} <= names
    assert names <= told.keys()


def test_every_setting_is_named_with_its_default() -> None:
    text = section("run-folder.md", "config.json")
    told = table(text)
    for name, setting in config.settings().items():
        default = f"`{json.dumps(setting.default)}`"
        if setting.file is None:
            assert default.strip("`") in told.get(name, set()), f"add: | `{name}` | {default} | … |"
    assert "format" in named(text)


def test_every_field_of_control_is_named(run: Run) -> None:
    control = json.loads((run.path / "control.json").read_text())
    assert {*control, *control["asked"], "steps", "epochs", "seconds"} <= named(
        section("run-folder.md", "control.json")
    )


def test_every_column_of_the_log_is_named(run: Run) -> None:
    records = list(files.lines(run.path / "metrics.jsonl"))
    columns = {name for record in records for name in record}
    assert {"d_loss", "overfit", "shares", "d_range"} <= columns, "live scores, too"
    statistics = registry.load("games", "adversarial").STATISTICS
    assert {*columns, *statistics} <= table(section("run-folder.md", "metrics.jsonl")).keys()


def test_what_is_null_is_as_told(tmp_path: Path) -> None:
    told = table(section("run-folder.md", "metrics.jsonl"))
    run = engine.make(tmp_path, engine.tiny(loss="wasserstein"), steps=3)
    engine.play(run)
    [record] = files.lines(run.path / "metrics.jsonl")
    empty = {name for name, value in record.items() if value is None}
    assert empty == {"d_real", "d_fake", "d_accuracy", "d_penalty", "class_loss_real", "class_loss_fake"}
    assert all("null" in told[name] for name in empty)


def test_every_event_is_named_with_its_fields(run: Run) -> None:
    told = table(section("run-folder.md", "events.jsonl"))
    events = run.events()
    rare = {"threads", "stopped", "continued", "changed", "seeded", "budget", "imported", "data"}
    assert {event["event"] for event in events} >= told.keys() - rare
    for event in events:
        name = event["event"]
        fields = told[name] | (told["started"] if name == "resumed" else set())
        assert event.keys() - COMMON <= fields, name


def test_no_event_is_written_that_is_not_named() -> None:
    told = table(section("run-folder.md", "events.jsonl"))
    written = {*config.live().values()}
    for path in (HOME / "gan").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                (".record", "._record", "_settle", "_leave")
            ):
                words = [w.value for arg in node.args[:1] for w in ast.walk(arg) if isinstance(w, ast.Constant)]
                written |= {word for word in words if isinstance(word, str)}
    assert {"created", "resumed", "finished", "lr"} <= written
    assert written == told.keys()


def test_every_field_of_an_evaluation_is_named() -> None:
    assert {field.name for field in dataclasses.fields(Scores)} <= table(
        section("run-folder.md", "scores.jsonl")
    ).keys()


@pytest.mark.parametrize(
    ("title", "pattern"),
    [("weights.safetensors and snapshots/", "weights*"), ("state-STEP.safetensors", "state-*")],
)
def test_every_tensor_and_every_key_beside_it_is_named(run: Run, title: str, pattern: str) -> None:
    told = table(section("run-folder.md", title))
    for path in run.path.glob(pattern):
        metadata, tensors = header(path)
        assert metadata.keys() <= told.keys()
        spans = named(section("run-folder.md", title))
        for name in tensors:
            first, _, rest = name.partition(".")
            general = {f"{first}.…", f"{first}.NAME", f"{first}.K.NAME"}
            assert general & spans, name
            assert not name.startswith("opt_") or rest.split(".")[-1] in spans


# -- all pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    folder = HOME if (HOME / page).exists() else HOME / "docs"
    links = [link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]) if "://" not in link]
    lost = [path for path, _, _ in links if path and not (folder / path).exists()]
    assert lost == []


# -- docs/api.md -------------------------------------------------------------------------------------------------------

EXAMPLES = re.findall(r"^```http\n(.*?)^```", PAGES["api.md"], re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The routes, with a run "one" of ten steps, a run "pairs" that restores, and a few strokes to compare with."""
    home = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(home / "runs"))
        patch.setenv("GAN_DATA", str(home / "data"))
        patch.setattr("os.fsync", lambda handle: None)
        patch.setattr(hardware, "cores", lambda: 1)
        patch.setattr(strokes, "COUNT", 300)
        patch.setattr(strokes, "TEST_COUNT", 100)
        patch.setattr(truncation, "N_IMAGES", 200)
        engine.play(engine.make(home / "runs", engine.tiny(dataset="strokes"), run_id="one"), engine.pictures(28))
        restoring = engine.tiny(dataset="strokes", game="translation", degradation="shrink")
        engine.play(engine.make(home / "runs", restoring, run_id="pairs"), engine.pictures(28))
        torch_loader.warm_up()
        torch_loader.wait()
        yield Client([*connection.routes(), *routes.routes()])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0].replace("/", ":"))
def test_a_route_answers_as_shown(client: Client, example: str) -> None:
    question, _, shown = example.partition("\n\n")
    request, *body = question.split("\n")
    method, url = request.split()
    status, *rest = shown.split("\n")
    headers = [line for line in itertools.takewhile(lambda line: not line.startswith("{"), rest) if line]
    answer = client.request(method, url, content=made(body[0]) if body else b"")
    while answer.status_code == 202 and status == "200":
        time.sleep(0.1)
        answer = client.request(method, url, content=made(body[0]) if body else b"")
    if (answer.status_code, status) == (200, "202"):
        return  # another test has waited for it already
    assert answer.status_code == int(status), answer.text
    for line in headers:
        name, _, value = line.partition(": ")
        assert answer.headers[name] == value
    if text := "\n".join(rest[len(headers) :]).strip():
        assert differences(json.loads(text), json.loads(answer.text.split("\n")[0])) == []


def test_every_route_has_an_example() -> None:
    asked = {tuple(example.split("\n")[0].partition("?")[0].split()) for example in EXAMPLES}
    (api,) = [route for route in routes.routes() if getattr(route, "path", "") == "/api"]
    assert isinstance(api, Mount)
    for route in api.routes:
        assert isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}:
            assert any(m == method and route.path_regex.match(url.removeprefix("/api")) for m, url in asked), route
            assert f"\n### {method} /api{route.path.replace('{name}', '{id}')}\n" in PAGES["api.md"]


def made(line: str) -> bytes:
    """The body of an example: "body: float32 2,3" are zeros, "body: png 256,40" is a file."""
    _, kind, shape = line.split()
    sides = [int(side) for side in shape.split(",")]
    if kind == "png":
        return images.png(np.zeros((*sides, 1), np.uint8))
    return np.zeros(sides, kind).tobytes()


def differences(shown: Any, answer: Any, place: str = "") -> list[str]:
    """Where an answer is of another kind than the one shown, in which "…" stands for more; null stands for anything."""
    if shown is None or answer is None:
        return []
    if isinstance(shown, dict) and isinstance(answer, dict):
        more = "…" in shown
        odd = [*(shown.keys() - answer.keys() - {"…"}), *(() if more else answer.keys() - shown.keys())]
        both = [name for name in shown if name in answer]
        return [f"{place}.{name}" for name in odd] + [
            text for name in both for text in differences(shown[name], answer[name], f"{place}.{name}")
        ]
    if isinstance(shown, list) and isinstance(answer, list):
        pairs = zip([each for each in shown if each != "…"], answer, strict=False)
        return [text for k, (one, other) in enumerate(pairs) for text in differences(one, other, f"{place}[{k}]")]
    number = isinstance(shown, int | float) and isinstance(answer, int | float)
    return [] if number or type(shown) is type(answer) else [f"{place}: {answer!r} instead of {shown!r}"]


# -- docs/architecture.md ----------------------------------------------------------------------------------------------


def test_the_floors_are_those_of_the_rule() -> None:
    rows = [row.split("|") for row in section("architecture.md", "The floors").splitlines() if row.count("`") > 1]
    floors = tuple({*re.findall(r"`([^`]+)`", cells[2])} for cells in rows if len(cells) > 3)
    assert floors == test_arrows.FLOORS
    heavy = {name for floor in floors for name in floor} - test_arrows.LIGHT
    light = named(
        section("architecture.md", "The floors").partition("**What loads PyTorch.**")[2].partition("do not:")[0]
    )
    assert light == test_arrows.LIGHT
    assert heavy & light == set()


# -- docs/adding.md ----------------------------------------------------------------------------------------------------

FILES = dict(re.findall(r"```(?:python|js)\n(?:#|//) (\S+)\n(.*?)```", PAGES["adding.md"], re.DOTALL))
CHOSEN: dict[str, dict[str, Any]] = {  # kind of file: the settings of a run that uses it
    "models": {"model": "mine"},
    "losses": {"loss": "mine"},
    "penalties": {"mine": 0.01},
    "tricks": {"mine": 0.1, "batch_norm": False},
    "augmentations": {"mine": 0.25},
    "conditionings": {"conditioning": "mine", "conditional": True},
    "games": {"game": "mine"},
    "datasets": {"dataset": "mine"},
}


def labelled(data: Data) -> Data:
    """The same with a class for each picture."""
    return Data(data.images, np.arange(len(data)) % 3, ("a", "b", "c"))


def put(plugins: Path, kind: str) -> None:
    (plugins / kind / "mine.py").write_text(FILES[f"gan/{kind}/mine.py"], "utf-8")


@pytest.mark.parametrize("kind", CHOSEN)
def test_a_file_of_the_page_is_a_choice_and_trains(kind: str, plugins: Path, tmp_path: Path) -> None:
    put(plugins, kind)
    card = registry.card(kind, "mine")
    assert card.error == ""
    assert card.title
    assert card.summary.endswith(".")
    run = engine.make(tmp_path, engine.tiny(**CHOSEN[kind]), steps=3)
    engine.play(run, registry.load(kind, "mine").load(tmp_path) if kind == "datasets" else labelled(engine.pictures()))
    assert engine.happened(run)[-1] == "finished"


def test_files_of_the_page_pass_the_tests_of_their_kind(plugins: Path) -> None:
    """Those that a newcomer copies from; each kind has its own tests."""
    for kind in ("models", "losses", "penalties", "datasets", "metrics"):
        (plugins / kind / f"of_{kind}.py").write_text(FILES[f"gan/{kind}/mine.py"], "utf-8")
    where = [f"tests/{kind}/test_{kind}.py" for kind in ("models", "losses", "penalties", "datasets", "metrics")]
    names = "of-models or of-losses or of-penalties or of-datasets or of-metrics"
    command = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:xdist", "-k", names, *where]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HOME)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 20


def test_the_metric_of_the_page_is_measured(plugins: Path) -> None:
    put(plugins, "metrics")
    assert metrics.catalogue()["ink"].label == "Ink"
    pixels = np.full((4, 1, 8, 8), 51, np.uint8)
    fake = metrics.Features(pixels, np.zeros((4, 64), np.float32))
    inputs = metrics.MetricInputs(fake, None)  # type: ignore[arg-type]  # it asks for no real images
    assert registry.load("metrics", "mine").measure(inputs) == {"ink": pytest.approx(0.2)}


def test_the_preset_of_the_page_can_be_used(plugins: Path) -> None:
    [text] = re.findall(r"```json\n(.*?)```", PAGES["adding.md"], re.DOTALL)
    (plugins / "presets" / "mine.json").write_text(text, "utf-8")
    settings, about = config.preset("mine")
    assert settings.loss == "least-squares"
    others = [registry.load("presets", name) for name in registry.names("presets") if name != "mine"]
    assert about.keys() == others[0].keys() - {"scenario"}
    assert about["order"] not in [other["order"] for other in others]


def test_the_page_of_the_page_is_drawn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(run.path.parent))
    app = AppTest.from_string(FILES["pages/mine.py"]).run(timeout=60)
    assert not app.exception
    assert app.title[0].value == "The newest run"


def test_the_route_of_the_page_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(run.path.parent))
    names: dict[str, Any] = {}
    exec(compile(FILES["ui/api/mine.py"].replace("from __future__ import annotations\n", ""), "mine.py", "exec"), names)
    answer = Client([mount(names["routes"]())]).get(f"/api/runs/{run.id}/events?most=2")
    assert answer.json()["events"] == run.events()[-2:]


def test_the_component_of_the_page_takes_what_is_there() -> None:
    script = FILES["assets/mine/beat.js"]
    for words, path in re.findall(r"import \{ (.*?) \} from \"\.\./(.*?)\"", script):
        source = (HOME / "assets" / path).read_text("utf-8")
        for word in words.split(", "):
            assert re.search(rf"^export (async )?(function|class|const) {word}\b", source, re.MULTILINE), word
    assert "export default mounting(" in script
    compile(FILES["ui/mine/beat.py"], "beat.py", "exec")


# -- examples/ ---------------------------------------------------------------------------------------------------------


def test_the_example_of_latents_runs(tmp_path: Path) -> None:
    out = tmp_path / "latents.png"
    command = [sys.executable, "-m", "examples.latents", "checkpoints/lean-mnist", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HOME)
    assert "z has 100 numbers" in done.stdout
    assert images.decode(out.read_bytes()).shape == (3 * 30 - 2, 8 * 30 - 2, 3)


def test_the_gan_in_one_file_is_the_code_of_the_shipped_run() -> None:
    assert example.EXAMPLE.read_text("utf-8") == example.text(), "make it anew: python -m tools.example"


def test_the_gan_in_one_file_trains_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(example.EXAMPLE.read_text("utf-8"), str(example.EXAMPLE), "exec"), names)
    pictures = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    names |= {"STEPS": 2, "load_data": lambda: pictures}
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        names["main"]()
    assert images.decode((tmp_path / "samples.png").read_bytes()).shape[:2] == (8 * 30 + 2, 8 * 30 + 2)


# -- README and CONTRIBUTING -------------------------------------------------------------------------------------------


def test_the_readme_is_short_and_begins_with_what_counts() -> None:
    readme = PAGES["README.md"]
    assert len(readme.split()) <= 1100
    first = readme.partition("\n## A tour")[0]
    assert first.index("docs/pictures/live.gif") < first.index("make run") < first.index("make test")


def test_commands_of_make_are_there() -> None:
    asked = {name for text in PAGES.values() for name in re.findall(r"`make ([\w-]+)", text)}
    assert {"quick", "check"} <= asked
    assert asked <= bootstrap.COMMANDS.keys()


def test_modules_that_are_run_are_there() -> None:
    asked = {name for text in PAGES.values() for name in re.findall(r"python -m ([\w.]+)", text)}
    assert [name for name in sorted(asked) if find_spec(name) is None] == []
