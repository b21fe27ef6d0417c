"""The figures of the Learn page, by the names that lessons give them; each takes the words after its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from gan import registry, runs
from gan.runs import Run
from ui.learn import charts
from ui.shared import assets
from ui.shared.explorer import explorer
from ui.shared.live_view import live
from ui.shared.presets import presets

FORMULAS = {
    "value": r"\min_G \max_D V(D, G) = \mathbb{E}_{x}[\log D(x)] + \mathbb{E}_{z}[\log(1 - D(G(z)))]",
    "best": r"D^{*}(x) = \frac{p_{\text{data}}(x)}{p_{\text{data}}(x) + p_{G}(x)}",
    "is": r"\text{IS} = \exp \; \mathbb{E}_{x \sim G} \; \text{KL}\big(p(y \mid x) \,\|\, p(y)\big)",
    "fid": r"\text{FID} = \lVert \mu_r - \mu_g \rVert^2 + "
    r"\text{Tr}\big(\Sigma_r + \Sigma_g - 2 (\Sigma_r \Sigma_g)^{1/2}\big)",
}
DIAGRAMS = {
    name: st.components.v2.component(
        f"forger_{name}",
        html=(assets.FOLDER / "pictures" / f"{name}.svg").read_text(encoding="utf-8"),
        css="svg { width: 100%; font-family: var(--st-font); }",
    )
    for name in ("game", "steps")
}
CODE = """
real = batch()                                    # real pictures
fake = G(torch.randn(len(real), z_dim))           # generated ones

real_logits, fake_logits = D(real), D(fake.detach())
loss_d = (bce(real_logits, torch.ones_like(real_logits))
          + bce(fake_logits, torch.zeros_like(fake_logits)))
optimizer_d.zero_grad(); loss_d.backward(); optimizer_d.step()

logits = D(fake)                                  # through D, into G
loss_g = bce(logits, torch.ones_like(logits))     # "these are real"
optimizer_g.zero_grad(); loss_g.backward(); optimizer_g.step()
"""


def diagram(words: str) -> None:
    """A drawing of assets/, in the colour of the text."""
    DIAGRAMS[words](key=f"diagram-{words}", data=None)


def run(words: str) -> None:
    """The pictures of the first of these runs that is here, with a slider through time."""
    if first := first_run(words, drawn=True):
        with st.container(width=480):
            live(first.id, key=f"lesson-{words.split()[0]}", view="compact")


def noise(words: str) -> None:
    """Sliders of z on the first of these runs that has a generator."""
    if first := first_run(words, drawn=False):
        explorer(first, key="noise", sliders=3)


def frames(words: str) -> None:
    """A strip of pictures of a real run, kept with the lessons, and how it was made."""
    name, _, caption = words.partition(" ")
    st.image(assets.FOLDER / "pictures" / f"lesson-{name}.webp", caption=caption, width="stretch", alt=caption)


def layers(words: str) -> None:
    """Both networks of a preset as tables."""
    tables = json.loads((registry.HOME / "export" / "layers.json").read_text(encoding="utf-8"))
    titles = {name: preset.who for name, preset in presets().items() if name in tables}
    picked = st.selectbox("The networks of", [*titles], format_func=titles.__getitem__, key="layers")
    parts = {"G": ":orange[**G**], the generator", "D": ":blue[**D**], the discriminator"}
    for letter, title in parts.items():
        rows = tables[picked][letter]
        total = sum(row["parameters"] for row in rows)
        st.markdown(f"{title}: {total:,} parameters")
        st.table([_cells(row) for row in rows], border="horizontal", hide_index=True)


def formula(words: str) -> None:
    """Formulas by name."""
    for name in words.split():
        st.latex(FORMULAS[name])


def loss(words: str) -> None:
    """Both formulas of a loss, as its file tells them."""
    card = registry.card("losses", words)
    with st.container(border=True):
        st.markdown(f"**{card.title}:** {card.summary}")
        st.latex(r"\mathcal{L}_D = " + card.facts["D_FORMULA"])
        st.latex(r"\mathcal{L}_G = " + card.facts["G_FORMULA"])


def curves(words: str) -> None:
    """Two curves of a real run: "losses run …" or "scores run …"."""
    which, _, names = words.partition(" ")
    if first := first_run(names, drawn=True):
        charts.curves(first, which)


def slopes(words: str) -> None:
    """What G loses and what it feels, for every loss."""
    charts.slopes()


def sigmoid(words: str) -> None:
    """From a logit to a probability."""
    charts.sigmoid()


def circles(words: str) -> None:
    """The smallest game there is, played with two learning rates."""
    charts.circles()


def code(words: str) -> None:
    """One training step, to be read aloud."""
    st.code(CODE.strip(), language="python")


def first_run(names: str, drawn: bool) -> Run | None:
    """The first run whose id begins with one of the names and that has something to show, else any; or a sentence."""
    able = [run for run in runs.runs() if (run.pictures("fixed") if drawn else run.weights().exists())]
    for name in names.split():
        for run_ in able:
            if run_.id.startswith(name):
                return run_
    if able:
        return able[0]
    st.info("Not available because there is no trained run here yet. Start one, then come back.")
    return None


def _cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        "Layer": row["layer"],
        "Then": ", ".join(row["then"]) or "–",
        "Output": " × ".join(map(str, row["output"])) or "1 logit",
        "Parameters": f"{row['parameters']:,}",
        "FLOPs": f"{row['flops']:,}",
    }


FIGURES: dict[str, Callable[[str], None]] = {
    f.__name__: f for f in (circles, code, curves, diagram, formula, frames, layers, loss, noise, run, sigmoid, slopes)
}
