"""The palette: the colours of assets/base/tokens.css for what Python draws. tests/test_palette.py keeps them equal."""

from __future__ import annotations

# Real and generated pictures, discriminator and generator: the same everywhere, in light and dark.
REAL, FAKE, D, G = "#009e73", "#cc79a7", "#0072b2", "#e69f00"
REAL_INK, FAKE_INK = "#00694c", "#973b6f"  # dark enough to be read on paper
INK, LINE, SHADE = "#211e29", "#dfdace", "#f3f0e9"  # text, lines, the paper's darker neighbour
SOFT = "#646269"  # INK at 70 % on white, where nothing may be see-through

# The dark mode, for what is always dark: a film.
DARK_PAPER, DARK_LINE, DARK_INK, DARK_WAIT = "#15141a", "#3a3745", "#edeaf3", "#a5a1b0"
DARK_GOOD, DARK_WARN, DARK_BAD = "#4bcba3", "#f2bc4b", "#ff8a78"
