"""How often rank sets hold for all units at once, and how large they are: simulated rounds with known true ranks.

    python -m tests.weighting.rank_coverage [--draws 2000]

prints the table of ``docs/en/coverage-ranks.md``: a row per setting, with a one-sided test of each against 93 % (corrected after
Holm), and beside the mean size of the sets that of one step with one common χ² of the fewest degrees of freedom.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from tests.coverage_criterion import chance_of_so_few, significantly_below
from weighting import rank_sets
from weighting.moderation.cells_in_range import moderated
from weighting.ranking.raters import Raters

LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
#: Shares of the five answers: scores 0.675, 0.8625 and 0.9575.
ANSWERS = {
    "middle": (0.05, 0.10, 0.20, 0.40, 0.25),
    "high": (0.01, 0.02, 0.07, 0.31, 0.59),
    "top": (0.0, 0.01, 0.02, 0.10, 0.87),
}
#: Half of the variance of an answer is how mild the rater is with every unit.
MILDNESS = 0.5
#: Sizes of separate groups of raters of one block.
MIXED = (5, 8, 12, 20, 40, 60)
#: Draws within each simulated round: enough for the tail, few enough for thousands of rounds.
INNER = 300


@dataclass(frozen=True)
class Setting:
    """``units`` judged by the same ``raters``, or (not ``shared``) each by as many of its own, 0 for ``MIXED`` sizes; true values
    all ``tied``, in ``groups`` of three equal ones; ``answers``: normal or five levels."""

    units: int
    raters: int
    shared: bool
    truth: str
    answers: str

    def __str__(self) -> str:
        raters = f"{self.raters or 'mixed'} {'shared' if self.shared else 'separate'}"
        return f"{self.units} units, {raters}, {self.truth}, {self.answers}"

    @property
    def shift(self) -> np.ndarray:
        """True values on the scale of the latent answers, in standard deviations."""
        k = np.arange(self.units)
        return 0.6 * (k // 3) if self.truth == "groups" else 0.0 * k

    @property
    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks a unit may be given when ties are broken in any way."""
        truth = self.shift
        if self.answers != "normal":  # equal latent values are equal scores
            truth = np.unique(truth, return_inverse=True)[1]
        above = (truth[None, :] > truth[:, None]).sum(axis=1)
        return 1 + above, self.units - (truth[None, :] < truth[:, None]).sum(axis=1)

    def drawn(self, raters: int, rng: np.random.Generator, units: slice = slice(None)) -> np.ndarray:
        """Answers [raters, units]."""
        mild = rng.standard_normal((raters, 1)) * np.sqrt(MILDNESS)
        shift = self.shift[units]
        latent = shift + mild + rng.standard_normal((raters, len(shift))) * np.sqrt(1.0 - MILDNESS)
        if self.answers == "normal":
            return latent
        return LEVELS[np.searchsorted(special.ndtri(np.cumsum(ANSWERS[self.answers])[:-1]), latent)]

    def round(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, Raters | None]:
        """Estimates, covariance (or variances), degrees of freedom and the shared raters of one survey."""
        if self.shared:
            y = self.drawn(self.raters, rng)
            raters = Raters((y - y.mean(axis=0)) / self.raters)
            return y.mean(axis=0), raters.covariance(), np.full(self.units, self.raters - 1.0), raters
        sizes = [self.raters or MIXED[j % len(MIXED)] for j in range(self.units)]
        own = [self.drawn(n, rng, slice(j, j + 1))[:, 0] for j, n in enumerate(sizes)]
        mean, variance = np.array([y.mean() for y in own]), np.array([y.var(ddof=1) for y in own])
        n, df = np.array(sizes, dtype=float), np.array(sizes) - 1.0
        if (
            self.answers != "normal"
        ):  # as the engine does: cells lend each other variance, but no degrees of freedom
            variance = moderated(mean, variance, n, df).variance
        return mean, variance / n, df, None


#: True values and answers simulated for so many units; all that stand before for fewer.
SIMULATED = {
    63: (("tied", "middle"),),
    30: (("groups", "middle"), ("tied", "normal")),
    22: (("tied", "high"),),
    10: (("tied", "top"),),
}
SHARED, SEPARATE = (8, 20, 84), (8, 20, 0)
SETTINGS = tuple(
    Setting(units, raters, shared, truth, answers)
    for units in sorted(SIMULATED)
    for raters, shared in ((n, shared) for shared in (True, False) for n in (SHARED if shared else SEPARATE))
    for truth, answers in (case for most, cases in SIMULATED.items() if most >= units for case in cases)
    if (units < 63 or raters in (8, 84)) and (raters or answers != "normal")
)


@dataclass(frozen=True)
class Row:
    """``hits`` of ``draws`` surveys in which all sets held; mean ``size`` of a set, and ``earlier``."""

    setting: Setting
    hits: int
    draws: int
    size: float
    earlier: float

    @property
    def p(self) -> float:
        """Probability of so few hits or fewer if the coverage were ``LEAST``."""
        return chance_of_so_few(self.hits, self.draws)


def simulated(setting: Setting, draws: int, seed: int = 12) -> Row:
    """One row of the table; the sets of the earlier method are made for every twentieth survey."""
    rng = np.random.default_rng([seed, *str(setting).encode()])
    first, last = setting.ranks
    hits, sizes, earlier = 0, [], []
    for number in range(draws):
        y, covariance, df, raters = setting.round(rng)
        sets = rank_sets(y, covariance, df=df, raters=raters, draws=INNER, seed=number)
        hits += bool(((sets.low <= first) & (sets.high >= last)).all())
        sizes.append((sets.high - sets.low + 1).mean())
        if number % 20 == 0:
            old = rank_sets(y, covariance, df=float(df.min()), draws=2000, stepdown=False)
            earlier.append((old.high - old.low + 1).mean())
    return Row(setting, hits, draws, float(np.mean(sizes)), float(np.mean(earlier)))


def below(rows: list[Row], chance: float = 0.01) -> list[Row]:
    """Rows whose coverage lies below ``LEAST``: one-sided, corrected after Holm."""
    return [rows[k] for k in significantly_below([row.p for row in rows], chance)]


def lines(rows: list[Row]) -> Iterator[str]:
    yield "| units | raters | answers | truth | coverage % | mean size of a set | with one common χ² |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        s = row.setting
        raters = f"{s.raters or 'mixed'} {'shared' if s.shared else 'separate'}"
        covered = f"{100 * row.hits / row.draws:.1f}"
        yield f"| {s.units} | {raters} | {s.answers} | {s.truth} | {covered} | {row.size:.1f} | {row.earlier:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--units", type=int, nargs="*", default=[10, 22, 30, 63])
    options = parser.parse_args()
    rows = []
    for setting in SETTINGS:
        if setting.units in options.units:
            rows.append(simulated(setting, options.draws))
            print(list(lines(rows))[-1], f"p {rows[-1].p:.3g}", flush=True)
    print("below:", [str(row.setting) for row in below(rows)])


if __name__ == "__main__":
    main()
