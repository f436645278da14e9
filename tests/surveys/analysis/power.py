"""How often the next round shows a change of the minimum detectable size: simulated, in cells as they are.

    python -m tests.surveys.analysis.power            # the table of docs/en/16-what-it-takes.md

A unit has a population of ``population`` people, whose answers are normal or on five levels. A round asks some of them; from its
estimate alone, scaled to the forms planned, comes the minimum detectable change. The population of the next round has moved by
just so much (on five levels: so many people answer one level higher, and of these the last one by chance), ``planned`` of it are
asked, and the change is tested as two rounds are compared. ``plain``: the same with t₁₋α/₂ + t_power in place of the multiple.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from surveys.analysis.detectable_change import detectable_multiple

ROUNDS = 20_000
LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
#: Shares of the levels in the first population: a score of 0.44, with room above it.
SHARES = np.array([0.15, 0.25, 0.35, 0.18, 0.07])
Floats = np.ndarray


@dataclass(frozen=True)
class Cell:
    """Forms now and planned, and the population they come from; ``answers``: normal, or on five levels."""

    now: int
    planned: int
    population: float = np.inf
    answers: str = "normal"


CELLS = (
    *(Cell(n, n) for n in (5, 8, 12, 20, 40)),
    Cell(5, 20), Cell(20, 5), Cell(10, 40), Cell(40, 10),
    Cell(12, 12, 15), Cell(36, 36, 40), Cell(84, 84, 95), Cell(20, 90, 95), Cell(60, 95, 95),
    *(Cell(n, n, 1000, "five levels") for n in (20, 40)),
    Cell(36, 36, 40, "five levels"), Cell(84, 84, 95, "five levels"), Cell(60, 85, 95, "five levels"),
)  # fmt: skip


def powers(cell: Cell, rounds: int = ROUNDS, seed: int = 20231114) -> tuple[float, float]:
    """Share of the rounds in which the change is shown: with the multiple, and with the plain sum of quantiles."""
    rng = np.random.default_rng([seed, cell.now, cell.planned])
    now, var_now = _round(cell, cell.now, None, rounds, rng)
    scale = _part(cell.planned, cell.population) / _part(cell.now, cell.population)
    df_now, df_later = cell.now - 1.0, cell.planned - 1.0
    multiple = detectable_multiple(np.array([df_now]), np.array([scale]), np.array([df_later]))[0]
    df = (1 + scale) ** 2 / (1 / df_now + scale**2 / df_later)
    plain = stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)
    found = []
    for times in (multiple, plain):
        change = times * np.sqrt(var_now * (1.0 + scale))
        later, var_later = _round(cell, cell.planned, change, rounds, rng)
        total = var_now + var_later
        with np.errstate(divide="ignore", invalid="ignore"):
            welch = total**2 / (var_now**2 / df_now + var_later**2 / df_later)
            found.append(float(np.mean((later - now) / np.sqrt(total) > stats.t.ppf(0.975, welch))))
    return found[0], found[1]


def _part(n: float, population: float) -> float:
    """1/n − 1/N."""
    return max(0.0, 1.0 / n - 1.0 / population)


def _round(
    cell: Cell, n: int, change: Floats | None, rounds: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Estimates of many rounds, less what their populations were before the change, and their variances [rounds]."""
    moved = np.zeros(rounds) if change is None else change
    if cell.answers == "normal":
        people = n if np.isinf(cell.population) else int(cell.population)
        answers = rng.standard_normal((rounds, people))
        true = 0.0 if np.isinf(cell.population) else answers.mean(axis=1)
        sample = answers[:, :n]
        return sample.mean(axis=1) - true + moved, sample.var(axis=1, ddof=1) * _part(n, cell.population)
    people = int(cell.population)
    answers = rng.permuted(np.tile(np.repeat(LEVELS, _counts(people)), (rounds, 1)), axis=1)
    true = answers.mean(axis=1)
    if change is not None:
        answers = _raised(answers, change, rng)
    sample = rng.permuted(answers, axis=1)[:, :n]
    return sample.mean(axis=1) - true, sample.var(axis=1, ddof=1) * _part(n, cell.population)


def _counts(people: int) -> np.ndarray:
    """How many people answer each level."""
    ends = np.round(people * np.cumsum(SHARES)).astype(int)
    return np.diff(ends, prepend=0)


def _raised(answers: Floats, change: Floats, rng: np.random.Generator) -> Floats:
    """Populations [rounds, people] whose means are higher by ``change``: people go up a level, one after the other, as often as
    it takes."""
    steps = change * answers.shape[1] / 0.25
    whole = np.floor(steps + rng.random(len(steps))).astype(int)
    raised = answers.copy()
    while (whole > 0).any():
        free = raised < 1.0
        order = np.where(free, rng.random(raised.shape), np.inf).argsort(axis=1).argsort(axis=1)
        up = free & (order < whole[:, None])
        raised = raised + 0.25 * up
        went = up.sum(axis=1)
        whole = np.where(went > 0, whole - went, 0)
    return raised


def main() -> None:
    print(
        "| forms now | planned | population | answers | shown % | plain sum of quantiles % |\n|---|---|---|---|---|---|"
    )
    for cell in CELLS:
        shown, plain = powers(cell)
        people = "–" if np.isinf(cell.population) else f"{cell.population:.0f}"
        row = (cell.now, cell.planned, people, cell.answers, f"{100 * shown:.1f}", f"{100 * plain:.1f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
