"""Networks that are told captions: a text encoder in front of each network of a pair.

The conditioning `words` (gan/conditionings/words.py) says what it does and where it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 32  # numbers of a caption's vector
WORD = 32  # numbers of a word's vector


class TextEncoder(nn.Module):
    """Captions (N,L int64, places in the vocabulary from 1 on, 0 for none) or classes (N): N,WIDTH, mean square 1."""

    of_class: Tensor  # captions, one a class
    captions: Tensor | None

    def __init__(self, vocabulary: tuple[str, ...], names: tuple[str, ...], sheet: tuple[str, ...]) -> None:
        super().__init__()
        self.words = nn.Embedding(len(vocabulary) + 1, WORD, padding_idx=0)
        self.look = nn.Conv1d(WORD, 2 * WORD, 3, padding=1)
        self.end = nn.Linear(2 * WORD, WIDTH)
        self.register_buffer("of_class", rows([f"a {name}" for name in names], vocabulary), persistent=False)
        texts = [text.format(name) for text in sheet for name in names]
        self.register_buffer("captions", rows(texts, vocabulary) if texts else None, persistent=False)

    def forward(self, y: Tensor) -> Tensor:
        if y.ndim == 1:
            y = self.of_class[y]
        h = F.leaky_relu(self.look(self.words(y).transpose(1, 2)), 0.2)  # N,64,L
        h = (h * (y > 0)[:, None]).sum(2)  # N,64
        return F.layer_norm(self.end(h), (WIDTH,))  # N,32


class WordGenerator(nn.Module):
    """A generator G(z, y) of captions y (N,L) or classes y (N): a conditional one with their vector behind z."""

    inner: Any  # G itself
    text: TextEncoder

    def __init__(self, inner: Any, text: TextEncoder) -> None:
        super().__init__()
        self.n_classes = len(text.of_class)
        inner.n_classes = 0  # what is behind z comes from here
        self.inner, self.text = inner, text
        self.style_layers = inner.style_layers

    @property
    def captions(self) -> Tensor | None:
        """Captions of all sorts, N,L int64, the classes in turn: what a grid shows. None where classes are all."""
        return self.text.captions

    def mapping(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.inner.mapping(self.joined(z, y))

    def synthesis(self, w: Tensor) -> Tensor:
        return self.inner.synthesis(w)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        x: Tensor = self.inner(self.joined(z, y))
        return x

    def joined(self, z: Tensor, y: Tensor | None) -> Tensor:
        """z with the vector of its caption behind it, N,z_dim+WIDTH. Raises ValueError when there is no caption."""
        if y is None:
            raise ValueError("this generator is told a caption for every z, and none was given")
        return torch.cat([z, self.text(y)], 1)

    def style_matrix(self) -> Tensor:
        matrix: Tensor = self.inner.style_matrix()
        return matrix


class WordDiscriminator(nn.Module):
    """A discriminator D(x, y) of pictures x and captions y: logits N; without captions how real x is at all."""

    def __init__(self, inner: nn.Module, text: TextEncoder) -> None:
        super().__init__()
        self.text, self.inner = text, inner  # what widens D's last layer takes the last one of `inner`

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        scores: Tensor = self.inner(x, x.new_empty(len(x), 0, dtype=torch.int64))  # of no class: N,1+WIDTH
        return scores[:, 0] if y is None else scores[:, 0] + (scores[:, 1:] * self.text(y)).sum(1)


def wrap(
    G: Any, D: Any, vocabulary: tuple[str, ...], names: tuple[str, ...], sheet: tuple[str, ...]
) -> tuple[WordGenerator, WordDiscriminator]:
    """The pair that is told captions, of one that is told WIDTH numbers; each with an encoder of its own.

    `names` are the words of the classes, `sheet` captions of all sorts with a place {} for such a word.
    """
    encoders = [TextEncoder(vocabulary, names, sheet) for _ in (G, D)]
    return WordGenerator(G, encoders[0]), WordDiscriminator(D, encoders[1])


def rows(texts: Sequence[str], vocabulary: tuple[str, ...]) -> Tensor:
    """Captions as int64 N,L: places in the vocabulary from 1 on, then zeros. All words have to be known."""
    places = [[1 + vocabulary.index(word) for word in text.replace(",", "").split()] for text in texts]
    longest = max(map(len, places))
    return torch.tensor([row + [0] * (longest - len(row)) for row in places], dtype=torch.int64)
