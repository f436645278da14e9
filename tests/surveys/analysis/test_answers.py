"""How a block answered, by arithmetic on the forms: shares, their intervals, what hidden cells leave out, the groups together."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

import surveys as sv
from surveys.analysis.answers import answers_of
from surveys.handover.manifest import json_bytes
from surveys.handover.package import package
from tests.surveys.analysis.tabulated_round import POPULATION, RATERS, STAFF, tabulated_round
from tests.surveys.handover.forging import edit, forge, reseal

pytestmark = pytest.mark.long

LEVELS = "12345"
#: Weights of the groups in the nodes of the questions: those of the tree of the round.
WEIGHTS = {item: {"staff": 1, "raters": 3 if item in "ab" else 1} for item in "abcd"}
#: What the codes of the round are called in its workbook.
WORDS = {
    "block": {"b": "Phòng"},
    "group": {"staff": "Nhân viên", "raters": "Người đánh giá"},
    "questionnaire": {"b-1": "Phiếu nhân viên", "b-2": "Phiếu đánh giá nhiều phòng"},
}
Answer = tuple[str, str, Fraction, str]  # stratum, cluster, weight, level


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> sv.Result:
    return sv.load(tabulated_round(tmp_path_factory.mktemp("round") / "study")).score()


@pytest.fixture(scope="module")
def written(result: sv.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written") / "out"
    result.write(out)
    return out


def of_staff(item: str, minimum: int = 3) -> list[Answer]:
    """The answers of staff to an item that count: those in units with so many of them."""
    forms = [(unit, f"S{k}", answers["abcdef".index(item)]) for k, (unit, _, _, *answers) in enumerate(STAFF)]
    given = [(unit, form, level) for unit, form, level in forms if level in LEVELS and level]
    n = {unit: sum(form[0] == unit for form in STAFF) for unit in POPULATION}
    answered = {unit: sum(of == unit for of, _, _ in given) for unit in POPULATION}
    return [
        (unit, form, Fraction(POPULATION[unit], n[unit]), level)
        for unit, form, level in given
        if answered[unit] >= minimum
    ]


def of_raters(item: str) -> list[Answer]:
    """Nine of thirty raters, each of whom answers about every unit."""
    return [
        ("all", f"R{k}", Fraction(30, 9), answers[4 * unit + "abcd".index(item)])
        for k, answers in enumerate(RATERS)
        for unit in range(3)
    ]


def shares(answers: Iterable[Answer]) -> dict[str, Fraction]:
    """Level → Σ weights of its answers over Σ weights."""
    total: dict[str, Fraction] = defaultdict(Fraction)
    for _, _, weight, level in answers:
        total[level] += weight
    size = sum(total.values())
    return {level: total[level] / size for level in LEVELS}


def rows(table: pd.DataFrame, item: str, group: str) -> pd.DataFrame:
    found = table[(table["item_code"] == item) & (table["group"] == group)]
    assert found["level_code"].tolist() == list(LEVELS)
    return found


@pytest.mark.parametrize("item", "abcdef")
def test_shares_of_a_group_are_those_of_its_forms(item: str, result: sv.Result) -> None:
    groups = {"staff": of_staff(item), "raters": of_raters(item) if item in "abcd" else []}
    for group, answers in groups.items():
        if answers:
            found = rows(result.answers, item, group)
            expected = [float(share) for share in shares(answers).values()]
            assert found["share"].tolist() == pytest.approx(expected, abs=1e-12)
            assert set(found["n_valid"]) == {len(answers)}
            assert set(found["status"]) == {"ok"}


@pytest.mark.parametrize("item", "abcdef")
def test_over_the_groups_shares_have_the_weights_of_the_node(item: str, result: sv.Result) -> None:
    weights = WEIGHTS.get(item, {"staff": 1})
    parts = {"staff": of_staff(item), "raters": of_raters(item) if item in "abcd" else []}
    by_group = {group: shares(parts[group]) for group in weights}
    expected = [
        float(sum(w * by_group[g][level] for g, w in weights.items()) / sum(weights.values()))
        for level in LEVELS
    ]
    found = rows(result.answers, item, "all")
    assert found["share"].tolist() == pytest.approx(expected, abs=1e-12)
    assert set(found["n_valid"]) == {sum(len(parts[group]) for group in weights)}


def variance(
    answers: list[Answer], level: str, sizes: dict[str, tuple[int, int]], share: float
) -> tuple[float, int]:
    """Σ_h (1 − n/N) n/(n − 1) Σ (z − z̄)² over clusters, z the sum of w (y − p)/Σw, those without an answer as 0; and clusters
    less strata among those with an answer. ``sizes``: clusters in the sample and in the population, by stratum."""
    total = float(sum(weight for _, _, weight, _ in answers))
    z: dict[tuple[str, str], float] = defaultdict(float)
    for stratum, cluster, weight, of in answers:
        z[stratum, cluster] += float(weight) * ((of == level) - share) / total
    found = 0.0
    for stratum, (n, population) in sizes.items():
        own = [value for (of, _), value in z.items() if of == stratum]
        own += [0.0] * (n - len(own))
        mean = sum(own) / n
        found += (1 - n / population) * n / (n - 1) * sum((value - mean) ** 2 for value in own)
    return found, len(z) - len({stratum for stratum, _ in z})


@pytest.mark.parametrize("item", "abcd")
def test_intervals_are_logit_ones_of_the_design(item: str, result: sv.Result) -> None:
    forms = {unit: sum(form[0] == unit for form in STAFF) for unit in POPULATION}
    of_units = {unit: (forms[unit], population) for unit, population in POPULATION.items()}
    groups = {"staff": (of_staff(item), of_units), "raters": (of_raters(item), {"all": (9, 30)})}
    whole, inside = sum(WEIGHTS[item].values()), 0
    for level in LEVELS:
        parts = []
        for group, (answers, sizes) in groups.items():
            share = float(shares(answers)[level])
            found, df = variance(answers, level, sizes, share)
            row = rows(result.answers, item, group).set_index("level_code").loc[level]
            if (
                found > 1e-20
            ):  # the one answer of a level in a unit that all of its staff answered varies nowhere
                assert_logit(row, share, found, df)
            parts.append((WEIGHTS[item][group] / whole, share, found, df))
        over = sum(b * share for b, share, _, _ in parts)
        total = sum(b**2 * v for b, _, v, _ in parts)
        welch = total**2 / sum((b**2 * v) ** 2 / df for b, _, v, df in parts)
        if total > 1e-20:
            inside += 1
            row = rows(result.answers, item, "all").set_index("level_code").loc[level]
            assert_logit(row, over, total, welch)
    assert inside > 2


def assert_logit(row: pd.Series | pd.DataFrame, share: float, variance: float, df: float) -> None:
    """logit(p) ± t √V/(p(1 − p)), carried back."""
    half = float(stats.t.ppf(0.975, df)) * math.sqrt(variance) / (share * (1 - share))
    centre = math.log(share / (1 - share))
    limits = [1 / (1 + math.exp(sign * half - centre)) for sign in (1, -1)]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(limits, abs=1e-9)


def test_answers_in_units_with_too_few_of_them_do_not_count(tmp_path: Path) -> None:
    """Of five forms of the second unit one gives no answer to ``a``: with a minimum of five its four answers count nowhere."""
    answers = sv.load(tabulated_round(tmp_path / "study", minimum=5)).score().answers
    found = rows(answers, "a", "staff")
    counted = of_staff("a", minimum=5)
    assert {unit for unit, *_ in counted} == {"p1"}
    assert found["share"].tolist() == pytest.approx([float(share) for share in shares(counted).values()])
    assert set(found["n_valid"]) == {6}


def test_a_group_without_enough_answers_has_no_shares_and_all_groups_are_incomplete(tmp_path: Path) -> None:
    answers = sv.load(tabulated_round(tmp_path / "study", minimum=7)).score().answers
    staff, everybody = rows(answers, "a", "staff"), rows(answers, "a", "all")
    assert set(staff["status"]) == {"suppressed"}
    assert staff[["share", "ci_low", "ci_high"]].isna().all().all()
    assert {remark.code for note in staff["note"] for remark in note} == {"answers.hidden_in_units"}
    assert set(everybody["status"]) == {"incomplete"}
    assert everybody["share"].tolist() == rows(answers, "a", "raters")["share"].tolist()
    assert set(rows(answers, "e", "all")["status"]) == {"suppressed"}


def test_a_unit_that_the_scores_hide_enters_nothing(result: sv.Result) -> None:
    """Whatever it is hidden for: here as if its result were hidden so that another one cannot be computed back."""
    scores = result.scores.copy()
    at = (scores["unit_code"] == "p1") & (scores["node_code"] == "a") & (scores["group"] == "staff")
    scores.loc[at, "status"] = "suppressed"
    answers = answers_of(result.screened.study, result.returns, result.samples, scores)
    found, rest = rows(answers, "a", "staff"), [one for one in of_staff("a") if one[0] != "p1"]
    assert found["share"].tolist() == pytest.approx([float(share) for share in shares(rest).values()])
    assert set(found["n_valid"]) == {len(rest)}
    assert rows(answers, "b", "staff")["share"].equals(rows(result.answers, "b", "staff")["share"])


@pytest.mark.parametrize(
    ("file", "change", "code"),
    [
        (
            "answers.csv",
            lambda row: row.update(share="0.9000000000", ci_high="0.9500000000"),
            "verify.shares_sum",
        ),
        ("answers.csv", lambda row: row.update(n_valid="99"), "verify.n_above_funnel"),
        ("answers.csv", lambda row: row.update(n_valid="13"), "verify.n_of_units"),
        ("answers.csv", lambda row: row.update(status="incomplete"), "verify.status"),
        ("answers.csv", lambda row: row.update(ci_low="0.9999999999"), "verify.limit_above"),
        ("answers.csv", lambda row: row.update(status="suppressed"), "verify.suppressed_shown"),
        ("days.csv", lambda row: row.update(returned="3"), "verify.days_of_forms"),
        ("days.csv", lambda row: row.update(returned="1"), "verify.valid_of_returned"),
        ("profile.csv", lambda row: row.update(n_valid="1"), "verify.profile_forms"),
        ("profile.csv", lambda row: row.update(unweighted_share="0.1000000000"), "verify.profile"),
        ("profile.csv", lambda row: row.update(weighted_share="0.9000000000"), "verify.shares_sum"),
        ("profile.csv", lambda row: row.update(known_share="0.6000000000"), "verify.profile"),
        ("profile.csv", lambda row: row.update(weighted_difference="0.3000000000"), "verify.profile"),
    ],
)
def test_numbers_that_contradict_each_other_are_told(
    file: str, change: Callable[[dict[str, str]], None], code: str, written: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(written, out)
    edit(out / file, lambda records: change(records[0]))
    reseal(out)
    assert code in {problem.code for problem in sv.verify(out)}


def test_shares_over_the_groups_that_are_not_theirs_are_told(written: Path, tmp_path: Path) -> None:
    """Two levels changed places: the shares still add up to one."""
    out = tmp_path / "out"
    shutil.copytree(written, out)

    def exchanged(records: list[dict[str, str]]) -> None:
        one, other = [row for row in records if row["group"] == "all" and row["item_code"] == "a"][:2]
        for name in ("share", "ci_low", "ci_high"):
            one[name], other[name] = other[name], one[name]

    edit(out / "answers.csv", exchanged)
    forge(out, WORDS)
    assert {problem.code for problem in sv.verify(out)} == {"verify.answers_over_groups"}


def test_totals_are_those_of_cross_tables(result: sv.Result) -> None:
    table = result.tables("unit").table
    total = table[(table["category"] == "") & (table["statistic"] == "share")]
    key = ["block", "group", "item_code", "level_code"]
    beside = result.answers.merge(total, on=key, suffixes=("", "_table"))
    assert len(beside) == len(result.answers[result.answers["group"] != "all"])
    for name, other in (("share", "estimate"), ("ci_low", "ci_low_table"), ("n_valid", "n_valid_table")):
        assert beside[name].tolist() == pytest.approx(beside[other].tolist(), abs=1e-12)


def test_the_tables_of_a_report_stand_in_the_results_and_verify(result: sv.Result, written: Path) -> None:
    assert {"answers.csv", "profile.csv", "days.csv"} <= {path.name for path in written.iterdir()}
    assert sv.verify(written) == ()
    assert package(result.round)["answers.csv"] == (written / "answers.csv").read_bytes()


def test_results_of_earlier_versions_without_these_tables_verify_and_are_compared(
    written: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(written, out)
    for name in ("answers.csv", "profile.csv", "days.csv"):
        (out / name).unlink()
    descriptor = json.loads((out / "datapackage.json").read_bytes())
    kept = [one for one in descriptor["resources"] if (out / one["path"]).is_file()]
    (out / "datapackage.json").write_bytes(json_bytes(descriptor | {"resources": kept}))
    forge(out, WORDS)
    assert sv.verify(out) == ()
    assert len(sv.compare(out, written).changes) == len(sv.compare(written, written).changes) > 0


def test_respondents_are_counted_by_every_attribute_with_categories(result: sv.Result) -> None:
    staff = result.respondents[result.respondents["group"] == "staff"]
    found = {(row.variable, row.category): row.n_valid for row in staff.itertuples()}
    codes = {
        "Nam": "male",
        "Nữ": "female",
        "Đô thị": "urban",
        "Nông thôn": "rural",
        "Hải đảo": "island",
        "": "",
    }
    sex = Counter(("sex", codes[form[1]]) for form in STAFF)
    assert found == sex | Counter(("area", codes[form[2]]) for form in STAFF)
