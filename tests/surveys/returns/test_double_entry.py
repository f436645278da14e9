"""Two data entries of the same forms: agreement counted by hand, disagreements listed, decisions read back and applied."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import BLANK, NOT_ASKED, Rule
from surveys.definitions.study.records import Adjudication, ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.returns.submissions.entry_agreement import agreement, disagreements
from surveys.review.columns_and_words import ENTRIES
from surveys.review.review_file import review_bytes
from surveys.validity.screening import screen

HEADINGS = ["Mã phiếu", "Đơn vị", "Người nhập", "Giới tính", "F0", "1.1a", "1.1b", "1.2", "K1", "K2"]
FIRST = [
    ["P1", "SNV", "An", "Nam", "1", "5", "4", "3", "1", "0"],
    ["P2", "STC", "An", "Nữ", "1", "1", "2", "9", "1", "0"],
    ["P3", "SNV", "Bình", "Nam", "0", "4", "", "4", "0", "0"],
]
SECOND = [
    ["P2", "SNV", "Bình", "Nữ", "1", "1", "3", "", "1", "0"],
    ["P1", "SNV", "Bình", "Nam", "1", "5", "4", "3", "1", "0"],
    ["P4", "SNV", "Bình", "Nam", "1", "5", "4", "3", "1", "0"],
]
FILES = (ReturnFile("a.csv", "so-5", entry="first"), ReturnFile("b.csv", "so-5", entry="second"))
RULE = Rule("double_entry", "review")


def write(path: Path, *rows: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def twice(study, tmp_path):
    write(tmp_path / "a.csv", HEADINGS, *FIRST)
    write(tmp_path / "b.csv", HEADINGS, *SECOND)

    def make(*decided: Adjudication):
        return study(*FILES, rules=(RULE,), adjudication=decided)

    return make


def listed_of(read: Any) -> list[list[str]]:
    """Form, field, both entries, final answer and author of every disagreement."""
    return disagreements(read).iloc[:, :6].values.tolist()


LISTED = [
    ["P2", "1.1b", "2", "3", "", ""],
    ["P2", "1.2", "9", "", "", ""],
    ["P2", "unit", "STC", "SNV", "", ""],
]


def told(read: Returns) -> list[str]:
    """What is told besides the second entry of P4, which has no first one."""
    return [p.code for p in read.warnings if p.code != "double_entry.no_first"]


def test_disagreements_are_listed_by_form(twice):
    read = read_returns(twice())
    assert sorted(listed_of(read)) == LISTED
    found = disagreements(read)
    written = review_bytes(ENTRIES, found.itertuples(index=False))
    assert written.startswith(b"\xef\xbb\xbfform,field,first,second,final,who,reason,date\r\n")


def test_agreement_by_field_and_operator_counted_by_hand(twice):
    """P1 agrees on all 9 fields (6 items, gender, unit, weight is no column but a field: both empty). P2 differs in three."""
    table: Any = agreement(read_returns(twice())).set_index(["operator", "field"])
    assert table.loc[("all", "1.1a"), ["compared", "agreed"]].tolist() == [2, 2]
    assert table.loc[("all", "1.1b"), ["compared", "agreed", "share"]].tolist() == [2, 1, 0.5]
    assert table.loc[("all", "1.2"), ["compared", "agreed"]].tolist() == [2, 1]
    assert table.loc[("all", "unit"), ["compared", "agreed"]].tolist() == [2, 1]
    for operator in ("all", "An", "Bình"):
        assert table.loc[(operator, "all"), ["compared", "agreed"]].tolist() == [18, 15]


def test_unresolved_disagreements_keep_the_form_in_review(twice):
    study = twice()
    read = read_returns(study)
    dispositions = screen(study, read)
    assert dispositions.disposition.tolist() == [
        "valid",
        "review",
        "valid",
        "second_entry",
        "second_entry",
        "second_entry",
    ]


def decide(*finals: tuple[str, str]) -> tuple[Adjudication, ...]:
    listed = {field: (first, second) for _, field, first, second, _, _ in LISTED}
    return tuple(Adjudication("P2", field, *listed[field], final, "Chi") for field, final in finals)


def test_decided_disagreements_settle_the_form(twice):
    study = twice(*decide(("1.1b", "3"), ("1.2", "Không biết"), ("unit", "STC")))
    read = read_returns(study)
    assert told(read) == []
    assert read.rows["unit_code"].tolist()[1] == "STC"
    assert read.answers[1, 2:4].tolist() == [2, -2]
    assert set(screen(study, read).disposition) == {"valid", "second_entry"}
    assert len(disagreements(read)) == 0


def test_what_is_left_open_stays_in_review(twice):
    study = twice(*decide(("1.1b", "3"), ("1.2", ""), ("unit", "STC")))
    read = read_returns(study)
    assert screen(study, read).disposition[1] == "review"
    assert disagreements(read)["field"].tolist() == ["1.2"]


def test_left_blank_is_a_decision(twice):
    read = read_returns(twice(*decide(("1.2", "trống"))))
    assert read.answers[1, 3] == BLANK


FIELD_HEADINGS = [*HEADINGS, "Trọng số"]
FIELDS_DECIDED = [
    ("gender", "male", "female", "Nữ", ["female", "female"]),
    ("gender", "male", "female", "trống", ["", ""]),
    ("gender", "male", "female", "male", ["male", "male"]),
    ("w", "1.5", "2.0", "2,5", [2.5, 2.5]),
    ("w", "1.5", "2.0", "1.5", [1.5, 1.5]),
]


@pytest.mark.parametrize(("field", "first", "second", "final", "settled"), FIELDS_DECIDED)
def test_fields_are_settled_by_category_number_or_repetition(  # noqa: PLR0913
    study, tmp_path, field, first, second, final, settled
):
    write(tmp_path / "a.csv", FIELD_HEADINGS, [*FIRST[0], "1.5"])
    write(tmp_path / "b.csv", FIELD_HEADINGS, [*FIRST[0][:3], "Nữ", *FIRST[0][4:], "2"])
    listed = listed_of(read_returns(study(*FILES)))
    assert listed == [["P1", "gender", "male", "female", "", ""], ["P1", "w", "1.5", "2.0", "", ""]]
    read = read_returns(study(*FILES, adjudication=(Adjudication("P1", field, first, second, final, "Chi"),)))
    assert read.rows[field].tolist() == settled
    assert told(read) == []


@pytest.mark.parametrize(
    ("field", "first", "second", "final"), [("gender", "male", "female", "?"), ("w", "1.5", "2.0", "x")]
)
def test_a_field_settled_by_none_of_its_values_is_a_fault(study, tmp_path, field, first, second, final):
    write(tmp_path / "a.csv", FIELD_HEADINGS, [*FIRST[0], "1.5"])
    write(tmp_path / "b.csv", FIELD_HEADINGS, [*FIRST[0][:3], "Nữ", *FIRST[0][4:], "2"])
    decided = Adjudication("P1", field, first, second, final, "Chi")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(*FILES, adjudication=(decided,)))
    assert [p.code for p in caught.value.problems] == ["double_entry.final"]


def test_pairs_do_not_depend_on_the_order_of_rows(study, tmp_path):
    """Two forms carry one code: whichever stands first in its file, the same one of them is paired."""
    twins = [FIRST[0], [*FIRST[0][:5], "1", *FIRST[0][6:]]]
    found = []
    for rows in (twins, twins[::-1]):
        for files in (FILES, FILES[::-1]):
            write(tmp_path / "a.csv", HEADINGS, *rows, FIRST[1])
            write(tmp_path / "b.csv", HEADINGS, FIRST[1], FIRST[0])
            read = read_returns(study(*files))
            pairs = zip(read.pairs.first, read.pairs.second, strict=True)
            found.append(sorted((read.answers[i].tolist(), read.answers[j].tolist()) for i, j in pairs))
    assert found == [found[0]] * 4
    assert len(found[0]) == 2


@pytest.mark.parametrize(
    ("decision", "code"),
    [(Adjudication("P2", "1.1b", "2", "4", "3", "Chi"), "double_entry.outdated"),
     (Adjudication("P2", "1.1b", "2", "3", "3", ""), "double_entry.no_author"),
     (Adjudication("P9", "1.1b", "2", "3", "3", "Chi"), "double_entry.unmatched"),
     (Adjudication("P2", "1.9", "2", "3", "3", "Chi"), "double_entry.unmatched")],
)  # fmt: skip
def test_decisions_without_effect_are_told(twice, decision, code):
    study = twice(decision)
    read = read_returns(study)
    assert told(read) == [code]
    assert read.answers[1, 2] == 1
    assert screen(study, read).disposition[1] == "review"


@pytest.mark.parametrize(("field", "final"), [("1.1b", "6"), ("unit", "Sở X")])
def test_a_final_answer_that_is_none_is_a_fault(twice, field, final):
    with pytest.raises(SurveyError) as caught:
        read_returns(twice(*decide((field, final))))
    assert [(p.code, dict(p.params)["field"]) for p in caught.value.problems] == [
        ("double_entry.final", field)
    ]


def test_a_settled_filter_settles_what_was_not_asked(study, tmp_path):
    one = [*FIRST[0][:4], "1", "5", "", "3", "1", "0"]
    write(tmp_path / "a.csv", HEADINGS, one)
    write(tmp_path / "b.csv", HEADINGS, [*one[:4], "0", *one[5:]])
    decided = (Adjudication("P1", "F0", "1", "0", "0", "Chi"),)
    made = study(*FILES, rules=(RULE,), adjudication=decided)
    read = read_returns(made)
    assert read.answers[:, 2].tolist() == [NOT_ASKED, NOT_ASKED]
    assert screen(made, read).disposition.tolist() == ["valid", "second_entry"]


def test_a_faulty_cell_is_shown_as_written_and_settled(study, tmp_path):
    write(tmp_path / "a.csv", HEADINGS, [*FIRST[0][:5], "55", *FIRST[0][6:]])
    write(tmp_path / "b.csv", HEADINGS, FIRST[0])
    read = read_returns(study(*FILES))
    assert listed_of(read) == [["P1", "1.1a", "55", "5", "", ""]]
    read = read_returns(study(*FILES, adjudication=(Adjudication("P1", "1.1a", "55", "5", "5", "Chi"),)))
    assert read.answers[:, 1].tolist() == [4, 4]
    assert read.cells.empty


MATRIX = ["Mã phiếu", *(f"{i} [{u}]" for u in ("SNV", "STC") for i in ("1.1a", "1.1b", "1.2"))]
M_FILES = (ReturnFile("a.csv", "so-1", entry="first"), ReturnFile("b.csv", "so-1", entry="second"))


@pytest.fixture
def matrix(study, tmp_path):
    write(tmp_path / "a.csv", MATRIX, ["D1", 5, 4, 3, 1, "", 2])
    write(tmp_path / "b.csv", MATRIX, ["D1", 5, 4, 2, "", "", ""])
    return lambda *decided: study(*M_FILES, rules=(RULE,), adjudication=decided)


ALONE = [("1.1a [STC]", "1"), ("1.2 [STC]", "2")]


def test_a_unit_that_only_one_entry_has_is_a_disagreement(matrix):
    read = read_returns(matrix())
    assert listed_of(read) == [
        ["D1", "1.2 [SNV]", "3", "2", "", ""], *(["D1", field, first, "", "", ""] for field, first in ALONE),
    ]  # fmt: skip
    assert screen(matrix(), read).disposition.tolist() == ["review", "review", "second_entry"]


@pytest.mark.parametrize(
    ("finals", "units"), [(("1", "2"), ["SNV", "STC", "SNV", "STC"]), (("blank", "blank"), ["SNV", "SNV"])]
)
def test_it_is_settled_as_rated_or_as_not_rated(matrix, finals, units):
    decided = [Adjudication("D1", "1.2 [SNV]", "3", "2", "3", "Chi")]
    decided += [
        Adjudication("D1", f, s, "", final, "Chi") for (f, s), final in zip(ALONE, finals, strict=True)
    ]
    study = matrix(*decided)
    read = read_returns(study)
    assert read.rows["unit_code"].tolist() == units
    assert set(screen(study, read).disposition) == {"valid", "second_entry"}
    assert len(disagreements(read)) == 0


def funnel(study) -> dict[str, list[int]]:
    """Unit → returned, valid, review, rejected; every evaluation that is no second entry is counted once."""
    read = read_returns(study)
    found = screen(study, read)
    table = found.funnel
    counts = table[["returned", "valid", "review", "rejected"]]
    assert (table["returned"] == counts.drop(columns="returned").sum(axis=1)).all()
    assert table["returned"].sum() == (found.disposition != "second_entry").sum()
    return dict(zip(table["unit_code"], counts.values.tolist(), strict=True))


#: D1 as two clerks entered it: SNV by the first, STC by the second; D2 alike.
APART = (["D1", 5, 4, 3, "", "", ""], ["D1", "", "", "", 1, 2, 3])
APART_LISTED = [
    *(["D1", f"{item} [SNV]", answer, "", "", ""] for item, answer in zip(("1.1a", "1.1b", "1.2"), "543", strict=True)),
    *(["D1", f"{item} [STC]", "", answer, "", ""] for item, answer in zip(("1.1a", "1.1b", "1.2"), "123", strict=True)),
]  # fmt: skip


def final(rows: Sequence[Sequence[str]], answer: str = "") -> tuple[Adjudication, ...]:
    """Listed disagreements decided: each by ``answer``, or by what one of the entries says."""
    return tuple(
        Adjudication(form, field, first, second, answer or first or second, "Chi")
        for form, field, first, second, *_ in rows
    )


@pytest.fixture
def entered(study, tmp_path):
    """A function: forms of the first and the second entry → study; ``marked`` says whether the first is declared as such."""

    def make(first, second, *decided: Adjudication, headings=MATRIX, marked=True):
        write(tmp_path / "a.csv", headings, *first)
        write(tmp_path / "b.csv", headings, *second)
        files = (M_FILES[0] if marked else ReturnFile("a.csv", "so-1"), M_FILES[1])
        return study(*files, rules=(RULE,), adjudication=decided)

    return make


@pytest.mark.parametrize("marked", [True, False])
def test_entries_that_share_no_unit_are_in_review(entered, marked):
    """Both evaluations of D1 are in review, each in the row of its own unit; D2, entered alike, is counted."""
    alike = ["D2", 5, 4, 3, 1, 2, 3]
    study = entered((APART[0], alike), (APART[1], alike), marked=marked)
    read = read_returns(study)
    found = screen(study, read)
    assert read.rows[["form_code", "unit_code"]].values.tolist() == [
        ["D1", "SNV"], ["D2", "SNV"], ["D2", "STC"], ["D1", "STC"], ["D2", "SNV"], ["D2", "STC"],
    ]  # fmt: skip
    assert found.disposition.tolist() == [
        "review",
        "valid",
        "valid",
        "review",
        "second_entry",
        "second_entry",
    ]
    assert found.reasons.values.tolist() == [[row, "double_entry", "review", ""] for row in (0, 3)]
    assert listed_of(read) == APART_LISTED
    assert funnel(study) == {"SNV": [2, 1, 1, 0], "STC": [2, 1, 1, 0]}


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize(
    ("decided", "counts"),
    [((*final(APART_LISTED),), {"SNV": [1, 1, 0, 0], "STC": [1, 1, 0, 0]}),
     ((*final(APART_LISTED[:3]), *final(APART_LISTED[3:], "trống")), {"SNV": [1, 1, 0, 0]}),
     ((*final(APART_LISTED[:3], "trống"), *final(APART_LISTED[3:])), {"STC": [1, 1, 0, 0]}),
     ((*final(APART_LISTED[3:]),), {"SNV": [1, 0, 1, 0], "STC": [1, 1, 0, 0]})],
    ids=["both units", "first", "second", "half decided"],
)  # fmt: skip
def test_entries_that_share_no_unit_are_settled_unit_by_unit(entered, decided, counts, marked):
    study = entered([APART[0]], [APART[1]], *decided, marked=marked)
    assert read_returns(study).warnings == ()
    assert funnel(study) == counts


SECOND_ALONE = (["D1", 5, 4, 3, "", "", ""], ["D1", 5, 4, 3, 1, 2, 3])


@pytest.mark.parametrize("marked", [True, False])
def test_a_unit_that_only_the_second_entry_has_is_settled_in_the_place_of_the_first(entered, marked):
    """The first entry gets the evaluation, from its own file and row, whether or not that file is declared as the first."""
    study = entered(*([form] for form in SECOND_ALONE), *final(APART_LISTED[3:]), marked=marked)
    read = read_returns(study)
    assert told(read) == []
    assert read.rows[["unit_code", "entry", "source_file", "source_row"]].values.tolist() == [
        ["SNV", "first" if marked else "", "a.csv", 2],
        ["SNV", "second", "b.csv", 2],
        ["STC", "second", "b.csv", 2],
        ["STC", "first" if marked else "", "a.csv", 2],
    ]
    assert read.answers[2:, 1:4].tolist() == [[0, 1, 2]] * 2
    assert read.rows["form"].tolist() == [0, 1, 1, 0]
    assert screen(study, read).disposition.tolist() == ["valid", "second_entry", "second_entry", "valid"]
    assert len(disagreements(read)) == 0
    assert funnel(study) == {"SNV": [1, 1, 0, 0], "STC": [1, 1, 0, 0]}


@pytest.mark.parametrize("marked", [True, False])
def test_a_unit_that_only_the_second_entry_has_is_settled_as_not_rated(entered, marked):
    study = entered(*([form] for form in SECOND_ALONE), *final(APART_LISTED[3:], "blank"), marked=marked)
    assert read_returns(study).rows["unit_code"].tolist() == ["SNV", "SNV"]
    assert funnel(study) == {"SNV": [1, 1, 0, 0]}


EMPTY = ["D1", *[""] * 6]


@pytest.mark.parametrize("empty_first", [True, False])
@pytest.mark.parametrize(
    ("answer", "counts"),
    [("", {"STC": [1, 1, 0, 0]}), ("blank", {"": [1, 1, 0, 0]})],
    ids=["rated", "not rated"],
)
def test_a_form_that_one_entry_left_empty_is_counted_once_when_settled(entered, answer, counts, empty_first):
    """An empty form is kept as one evaluation of no unit, until it turns out that a unit was rated on it."""
    forms = ([EMPTY], [APART[1]]) if empty_first else ([APART[1]], [EMPTY])
    open_ = entered(*forms)
    nowhere = {"": [1, 1, 0, 0]} if empty_first else {}
    assert funnel(open_) == {"STC": [1, 0, 1, 0]} | nowhere
    listed = listed_of(read_returns(open_))
    assert funnel(entered(*forms, *final(listed, answer))) == counts


def test_answers_about_no_unit_in_one_entry_only_are_a_disagreement(entered):
    """One row per unit: the first clerk left out the unit of the second row."""
    headings = ["Mã phiếu", "Đơn vị", "1.1a", "1.1b", "1.2"]
    first = [["D1", "SNV", 5, 4, 3], ["D1", "", 1, 2, 3]]
    second = [first[0], ["D1", "STC", 1, 2, 3]]
    study = entered(first, second, headings=headings)
    assert funnel(study) == {"SNV": [1, 1, 0, 0], "STC": [1, 0, 1, 0], "": [1, 0, 1, 0]}
    listed = listed_of(read_returns(study))
    assert [row[1:4] for row in listed] == [
        ["1.1a", "1", ""], ["1.1b", "2", ""], ["1.2", "3", ""],
        ["1.1a [STC]", "", "1"], ["1.1b [STC]", "", "2"], ["1.2 [STC]", "", "3"],
    ]  # fmt: skip
    settled = entered(first, second, *final(listed[:3], "blank"), *final(listed[3:]), headings=headings)
    assert funnel(settled) == {"SNV": [1, 1, 0, 0], "STC": [1, 1, 0, 0]}


ANSWER = st.sampled_from(["1", "2", "5", "9", "", "77", "4;5"])


@pytest.mark.long
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.tuples(*[ANSWER] * 3), st.tuples(*[ANSWER] * 3)), min_size=1, max_size=6))
def test_deciding_everything_leaves_no_disagreement(study, tmp_path, forms):
    for name, side in (("a.csv", 0), ("b.csv", 1)):
        rows = [[f"P{k}", "SNV", "x", "Nam", "1", *form[side], "1", "0"] for k, form in enumerate(forms)]
        write(tmp_path / name, HEADINGS, *rows)
    before = read_returns(study(*FILES))
    listed = disagreements(before)
    apart = sum(a != b for first, second in forms for a, b in zip(first, second, strict=True))
    assert len(listed) == apart
    decided = tuple(
        Adjudication(r["form"], r["field"], r["first"], r["second"], "3", "Chi")
        for r in listed.to_dict("records")
    )
    after = read_returns(study(*FILES, adjudication=decided))
    assert after.warnings == before.warnings
    assert len(disagreements(after)) == 0
    assert np.array_equal(after.answers[: len(forms)], after.answers[len(forms) :])
