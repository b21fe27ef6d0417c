"""Animations: the frame that shows most stands for all."""

from __future__ import annotations

import numpy as np
from PIL import Image

ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
MAX_LOOKED_AT = 300_000_000  # pixels of frames: later ones are not looked at
MAX_FRAMES = 300
LOOK_PX = 32
MORE = 1.05  # how many times the contrast a later frame needs to be taken instead


def seek_best(image: Image.Image) -> int:
    """Goes to the frame of most contrast, an earlier one where they are alike; returns how many there are."""
    frames = int(getattr(image, "n_frames", 1))
    if frames == 1:
        return 1
    most = max(1, min(frames, MAX_FRAMES, MAX_LOOKED_AT // max(1, image.width * image.height)))
    best, shown = 0, -1.0
    for number in range(most):
        image.seek(number)
        contrast = _contrast(image)
        if contrast > MORE * shown:
            best, shown = number, contrast
    image.seek(best)
    return frames


def _contrast(image: Image.Image) -> float:
    """The standard deviation of its pixels, on the paper on which that is larger."""
    small = np.asarray(image.convert("RGBA").resize((LOOK_PX, LOOK_PX), Image.Resampling.BOX), np.float32)
    colour, opaque = small[..., :3], small[..., 3:] / 255
    return max(float((colour * opaque + paper * (1 - opaque)).std((0, 1)).max()) for paper in (0, 255))
