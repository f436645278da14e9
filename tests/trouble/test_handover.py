"""What is handed over: values in every index, hidden answers that move nothing, folders and checksums that are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import surveys as sv
from tests.trouble.trial import A1, A2, B1, HEADINGS, ITEMS, TREE, score_of, table, trial

DAY = "2025-10-05"
STUDY_MINIMUM = "forms = 1"


def with_minimum(path: Path, forms: int) -> Path:
    """The study with another smallest number of forms."""
    study = path / "study.toml"
    study.write_text(
        study.read_text(encoding="utf-8").replace(STUDY_MINIMUM, f"forms = {forms}"), encoding="utf-8"
    )
    return path


def council(out: Path, name: str) -> Any:
    return pd.read_csv(out / "council" / f"{name}.csv", dtype=str, keep_default_na=False)


def of_an_binh(scored: sv.Result) -> Any:
    """The group's results of one unit by node and item."""
    found = scored.scores
    return found[(found["unit_code"] == "an-binh") & (found["group"] == "dan")].set_index("node_code")


#: Ten forms: A1 and B1 answered by all, A2 by one, who is very dissatisfied.
ONE_OF_TEN = [(f"P{k}", "Xã An Bình", DAY, 5, 1 if k == 0 else "", 4) for k in range(10)]


def test_an_answer_of_one_moves_nothing_above_it(tmp_path: Path) -> None:
    """A1 is 1.0 for everyone; with A2 the node would be (1 + 0)/2."""
    path = with_minimum(trial(tmp_path, {"r.csv": table(ONE_OF_TEN)}, rules={"unknown_unit": "review"}), 5)
    scored = sv.load(path).score()
    assert score_of(scored, "an-binh", "1") == 1.0
    rows = of_an_binh(scored)
    assert (rows.loc["A2", "status"], rows.loc["A2", "n_valid"]) == ("suppressed", 1)
    assert rows.loc["1", "status"] == "ok"
    assert rows.loc["1", "se"] == rows.loc["A1", "se"]
    (said,) = rows.loc["1", "note"]
    assert (said.code, dict(said.params)["items"]) == ("score.items_not_shown", "A2")
    scored.write(tmp_path / "out")
    assert [p for p in sv.verify(tmp_path / "out") if p.severity == "error"] == []


def test_the_same_where_answers_are_pooled(tmp_path: Path) -> None:
    """Ten answers of 1.0 and one of 0: (10 · 1 + 0)/11 with it."""
    pooled = TREE.replace("1,0,part,mean", "1,0,part,pooled")
    path = trial(
        tmp_path, {"r.csv": table(ONE_OF_TEN)}, rules={"unknown_unit": "review"}, parts={"tree": pooled}
    )
    assert score_of(sv.load(path).score(), "an-binh", "1") == pytest.approx(10 / 11)
    scored = sv.load(with_minimum(path, 5)).score()
    assert score_of(scored, "an-binh", "1") == 1.0
    row = of_an_binh(scored).loc["1"]
    assert (row["n_valid"], [said.code for said in row["note"]]) == (10, ["score.items_not_shown"])


def test_forms_that_answered_only_what_is_hidden_are_no_forms_of_the_node(tmp_path: Path) -> None:
    """Six answer A1, two others A2 alone: the node rests on six forms."""
    rows = [(f"P{k}", "Xã An Bình", DAY, 4 if k < 6 else "", 1 if k > 5 else "", 4) for k in range(8)]
    path = with_minimum(trial(tmp_path, {"r.csv": table(rows)}, rules={"unknown_unit": "review"}), 5)
    row = of_an_binh(sv.load(path).score()).loc["1"]
    assert (row["score"], row["n_valid"]) == (0.75, 6)


def test_a_node_of_hidden_items_alone_is_hidden(tmp_path: Path) -> None:
    """Eight forms, four on A1 and four on A2: enough for the node, too few for each of its items."""
    rows = [(f"P{k}", "Xã An Bình", DAY, 4 if k < 4 else "", 2 if k > 3 else "", 4) for k in range(8)]
    path = with_minimum(trial(tmp_path, {"r.csv": table(rows)}, rules={"unknown_unit": "review"}), 5)
    found = of_an_binh(sv.load(path).score())
    assert found.loc[["1", "A1", "A2"], "status"].tolist() == ["suppressed"] * 3
    assert found.loc["1", "n_valid"] == 8
    assert pd.isna(found.loc["1", "score"])


# --- an index without points ------------------------------------------------------------------------------------------

WITHOUT_POINTS = TREE.replace("0,,index,sum,total,1,2,", "0,,index,mean,total,1,,").replace(
    ",survey,1,1,", ",survey,1,,"
)
ROWS = [
    ("P1", "Xã An Bình", DAY, 4, 3, 5),
    ("P2", "Xã An Bình", DAY, 2, 3, 5),
    ("P3", "Phường Hòa Thuận", DAY, 5, 5, 1),
]


@pytest.mark.parametrize("aggregation", ["mean", "pooled"])
def test_an_index_without_points_hands_over_percentages(aggregation: str, tmp_path: Path) -> None:
    """An Bình: node 1 = (0.75 + 0.5 + 0.25 + 0.5)/4 = 0.5, node 2 = 1; the mean of both 0.75, all six answers (2 + 2)/6."""
    tree = WITHOUT_POINTS.replace(",mean,", f",{aggregation},")
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts={"tree": tree})
    out = tmp_path / "out"
    sv.load(path).score().write(out)
    scores = council(out, "scores").set_index(["unit_code", "node_code"])
    assert scores.loc[("an-binh", "1"), "percent"] == "50.00"
    assert scores.loc[("an-binh", "2"), "percent"] == "100.00"
    whole = "75.00" if aggregation == "mean" else "66.67"
    assert scores.loc[("an-binh", "0"), "percent"] == whole
    units = council(out, "units").set_index("unit_code")
    assert units.loc["an-binh", "percent"] == whole
    assert not {"points", "max_points"} & {*units.columns, *scores.columns}
    low, high = (float(units.loc["an-binh", name]) for name in ("ci_low", "ci_high"))
    assert low < float(whole) < high
    assert sv.verify(out) == ()


def test_an_index_with_points_hands_over_both(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sv.load(trial(tmp_path, {"r.csv": table(ROWS)})).score().write(out)
    scores = council(out, "scores").set_index(["unit_code", "node_code"])
    assert scores.loc[("an-binh", "1"), ["points", "percent"]].tolist() == ["0.5000", "50.00"]
    assert scores.loc[("an-binh", "0"), "measured_by"] == "total"
    assert sv.verify(out) == ()


def test_a_round_of_which_nothing_can_be_handed_over_is_seen_but_not_written(tmp_path: Path) -> None:
    path = with_minimum(trial(tmp_path, {"r.csv": table(ROWS)}), 5)
    scored = sv.load(path).score()
    assert [p.severity for p in scored.warnings if p.code == "score.no_values"] == ["warning"]
    with pytest.raises(sv.SurveyError) as error:
        scored.write(tmp_path / "out")
    assert [(p.code, p.params) for p in error.value.problems] == [("handover.no_values", (("block", "xa"),))]
    assert not (tmp_path / "out").exists()


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_with_someone_s_file_keeps_it_whatever_command_writes(tmp_path: Path) -> None:
    """A run.json without checksums beside it: nothing says that the other files are ours."""
    study = sv.load(trial(tmp_path / "dot", {"r.csv": table(ROWS)}))
    out = tmp_path / "ket-qua"
    out.mkdir()
    (out / "bien-ban.txt").write_text("của tôi", encoding="utf-8")
    (out / "run.json").write_text('{"format": "surveys/run/1", "content": "screening"}', encoding="utf-8")
    for writing in (lambda: study.score().write(out), lambda: study.screen().write(out)):
        with pytest.raises(sv.SurveyError) as raised:
            writing()
        (problem,) = raised.value.problems
        assert (problem.code, dict(problem.params)["found"]) == (
            "handover.out_has_added_files",
            "bien-ban.txt, run.json",
        )
        assert (out / "bien-ban.txt").read_text(encoding="utf-8") == "của tôi"


@pytest.mark.parametrize("end", ["\v", "\f", "\u2028", "\x85", "\r\n"])
def test_a_line_end_of_the_checksums_that_was_replaced_is_noticed(end: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sv.load(trial(tmp_path / "dot", {"r.csv": table(ROWS)})).score().write(out)
    sums = out / "council" / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"\n", end.encode(), 1))
    found = {(p.code, p.file, p.row) for p in sv.verify(out)}
    assert ("verify.sums_unreadable", "council/SHA256SUMS", 1) in found
    assert ("verify.file_changed", "council/SHA256SUMS", None) in found


# --- two rounds -------------------------------------------------------------------------------------------------------


def test_rounds_that_have_nothing_in_common_are_named(tmp_path: Path) -> None:
    asked = ("Bàn ghế sạch", "Có chỗ để xe", "Biển hiệu rõ")
    items = ITEMS
    for was, now in zip((A1, A2, B1), asked, strict=True):
        items = items.replace(was, now)
    items = items.replace("Staff are polite", "Clean").replace("Staff explain clearly", "Parking")
    old = trial(tmp_path / "old", {"r.csv": table(ONE_OF_TEN)})
    other = {"r.csv": table(ONE_OF_TEN, (*HEADINGS[:3], *asked))}
    new = trial(tmp_path / "new", other, parts={"items": items.replace("Files come back in time", "Signs")})
    with pytest.raises(sv.SurveyError) as failure:
        sv.compare(old, new)
    problems = failure.value.problems
    assert "compare.no_common_node" in {problem.code for problem in problems}
    assert {problem.file for problem in problems} == {f"{old}, {new}"}


def test_results_of_a_study_with_its_own_instrument_are_compared(tmp_path: Path) -> None:
    """An Bình, node 2: 1.0 before and 0.25 now, whether from the results or from the studies."""
    later = [(*row[:5], 2) for row in ROWS]
    studies = [
        trial(tmp_path / name, {"r.csv": table(rows)}) for name, rows in (("cu", ROWS), ("moi", later))
    ]
    results = [tmp_path / f"{study.name}-kq" for study in studies]
    for study, out in zip(studies, results, strict=True):
        sv.load(study).score().write(out)
    for old, new in (results, (studies[0], results[1]), studies):
        changes = sv.compare(old, new).changes
        row = changes.query("unit_code == 'an-binh' and node_code == '2' and group == 'all'")
        assert row["change"].tolist() == [pytest.approx(-0.75)]


@pytest.mark.parametrize("name", ["scores.csv", "units.csv", "run.json", "instrument/instrument.toml"])
def test_results_that_were_changed_are_not_compared(name: str, tmp_path: Path) -> None:
    study, out = trial(tmp_path / "dot", {"r.csv": table(ROWS)}), tmp_path / "kq"
    sv.load(study).score().write(out)
    (out / name).write_bytes((out / name).read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(sv.SurveyError) as raised:
        sv.compare(out, study)
    assert [(problem.code, problem.file) for problem in raised.value.problems] == [
        ("verify.file_changed", name)
    ]


@pytest.mark.parametrize(
    "scoring", ['{"questionnaires": "value"}', '{"numerator": 3}', '{"numerator": "valve"}']
)
def test_a_manifest_whose_plan_of_scores_is_none_is_a_fault(scoring: str, tmp_path: Path) -> None:
    """A key that no plan has ended in a traceback."""
    study, out = trial(tmp_path / "dot", {"r.csv": table(ROWS)}), tmp_path / "kq"
    sv.load(study).score().write(out)
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    manifest["scoring"] = json.loads(scoring)
    (out / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    (out / "SHA256SUMS").unlink()
    with pytest.raises(sv.SurveyError) as raised:
        sv.compare(out, study)
    assert {problem.file for problem in raised.value.problems} == {"run.json"}


@pytest.mark.parametrize("name", ["khong-co", "trong", "ghi-chu.txt/study.toml"])
def test_what_is_no_round_is_called_by_its_path(name: str, tmp_path: Path) -> None:
    study = trial(tmp_path / "dot", {"r.csv": table(ROWS)})
    (tmp_path / "trong").mkdir()
    with pytest.raises(sv.SurveyError) as raised:
        sv.compare(tmp_path / name, study)
    (problem,) = raised.value.problems
    assert (problem.code, problem.file) == ("compare.no_round", str(tmp_path / name))
