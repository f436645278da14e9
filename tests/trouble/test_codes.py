"""Codes: files that code answers in another way than the scales, labels that say so, values that the study recodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

import surveys as sv
from tests.trouble.trial import A1, A2, B1, forms, score_of, table, told, trial

LABELS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
FORMS = [(4, 5, 6), (7, 8, 6), (4, 4, 5), (8, 7, 4)]  # 4…8 for the levels 1…5
UNITS = ("Xã An Bình", "Xã Long Mỹ", "Xã An Bình", "Xã Long Mỹ")


def qualtrics(answers: Iterable[Sequence[object]] = FORMS) -> str:
    rows: list[Sequence[object]] = [("Start Date", "Response ID", "Đơn vị", A1, A2, B1)]
    rows += [(f"2025-10-05 08:0{k}:00", f"R_{k}", UNITS[k], *found) for k, found in enumerate(answers)]
    return table(rows, ["StartDate", "ResponseId", "dv", "A1", "A2", "B1"])


def kobo(answers: Iterable[Sequence[object]] = FORMS) -> str:
    rows = [(UNITS[k], *found, k, f"u{k}", f"2025-10-08T02:10:0{k}", k) for k, found in enumerate(answers)]
    return table(rows, ["dv", "A1", "A2", "B1", "_id", "_uuid", "_submission_time", "_index"], between=";")


def typed(answers: Iterable[Sequence[object]]) -> str:
    rows = [(f"P{k}", UNITS[k % 4], "2025-10-05", *found) for k, found in enumerate(answers)]
    return table(rows)


def sav(
    path: Path,
    answers: Sequence[Sequence[float]],
    labels: Mapping[float, str],
    of: Sequence[str] = ("A1", "A2", "B1"),
) -> bytes:
    rows = pd.DataFrame(answers, columns=["A1", "A2", "B1"]).astype(float)
    rows.insert(0, "dv", UNITS[: len(rows)])
    pyreadstat.write_sav(rows, path, variable_value_labels={name: dict(labels) for name in of})
    return path.read_bytes()


@pytest.mark.parametrize("content", [qualtrics(), kobo(), typed(FORMS)], ids=["qualtrics", "kobo", "typed"])
def test_a_file_coded_in_another_way_is_refused_as_a_whole(tmp_path: Path, content: str) -> None:
    (problem,) = told(trial(tmp_path, {"r.csv": content}), "returns.codes_outside")
    said = dict(problem.params)
    assert (problem.file, said["found"], said["codes"]) == ("r.csv", "6 (2); 7 (2); 8 (2)", "1, 2, 3, 4, 5")


@pytest.mark.parametrize("key", ['"*"', "hl"])
@pytest.mark.parametrize("content", [qualtrics(), kobo(), typed(FORMS)], ids=["qualtrics", "kobo", "typed"])
def test_recoded_values_are_read_as_the_study_says(tmp_path: Path, content: str, key: str) -> None:
    recode = f"[returns.recode]\n{key} = {{ 4 = 1, 5 = 2, 6 = 3, 7 = 4, 8 = 5 }}\n"
    path = trial(tmp_path, {"r.csv": content}, f'[[returns]]\npath = "r.csv"\n{recode}')
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == ((0 + 0.25) / 2 + (0 + 0) / 2) / 2
    assert score_of(result, "long-my", "2") == (0.5 + 0) / 2


def test_one_item_is_recoded_and_a_number_that_is_not_named_is_no_answer(tmp_path: Path) -> None:
    recode = '[returns.recode]\nA1 = { 1 = 5, 2 = 4, 3 = 3, 4 = 2, 5 = "1", "tạm được" = 3, 99 = "" }\n'
    answers = [(1, 1, 1), (6, 4, 4), ("Tạm được", 4, 4), (99, 4, 4), ("Hài lòng", 4, 4)]
    path = trial(tmp_path, {"r.csv": typed(answers)}, f'[[returns]]\npath = "r.csv"\n{recode}')
    assert [(p.row, dict(p.params)["text"]) for p in told(path, "returns.cell_out_of_scale")] == [(3, "6")]
    assert forms(path)["r.csv", 3] == "review"
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == pytest.approx(
        ((1 + 0.75) / 2 + (0 + 0.5) / 2 + (0.75 + 0.75) / 2) / 3
    )


HUNDRED = [(k % 5 + 1, (k + 2) % 5 + 1, (k + 3) % 5 + 1) for k in range(40)]


@pytest.mark.parametrize("error", ["11", "55", "9", "6", "0"])
def test_a_typing_error_stays_a_fault_of_its_cell(tmp_path: Path, error: str) -> None:
    path = trial(tmp_path, {"r.csv": typed([(error, 4, 4), *HUNDRED])})
    assert told(path, "returns.codes_outside") == []
    assert [(p.row, dict(p.params)["text"]) for p in told(path, "returns.cell_out_of_scale")] == [(2, error)]
    assert [row for (_, row), disposition in forms(path).items() if disposition != "valid"] == [2]


def test_three_different_typing_errors_among_many_are_no_coding(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": typed([(6, 4, 4), (4, 7, 4), (11, 4, 0), *HUNDRED])})
    assert told(path, "returns.codes_outside") == []
    assert [row for (_, row), disposition in forms(path).items() if disposition != "valid"] == [2, 3, 4]


def test_a_few_numbers_among_answers_in_words_are_no_coding_of_an_export(tmp_path: Path) -> None:
    """Someone typed over three cells of the sheet of a Google form, which exports words."""
    said = [("2025-10-05 08:00:00", "Xã An Bình", "Hài lòng", "Rất hài lòng", "Bình thường")] * 12
    typed = [("2025-10-06 08:00:00", "Xã An Bình", 6, "Hài lòng", "Hài lòng")] * 3
    content = table([*said, *typed], ("Dấu thời gian", "Đơn vị", A1, A2, B1))
    path = trial(tmp_path, {"r.csv": content}, rules={"out_of_scale": "review"})
    assert told(path, "returns.codes_outside") == []
    assert [problem.row for problem in told(path, "returns.cell_out_of_scale")] == [14]


def test_a_code_for_no_answer_beside_every_level_is_no_coding(tmp_path: Path) -> None:
    """Options added last get the next number: 6 beside 1 to 5 is a sixth option, and tells nothing of the five."""
    answers = [(1, 2, 3), (4, 5, 6), (6, 1, 2), (3, 4, 6)]
    assert told(trial(tmp_path, {"r.csv": qualtrics(answers)}), "returns.codes_outside") == []


@pytest.mark.parametrize(
    "answers",
    [
        [(0, 1, 2), (3, 4, 0), (2, 1, 0)],  # 0 to 4
        [(2, 4, 6), (8, 10, 6), (4, 4, 10)],  # by twos
        [(1, 5, 10), (7, 8, 9), (6, 2, 3)],  # a scale of ten
        [(20, 40, 60), (80, 100, 20), (40, 40, 60)],  # per cent
    ],
)  # fmt: skip
def test_other_codings_are_refused_too(tmp_path: Path, answers: list[tuple[int, ...]]) -> None:
    assert len(told(trial(tmp_path, {"r.csv": kobo(answers)}), "returns.codes_outside")) == 1


REVERSED = dict(zip((1.0, 2.0, 3.0, 4.0, 5.0), reversed(LABELS), strict=True))
FROM_ZERO = dict(zip((0.0, 1.0, 2.0, 3.0, 4.0), LABELS, strict=True))


@pytest.mark.parametrize(
    ("labels", "answers"),
    [
        (REVERSED, [(1, 2, 3), (5, 4, 1)]), (FROM_ZERO, [(4, 3, 2), (0, 1, 4)]),
        (REVERSED | {1.0: "Very satisfied"}, [(1, 2, 3), (5, 4, 1)]),
    ],
)  # fmt: skip
def test_codes_that_contradict_their_labels_are_read_by_the_labels(
    tmp_path: Path, labels: Mapping[float, str], answers: list[tuple[float, ...]]
) -> None:
    path = trial(tmp_path, {"r.sav": sav(tmp_path / "r.sav", answers, labels)})
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == (1 + 0.75) / 2
    assert (score_of(result, "long-my", "1"), score_of(result, "long-my", "2")) == ((0 + 0.25) / 2, 1.0)
    (problem,) = told(path, "returns.read_by_labels")
    assert (problem.file, problem.severity, dict(problem.params)["columns"]) == (
        "r.sav",
        "warning",
        "A1, A2, B1",
    )


def test_words_beside_numbers_in_cells_are_labels_too(tmp_path: Path) -> None:
    def said(*levels: int) -> tuple[str, ...]:
        return tuple(f"{6 - level} - {LABELS[level - 1]}" for level in levels)

    path = trial(tmp_path, {"r.csv": typed([said(5, 4, 3), said(1, 2, 4)])})
    assert len(told(path, "returns.read_by_labels")) == 1
    assert score_of(sv.load(path).score(), "an-binh", "1") == (1 + 0.75) / 2


def test_one_cell_whose_number_and_words_differ_stays_a_fault_of_its_cell(tmp_path: Path) -> None:
    rows = [("5 - Hài lòng", 4, 4), ("5 - Rất hài lòng", 4, 4), ("4 - Hài lòng", 4, 4)]
    path = trial(tmp_path, {"r.csv": typed(rows)})
    assert [p.row for p in told(path, "returns.cell_disagrees")] == [2]
    assert [told(path, code) for code in ("returns.read_by_labels", "returns.labels_contradict")] == [[], []]


@pytest.mark.parametrize(
    ("labels", "of"),
    [
        (REVERSED | {3.0: "Tạm được"}, ("A1", "A2", "B1")),  # a label of no level
        ({code: label for code, label in REVERSED.items() if code != 2.0}, ("A1", "A2", "B1")),  # a code without one
        (REVERSED, ("A1", "A2")),  # a column without labels
        (REVERSED | {2.0: REVERSED[1.0]}, ("A1", "A2", "B1")),  # one label twice
    ],
)  # fmt: skip
def test_a_file_whose_labels_do_not_settle_its_codes_is_refused_as_a_whole(
    tmp_path: Path, labels: Mapping[float, str], of: Sequence[str]
) -> None:
    path = trial(tmp_path, {"r.sav": sav(tmp_path / "r.sav", [(1, 2, 3), (5, 4, 2)], labels, of)})
    (problem,) = told(path, "returns.labels_contradict")
    assert (problem.file, problem.severity) == ("r.sav", "error")
    assert "1 = Rất hài lòng" in dict(problem.params)["found"]


@pytest.mark.parametrize(("values", "score"), [("labels", (1 + 0.75) / 2), ("codes", (0 + 0.25) / 2)])
def test_the_study_says_whether_labels_or_codes_are_right(tmp_path: Path, values: str, score: float) -> None:
    content = sav(tmp_path / "r.sav", [(1, 2, 3), (5, 4, 2)], REVERSED)
    path = trial(tmp_path, {"r.sav": content}, f'[[returns]]\npath = "r.sav"\nvalues = "{values}"\n')
    assert score_of(sv.load(path).score(), "an-binh", "1") == score
    assert told(path, "returns.read_by_labels") == []


def test_labels_that_agree_with_their_codes_are_told_nothing_about(tmp_path: Path) -> None:
    labels = dict(zip((1.0, 2.0, 3.0, 4.0, 5.0), LABELS, strict=True))
    path = trial(tmp_path, {"r.sav": sav(tmp_path / "r.sav", [(5, 4, 3), (1, 2, 3)], labels)})
    assert {warning.code for warning in sv.load(path).score().warnings} <= {"score.gaps"}


@pytest.mark.parametrize("recode", ["hl5 = { 4 = 1 }", "A1 = { 4 = 7 }", '"*" = { 4 = "tốt" }'])
def test_a_recode_of_nothing_that_exists_is_refused(tmp_path: Path, recode: str) -> None:
    path = trial(
        tmp_path, {"r.csv": qualtrics()}, f'[[returns]]\npath = "r.csv"\n[returns.recode]\n{recode}\n'
    )
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert {p.code for p in caught.value.problems} <= {"study.recode", "record.not_accepted"}
