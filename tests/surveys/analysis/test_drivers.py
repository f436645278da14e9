"""Drivers of an overall judgement: a small round worked out by hand, what is hidden, what cannot be told, what is written."""

from __future__ import annotations

import csv
import shutil
from io import BytesIO
from itertools import permutations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import surveys as sv
from surveys.cli import main
from surveys.definitions.instrument.driver_models import MOST_NODES
from surveys.handover.folder import ready
from surveys.problems import SurveyError
from surveys.simulation.population import Simulation
from surveys.simulation.simulate import sources_of_chance
from surveys.simulation.simulated_round import play
from surveys.simulation.simulation_toml import read_plan
from weighting import Design
from weighting.regression.relative_importance import MOST_FACTORS

ROUND = Path(__file__).parents[2] / "rounds" / "small"
UNITS = {"Phòng Một": 60, "Phòng Hai": 45, "Phòng Ba": 2}  # the last has fewer forms than the minimum of 3
POPULATION = {"Phòng Một": 150, "Phòng Hai": 90, "Phòng Ba": 20}
NODES = {"1.1.1": ("a", "b"), "1.1.2": ("c", "d"), "2.1.1": ("e", "f")}
ITEM = "z,,b-1,agree,0,1,,,,,Nhìn chung,In general,,TEST\n"
MODEL = (
    '\n[[drivers]]\ncode = "chung"\noutcome = "z"\nnodes = ["1.1.1", "1.1.2", "2.1.1"]\n'
    'label_vi = "Đánh giá chung"\nlabel_en = "Overall"\n'
)
Rows = list[dict[str, str]]


def forms(seed: int = 3) -> Rows:
    """Answers of staff that go together, the overall one after c and d most; some are blank."""
    rng = np.random.default_rng(seed)
    found = []
    for unit, count in UNITS.items():
        for _ in range(count):
            x = rng.normal() + rng.normal(size=6)
            overall = 0.2 * (x[0] + x[1]) + 0.8 * (x[2] + x[3]) + 0.3 * (x[4] + x[5]) + rng.normal()
            levels = [*(3.3 + 0.6 * x), 3.3 + 0.4 * overall]
            levels[1] = 6 - levels[1]  # b is reversed
            texts = [str(int(np.clip(round(v), 1, 5))) for v in levels]
            row = dict(zip("abcdefz", texts, strict=True))
            blank = rng.random(7) < 0.06
            found.append(
                {
                    "Đơn vị": unit,
                    **{k: "" if no else v for (k, v), no in zip(row.items(), blank, strict=True)},
                }
            )
    return found


def written(folder: Path, rows: Rows, more: str = MODEL, replace: dict[str, str] | None = None) -> Path:
    """The small round with these forms of staff, an overall item and a model."""
    shutil.copytree(ROUND, folder)
    with (folder / "staff.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, ["Mã phiếu", *rows[0]])
        out.writeheader()
        out.writerows({"Mã phiếu": f"S{k:03}", **row} for k, row in enumerate(rows))
    with (folder / "instrument" / "items.csv").open("a", encoding="utf-8") as file:
        file.write(ITEM)
    declared = folder / "instrument" / "instrument.toml"
    text = declared.read_text(encoding="utf-8")
    for old, new in (replace or {}).items():
        assert old in text
        text = text.replace(old, new)
    declared.write_text(text + more, encoding="utf-8")
    sizes = [f"b,p{k},staff,{n}" for k, n in enumerate(POPULATION.values(), 1)]
    frames = "\n".join(["block,unit,group,population", *sizes, "b,,raters,9", ""])
    (folder / "frames.csv").write_text(frames, encoding="utf-8")
    return folder


def by_hand(rows: Rows) -> tuple[pd.DataFrame, dict[str, float]]:
    """Scores of each form of the units that are shown, with its weight; the performance of each node."""
    frame = pd.DataFrame([row for row in rows if UNITS[row["Đơn vị"]] >= 3])
    weight = frame["Đơn vị"].map({unit: POPULATION[unit] / n for unit, n in UNITS.items()})
    value = {k: (pd.to_numeric(frame[k]) - 1) / 4 for k in "abcdefz"}
    value["b"] = 1 - value["b"]
    scores, performance = pd.DataFrame({"unit": frame["Đơn vị"], "w": weight, "z": value["z"]}), {}
    for node, items in NODES.items():
        answers = pd.DataFrame({k: value[k] for k in items})
        scores[node] = answers.mean(axis=1)
        given = answers.notna().sum(axis=1)
        performance[node] = 100 * float((weight * answers.sum(axis=1)).sum() / (weight * given).sum())
    return scores, performance


def by_all_orders(scores: pd.DataFrame) -> np.ndarray:
    """Each node's gain in R² on its entry, the mean of all orders."""
    kept = scores.dropna()
    root, y = np.sqrt(kept["w"].to_numpy()), kept["z"].to_numpy()
    y = y - np.average(y, weights=kept["w"])

    def r2(nodes: tuple[str, ...]) -> float:
        x = np.column_stack([np.ones(len(kept)), kept[list(nodes)]]) * root[:, None]
        rest = y * root - x @ np.linalg.lstsq(x, y * root, rcond=None)[0]
        return float(1 - rest @ rest / ((y * root) @ (y * root)))

    gains = dict.fromkeys(NODES, 0.0)
    for order in permutations(NODES):
        for k, node in enumerate(order):
            gains[node] += (r2(order[: k + 1]) - r2(order[:k])) / factorial(len(NODES))
    return np.array(list(gains.values()))


def drivers(folder: Path) -> Any:
    return sv.load(folder).score().drivers()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return drivers(written(tmp_path_factory.mktemp("drivers") / "round", forms()))


def test_importance_and_performance_are_those_worked_out_by_hand(small: Any) -> None:
    scores, performance = by_hand(forms())
    gains = by_all_orders(scores)
    table, (model,) = small.table, small.models.to_dict("records")
    assert table["node_code"].tolist() == list(NODES)
    assert table["r2_part"].to_numpy() == pytest.approx(gains, rel=1e-9)
    assert table["importance"].to_numpy() == pytest.approx(100 * gains / gains.sum(), rel=1e-9)
    assert table["performance"].tolist() == pytest.approx(list(performance.values()), rel=1e-12)
    assert (model["r2"], model["mean_importance"]) == pytest.approx((gains.sum(), 100 / 3), rel=1e-9)
    assert model["mean_performance"] == pytest.approx(np.mean(list(performance.values())), rel=1e-12)


def test_the_forms_that_count_are_told(small: Any) -> None:
    complete = len(by_hand(forms())[0].dropna())
    (model,) = small.models.to_dict("records")
    assert set(small.table["n_valid"]) == {complete} == {model["n_valid"]}
    assert model["not_counted"] == sum(UNITS.values()) - complete > 2
    (said,) = [remark for remark in model["note"] if remark.code == "drivers.not_counted"]
    assert dict(said.params) == {"forms": str(model["not_counted"]), "of_forms": "107"}


def test_limits_are_those_of_the_design(small: Any) -> None:
    """Strata and populations as declared; the unit that is not shown stays in the design, outside the domain."""
    scores, _ = by_hand(forms())
    hidden = pd.DataFrame({"unit": ["Phòng Ba"] * 2, "w": [10.0] * 2})
    frame = pd.concat([scores, hidden]).assign(N=lambda f: f["unit"].map(POPULATION))
    d = Design(frame, "w", "unit", fpc="N")
    expected = d.relative_importance("z", list(NODES))
    for name, limits in (("low", expected.portions.ci_low), ("high", expected.portions.ci_high)):
        assert small.table[f"importance_{name}"].to_numpy() == pytest.approx(100 * limits, rel=1e-9)
    (model,) = small.models.to_dict("records")
    assert (model["r2_low"], model["r2_high"]) == pytest.approx(
        (expected.r2.ci_low[0], expected.r2.ci_high[0])
    )
    assert model["p_value"] == pytest.approx(expected.p[0])


def test_nodes_stand_in_the_fields_of_their_numbers(small: Any) -> None:
    table = small.table
    important = table["importance"] >= table["importance"].mean()
    good = table["performance"] >= table["performance"].mean()
    words = {
        (True, True): "keep",
        (True, False): "improve_first",
        (False, False): "low_priority",
        (False, True): "possible_excess",
    }
    assert table["field"].tolist() == [words[pair] for pair in zip(important, good, strict=True)]
    assert len(set(table["field"])) > 1


def test_other_answers_in_a_unit_with_too_few_forms_change_nothing(small: Any, tmp_path: Path) -> None:
    rows = forms()
    for row in rows:
        if row["Đơn vị"] == "Phòng Ba":
            row |= {k: {"": "", "1": "5"}.get(row[k], "1") for k in "abcdefz"}
    other = drivers(written(tmp_path / "other", rows))
    pd.testing.assert_frame_equal(small.table, other.table)
    pd.testing.assert_frame_equal(small.models, other.models)
    rows[0] |= {"c": "1", "d": "5", "z": "1"}
    assert (
        not drivers(written(tmp_path / "shown", rows)).table["importance"].equals(small.table["importance"])
    )


def test_what_is_scored_is_the_performance_and_the_ladder_the_importance(small: Any, tmp_path: Path) -> None:
    replace = {"[identity]": '[scoring]\nnumerator = "satisfied"\n\n[identity]'}
    found = drivers(written(tmp_path / "satisfied", forms(), replace=replace))
    pd.testing.assert_series_equal(found.table["importance"], small.table["importance"])
    rows = [row for row in forms() if UNITS[row["Đơn vị"]] >= 3]
    given = [
        (POPULATION[row["Đơn vị"]] / UNITS[row["Đơn vị"]], row[k]) for row in rows for k in "cd" if row[k]
    ]
    share = sum(w for w, v in given if v in "45") / sum(w for w, _ in given)
    assert found.table["performance"][1] == pytest.approx(100 * share, rel=1e-12)


def _flat(rows: Rows) -> Rows:
    return [row | {"z": "4"} for row in rows]


def _few(rows: Rows) -> Rows:
    return [row | ({} if k < 4 else {"z": ""}) for k, row in enumerate(rows)]


def _none(rows: Rows) -> Rows:
    return [row | {"e": "", "f": ""} for row in rows]


def _noise(rows: Rows) -> Rows:
    rng = np.random.default_rng(0)
    return [row | {"z": str(rng.integers(1, 6))} for row in rows]


def _same(rows: Rows) -> Rows:
    return [row | {"e": row["c"], "f": row["d"]} for row in rows]


@pytest.mark.parametrize(
    ("change", "minimum", "status", "code"),
    [
        (_flat, 3, "missing", "drivers.flat_outcome"),
        (_few, 3, "missing", "drivers.few_rows"),
        (_few, 6, "suppressed", "score.suppressed"),
        (_none, 3, "suppressed", "score.suppressed"),
        (_same, 3, "missing", "drivers.collinear"),
        (_noise, 3, "ok", "drivers.no_association"),
    ],
    ids=["flat", "few", "hidden", "none", "collinear", "noise"],
)
def test_what_cannot_be_told_is_said(
    change: Any, minimum: int, status: str, code: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "round", change(forms()))
    study = sv.load(folder).replace(minimum={"forms": minimum})
    found = study.score().drivers()
    assert set(found.table["status"]) == {status} == set(found.models["status"])
    assert code in {remark.code for remark in found.models["note"][0]}
    assert all(code in {remark.code for remark in note} for note in found.table["note"])
    assert set(found.table["field"]) == {""}
    assert found.models[["mean_importance", "mean_performance"]].isna().all().all()
    if status == "suppressed":
        hidden = [
            "importance",
            "importance_low",
            "importance_high",
            "r2_part",
            "performance",
            "performance_low",
        ]
        assert found.table[hidden].isna().all().all()
        assert found.models[["r2", "r2_low", "r2_high", "p_value", "not_counted"]].isna().all().all()
    elif status == "missing":
        assert found.table["importance"].isna().all()
        assert found.table["performance"].notna().all()
    found.write(tmp_path / "out")
    assert [p for p in sv.verify(tmp_path / "out") if p.severity == "error"] == []


def test_a_node_with_equal_answers_has_no_importance(tmp_path: Path) -> None:
    found = drivers(written(tmp_path / "round", [row | {"e": "3", "f": "3"} for row in forms()]))
    assert found.table["importance"].notna().tolist() == [True, True, False]
    assert found.table["field"].iloc[2] == ""
    assert [remark.code for remark in found.table["note"].iloc[2]][-1] == "drivers.flat_node"


def test_an_instrument_without_a_model_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "round", forms(), more="")
    with pytest.raises(SurveyError) as error:
        drivers(folder)
    (problem,) = error.value.problems
    assert (problem.code, dict(problem.params)["instrument"]) == ("drivers.none", "small/test")
    assert main(["drivers", str(folder), "--lang", "en"]) == 1
    assert "[[drivers]]" in capsys.readouterr().err


def test_one_bound_for_the_nodes_of_a_model() -> None:
    assert MOST_NODES == MOST_FACTORS


def test_raters_of_many_units_are_the_clusters(tmp_path: Path) -> None:
    """The overall item on the matrix form: each rater's evaluations of three units are one cluster."""
    rng = np.random.default_rng(2)
    folder = written(tmp_path / "round", forms(), more=MODEL.replace(', "2.1.1"', ""))
    items = folder / "instrument" / "items.csv"
    items.write_text(items.read_text(encoding="utf-8").replace("z,,b-1,", "z,,b-2,"), encoding="utf-8")
    lines, kept = [], []
    for rater in range(9):
        own = rng.normal()
        row = {"Mã phiếu": f"R{rater}"}
        for unit in UNITS:
            x = own + rng.normal(size=4)
            z = x[2] + x[3] + 0.5 * rng.normal()
            levels = [int(np.clip(round(v), 1, 5)) for v in (*(3.3 + 0.7 * x), 3.3 + 0.4 * z)]
            row |= {f"{k} [{unit}]": str(v) for k, v in zip("abcdz", levels, strict=True)}
            a, b, c, d, overall = ((v - 1) / 4 for v in levels)
            kept.append({"rater": rater, "unit": unit, "x": (a + 1 - b) / 2, "y": (c + d) / 2, "z": overall})
        lines.append(row)
    pd.DataFrame(lines).to_csv(folder / "raters.csv", index=False)
    frames = (folder / "frames.csv").read_text(encoding="utf-8").replace("raters,9", "raters,30")
    (folder / "frames.csv").write_text(frames, encoding="utf-8")
    found = drivers(folder)
    sample = Design(pd.DataFrame(kept).assign(N=30), clusters="rater", fpc="N")
    expected = sample.relative_importance("z", ["x", "y"])
    assert found.table["group"].unique().tolist() == ["raters"]
    assert found.table["importance"].to_numpy() == pytest.approx(100 * expected.portions.estimate, rel=1e-9)
    assert found.table["importance_low"].to_numpy() == pytest.approx(100 * expected.portions.ci_low, rel=1e-9)
    assert found.table["n_valid"].unique().tolist() == [27]


def test_the_folder_holds_two_tables_and_a_workbook_with_the_picture(small: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ready(out, "drivers")
    small.write(out)
    names = {"SHA256SUMS", "datapackage.json", "run.json", "driver-models.csv", "drivers.csv", "drivers.xlsx"}
    assert {path.name for path in out.iterdir()} == names
    assert [p for p in sv.verify(out) if p.severity == "error"] == []
    again = tmp_path / "again"
    small.write(again)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        p.name: p.read_bytes() for p in again.iterdir()
    }
    book = openpyxl.load_workbook(BytesIO((out / "drivers.xlsx").read_bytes()))
    contents, models, nodes = book.worksheets
    assert [len(sheet._charts) for sheet in (contents, models, nodes)] == [0, 0, 1]
    assert [row[0].value for row in nodes.iter_rows(min_row=5, max_row=7)] == [
        "1.1.1 Thành phần một", "1.1.2 Thành phần hai", "2.1.1 Thành phần ba"
    ]  # fmt: skip
    points, level, upright, corners = nodes._charts[0].series
    sheet = f"'{nodes.title}'!"
    assert (points.xVal.numRef.f, points.yVal.numRef.f) == (f"{sheet}$E$5:$E$7", f"{sheet}$B$5:$B$7")
    assert len(points.dLbls.dLbl) == 3
    assert len(corners.dLbls.dLbl) == 4
    mean = small.models["mean_importance"][0]
    ends = [nodes[cell].value for cell in ("B11", "B12")]
    assert ends == pytest.approx([mean, mean])
    assert level.yVal.numRef.f == f"{sheet}$B$11:$B$12"
    assert upright.xVal.numRef.f == f"{sheet}$E$13:$E$14"


@pytest.mark.parametrize(
    ("file", "column", "change", "code"),
    [
        ("drivers.csv", "importance", lambda v: f"{float(v) + 0.1:.2f}", "verify.driver_sum"),
        ("drivers.csv", "r2_part", lambda v: f"{float(v) + 1e-6:.10f}", "verify.driver_sum"),
        ("driver-models.csv", "r2", lambda v: f"{float(v) - 1e-6:.10f}", "verify.driver_sum"),
        ("driver-models.csv", "mean_performance", lambda v: f"{float(v) + 0.1:.2f}", "verify.driver_sum"),
        ("drivers.csv", "performance", lambda v: f"{float(v) + 30:.2f}", "verify.driver_limits"),
        ("drivers.csv", "field", lambda v: "keep" if v != "keep" else "low_priority", "verify.driver_field"),
        ("drivers.csv", "model", lambda v: "khac", "verify.driver_model"),
    ],
)
def test_changed_numbers_are_found(
    small: Any, file: str, column: str, change: Any, code: str, tmp_path: Path
) -> None:
    """Also where checksums and descriptor are made again."""
    out = tmp_path / "out"
    small.write(out)
    with (out / file).open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    rows[0][column] = change(rows[0][column])
    with (out / file).open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert code in {problem.code for problem in sv.verify(out)}


def test_the_command_shows_the_most_important_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "round", forms())
    assert main(["drivers", str(folder), "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    lines = [first for line in out.splitlines() for first in line.split()[:1] if first in NODES]
    assert lines[0] == "1.1.2"
    assert sorted(lines) == list(NODES)
    assert main(["verify", str(tmp_path / "out")]) == 0


@pytest.mark.long
@pytest.mark.parametrize("edition", ["2022", "2023"])
def test_the_order_of_sipas_factors_is_recovered(edition: str, tmp_path: Path) -> None:
    """Simulated rounds answer the overall item after the factors with known strengths: the population's shares, worked out over
    everybody by all subsets of its factors, lie in the intervals, and the two strongest factors come out first."""
    sv.simulate(f"sipas/{edition}", 4, tmp_path / "round", scale=0.4, defects=False)
    found = drivers(tmp_path / "round")
    study = sv.load(tmp_path / "round")
    plan = read_plan(study.instrument)
    truth = population_shares(study.instrument, plan)
    table = found.table
    inside = (table["importance_low"] <= truth) & (truth <= table["importance_high"])
    assert inside.sum() >= 7  # of nine; 95 % each
    strengths = dict(plan.outcomes[0].strengths)
    strongest = sorted(strengths, key=lambda node: -strengths[node])[:2]
    ordered = table.sort_values("importance", ascending=False)["node_code"].tolist()
    assert ordered[:2] == strongest == ["7", "8"]
    assert np.corrcoef(table["importance"], truth)[0, 1] > 0.9


def population_shares(instrument: Any, plan: Any) -> np.ndarray:
    """Shares of R² in percent over the whole population that the round was drawn from."""
    played = play(Simulation(instrument, plan, 0.4, *sources_of_chance(4)), False)
    population = played.populations["nguoi-dan"]
    place = {item.code: k for k, item in enumerate(population.items)}
    model, values = instrument.drivers[0], np.append([0, 0.25, 0.5, 0.75, 1.0], np.full(8, np.nan))

    def mean(items: list[str]) -> np.ndarray:
        answers = values[population.answers[:, [place[item] for item in items]]]
        given = np.isfinite(answers).sum(axis=1)
        return np.where(given > 0, np.nansum(answers, axis=1) / np.maximum(given, 1), np.nan)

    columns = [mean([i.code for i in instrument.items if i.node == node]) for node in model.nodes]
    frame = np.column_stack([*columns, mean([model.outcome])])
    C = np.cov(frame[~np.isnan(frame).any(axis=1)].T)
    p = len(model.nodes)
    r2 = np.zeros(2**p)
    for s in range(1, 2**p):
        S = [k for k in range(p) if s >> k & 1]
        r2[s] = C[S, p] @ np.linalg.solve(C[np.ix_(S, S)], C[S, p]) / C[p, p]
    shares = np.zeros(p)
    for s in range(2**p):
        size = bin(s).count("1")
        for j in (j for j in range(p) if not s >> j & 1):
            shares[j] += factorial(size) * factorial(p - 1 - size) / factorial(p) * (r2[s | 1 << j] - r2[s])
    return np.asarray(100 * shares / shares.sum())
