"""Strata of a single cluster: no variance can be seen in them, and a policy says what stands in its place."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from weighting.errors import DesignError, Fault
from weighting.groups import Codes, Flags, Floats, compact
from weighting.variance.stages import Stage

Lonely = Literal["fail", "remove", "certainty", "adjust", "average"]
LONELY: tuple[str, ...] = ("fail", "remove", "certainty", "adjust", "average")


@dataclass(frozen=True)
class LonelyPolicy:
    """``name`` is one of ``LONELY``; ``in_domains``: strata in which a domain holds one cluster of several count too.

    A *pair* below is a stratum × domain; P pairs lie in *pools*, whose other strata stand in for a lonely one.
    """

    name: str
    in_domains: bool

    def alone(self, sampled: Floats, seen: Floats, rest: Floats) -> Flags:
        """Pairs [P] to which the policy applies, from clusters drawn, clusters with rows of the domain, and 1 − f."""
        alone = (sampled == 1) | (self.in_domains & (seen == 1))
        return np.asarray(alone & (rest > 0))

    def pools(self, stage: Stage, stratum: Codes, domain: Codes, n_domains: int) -> Codes:
        """Pool of each pair [P]: the whole stage ("adjust"), else the strata within the same cluster of the stage above."""
        parent = np.zeros_like(stratum) if self.name == "adjust" else stage.parent[stratum]
        return compact(parent * n_domains + domain, (int(parent.max(initial=0)) + 1) * n_domains)[1]

    def factors(self, alone: Flags, pool: Codes) -> Floats:
        """What the pairs' variances are multiplied with [P]: "average" makes up for the lonely ones of a pool."""
        if self.name != "average":
            return np.ones(alone.size)
        known = np.bincount(pool, weights=~alone)
        return np.where(alone, 0.0, np.bincount(pool)[pool] / np.maximum(known, 1)[pool])

    def centred_at_pool(self, alone: Flags) -> Flags:
        """Pairs [P] whose totals are measured from the mean over their pool."""
        return alone if self.name == "adjust" else np.zeros_like(alone)

    def check(self, stage: Stage, number: int, stratum: Codes, pool: Codes, scale: Floats) -> None:
        """Stop where the policy leaves no variance to be computed for one of the pairs (``stratum``, ``pool``,
        ``scale`` [P]) of stage ``number``.

        Raises:
            DesignError: naming the strata.
        """
        alone = stage.lonely[stratum]
        if self.name == "average":
            helps = (scale > 0) | (stage.rest[stratum] == 0)
            alone &= np.bincount(pool, weights=helps)[pool] == 0
        if self.name not in ("fail", "average") or not alone.any():
            return
        advice = (
            "choose lonely='remove', 'certainty', 'adjust' or 'average', or merge strata"
            if self.name == "fail"
            else "no other stratum is left to take the average from"
        )
        named = np.zeros(stage.n_strata, dtype=bool)
        named[stratum[alone]] = True
        names = stage.strata_named(named)
        sentence = f"stratum {names} has a single cluster at stage {number}: no variance; {advice}"
        raise DesignError(Fault("lonely", sentence, policy=self.name))
