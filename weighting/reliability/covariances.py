"""Weighted covariances of items, over the rows that answered all of them or both of a pair, with their influence values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weighting.groups import Flags, Floats

#: So many influence values of pairs are held at a time.
BLOCK = 4_000_000

#: A variance below this share of the mean square is rounding: the answers are all equal.
EQUAL = 1e-13


@dataclass(frozen=True, eq=False)
class Covariances:
    """Covariances of k items ``x`` [n, k] (NaN: no answer) with weights ``w`` [n].

    Each pair is taken over the rows with both answers, the means too; with gaps left out beforehand in whole rows, all
    pairs have the same rows. The divisor is n − 1 (with weights: Σ w (n − 1)/n, n the rows of the pair).
    """

    x: Floats
    w: Floats

    @cached_property
    def shift(self) -> Floats:
        """Means [k], taken off first so that large numbers lose no digits."""
        known = self.answered
        weight = self.w @ known
        return (self.w @ self.filled) / np.where(weight > 0, weight, 1.0)

    @cached_property
    def answered(self) -> Flags:
        """Which answers count [n, k]."""
        return ~np.isnan(self.x) & (self.w > 0)[:, None]

    @cached_property
    def present(self) -> Flags:
        """Rows with an answer that counts [n]."""
        return np.asarray(self.answered.any(axis=1))

    @cached_property
    def filled(self) -> Floats:
        """Answers [n, k], 0 where there is none."""
        return np.where(self.answered, self.x, 0.0)

    @cached_property
    def above(self) -> Floats:
        """Answers less their item's mean [n, k], 0 where there is none."""
        return np.where(self.answered, self.x - self.shift, 0.0)

    @cached_property
    def rows(self) -> Floats:
        """Rows of each pair [k, k]."""
        known = self.answered.astype(float)
        return np.asarray(known.T @ known)

    @cached_property
    def weight(self) -> Floats:
        """Σ w of each pair [k, k]."""
        known = self.answered.astype(float)
        return np.asarray(known.T @ (self.w[:, None] * known))

    @cached_property
    def means(self) -> Floats:
        """Mean of the first item of each pair, less its shift [k, k]."""
        weight = np.where(self.weight > 0, self.weight, np.nan)
        return np.asarray((self.w[:, None] * self.above).T @ self.answered / weight)

    @cached_property
    def matrix(self) -> Floats:
        """Covariances [k, k]; exactly 0 where answers do not vary."""
        products = self.above.T @ (self.w[:, None] * self.above)
        moment = products / np.where(self.weight > 0, self.weight, np.nan)
        found = (moment - self.means * self.means.T) * self.rows / np.maximum(self.rows - 1, 1)
        flat = np.diag(found) <= EQUAL * (np.diag(found) + self.shift**2)
        found[flat, :] = found[:, flat] = 0.0
        return np.asarray(found)

    def influence(self, gradients: Floats) -> Floats:
        """Influence values [n, M] of M functions of the covariances with ``gradients`` [M, k, k] (symmetric), w included."""
        k = self.x.shape[1]
        first, second = np.triu_indices(k)
        twice = np.where(first == second, 1.0, 2.0)
        slopes = (gradients[:, first, second] * twice).T
        scale = (self.rows / np.maximum(self.rows - 1, 1))[first, second]
        centre_1, centre_2 = self.means[first, second], self.means[second, first]
        of_pair, weight = self.matrix[first, second], self.weight[first, second]
        found = np.empty((self.w.size, len(gradients)))
        step = max(1, BLOCK // first.size)
        for start in range(0, self.w.size, step):
            part = slice(start, start + step)
            d, known = self.above[part], self.answered[part]
            product = (d[:, first] - centre_1) * (d[:, second] - centre_2) * scale - of_pair
            u = np.where(known[:, first] & known[:, second], product / weight, 0.0)
            found[part] = self.w[part, None] * (u @ slopes)
        return found
