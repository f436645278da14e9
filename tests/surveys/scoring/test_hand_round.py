"""A small round computed slowly and by other means: every column of the score table.

Three units, two groups (one sampled within each unit, one a matrix of raters × units), six items. The second derivation
below is plain Python on the raw CSV cells: loops over respondents, ratios as fractions of sums, variances from the definition,
limits from scipy's distributions.
"""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Inference, Minimum
from surveys.handover.package import deliver
from surveys.returns.reading import read_returns
from surveys.sampling.samples import draw_samples
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import score
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from surveys.vocabulary.remarks import in_words, remark

ROUND = Path(__file__).parents[2] / "rounds" / "small"
OWN = Inference(variances="own")
UNITS = {"p1": "Phòng Một", "p2": "Phòng Hai", "p3": "Phòng Ba"}
STAFF_POPULATION = {"p1": 12, "p2": 5, "p3": 4}
RATERS = 9
MINIMUM = 3
#: With five, some questions of office one are answered by too few of its staff, their nodes by enough.
HIGHER = 5
REVERSED = {"b"}
NODES = {
    "1.1.1": (["a", "b"], "mean", 1.5, {"staff": 1, "raters": 3}),
    "1.1.2": (["c", "d"], "pooled", 2.5, {"staff": 1, "raters": 1}),
    "2.1.1": (["e", "f"], "mean", 2.0, {"staff": 1}),
}
PARENTS = {"1.1": ["1.1.1", "1.1.2"], "1": ["1.1"], "2.1": ["2.1.1"], "2": ["2.1"], "0": ["1", "2"]}


def cells(name: str) -> list[dict[str, str]]:
    with (ROUND / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answer(text: str, item: str) -> tuple[float, float] | None:
    """(value, satisfied) of one cell, None when it is no answer."""
    if text in ("", "9"):
        return None
    level = 6 - int(text) if item in REVERSED else int(text)
    return (level - 1) / 4, float(level >= 4)


def staff(unit: str) -> list[dict[str, Any]]:
    """Valid staff forms of a unit: at least half of the six items answered."""
    forms = [r for r in cells("staff.csv") if r["Đơn vị"] == UNITS[unit]]
    read = [{i: answer(r[i], i) for i in "abcdef"} for r in forms]
    return [form for form in read if sum(v is not None for v in form.values()) >= 3]


def raters(unit: str) -> list[dict[str, Any]]:
    """All six raters' evaluations of a unit; one that was not given has no answers."""
    return [{i: answer(r[f"{i} [{UNITS[unit]}]"], i) for i in "abcd"} for r in cells("raters.csv")]


class Sampled:
    """One group's forms of one unit, with the variance of a list of influence values."""

    def __init__(self, unit: str, group: str) -> None:
        self.forms = staff(unit) if group == "staff" else raters(unit)
        self.N = STAFF_POPULATION[unit] if group == "staff" else RATERS
        self.given = sum(any(v is not None for v in form.values()) for form in self.forms)
        self.w = self.N / self.given

    def n(self, items: list[str]) -> int:
        return sum(any(form[i] is not None for i in items) for form in self.forms)

    def theta(self, item: str, k: int) -> float:
        values = [form[item][k] for form in self.forms if form[item] is not None]
        return sum(values) / len(values)

    def influence(self, items: list[str], rule: str, k: int) -> tuple[float, list[float]]:
        """Value of a node and the influence value of every form on it."""
        if rule == "pooled":
            given = [(f[i][k]) for f in self.forms for i in items if f[i] is not None]
            theta = sum(given) / len(given)
            u = [sum(f[i][k] - theta for i in items if f[i] is not None) / len(given) for f in self.forms]
            return theta, u
        thetas = [self.theta(i, k) for i in items]
        counts = [sum(f[i] is not None for f in self.forms) for i in items]
        u = [
            sum((f[i][k] - t) / c for i, t, c in zip(items, thetas, counts, strict=True) if f[i] is not None)
            / len(items)
            for f in self.forms
        ]
        return sum(thetas) / len(items), u

    def coefficients(self, items: list[str], rule: str) -> list[float]:
        """How much the value of a node rises when every answer of a form rises by 1."""
        counts = {i: sum(f[i] is not None for f in self.forms) for i in items}
        every = sum(counts.values())
        share = {i: 1 / every if rule == "pooled" else 1 / counts[i] / len(items) for i in items}
        return [sum(share[i] for i in items if f[i] is not None) for f in self.forms]

    def variance(self, u: list[float]) -> float:
        n = len(u)
        mean = sum(u) / n
        return (1 - n / self.N) * n / (n - 1) * sum((v - mean) ** 2 for v in u)


def limits(p: float, se: float, df: float, n: float, f: float) -> tuple[float, float]:
    """statistics.md §3: logit with t; without variation Korn–Graubard with n/(1 − f); a census has no width."""
    t = stats.t.ppf(0.975, df)
    if se > 1e-12 and 0 < p < 1:
        centre, half = math.log(p / (1 - p)), t * se / (p * (1 - p))
        return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))
    if f >= 1 - 1e-12:
        return p, p
    size = n / (1 - f) * (stats.t.ppf(0.975, n - 1) / t) ** 2
    low = 0.0 if p <= 0 else stats.beta.ppf(0.025, size * p, size * (1 - p) + 1)
    high = 1.0 if p >= 1 else stats.beta.ppf(0.975, size * p + 1, size * (1 - p))
    return low, high


class Slow:
    """One expected row: parts = {group: (weight, influence on value and on rate, coefficients of the forms)}."""

    def __init__(self, unit: str, minimum: int) -> None:
        self.samples = {g: Sampled(unit, g) for g in ("staff", "raters")}
        self.minimum = minimum

    def shown(self, items: list[str], group: str) -> list[str]:
        return [i for i in items if self.samples[group].n([i]) >= self.minimum]

    def group(self, items: list[str], rule: str, group: str) -> dict[str, Any]:
        sample = self.samples[group]
        value, u = sample.influence(items, rule, 0)
        rate, u_rate = sample.influence(items, rule, 1)
        a = sample.coefficients(items, rule)
        return {"value": value, "rate": rate, "parts": {group: (1.0, u, u_rate, a)}}

    def combine(self, parts: list[tuple[float, dict[str, Any]]]) -> dict[str, Any]:
        """Σ weight · part / Σ weight with the same sum of influence values within each group."""
        total = sum(w for w, _ in parts)
        out: dict[str, Any] = {"value": 0.0, "rate": 0.0, "parts": {}}
        for w, part in parts:
            b = w / total
            out["value"] += b * part["value"]
            out["rate"] += b * part["rate"]
            for g, (c, *columns) in part["parts"].items():
                old = out["parts"].get(g, (0.0, *([0.0] * len(u) for u in columns)))
                out["parts"][g] = (
                    old[0] + b * c,
                    *(
                        [x + b * y for x, y in zip(o, u, strict=True)]
                        for o, u in zip(old[1:], columns, strict=True)
                    ),
                )
        return out

    def row(
        self, part: dict[str, Any], items: dict[str, list[str]], points: float | None
    ) -> dict[str, float]:
        """Printed columns of a result; ``items`` below it by group."""
        ns = {g: self.samples[g].n(items[g]) for g in part["parts"]}
        dfs = {g: ns[g] - 1 for g in ns}
        a = [x for g in ns for x in part["parts"][g][3]]
        effective = sum(abs(x) for x in a) ** 2 / sum(x**2 for x in a)
        found: dict[str, float] = {"n_valid": sum(ns.values()), "n_eff": effective}
        for name, k in (("value", 1), ("rate", 2)):
            v = {g: self.samples[g].variance(part["parts"][g][k]) for g in ns}
            v = {g: x if x > 1e-24 else 0.0 for g, x in v.items()}
            total = sum(v.values())
            df = total**2 / sum(x**2 / dfs[g] for g, x in v.items() if x) if total else sum(dfs.values())
            n = sum(ns.values())
            weights = {g: part["parts"][g][0] for g in ns}
            inverse = 0.0
            for g in ns:
                raters_in = len(self.samples[g].forms)
                inverse += weights[g] ** 2 * (1 - raters_in / self.samples[g].N) / ns[g]
            inverse /= sum(weights.values()) ** 2
            f = 1 - n * inverse
            se = math.sqrt(total)
            low, high = limits(part[name], se, df, n, f)
            if name == "value":
                found |= {"score": part[name], "se": se, "df": df, "ci_low": low, "ci_high": high}
            else:
                found |= {
                    "satisfaction_percent": 100 * part[name],
                    "satisfaction_ci_low": 100 * low,
                    "satisfaction_ci_high": 100 * high,
                }
        if points is not None:
            found |= {"max_points": points, "points": points * part["value"]}
        return found


def expected(unit: str, minimum: int = MINIMUM) -> dict[tuple[str, str], dict[str, float] | str]:
    """(node, group) → printed columns, or the status of a result that is not shown."""
    slow = Slow(unit, minimum)
    rows: dict[tuple[str, str], dict[str, float] | str] = {}
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    below: dict[str, dict[str, list[str]]] = {}
    points: dict[tuple[str, str], float] = {}
    for node, (items, rule, most, weights) in NODES.items():
        below[node] = {g: slow.shown(items, g) for g in weights}
        shown = {}
        for g in weights:
            for i in items:
                enough = slow.samples[g].n([i]) >= minimum
                rows[i, g] = slow.row(slow.group([i], "mean", g), {g: [i]}, None) if enough else "suppressed"
            if below[node][g]:
                part = slow.group(below[node][g], rule, g)
                shown[g] = part
                rows[node, g] = slow.row(part, below[node], most)
                parts[node, g] = part
            else:
                rows[node, g] = "suppressed"
            points[node, g] = most
        for i in items:
            mine = {g: slow.group([i], "mean", g) for g in weights if slow.shown([i], g)}
            if mine:
                over = slow.combine([(weights[g], p) for g, p in mine.items()])
                rows[i, "all"] = slow.row(over, {g: [i] for g in mine}, None)
            else:
                rows[i, "all"] = "suppressed"
        points[node, "all"] = most
        if shown:
            over = slow.combine([(weights[g], p) for g, p in shown.items()])
            parts[node, "all"] = over
            rows[node, "all"] = slow.row(over, below[node], most)
        else:
            rows[node, "all"] = "suppressed"
    for parent, children in PARENTS.items():
        for g in ("staff", "raters", "all"):
            asked = [c for c in children if (c, g) in points]
            if not asked:
                continue
            have = [c for c in asked if (c, g) in parts]
            if not have or (g == "all" and len(have) < len(asked)):
                rows[parent, g] = "incomplete" if g == "all" else "suppressed"
                points[parent, g] = sum(points[c, g] for c in asked)
                continue
            over = slow.combine([(points[c, g], parts[c, g]) for c in have])
            parts[parent, g] = over
            points[parent, g] = sum(points[c, g] for c in have)
            groups = over["parts"]
            asked_of = {h: sorted({i for c in have for i in below[c].get(h, [])}) for h in groups}
            below.setdefault(parent, {}).update(asked_of)
            rows[parent, g] = slow.row(over, asked_of, points[parent, g])
    return rows


def scored(minimum: int) -> pd.DataFrame:
    study = replace(load_study(ROUND), minimum=Minimum(minimum), inference=OWN)
    returns = read_returns(study)
    dispositions = screen(study, returns)
    screened = ScreenedRound(study, returns, dispositions)
    return score(screened, draw_samples(screened)).table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return scored(MINIMUM)


@pytest.fixture(scope="module")
def table_of_five() -> pd.DataFrame:
    return scored(HIGHER)


@pytest.mark.parametrize("unit", list(UNITS))
@pytest.mark.parametrize(("fixture", "minimum"), [("table", MINIMUM), ("table_of_five", HIGHER)])
def test_every_row_and_column(fixture: str, minimum: int, unit: str, request: pytest.FixtureRequest) -> None:
    table: pd.DataFrame = request.getfixturevalue(fixture)
    mine = table[table["unit_code"] == unit].set_index(["node_code", "group"])
    want = expected(unit, minimum)
    assert set(mine.index) == set(want)
    assert (mine["unit_name"] == UNITS[unit]).all()
    for key, columns in want.items():
        got: Any = mine.loc[key]
        if isinstance(columns, str):
            assert got["status"] == columns, key
            assert np.isnan(got["score"]), key
            assert got["note"], key
            continue
        for name, value in columns.items():
            assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-12), (key, name)


DECIMALS = {"max_points": 4, "points": 4} | dict.fromkeys(
    ("satisfaction_percent", "satisfaction_ci_low", "satisfaction_ci_high"), 2
)


def test_every_column_of_the_printed_table(tmp_path: Path) -> None:
    """scores.csv as it is handed over: the same numbers, rounded once (points 4 decimals, percentages 2, the rest 10)."""
    study = replace(load_study(ROUND), inference=OWN)
    returns = read_returns(study)
    dispositions = screen(study, returns)
    screened = ScreenedRound(study, returns, dispositions)
    samples = draw_samples(screened)
    scores = score(screened, samples)
    deliver(ScoredRound(screened, samples, scores), tmp_path / "results")
    with (tmp_path / "results" / "scores.csv").open(encoding="utf-8", newline="") as file:
        lines = {(r["unit_code"], r["node_code"], r["group"]): r for r in csv.DictReader(file)}
    checked = 0
    for unit in UNITS:
        for key, columns in expected(unit).items():
            line = lines[unit, *key]
            if isinstance(columns, str):
                assert (line["status"], line["score"], line["points"]) == (columns, "", "")
                continue
            for name, value in columns.items():
                half = 0.5 * 10.0 ** -DECIMALS.get(name, 10)
                assert float(line[name]) == pytest.approx(value, rel=0, abs=half * 1.0001), (unit, key, name)
                checked += 1
    assert checked > 800


def test_a_question_with_too_few_answers_enters_nothing_and_is_named(table_of_five: pd.DataFrame) -> None:
    """Office one: four of five staff answered b, c and f. What is left of the nodes stands, with a remark."""
    first: Any = table_of_five[table_of_five["unit_code"] == "p1"].set_index(["node_code", "group"])
    for node, item, kept in (("1.1.1", "b", "a"), ("1.1.2", "c", "d"), ("2.1.1", "f", "e")):
        row, hidden = first.loc[(node, "staff")], first.loc[(item, "staff")]
        assert (hidden["status"], hidden["n_valid"]) == ("suppressed", 4)
        assert row["status"] == "ok"
        assert remark("score.items_not_shown", items=item) in row["note"]
        assert (row["score"], row["se"]) == tuple(first.loc[(kept, "staff"), ["score", "se"]])
    assert first.loc[("1.1.1", "all"), "status"] == "ok"


def test_suppressed_group_makes_its_nodes_incomplete(table: pd.DataFrame) -> None:
    """Office three has two valid staff forms: fewer than the minimum of three."""
    third: Any = table[table["unit_code"] == "p3"].set_index(["node_code", "group"])
    assert third.loc[("1.1.1", "staff"), "status"] == "suppressed"
    assert third.loc[("1.1.1", "all"), "status"] == "incomplete"
    assert third.loc[("1", "all"), "status"] == "incomplete"
    assert third.loc[("2.1.1", "all"), "status"] == "suppressed"
    assert third.loc[("0", "all"), "status"] == "incomplete"
    assert np.isnan(third.loc[("0", "all"), "points"])
    assert "2" in in_words(third.loc[("0", "all"), "note"], "vi")


def test_a_census_without_variation_has_no_width(table: pd.DataFrame) -> None:
    """Office two: all five staff answered, all said the best."""
    second: Any = table[table["unit_code"] == "p2"].set_index(["node_code", "group"])
    row = second.loc[("1.1.2", "staff")]
    assert (row["score"], row["ci_low"], row["ci_high"], row["se"]) == (1.0, 1.0, 1.0, 0.0)
    assert row["note"]


def test_levels_and_identity(table: pd.DataFrame) -> None:
    assert set(table["node_level"]) == {"unit", "field", "criterion", "sub_criterion", "item"}
    assert set(table["edition"]) == {"small/test"}
    assert set(table["block"]) == {"b"}
