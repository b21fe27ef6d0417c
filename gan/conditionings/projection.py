"""Projection: D scores how real a picture is at all and how well it fits its class, and adds both.

Both are linear in the features of D's last layer: the class chooses a row of weights, and the features are projected on
it. So D never has to find out by itself how a class and pixels go together, and it costs next to nothing. Miyato &
Koyama, "cGANs with Projection Discriminator" (2018, arXiv:1802.05637): on ImageNet it beat both others here.
"""

from __future__ import annotations

FORMULA = r"C(x, y) = w^\top f(x) + v_y^\top f(x)"
SCORES = True
