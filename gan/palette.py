"""The palette: the colours of assets/base/tokens.css for what Python draws. tests/test_palette.py keeps them equal."""

from __future__ import annotations

# Real and generated pictures, discriminator and generator: the same everywhere, in light and dark.
REAL, FAKE, D, G = "#009e73", "#cc79a7", "#0072b2", "#e69f00"
REAL_INK, FAKE_INK = "#00694c", "#973b6f"  # dark enough to be read on paper
INK, LINE, SHADE = "#211e29", "#dfdace", "#f3f0e9"  # text, lines, the paper's darker neighbour
SOFT = "#646269"  # INK at 70 % on white, where nothing may be see-through
