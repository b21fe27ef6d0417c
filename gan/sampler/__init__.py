"""The sampler of a trained generator, and its discriminator for single pictures.

The way in, for notebooks too, is `from gan.sampler import Sampler`; PyTorch is imported when that is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan.sampler.sampler import Sampler as Sampler


def __getattr__(name: str) -> Any:
    if name != "Sampler":
        raise AttributeError(name)
    from gan.sampler.sampler import Sampler

    return Sampler
