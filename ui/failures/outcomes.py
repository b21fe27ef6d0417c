"""What may come of a training, in words for people who have not seen it yet: the answers of a prediction."""

from __future__ import annotations

from collections.abc import Sequence

from ui.shared.presets import Scenario

WORKING = "good"  # of every run that the light finds no fault with
OUTCOMES = {  # by the name of the light that finds it
    "mode collapse": "Every picture becomes the same, whatever the noise.",
    "divergence": "The numbers explode: neither network ever settles.",
    "D winning": "D is right every time, and G's pictures hardly change.",
    "vanishing gradient": "G's gradient fades to nothing, and G stands still.",
    "D overfits": "D learns its training images by heart, and the digits stop improving.",
    "D not trained": "G's loss falls and falls, and the pictures are still noise.",
    "critic untrained": "D scores real and generated pictures as if by chance, and G gets nowhere.",
    WORKING: "It works all the same, perhaps a little slower.",
}
USUAL = ("mode collapse", "divergence", WORKING)  # where a scenario names no answers


def answers(scenario: Scenario) -> dict[str, str]:
    """Three or four answers by the name of their light, always in the same order; the right one is among them."""
    names: Sequence[str] = [*(scenario.answers or USUAL), scenario.light]
    return {name: words for name, words in OUTCOMES.items() if name in names} | (
        {} if scenario.light in OUTCOMES else {scenario.light: f"The verdict: {scenario.light}."}
    )
