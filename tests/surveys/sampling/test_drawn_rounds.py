"""Two-stage samples that a plan draws from lists: estimates from the columns of what is drawn, over many seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.toml_writing import toml_table
from surveys.problems import Problems
from surveys.sampling.plan.drawn_elements import draw_elements
from surveys.sampling.plan.forms_of_cells import forms_of_cells
from tests.surveys.sampling.conftest import PEOPLE
from weighting import Design

pytestmark = pytest.mark.long

SEEDS, CHANCE = 40, 1e-4
#: Households of the hamlets of a commune; the first is so large that it is drawn for certain.
HAMLETS = (420, *(20 + k for k in range(48)))


def households() -> pd.DataFrame:
    """Code, commune, hamlet and score of every household; hamlets differ, and their size has to do with it."""
    rng = np.random.default_rng(9)
    rows = [
        (f"{unit}{hamlet}-{k}", unit, f"h{hamlet}", score)
        for unit in PEOPLE
        for hamlet, number in enumerate(HAMLETS)
        for k, score in enumerate(
            np.clip(0.5 + 0.003 * min(number, 70) + rng.normal(0, 0.06) + rng.normal(0, 0.25, number), 0, 1)
        )
    ]
    return pd.DataFrame(rows, columns=["code", "unit", "hamlet", "score"])


@pytest.mark.parametrize("draw", ["sampford", "systematic"])
def test_estimates_of_drawn_lists_are_right_and_their_intervals_cover(
    study: Callable[..., StudyDefinition], draw: str
) -> None:
    people = households()
    keys = {"path": "list.csv", "block": "xa", "group": "dan", "seed": 0, "clusters": ["hamlet"], "take": [9]}
    sections = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 90})
    sections += "\n" + toml_table("[[lists]]", {**keys, "draw": [draw, "simple"]})
    frames = "".join(f"xa,{unit},dan,{sum(HAMLETS)}\n" for unit in PEOPLE)
    base = study(sections, frames, list=people[["code", "unit", "hamlet"]].to_csv(index=False))
    cells, _ = forms_of_cells(base)
    tables = []
    for seed in range(SEEDS):
        lists = (replace(base.lists[0], seed=seed),)
        tables.append(draw_elements(replace(base, lists=lists), cells, Problems()).drawn.assign(seed=seed))
    drawn = pd.concat(tables, ignore_index=True).merge(
        people, left_on=["element", "unit"], right_on=["code", "unit"]
    )
    assert len(drawn) == SEEDS * len(PEOPLE) * 90
    for column in ("unit", "stratum", "cluster"):
        drawn[column] = drawn["seed"].astype(str) + "/" + drawn[column].astype(str)
    design = Design(drawn, weights="weight", strata="stratum", clusters="cluster")
    found = design.mean("score", by="unit", within=(0, 1)).table()
    truth = found["unit"].str.split("/").str[1].map(people.groupby("unit")["score"].mean())
    rounds = SEEDS * len(PEOPLE)
    error = found["estimate"] - truth
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(rounds)
    covered = ((found["ci_low"] <= truth) & (truth <= found["ci_high"])).sum()
    assert covered >= stats.binom.ppf(CHANCE, rounds, 0.95)
    # Hamlets are drawn without replacement, and neighbours of the list never together: errors are stated too large, if anything.
    assert 0.75 < found["se"].pow(2).mean() / error.var() < 1.6
