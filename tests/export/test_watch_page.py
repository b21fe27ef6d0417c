"""The watch view as one page: how its scripts are put together, what is in it, and what is not handed out."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan.export import program_check, watch_about, watch_html, watch_page
from gan.runs import Run, RunError
from gan.sampler import Sampler
from tests import engine

NODE = shutil.which("node")


def inside(page: str) -> dict[str, bytes]:
    """The files in a page, by name."""
    text = re.search(r'id="run">([^<]*)<', page)
    assert text
    whole = gzip.decompress(base64.b64decode(text[1]))
    start = 4 + int.from_bytes(whole[:4], "little")
    index = json.loads(whole[4:start])
    return {name: whole[start + at : start + at + length] for name, (at, length) in index.items()}


@pytest.fixture
def no_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_about, "_directions", lambda sampler: ([], "they take a second"))


@pytest.mark.usefixtures("no_directions")
@pytest.mark.parametrize(("name", "most"), [("lean-mnist", 2_000_000), ("dcgan-deep-mnist", 4_000_000)])
def test_a_shipped_run_fits_into_a_page_that_names_no_address(name: str, most: int) -> None:
    page = watch_page.one_file(Run(Path("checkpoints") / name))
    assert len(page.encode()) <= most
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"""["'(]//""", page), "an address without a scheme"
    files = inside(page)
    now = json.loads(files["now.json"])
    assert len(now["samples"]["fixed"]) >= 6
    assert now["generators"][-1][0] == max(step for step, _ in now["generators"])
    assert len(now["generators"]) >= 3
    sampler = Sampler.load(Path("checkpoints") / name)
    z = np.random.default_rng(1).standard_normal((64, sampler.z_dim), np.float32)
    drawn = program_check.pictures(json.loads(files[now["program"]]), files[now["generators"][-1][1]], z, None)
    assert np.abs(drawn.astype(int) - sampler.images(z)).max() <= 1, "64 pictures of the page, which are PyTorch's"
    view = json.loads(files[now["view"]])
    assert view["code"].startswith('"""')
    assert view["report"]["rows"]
    assert ["Data set", "MNIST"] in view["settings"]
    named = {now["words"], now["view"], now["program"], *now["critic"].values(), now["real"]}
    named |= {name for name, _ in now["pieces"] + [[name] * 2 for _, name in now["generators"]]}
    named |= {now["picture_url"].format(sort="fixed", step=step) for step in now["samples"]["fixed"]}
    assert named | {"now.json"} == files.keys(), "all that it names, and nothing else"


@pytest.mark.usefixtures("no_directions")
def test_a_page_that_would_draw_other_pictures_is_not_handed_out(tmp_path: Path, monkeypatch: Any) -> None:
    run = engine.make(tmp_path, engine.tiny(z_dim=8))
    engine.play(run)
    assert inside(watch_page.one_file(run))["now.json"]
    real = program_check.pictures
    monkeypatch.setattr(program_check, "pictures", lambda *given: real(*given) // 2)
    with pytest.raises(RunError, match=r"differ from PyTorch's by up to \d+ of 255"):
        watch_page.one_file(run)


def test_a_run_without_pictures_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no pictures yet"):
        watch_page.one_file(engine.make(tmp_path))


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)


@pytest.mark.skipif(NODE is None, reason="node is not here")
def test_modules_become_one_script(tmp_path: Path) -> None:
    write(
        tmp_path,
        low="// a comment: https://example.org\nexport const A = 2;\nexport class B {\n  b = A;\n}\n",
        mid='import { A as a,\n B } from "./low.js";\n/** Adds. */\nexport function f() {\n  return a + new B().b;\n}',
        top='import { f } from "./mid.js";\nimport { A } from "./low.js";\nconsole.log([A, f()].join());\n',
    )
    script = watch_html.bundle("top.js", tmp_path)
    assert "example.org" not in script
    assert script.count('modules["low.js"] = ') == 1
    assert NODE is not None
    ran = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "2,4\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('import { a } from "./a.js";\n', "imports itself"),
        ('import a from "./b.js";\n', "'import' in a form"),
        ("export default 3;\n", "'export' in a form"),
        ("const here = import.meta.url;\n", "'import.meta' in a form"),
        ('const end = "</script>";\n', "would end the script"),
    ],
)
def test_what_cannot_be_put_into_one_script_is_named(tmp_path: Path, text: str, why: str) -> None:
    write(tmp_path, a=text, b="")
    with pytest.raises(ValueError, match=why):
        watch_html.bundle("a.js", tmp_path)
