"""Whatever a person, a file or a link says is plain text on every page: no picture, link, colour or HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gan import files
from gan.runs import Run, scores
from gan.runs.scores import Scores
from tests.pages.conftest import MakeRun, Open
from tests.pages.test_data_sheet import lay, seen

POISON = (
    "![b](http://elsewhere.example/x) [l](http://elsewhere.example) :red[poison] :material/skull: https://bare.example "
    "www.bare.example a@bare.example <img src=x onerror=y> $x$ `c` **b**"
)
MARKED = re.compile(
    r"""(?<!\\)\]\(http | :red\[poison | :material/skull | https://bare | www\.bare | a@bare | (?<!\\)<img\ src=x
    | (?<!\\)\$x\$""",
    re.VERBOSE,
)
MARKED_HTML = re.compile(r"<img\ src=x")
NOT_READ_AS_MARKDOWN = {  # by the kind of element: fields that a browser shows as they are
    "code": {"code_text"},
    "text_input": {"default", "value", "placeholder"},
    "selectbox": {"options", "raw_value"},
    "multiselect": {"options", "raw_values"},
    "select_slider": {"options"},
    "slider": {"options"},
    "bidi_component": {"json", "mixed"},
    "page_link": {"query_string"},
    "plotly_chart": {"spec"},
}
PAGES: list[tuple[str, dict[str, str]]] = [
    ("train", {"run": "poisoned"}),
    ("train", {"run": "odd-settings"}),
    ("train", {"run": POISON}),
    ("train", {"preset": POISON}),
    ("train", {"like": POISON}),
    ("train", {"preset": "lean", "dataset": "own-images", "source": POISON, "lr_g": POISON}),
    ("explore", {"run": "poisoned"}),
    ("explore", {"run": POISON, "step": POISON}),
    ("explore", {"run": "odd-weights"}),
    ("compare", {"runs": "poisoned,other"}),
    ("compare", {"runs": POISON}),
    ("compare", {"runs": "poisoned"}),
    ("compare", {"pair": POISON}),
    ("compare", {"pair": "lean", "vary": POISON, "a": POISON, "b": POISON}),
    ("compare", {"pair": "lean", "vary": "source", "a": POISON, "b": POISON}),
    ("runs", {}),
    ("runs", {"report": "poisoned"}),
    ("runs", {"report": "odd-settings"}),
    ("runs", {"report": POISON}),
    ("learn", {"chapter": POISON}),
]


@pytest.fixture
def poisoned(make_run: MakeRun) -> None:
    run = make_run("poisoned", steps=5, title=POISON, error=POISON)
    make_run("other", title=POISON)
    for event in ("complaint", "branched", "failed", POISON):
        files.append(run.path / "events.jsonl", [{"event": event, "text": POISON, "from": POISON}])
    lines = [{**e, "preset": POISON} if e["event"] == "created" else e for e in run.events()]
    files.replace(run.path / "events.jsonl", "".join(files.dump(line) + "\n" for line in lines).encode())
    (run.path / "card.md").write_text(f"# {POISON}\n\n{POISON}\n")
    generator(run, [POISON] * 10)
    row = Scores(5, "average", 10, 0, POISON, POISON, {"name": POISON, "accuracy": 0.9, "sha256": "7"}, {"fd": 1.0}, {})
    told: dict[str, Any] = {"notes": (POISON,), "why": {"density": POISON, POISON: POISON}}
    told |= {"verdict": ({"name": POISON, "text": POISON},), "names": (POISON,) * 10, "shares": (0.1,) * 10}
    scores.keep(run, Scores(**{**row.to_dict(), **told}))
    odd = make_run("odd-settings", title=POISON)
    settings = {**odd.config().to_dict(), "model": POISON, "loss": POISON, POISON: 1}
    files.replace(odd.path / "config.json", json.dumps(settings).encode())
    broken = make_run("odd-weights", title=POISON)
    generator(broken, [], z_dim=POISON)


def generator(run: Run, names: list[str], **config: Any) -> None:
    """A file that says of itself what a generator's does."""
    data = {"shape": [1, 28, 28], "n_classes": 10, "names": names}
    told = {"step": 5, "config": {**run.config().to_dict(), **config}, "data": data}
    header = json.dumps({"__metadata__": {k: json.dumps(v) for k, v in told.items()}}).encode()
    run.weights().write_bytes(len(header).to_bytes(8, "little") + header)


def is_marked(kind: str, text: str) -> bool:
    """Whether a browser would make more of a text than text."""
    return bool((MARKED_HTML if kind == "html" else MARKED).search(text))


def shown(block: Any) -> Iterator[tuple[str, str, str]]:
    """(kind of element, field, text) of everything on a page."""
    for name, text in _texts(proto) if (proto := getattr(block, "proto", None)) is not None else ():
        yield block.type, name, text
    for child in getattr(block, "children", {}).values():
        yield from shown(child)


def _texts(message: Any) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        values = list(value) if not isinstance(value, str | bytes) and hasattr(value, "__len__") else [value]
        for one in values:
            if isinstance(one, str):
                yield field.name, one
            elif hasattr(one, "ListFields"):
                yield from _texts(one)


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize(
    ("name", "query"), PAGES, ids=lambda value: value if isinstance(value, str) else "-".join(value)
)
def test_what_others_say_is_plain_text(open_page: Open, name: str, query: dict[str, str]) -> None:
    at = open_page(name, **query)
    for kind, field, text in shown(at._tree):
        if field not in NOT_READ_AS_MARKDOWN.get(kind, set()):
            assert not is_marked(kind, text), (kind, field, text)


def test_the_look_at_a_page_sees_what_is_not_plain() -> None:
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        import streamlit as st

        from tests.pages.test_plain_text import POISON

        st.error(POISON)
        st.button("x", help=POISON)
        st.html(f"<p>{POISON}</p>")

    at = AppTest.from_function(page).run()
    found = {(kind, field) for kind, field, text in shown(at._tree) if is_marked(kind, text)}
    assert len(found) == 3, found


def test_names_of_ones_own_pictures_are_plain_text(open_page: Open, tmp_path: Path) -> None:
    name = POISON.replace("/", "")
    source = lay(tmp_path / "x", **{name: 30, "other": 2})
    (source / name / f"{name}.png").write_text("no picture")
    at = seen(open_page, source)
    for kind, field, text in shown(at._tree):
        if field not in NOT_READ_AS_MARKDOWN.get(kind, set()):
            assert not is_marked(kind, text), (kind, field, text)
