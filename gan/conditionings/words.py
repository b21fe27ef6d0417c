"""Words: both networks are told a caption instead of a class, each through a text encoder that learns with it.

An encoder reads a caption as words in a row: each has a vector, a convolution looks at three neighbours at a time, so
that "to the left" and "at the left" are not the same, and the sum over the words becomes one vector. G has it behind
its z; D projects its last features on it, as for classes (Miyato & Koyama, "cGANs with Projection Discriminator", 2018,
arXiv:1802.05637). A class is the caption "a" and its name. As Reed et al., "Generative Adversarial Text to Image
Synthesis" (2016, arXiv:1605.05396), whose encoder was trained beforehand.
"""

from __future__ import annotations

FORMULA = r"C(x, t) = w^\top f(x) + \varphi_D(t)^\top V f(x)"
SCORES = True
CODE = False  # what gan/models/_words.py adds is not written into a file of code yet
SCRIPT = "gan.export.words_body"  # of an exported run, which draws and does not train
