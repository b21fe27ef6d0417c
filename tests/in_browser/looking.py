"""What tests ask of any page: what axe finds, the sizes of its type, its lines, what has moved.

axe-core comes with the tools of the scripts (`npm ci`); without them such tests are skipped, but not in CI.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import computed, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
OUTSIDE = "region"  # the rule that all is in landmarks: Streamlit puts what opens at the end of the body, outside them
MOST_SIZES = 4  # of type on a page, its title apart
MOST_LETTERS = 75  # in a line
SCATTER = 4  # letters that a line has more where they are narrow
STILL = 4.0  # pixels that nothing moves by

RUN = """async ([only, off]) => {
  const rules = Object.fromEntries(off.map((name) => [name, { enabled: false }]));
  const about = { resultTypes: ["violations"], ...(only.length ? { runOnly: only } : { rules }) };
  const { violations } = await axe.run(document, about);
  return violations.map(({ id, nodes }) => [id, nodes.map(({ target, any, all, none }) =>
    [target.join(" "), ...[...any, ...all, ...none].map(({ message }) => message)].join(": "))]);
}"""
TEXTS = """(root) => {
  const found = [];
  const seen = (e) => { const { width, height } = e.getBoundingClientRect(); return width > 1 && height > 1; };
  const walk = (root) => { for (const e of root.querySelectorAll("*")) {
    if (e.shadowRoot) walk(e.shadowRoot);
    const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const words = !e.closest("svg, style, script, h1, .katex, [data-testid=stIconMaterial], [class*=draw-invitation]");
    const shown = e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (own && words && shown && seen(e)) found.push(e);
  } };
  walk(root);
  return found;
}"""
SIZES = f"""() => {{
  const sizes = {{}};
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  for (const e of ({TEXTS})(document)) {{
    const size = Math.round(parseFloat(getComputedStyle(e).fontSize) / rem);
    (sizes[size] ??= []).push(e.textContent.trim().slice(0, 40));
  }}
  return sizes;
}}"""
NO_PROSE = "table, pre, code, button, nav, header, [class*=st-key-controls]"
LONG = f"""(most) => ({TEXTS})(document).map((e) => e.closest("p, li, figcaption") ?? e).filter((e, k, all) =>
  all.indexOf(e) === k && e.innerText.trim().length > most && !e.closest("{NO_PROSE}"))
  .map((e) => {{
    const range = document.createRange();
    range.selectNodeContents(e);
    const lines = {{}};
    for (const {{ left, right, bottom, width }} of range.getClientRects())
      if (width > 1) (lines[Math.round(bottom / 12)] ??= []).push(left, right);
    const widths = Object.values(lines).map((ends) => Math.max(...ends) - Math.min(...ends));
    const letter = widths.reduce((a, b) => a + b, 0) / e.innerText.trim().length;
    const read = widths.length > 1; // the eye need not find the beginning of a second line
    return [read ? Math.round(Math.max(...widths) / letter) : 0, e.innerText.trim().slice(0, 90)];
  }}).filter(([letters]) => letters > most)"""
PLACES = """(names) => Object.fromEntries(names.map((name) => {
  const { x, y } = [...document.querySelectorAll(name)].find((e) => e.offsetParent).getBoundingClientRect();
  return [name, [x, y + scrollY]];
}))"""


@lru_cache(maxsize=1)
def _axe() -> str:
    if not AXE.exists():
        if os.environ.get("CI"):
            raise FileNotFoundError(f"{AXE}: npm ci brings it")
        pytest.skip("no axe-core here: npm ci brings it")
    return AXE.read_text(encoding="utf-8")


def axe(page: Page, opened: bool = False) -> list[Any]:
    """What axe finds on a page in light mode, and in dark mode of colours; `opened` where a menu or dialog is."""
    computed(page, _axe())
    found = computed(page, RUN, [[], [OUTSIDE] if opened else []])
    light = computed(page, PAPER)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: page.evaluate(PAPER) != light, "dark mode")
    until(page, lambda: page.evaluate(GOING_OVER) == 0, "colours that have gone over into each other")
    found += [["dark", one] for one in computed(page, RUN, [["color-contrast"], []])]
    page.emulate_media(color_scheme="light")
    return list(found)


GOING_OVER = "document.getAnimations().filter((one) => one instanceof CSSTransition).length"
PAPER = """getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor"""


def sizes(page: Page) -> dict[str, list[str]]:
    """The sizes of type on a page, in pixels of an ordinary screen, each with texts of that size."""
    found: dict[str, list[str]] = computed(page, SIZES)
    return found


def long_lines(page: Page) -> list[Any]:
    """Texts with lines of more letters than can be read well: [letters, beginning]."""
    return list(computed(page, LONG, MOST_LETTERS + SCATTER))


def places(page: Page, names: Sequence[str]) -> dict[str, list[float]]:
    """Where the first visible element of each selector lies on the page: x and y in pixels."""
    found: dict[str, list[float]] = computed(page, PLACES, names)
    return found


def moved(page: Page, before: dict[str, list[float]]) -> dict[str, list[float]]:
    """What does not lie where it lay before, and by how many pixels."""
    now = places(page, [*before])
    apart = {name: [new - old for new, old in zip(now[name], before[name], strict=True)] for name in before}
    return {name: by for name, by in apart.items() if max(map(abs, by)) > STILL}
