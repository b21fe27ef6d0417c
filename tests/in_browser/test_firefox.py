"""The live view, Explore, the watch view and a run in one file in a second browser engine, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan.export import watch_page
from gan.runs import Run
from tests import engine
from tests.firefox import FIREFOX, Firefox, firefox
from tests.serving import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(FIREFOX is None, reason="Firefox is not here"),
]
PIXELS = 'find("[data-part={}]").toDataURL()'
CURVES = '(find("[data-testid=live-chart]")?.data ?? []).some(({ x }) => x?.length > 0)'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("firefox")) as found:
        yield found


@pytest.fixture(scope="module")
def run(common: tuple[Server, Path]) -> Run:
    made = engine.make(common[1], engine.tiny(z_dim=8, samples=16), steps=12, run_id="fox")
    engine.play(made, engine.pictures(28, count=40))
    return made


def slides(page: Firefox, slider: str, part: str) -> None:
    """A slider that is moved moves the picture, once it is there."""
    page.until(f"Boolean(find({slider!r}))")
    before = page.evaluate(PIXELS.format(part))
    page.evaluate(f"""(() => {{
      const slider = find({slider!r});
      slider.value = "2.5";
      slider.dispatchEvent(new Event("input", {{ bubbles: true, composed: true }}));
    }})()""")
    page.until(f"{PIXELS.format(part)} !== {before!r}")


def plays(page: Firefox) -> None:
    """A round of the quiz begins, and D has an opinion."""
    page.evaluate('find("[data-part=deal]").click()')
    page.until('find("[data-part=question]").width > 1 && !find("[data-part=real]").hidden')
    page.until('find("[data-part=verdict]").textContent.startsWith("Picture 1")')
    page.evaluate('find("[data-part=real]").click()')
    page.until('find("[data-part=verdict]").textContent.includes("D says")')


def watches(page: Firefox) -> None:
    """Pictures through time, the generator in hand, the quiz."""
    page.until('find("[data-part=step]")?.textContent === "step 12"')
    page.until('find("[data-part=picture]").naturalWidth > 0')
    page.evaluate('find("[data-part=explore-note]").scrollIntoView()')
    page.until('find("[data-part=sample]").dataset.step === "12"')
    slides(page, "[data-slider='z 1']", "sample")
    plays(page)


def test_a_run_in_one_file(page: Firefox, run: Run, tmp_path: Path) -> None:
    (tmp_path / "run.html").write_text(watch_page.one_file(run))
    page.goto((tmp_path / "run.html").as_uri())
    watches(page)


def test_the_watch_view_of_a_server(page: Firefox, run: Run, common: tuple[Server, Path]) -> None:
    page.goto(f"{common[0].url}/watch?run={run.id}", 390, 844)
    watches(page)


def test_the_live_view_and_explore(page: Firefox, run: Run, common: tuple[Server, Path]) -> None:
    page.goto(f"{common[0].url}/?run={run.id}")
    page.until('find("[data-testid=live-picture]:not([hidden])")?.naturalWidth > 0')
    page.until(CURVES)
    page.goto(f"{common[0].url}/explore?run={run.id}")
    page.until("find(\"[data-part=status]\")?.dataset.by === 'page'")
    slides(page, "[data-part=sliders] input", "one")
