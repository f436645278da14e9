"""A round watched at several days: every count against a count of the forms as they were handed in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveys as sv
from surveys.problems import SurveyError
from surveys.vocabulary.statuses import DISPOSITIONS
from tests.surveys.fieldwork.monitoring.field_round import (
    END,
    ITEMS,
    START,
    UNITS,
    FieldRound,
    Handed,
    field_round,
)

DAYS = [START, START + timedelta(4), START + timedelta(15), END]
GROUPS = {"b-1": "staff", "b-2": "raters"}
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> FieldRound:
    return field_round(tmp_path_factory.mktemp("field"))


def _counted(table: pd.DataFrame, by: list[str]) -> dict[tuple[str, ...], dict[str, int]]:
    """Counts of what became of the evaluations, those that are 0 left out, by the texts of the columns ``by``."""
    found = {}
    for _, row in table.iterrows():
        counts = {name: int(row[name]) for name in DISPOSITIONS if row[name]}
        if counts:
            found[tuple(row[by])] = counts
    return found


def _expected(
    became: list[tuple[Handed, str, str]], key: Callable[[Handed, str], tuple[str, ...]]
) -> dict[tuple[str, ...], dict[str, int]]:
    found: dict[tuple[str, ...], Counter[str]] = {}
    for form, unit, word in became:
        found.setdefault(key(form, unit), Counter())[word] += 1
    return {place: dict(counts) for place, counts in found.items()}


@pytest.mark.parametrize("on", DAYS)
def test_counts_are_those_of_the_forms_handed_in(watched: FieldRound, on: date) -> None:
    found, became = sv.monitor(watched.folder, on.isoformat()), watched.became(on)
    cells = found.cells[found.cells["group"] != "all"]
    assert _counted(cells, ["unit_code", "group"]) == _expected(
        became, lambda f, u: (u, GROUPS[f.questionnaire])
    )
    units = found.cells[found.cells["group"] == "all"]
    assert _counted(units, ["unit_code"]) == _expected(became, lambda _, u: (u,))
    by_day = _expected(became, lambda f, _: (f.questionnaire, f.mode, f.day.isoformat()))
    assert _counted(found.days, ["questionnaire", "mode", "day"]) == by_day
    assert _counted(found.interviewers, ["interviewer"]) == _expected(became, lambda f, _: (f.interviewer,))
    assert _counted(found.modes, ["mode"]) == _expected(became, lambda f, _: (f.mode,))
    assert _counted(found.questionnaires, ["questionnaire"]) == _expected(
        became, lambda f, _: (f.questionnaire,)
    )


@pytest.mark.parametrize("on", DAYS)
def test_sheets_are_counted_once(watched: FieldRound, on: date) -> None:
    """A rater's form about three units is one sheet and three evaluations."""
    found = sv.monitor(watched.folder, on.isoformat())
    there = [form for form in watched.forms if form.day <= on]
    for table, of in (
        (found.modes, "mode"),
        (found.interviewers, "interviewer"),
        (found.questionnaires, "questionnaire"),
    ):
        sheets = Counter(getattr(form, of) for form in there)
        assert {key: n for key, n in zip(table[of], table["forms"], strict=True) if n} == dict(sheets)
    last = found.days.groupby(["questionnaire", "mode"])["forms_so_far"].max()
    assert last.to_dict() == dict(Counter((form.questionnaire, form.mode) for form in there))


@pytest.mark.parametrize("on", DAYS)
def test_what_is_still_out(watched: FieldRound, on: date) -> None:
    found = sv.monitor(watched.folder, on.isoformat())
    back = {form.code for form in watched.forms if form.day <= on}
    out = {code: facts for code, facts in watched.issued.items() if code not in back}
    for table, place, key in ((found.modes, 2, "mode"), (found.interviewers, 3, "interviewer")):
        told = {who: int(n) for who, n in zip(table[key], table["not_returned"], strict=True) if n}
        assert told == dict(Counter(facts[place] for facts in out.values()))
    outstanding = found.cells.set_index(["unit_code", "group"])["outstanding"].to_dict()
    for unit in UNITS:
        assert outstanding[unit, "staff"] == sum(facts[1] == unit for facts in out.values())
        assert outstanding[unit, "raters"] == sum(facts[0] == "b-2" for facts in out.values())
    issued = found.questionnaires[["questionnaire", "forms_issued", "issued"]]
    assert issued.to_numpy().tolist() == [["b-1", 120, 120], ["b-2", 12, 36]]


def test_without_a_day_everything_is_as_it_is_screened(watched: FieldRound) -> None:
    found, screened = sv.monitor(watched.folder), sv.load(watched.folder).screen()
    cells = found.cells[found.cells["group"] != "all"].set_index(["block", "unit_code", "group"])
    funnel = screened.funnel.groupby(["block", "unit_code", "group"])[["returned", *DISPOSITIONS]].sum()
    assert cells.loc[funnel.index, list(funnel.columns)].equals(funnel)
    assert found.day == max(form.day for form in watched.forms).isoformat()


def test_a_day_is_as_if_the_files_ended_there(watched: FieldRound, tmp_path: Path) -> None:
    """The files cut by hand give the same tables, precision included."""
    on = DAYS[2]
    cut = field_round(tmp_path / "cut")
    for path in cut.folder.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if "Ngày gửi" in lines[0]:
            column = lines[0].strip().split(",").index("Ngày gửi")
            kept = [line for line in lines[1:] if line.split(",")[column][:10] <= on.isoformat()]
            path.write_text("".join([lines[0], *kept]), encoding="utf-8")
    one, other = sv.monitor(watched.folder, on.isoformat()), sv.monitor(cut.folder, on.isoformat())
    for name in ("cells", "days", "interviewers", "modes", "questionnaires"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_margins_are_half_the_intervals_of_the_scores(watched: FieldRound) -> None:
    found, scores = sv.monitor(watched.folder), sv.load(watched.folder).score().scores
    totals = scores[scores["node_level"] == scores["node_level"].iloc[0]]
    half = (totals["ci_high"] - totals["ci_low"]) * 50
    expected = dict(zip(zip(totals["unit_code"], totals["group"], strict=True), half, strict=True))
    for row in found.cells.to_dict("records"):
        np.testing.assert_allclose(
            row["margin"], expected[row["unit_code"], row["group"]], rtol=1e-9, equal_nan=True
        )
    assert found.cells["margin"].notna().sum() >= 8


def test_margins_at_the_end_shrink_as_the_variance_of_a_mean(watched: FieldRound) -> None:
    """(1/n − 1/N) of the forms then and now, N being the population of the frame."""
    cells = sv.monitor(watched.folder, DAYS[2].isoformat()).cells
    told = cells[(cells["group"] == "staff") & cells["margin"].notna()]
    assert len(told) >= 2
    n, then, size = (told[name].to_numpy(float) for name in ("valid", "expected", "population"))
    ratio = (1 / then - 1 / size) / (1 / n - 1 / size)
    np.testing.assert_allclose(told["margin_end"] / told["margin"], np.sqrt(ratio), rtol=1e-9)


def test_pace_and_needs(watched: FieldRound) -> None:
    on = DAYS[2]
    cells = sv.monitor(watched.folder, on.isoformat()).cells
    became = watched.became(on)
    for row in cells[cells["group"] == "staff"].to_dict("records"):
        mine = [
            f.day
            for f, unit, word in became
            if unit == row["unit_code"] and word == "valid" and f.questionnaire == "b-1"
        ]
        recent = [day for day in mine if day > on - timedelta(7)]
        assert row["per_day"] == pytest.approx(len(mine) / 16)
        assert row["per_day_recent"] == pytest.approx(len(recent) / 7)
        assert row["needed_per_day"] == pytest.approx(max(25 - len(mine), 0) / 14)
        assert row["expected"] == pytest.approx(min(len(mine) * 30 / 16, len(mine) + row["outstanding"]))
        assert (
            row["expected_low"]
            <= row["expected"]
            <= row["expected_high"]
            <= row["valid"] + row["outstanding"]
        )


def test_outlooks(watched: FieldRound) -> None:
    early = sv.monitor(watched.folder, (START + timedelta(2)).isoformat())
    assert set(early.cells["outlook_plan"]) <= {"", "unknown", "reached"}
    over = sv.monitor(watched.folder, END.isoformat())
    planned = over.cells[over.cells["planned"].notna() & (over.cells["group"] != "all")]
    told = np.where(planned["valid"] >= planned["planned"], "reached", "missed")
    assert planned["outlook_plan"].tolist() == told.tolist()
    assert sum(over.outlooks.values()) == len(planned)


@pytest.mark.parametrize("forms", [0, 1])
def test_none_or_one_form(tmp_path: Path, forms: int) -> None:
    """Files with a heading alone, or with nothing at all, are no faults; what cannot be told is told."""
    made = field_round(tmp_path / "round")
    for path in made.folder.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if "Ngày gửi" in lines[0]:
            path.write_text("".join(lines[: 1 + forms * (path.name == "staff-paper.csv")]), encoding="utf-8")
    (made.folder / "raters.csv").write_bytes(b"")
    found = sv.monitor(made.folder)
    codes = {warning.code for warning in found.warnings}
    assert found.cells.loc[found.cells["group"] == "all", "returned"].sum() == forms
    assert codes >= {"returns.file_empty", "returns.no_rows"}
    assert ("monitor.nothing_yet" in codes) == (not forms)
    assert found.cells["margin"].isna().all()
    found.write(tmp_path / "out")
    assert sv.verify(tmp_path / "out") == ()
    with pytest.raises(SurveyError):
        sv.load(made.folder).score()


def test_without_list_plan_or_files(tmp_path: Path) -> None:
    made = field_round(tmp_path / "round")
    settings = made.folder / "study.toml"
    text = settings.read_text(encoding="utf-8")
    plain = text.replace('issued = "issued.csv"\n', "").replace('planned = "planned.csv"\n', "")
    settings.write_text(plain, encoding="utf-8")
    found = sv.monitor(made.folder)
    assert {w.code for w in found.warnings} >= {"monitor.no_issued", "monitor.no_plan"}
    assert found.cells[["issued", "planned", "outstanding"]].isna().all().all()
    assert found.modes[["forms_issued", "not_returned"]].isna().all().all()
    settings.write_text(plain.split("[[returns]]")[0], encoding="utf-8")
    found = sv.monitor(made.folder, "2026-10-10")
    assert found.cells["valid"].sum() == 0
    assert set(found.cells["unit_code"]) == set(UNITS)
    found.write(tmp_path / "out")


def test_issued_forms_of_the_plan_stand_in_for_a_list(tmp_path: Path) -> None:
    made = field_round(tmp_path / "round")
    settings = made.folder / "study.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('issued = "issued.csv"\n', ""), encoding="utf-8"
    )
    cells = sv.monitor(made.folder).cells
    staff = cells[cells["group"] == "staff"]
    assert staff["issued"].tolist() == [40, 40, 40]
    assert staff["outstanding"].tolist() == np.maximum(40 - staff["returned"], 0).tolist()


def test_forms_without_a_day_and_after_the_end(tmp_path: Path) -> None:
    """They are counted; they neither move the day nor enter the pace of the last days."""
    made = field_round(tmp_path / "round")
    path = made.folder / "staff-online.csv"
    late = f"S-p1-01,Phòng Một,2031-01-01 09:00:00,,{','.join('4' * len(ITEMS))}\n"
    undated = f"S-p1-03,Phòng Một,,,{','.join('4' * len(ITEMS))}\n"
    text = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in text if not line.startswith(("S-p1-01,", "S-p1-03,"))]
    path.write_text("".join(kept) + late + undated, encoding="utf-8")
    found = sv.monitor(made.folder)
    codes = {warning.code for warning in found.warnings}
    assert codes >= {"monitor.undated", "monitor.after_the_day"}
    assert found.day <= END.isoformat()
    assert found.days["day"].tolist().count("") == 1
    assert found.cells.set_index(["unit_code", "group"])["per_day_recent"].isna()["p1", "staff"]


def test_no_form_tells_its_day(tmp_path: Path) -> None:
    """The day has to be said; then the forms so far make a pace since the beginning."""
    made = field_round(tmp_path / "round")
    for path in made.folder.glob("*.csv"):
        text = re.sub(r"2026-10-\d\d \d\d:\d\d:00", "", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    untold = sv.monitor(made.folder)
    assert "monitor.no_day" in {warning.code for warning in untold.warnings}
    assert (untold.day, untold.gone) == ("", 0)
    assert set(untold.cells["outlook_plan"]) <= {"", "unknown", "reached"}
    told = sv.monitor(made.folder, "2026-10-20").cells
    assert told["per_day_recent"].isna().all()
    cells = told[told["group"] != "all"]
    np.testing.assert_allclose(cells["per_day"], cells["valid"] / 20)


@pytest.mark.parametrize("population", [0, 10])
def test_without_a_fitting_frame(tmp_path: Path, population: int) -> None:
    """A frame that is missing, or smaller than its forms, is told; counts and pace stay."""
    made = field_round(tmp_path / "round")
    rows = [f"b,{unit},staff,{population}\n" for unit in UNITS] if population else []
    (made.folder / "frames.csv").write_text("block,unit,group,population\n" + "".join(rows), encoding="utf-8")
    found = sv.monitor(made.folder, "2026-10-20")
    told = {"sampling.no_weights_yet"} if population else {"sampling.equal_so_far"}
    assert told <= {warning.code for warning in found.warnings}
    assert found.cells["expected"].notna().sum() == 6


def test_decisions_count(tmp_path: Path) -> None:
    """A form under review that someone accepts is valid, one that someone rejects is rejected."""
    made = field_round(tmp_path / "round")
    shared = [form.code for form, _, word in made.became(END) if word == "review"]
    (code,) = dict.fromkeys(shared[:1])
    (made.folder / "decisions.csv").write_text(
        f"form_code,unit,decision,reviewer,reason,date\n{code},,valid,AB,looked at,2026-10-31\n",
        encoding="utf-8",
    )
    settings = made.folder / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[files]\n", '[files]\ndecisions = "decisions.csv"\n'), encoding="utf-8")
    found = sv.monitor(made.folder).cells
    cells = found[found["group"] != "all"]
    assert cells["review"].sum() == len(shared) - shared.count(code)


@pytest.mark.parametrize("day", ["31/11/2026", "2026-13-01", "hôm nay"])
def test_what_is_no_day_is_told(watched: FieldRound, day: str) -> None:
    with pytest.raises(SurveyError) as told:
        sv.monitor(watched.folder, day)
    assert [(p.code, dict(p.params)["value"]) for p in told.value.problems] == [("monitor.day", day)]
