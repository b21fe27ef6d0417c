"""The layers of both networks beside the form, live: shapes, parameters, FLOPs, and what does not fit, at its layer."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from gan import registry
from gan.config import RunConfig, declared
from gan.hosting import torch_loader
from ui.shared import assets
from ui.shared.fragments import again
from ui.shared.html import Cell, Html, table
from ui.shared.text import plain

if TYPE_CHECKING:
    from gan.export.layer_table import Table

POLL_SECONDS = 0.5
PARTS = {"G": ":orange[**G**], the generator", "D": ":blue[**D**], the discriminator"}
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
Shape = tuple[int, int, int]


def render(config: RunConfig, shape: Shape | None, n_classes: int | None) -> str:
    """Draws both tables; returns why these networks cannot be, in a sentence, "" when they can or PyTorch is not here.

    `shape` and `n_classes` are those of data that have been read; None where the card of the data set tells.
    """
    if config.from_source:
        return ""  # its networks are the game's own
    own = bool(declared("models", config.model)[0])
    with st.expander("The layers of both networks", expanded=own, icon=":material/layers:", key=f"layers-{own}"):
        if torch_loader.torch_state() != "ready":
            again(_wait, every=POLL_SECONDS)
            return ""
        shape = shape or _shape(config)
        if shape is None:
            st.caption("The table appears once your pictures have been read.")
            return ""
        try:
            tables, refused = _tables(_essential(config), shape, n_classes or 10)
        except ValueError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return str(error)
        st.html(f"<style>{assets.styles('pages/networks.css')}</style>")
        for letter, each in tables.items():
            total = f"{each.parameters:,} parameters, {_short(each.flops)}FLOPs a picture"
            st.markdown(f"{PARTS[letter]}: {total}")
            if each.misfit:
                st.error(plain(each.misfit), icon=":material/error:")
            st.html(_html(each))
        if refused and not any(each.misfit for each in tables.values()):
            st.error(plain(refused), icon=":material/error:")
        st.caption(
            "FLOPs count two for each multiplication with its addition, in matrix products and convolutions alone. "
            "What tricks add to D is not in the table."
        )
    return refused


def _wait() -> None:
    if torch_loader.torch_state() in ("no", "loading"):
        st.caption(":material/hourglass_top: The table appears once PyTorch is loaded.")
    elif torch_loader.torch_state() == "ready":
        st.rerun()


def _essential(config: RunConfig) -> RunConfig:
    """The settings that the networks and their memory depend on, so that others change no table."""
    names = (
        "dataset",
        "model",
        "z_dim",
        "width",
        "batch_norm",
        "conditional",
        "image_size",
        "batch",
        "samples",
        "device",
    )
    values = {name: getattr(config, name) for name in (*names, *declared("models", config.model)[0])}
    return RunConfig(**values)


@lru_cache(maxsize=32)
def _tables(config: RunConfig, shape: Shape, n_classes: int) -> tuple[dict[str, Table], str]:
    """The tables of both networks, and why they cannot be trained here, "" when they can. Raises ValueError."""
    from gan.export import layer_table
    from gan.training import memory

    tables = layer_table.of_config(config, shape, n_classes)
    misfit = next((each.misfit for each in tables.values() if each.misfit), "")
    return tables, misfit or memory.refusal(config, shape, n_classes)


def _shape(config: RunConfig) -> Shape | None:
    """The shape of the data by its card; None before they have been read."""
    facts = registry.card("datasets", config.dataset).facts
    if facts.get("POINTS"):
        return 2, 1, 1
    if not facts.get("SHAPE"):
        return None
    C, H, W = facts["SHAPE"]
    side = config.image_size
    return (C, side, side) if side else (C, H, W)


def _html(each: Table) -> str:
    head: list[str | Cell] = ["", "Layer", *(Cell(name, "number") for name in ("Output", "Parameters", "FLOPs"))]
    rows: list[list[str | Cell]] = []
    for k, row in enumerate(each.rows, 1):
        then = f"<small>{escape(', '.join(row['then']))}</small>" if row["then"] else ""
        bad = f'<small class="train-misfit">{escape(row["misfit"])}</small>' if row.get("misfit") else ""
        output = " × ".join(map(str, row["output"])) or ("" if bad else "logit")
        numbers = (output, f"{row['parameters']:,}", _short(row["flops"]))
        cells = [Cell(text, "number") for text in numbers]
        rows.append([str(k), Html(f"{escape(row['layer'])}{then}{bad}"), *cells])
    return table(head, rows, kind="train-layers", around="scroll")


def _short(count: float) -> str:
    """A count with at most three digits and a unit: "3.15 M"."""
    for size, unit in UNITS:
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} "
