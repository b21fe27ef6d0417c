"""Few training images: what to expect of so many, and what is worth a try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan import registry, runs
from gan.config import RunConfig
from gan.runs import weights_header

BY_HEART, FEW_IMAGES = 100, 1000  # images up to which they are learned by heart for sure, and up to which they are few
MIN_WIDTH = 8


@dataclass(frozen=True)
class Remedy:
    """Settings that help with few images: a label, a sentence, and the changes by name."""

    label: str
    text: str
    changes: Mapping[str, Any]

    @property
    def flags(self) -> str:
        """The changes as one types them."""
        return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in self.changes.items())


def expectation(count: int, batch: int) -> str:
    """What to expect of so many images, in sentences; "" where they are many. `batch` 0: that is told already."""
    sentences = []
    if 0 < count < batch:
        sentences.append(
            f"{count} pictures are fewer than the batch of {batch}: a step shows some of them more than once."
        )
    if 0 < count <= BY_HEART:
        sentences.append(
            f"{count} pictures are few: the networks can learn each of them by heart. Expect pictures close to yours, "
            "and little that is new."
        )
    elif 0 < count <= FEW_IMAGES:
        sentences.append(
            f"{count:,} pictures are few: expect the likeness first, and copies of your pictures when it trains on."
        )
    return " ".join(sentences)


def remedies(config: RunConfig, count: int, shape: tuple[int, int, int] | None = None) -> list[Remedy]:
    """What is worth a try with so many images of that shape, and is not in the config yet; [] where they are many."""
    if not 0 < count <= FEW_IMAGES:
        return []
    side = shape[1] if shape else config.image_size or 28
    remedies = []
    if "translation" in registry.names("augmentations") and not config.translation:
        amount = max(1, side // 8)
        text = "D sees every picture shifted a little, so each of them is many."
        remedies.append(Remedy("Shift what D sees", text, {"translation": amount}))
    if not config.start_from and (origin := fitting_run(config, shape)):
        text = f"Begin with the networks of {origin}: strokes and shapes are there from the start."
        remedies.append(Remedy(f"Start from {origin}", text, {"start_from": origin}))
    if "width" in registry.card("models", config.model).facts.get("KNOBS", ()) and config.width > MIN_WIDTH:
        text = "Smaller networks learn fewer pictures by heart, and train faster."
        remedies.append(Remedy("A smaller network", text, {"width": max(MIN_WIDTH, config.width // 2)}))
    return remedies


def fitting_run(config: RunConfig, shape: tuple[int, int, int] | None) -> str:
    """The id of a run that came along and has the same networks, for pictures of that shape; "" without one."""
    for run in [*runs.runs(), *runs.runs(runs.shipped())]:
        if run.states():
            continue  # made here: it need not be good
        try:
            other = run.config()
        except runs.RunError:
            continue
        same = all(getattr(other, name) == getattr(config, name) for name in ("model", "width", "z_dim", "conditional"))
        if same and (shape is None or weights_header.read(run.weights()).get("data", {}).get("shape") == list(shape)):
            return run.id
    return ""
