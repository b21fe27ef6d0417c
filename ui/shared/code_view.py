"""Show me the code: these settings as one PyTorch file, highlighted, marked where it differs, to take along."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import streamlit as st

from gan.config import ConfigError, RunConfig
from gan.hosting import first_digits, torch_loader
from gan.runs import Run, pace
from ui.shared import assets, highlight
from ui.shared.fragments import again
from ui.shared.text import plain

POLL_SECONDS = 0.5
OPEN = "show-code"
Data = tuple[tuple[int, int, int], int]


def render(
    config: RunConfig,
    title: str,
    name: str,
    base: RunConfig | None,
    budget: Mapping[str, float],
    run: Run | None = None,
    data: Data | None = None,
) -> None:
    """A switch, and behind it the code of `config`; lines that the settings `base` would not have are marked.

    It trains as long as `budget` says. `data` are shape and count of classes where they have been read; `name` is that
    of the files.
    """
    if not st.toggle(
        "Show me the code", key=OPEN, help="Networks, loss and loop of these settings as one PyTorch file."
    ):
        return
    if torch_loader.torch_state() != "ready":
        again(_wait, every=POLL_SECONDS)
        return
    from gan.export import code

    try:
        data = data or code.data_of(config, run)
        steps = _steps(config, budget)
        text = _text(config, data, title, steps)
        other = "" if base is None or base == config else _text(base, code.data_of(base), title, steps)
    except (ValueError, ConfigError, LookupError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    marked = code.changed_lines(text, other) if other else set()
    count = len(text.splitlines())
    words = f"{count} lines that need PyTorch alone: read them from the top, or run them here, elsewhere or in Colab."
    st.caption(words + (f" {len(marked)} of them are not those of the preset: they are marked." if marked else ""))
    st.html(f"<style>{assets.styles('base/code.css')}</style>{highlight.html(text, marked, 'not as in the preset')}")
    with st.container(horizontal=True):
        icon = ":material/download:"
        st.download_button("Python", text, f"{name}.py", "text/x-python", icon=icon, on_click="ignore")
        book = code.notebook(text)
        st.download_button("Notebook", book, f"{name}.ipynb", "application/x-ipynb+json", icon=icon, on_click="ignore")


def _wait() -> None:
    if torch_loader.torch_state() == "ready":
        st.rerun()
    st.caption(":material/hourglass_top: The code appears once PyTorch is loaded.")


@lru_cache(maxsize=16)
def _text(config: RunConfig, data: Data, title: str, steps: int) -> str:
    from gan.export import code

    return code.source(config, *data, title=title, steps=steps)


def _steps(config: RunConfig, budget: Mapping[str, float]) -> int:
    from gan.export import code

    known = pace.length(config, budget, pace.count(config), first_digits.speed_here(config)) if budget else None
    return max(1, round(known.steps)) if known and known.steps else code.STEPS
