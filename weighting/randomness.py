"""Randomness has a seed: the same seed gives the same result."""

from typing import Any

import numpy as np

from weighting.errors import DesignError, is_whole


def generator(seed: Any) -> np.random.Generator:
    """A Generator as it was given, or one made from a seed.

    Raises:
        DesignError: anything but a Generator or a whole number from 0.

    >>> int(generator(1).integers(100)), int(generator(np.random.default_rng(1)).integers(100))
    (47, 47)
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if not is_whole(seed) or seed < 0:
        raise DesignError(f"seed {seed!r}: a whole number from 0 or a numpy Generator is needed")
    return np.random.default_rng(int(seed))
