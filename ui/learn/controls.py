"""What a guided lesson can point at: parts of pages by name, each with where it is and what unfolds it.

`opens` are pressed in turn while the part itself is not to be seen. tests/in_browser/test_lessons.py looks for each of
them on its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """A part of a page by a CSS selector, which also looks into the shadow roots of components.

    `when` is the run it needs: "" any or none, "active" one that trains or is paused, "finished" one on screen that is
    done, "pair" two that are compared.
    """

    page: str
    selector: str
    opens: tuple[str, ...] = ()
    when: str = ""


def _panel(name: str) -> Control:
    return Control("train", f".live-chart [data-panel={name}]")


def _fold(name: str, part: str) -> Control:
    return Control("explore", f"[data-part={part}]", (f"[data-fold={name}] > summary",))


CONTROLS: Mapping[str, Control] = {
    "start-training": Control("train", ".st-key-start-training", when="finished"),
    "new-run": Control("train", ".st-key-new-run"),
    "presets": Control("train", "[class*=st-key-card-on]"),
    "start": Control("train", ".st-key-Start, .st-key-Stop-it-and-start-this-one"),
    "pause": Control("train", ".st-key-Pause, .st-key-Resume", when="active"),
    "step": Control("train", ".st-key-Step", when="active"),
    "only-d": Control("train", ".st-key-Only-D", when="active"),
    "only-g": Control("train", ".st-key-Only-G", when="active"),
    "stop": Control("train", ".st-key-Stop", when="active"),
    "change": Control("train", ".st-key-change", when="active"),
    "rate-of-g": Control("train", "[class*=st-key-live-lr_g]", (".st-key-change button",), when="active"),
    "rate-of-d": Control("train", "[class*=st-key-live-lr_d]", (".st-key-change button",), when="active"),
    "link": Control("train", ".st-key-link"),
    "pictures": Control("train", ".live-album .live-big"),
    "random-pictures": Control("train", ".live-album .live-random"),
    "real-pictures": Control("train", ".live-album .live-real"),
    "time": Control("train", "[data-testid=live-slider]"),
    "light": Control("train", "[data-testid=live-light]"),
    "classes": Control("train", "[data-testid=live-coverage]"),
    "chart": Control("train", ".live-chart .base-tabs"),
    "chart-losses": _panel("losses"),
    "chart-scores": _panel("scores"),
    "chart-quality": _panel("quality"),
    "chart-classes": _panel("classes"),
    "chart-gradients": _panel("gradients"),
    "z": Control("explore", "[data-part=sliders]"),
    "shuffle": Control("explore", "[data-part=shuffle]"),
    "neighbours": Control("explore", "[data-part=neighbours]"),
    "pad": Control("explore", "[data-part=pad]"),
    "pin": Control("explore", "[data-part=pin]"),
    "film": _fold("pins", "play"),
    "truncation": _fold("psi", "psi"),
    "training-step": Control("explore", ".explore-moment"),
    "draw": Control("explore", "[data-tab=draw]"),
    "quiz": Control("explore", "[data-tab=quiz]"),
    "same-noise": Control("compare", "[data-testid=compare-strips]", when="pair"),
    "compared-curves": Control("compare", "[data-testid=compare-chart]", when="pair"),
    "compared-step": Control("compare", "[data-testid=compare-slider]", when="pair"),
    "start-a-pair": Control("compare", ".st-key-new-pair"),
    "runs": Control("runs", ".st-key-run-list"),
}
