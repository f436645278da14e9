"""What the collecting tool decided about a submission is kept, counted, told, and can be settled by the study."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

import surveys as sv
from surveys.returns.headings.tool_states import title_of, tool_columns
from surveys.returns.writing import write_returns
from surveys.vocabulary.statuses import TOOL_STATES
from tests.trouble.trial import A1, A2, B1, FIELDS, forms, reasons, score_of, table, told, trial

GOOD, BAD = (5, 4, 5), (1, 1, 2)
UNIT = "Xã An Bình"
VALID, REVIEW, LEFT_OUT = "valid", "review", "left_out"
#: Of each product what it writes, and what becomes of the form.
KOBO = [
    ("Approved", VALID), ("validation_status_approved", VALID), ("", VALID), ("Not Approved", LEFT_OUT),
    ("validation_status_not_approved", LEFT_OUT), ("On Hold", REVIEW), ("validation_status_on_hold", REVIEW),
    ("{'uid': 'validation_status_on_hold', 'label': 'On Hold'}", REVIEW), ("Đã xem", REVIEW),
]  # fmt: skip
ODK = [
    ("", VALID),
    ("approved", VALID),
    ("edited", VALID),
    ("received", VALID),
    ("hasIssues", REVIEW),
    ("rejected", LEFT_OUT),
]
QUALTRICS = [
    ("IP Address", VALID), ("Imported", VALID), ("Offline", VALID), ("EX", VALID), ("EX Offline", VALID),
    ("Survey Preview", LEFT_OUT), ("Survey Test", LEFT_OUT), ("Spam", LEFT_OUT), ("Survey Preview Spam", LEFT_OUT),
    ("Imported Spam", LEFT_OUT), ("Offline Survey Preview", LEFT_OUT), ("EX Spam", LEFT_OUT), ("Nowhere known", REVIEW),
    ("0", VALID), ("4", VALID), ("16", VALID), ("32", VALID), ("48", VALID), ("1", LEFT_OUT), ("2", LEFT_OUT),
    ("8", LEFT_OUT), ("9", LEFT_OUT), ("12", LEFT_OUT), ("17", LEFT_OUT), ("40", LEFT_OUT), ("77", REVIEW),
]  # fmt: skip
SURVEYCTO = [("APPROVED", VALID), ("REJECTED", LEFT_OUT), ("PENDING", REVIEW)]
ALCHEMER = [
    ("Complete", VALID),
    ("Partial", REVIEW),
    ("Disqualified", LEFT_OUT),
    ("Deleted", LEFT_OUT),
    ("Quarantined", LEFT_OUT),
]
SURVEYMONKEY = [
    ("Completed", VALID),
    ("Partial", REVIEW),
    ("Disqualified", LEFT_OUT),
    ("Over Quota", LEFT_OUT),
]


def text_of(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def kobo(*said: str) -> str:
    heads = [
        "Đơn vị",
        "g/A1",
        "g/A2",
        "g/B1",
        "_id",
        "_uuid",
        "_submission_time",
        "_validation_status",
        "_index",
    ]
    rows = [
        [UNIT, *GOOD, 800 + k, f"u{k}", f"2025-10-08T02:{k:02}:05", text, k + 1]
        for k, text in enumerate(said)
    ]
    return text_of([heads, *rows], ";")


def odk(*said: str, heading: str = "ReviewState", more: Sequence[str] = ()) -> str:
    heads = ["SubmissionDate", "Đơn vị", "A1", "A2", "B1", "KEY", heading, *more]
    rows = [
        [f"2025-10-08T02:{k:02}:05.000Z", UNIT, *GOOD, f"uuid:{k}", text, *["1" for _ in more]]
        for k, text in enumerate(said)
    ]
    return text_of([heads, *rows])


def surveycto(*said: str) -> str:
    return odk(*said, heading="review_status", more=["formdef_version"])


def qualtrics(*said: str, own: str = "Status", own_text: str = "Response Type") -> str:
    names = ["StartDate", "EndDate", own, "ResponseId", "Q0", "Q1_1", "Q1_2", "Q1_3"]
    texts = [
        "Start Date",
        "End Date",
        own_text,
        "Response ID",
        "Đơn vị",
        *(f"Mức độ - {item}" for item in (A1, A2, B1)),
    ]
    ids = [json.dumps({"ImportId": name}) for name in names]
    rows = [
        ["2025-10-05 09:00:00", f"2025-10-05 09:{k:02}:00", text, f"R_{k}", UNIT, *GOOD]
        for k, text in enumerate(said)
    ]
    return text_of([names, texts, ids, *rows])


def surveymonkey(*said: str) -> str:
    first = [
        "Respondent ID",
        "Collector ID",
        "Date Created",
        "Date Modified",
        "Response Status",
        "Đơn vị",
        A1,
        A2,
        B1,
    ]
    rows = [
        [9000 + k, 7, "10/05/2025 09:00:00", f"10/05/2025 09:{k:02}:00", text, UNIT, *GOOD]
        for k, text in enumerate(said)
    ]
    return text_of([first, [*[""] * 5, *["Response"] * 4], *rows])


def alchemer(*said: str) -> str:
    heads = ["Response ID", "Time Started", "Date Submitted", "Status", "Đơn vị", A1, A2, B1]
    rows = [
        [k, "2025-10-05 09:00:00", f"2025-10-05 09:{k:02}:00", text, UNIT, *GOOD]
        for k, text in enumerate(said)
    ]
    return text_of([heads, *rows])


def limesurvey(*sent: str) -> str:
    heads = [
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Đơn vị",
        *(f"Ý kiến [{i}]" for i in (A1, A2, B1)),
    ]
    return text_of([heads, *([k, date, 3, "vi", UNIT, *GOOD] for k, date in enumerate(sent))])


def found(path: Path) -> list[str]:
    """The disposition of every row, in order."""
    return list(forms(path).values())


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (kobo, KOBO), (odk, ODK), (surveycto, SURVEYCTO), (qualtrics, QUALTRICS), (surveymonkey, SURVEYMONKEY),
        (alchemer, ALCHEMER),
    ],
    ids=["kobo", "odk", "surveycto", "qualtrics", "surveymonkey", "alchemer"],
)  # fmt: skip
def test_every_word_of_a_product_has_its_state(tmp_path: Path, write, said) -> None:
    path = trial(tmp_path, {"r.csv": write(*(word for word, _ in said))})
    assert list(zip([word for word, _ in said], found(path), strict=True)) == said


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_the_numbers_of_an_spss_or_stata_export_are_states_too(tmp_path: Path, kind: str) -> None:
    names = [
        "StartDate",
        "EndDate",
        "Status",
        "RecordedDate",
        "ResponseId",
        "Finished",
        "dv",
        "A1",
        "A2",
        "B1",
    ]
    states = [(0, 1), (8, 1), (1, 1), (0, 0)]
    day = "2025-10-05 09:00:00"
    data = pd.DataFrame([(day, day, s, day, f"R_{s}{f}", f, UNIT, *GOOD) for s, f in states], columns=names)
    labels: dict[str, dict[int | float, str]] = {
        "Status": {0: "IP Address", 8: "Spam", 1: "Xem trước"},
        "Finished": {0: "False", 1: "True"},
    }
    write = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
    path = trial(tmp_path, {f"r.{kind}": b""})
    write(data, str(path / f"r.{kind}"), variable_value_labels=labels)
    assert found(path) == [VALID, LEFT_OUT, LEFT_OUT, REVIEW]


def test_a_response_that_was_never_sent_waits_for_review(tmp_path: Path) -> None:
    path = trial(tmp_path / "lime", {"r.csv": limesurvey("2025-10-05 09:00:00", "", "1980-01-01 00:00:00")})
    assert found(path) == [VALID, REVIEW, VALID]
    assert [(p.file, p.row, p.column) for p in told(path, "returns.tool_review")] == [
        ("r.csv", 3, "Date submitted")
    ]
    path = trial(
        tmp_path / "finished", {"r.csv": qualtrics("True", "False", "0", own="Finished", own_text="Finished")}
    )
    assert found(path) == [VALID, REVIEW, REVIEW]
    path = trial(
        tmp_path / "progress", {"r.csv": qualtrics("100", "40", own="Progress", own_text="Progress")}
    )
    assert found(path) == [VALID, REVIEW]


def test_screened_out_and_fake_submissions_are_left_out(tmp_path: Path) -> None:
    path = trial(
        tmp_path / "q",
        {"r.csv": qualtrics("", "Screened", "QuotaMet", own="Q_TerminateFlag", own_text="Q_TerminateFlag")},
    )
    assert found(path) == [VALID, LEFT_OUT, LEFT_OUT]
    path = trial(
        tmp_path / "scto",
        {"r.csv": odk("GOOD", "POOR", "FAKE", heading="review_quality", more=["formdef_version"])},
    )
    assert found(path) == [VALID, REVIEW, LEFT_OUT]
    path = trial(tmp_path / "odk", {"r.csv": odk("", "not decrypted", heading="Status")})
    assert found(path) == [VALID, REVIEW]


def test_they_are_counted_apart_and_told_with_file_rows_and_submissions(tmp_path: Path) -> None:
    path = trial(tmp_path, {"tuan-1.csv": kobo("Approved", "Not Approved", "On Hold", "Not Approved")})
    funnel = sv.load(path).screen().screening.funnel.query("unit_code == 'an-binh'").iloc[0]
    assert funnel[["returned", "valid", "review", "rejected", "left_out"]].tolist() == [4, 1, 1, 0, 2]
    assert [reasons(path, row) for row in (3, 4)] == [{"left_out_by_tool"}, {"held_by_tool"}]
    (left_out,), (held,) = told(path, "returns.tool_left_out"), told(path, "returns.tool_review")
    assert (left_out.file, left_out.row, left_out.column) == ("tuan-1.csv", 3, "_validation_status")
    said = dict(left_out.params)
    assert (said["text"], said["forms"], said["rows"], said["submissions"]) == (
        "Not Approved",
        "2",
        "3, 5",
        "u1, u3",
    )
    assert dict(held.params)["submissions"] == "u2"


def test_every_unit_rated_on_a_form_shares_what_the_tool_says_of_it(tmp_path: Path) -> None:
    main: list[list[object]] = [["_id", "_uuid", "_submission_time", "_validation_status", "_index"]]
    main += [
        [800 + k, f"u{k}", "2025-10-08T02:10:05", said, k]
        for k, said in enumerate(("Approved", "Not Approved"), 1)
    ]
    rated: list[list[object]] = [
        ["dg/Đơn vị", "dg/A1", "dg/A2", "dg/B1", "_index", "_parent_table_name", "_parent_index"]
    ]
    units = (("Xã An Bình", 1), ("Phường Hòa Thuận", 1), ("Xã An Bình", 2), ("Xã Long Mỹ", 2))
    rated += [[unit, *GOOD, k, "Phiếu", form] for k, (unit, form) in enumerate(units, 1)]
    path = trial(tmp_path, {"r.xlsx": b""})
    with xlsxwriter.Workbook(path / "r.xlsx") as book:
        for title, rows in (("Phiếu", main), ("dg", rated)):
            sheet = book.add_worksheet(title)
            for k, row in enumerate(rows):
                sheet.write_row(k, 0, row)
    assert found(path) == [VALID, VALID, LEFT_OUT, LEFT_OUT]


def test_a_preview_never_changes_a_score_nor_the_form_beside_it(tmp_path: Path) -> None:
    """The preview has the code and the answers of the form that was sent: the form is no duplicate of it."""
    names, texts, ids, *_ = csv.reader(io.StringIO(qualtrics("IP Address")))
    coded = [[*names, "Q9"], [*texts, "Mã phiếu"], [*ids, '{"ImportId": "Q9"}']]
    rows = [
        ["2025-10-05 09:00:00", "2025-10-05 09:01:00", s, f"R_{s}", UNIT, *GOOD, "P1"] for s in ("0", "1")
    ]
    path = trial(tmp_path, {"r.csv": text_of([*coded, *rows])})
    assert found(path) == [VALID, LEFT_OUT]
    assert score_of(sv.load(path).score(), "an-binh", "1") == pytest.approx((1 + 0.75) / 2)


STATES = """
[[returns]]
path = "r.csv"
questionnaire = "p1"
states = {states}
"""


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ('{ "On Hold" = "valid" }', [VALID, LEFT_OUT, VALID, REVIEW]),
        ('{ "not approved" = "review", "Chờ" = "left_out" }', [VALID, REVIEW, REVIEW, LEFT_OUT]),
        ('{ "_validation_status=Approved" = "left_out" }', [LEFT_OUT, LEFT_OUT, REVIEW, REVIEW]),
    ],
)
def test_the_study_says_what_a_word_means(tmp_path: Path, states: str, expected: list[str]) -> None:
    said = kobo("Approved", "Not Approved", "On Hold", "Chờ")
    path = trial(tmp_path, {"r.csv": said}, returns=STATES.format(states=states))
    assert found(path) == expected


def test_a_whole_file_of_unsent_responses_is_settled_with_one_key(tmp_path: Path) -> None:
    said = STATES.format(states='{ "Date submitted=" = "valid" }')
    path = trial(tmp_path, {"r.csv": limesurvey("", "")}, returns=said)
    assert found(path) == [VALID, VALID]
    assert told(path, "returns.tool_review") == []


def test_a_word_or_state_that_does_not_exist_is_told(tmp_path: Path) -> None:
    path = trial(
        tmp_path / "w", {"r.csv": kobo("Approved")}, returns=STATES.format(states='{ "Aproved" = "valid" }')
    )
    assert [dict(p.params)["word"] for p in told(path, "returns.tool_word_unmatched")] == ["Aproved"]
    path = trial(
        tmp_path / "s", {"r.csv": kobo("Approved")}, returns=STATES.format(states='{ "Approved" = "ok" }')
    )
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert [(p.code, p.column) for p in caught.value.problems] == [
        ("record.not_accepted", "returns[1].states.Approved")
    ]


def test_a_decision_brings_back_what_the_tool_left_out(tmp_path: Path) -> None:
    decisions = (
        "form_code,unit,decision,reviewer,reason,date\nu1,,valid,Lan,gọi lại người trả lời,2025-12-01\n"
    )
    settings = '[files]\ndecisions = "d.csv"\n'
    files = {"r.csv": kobo("Approved", "Not Approved"), "d.csv": decisions}
    said = '\n[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    path = trial(tmp_path, files, returns=said, settings=settings)
    assert found(path) == [VALID, VALID]


def test_a_question_called_status_in_a_table_of_one_s_own_is_a_question(tmp_path: Path) -> None:
    fields = (
        FIELDS
        + '\n[[fields]]\ncode = "tt"\nrole = "attribute"\nheaders = ["Status"]\nlabel_vi = "Tình trạng"\nlabel_en = "Status"\n'
    )
    rows = [("P1", UNIT, "2025-10-05", *GOOD, "Partial"), ("P2", UNIT, "2025-10-06", *BAD, "Spam")]
    headings = ("Mã phiếu", "Đơn vị", "Ngày trả lời", A1, A2, B1, "Status")
    path = trial(tmp_path, {"r.csv": table(rows, headings)}, parts={"fields": fields})
    assert found(path) == [VALID, VALID]


def test_what_the_tool_decided_is_written_and_read_again(tmp_path: Path) -> None:
    path = trial(tmp_path / "a", {"r.csv": kobo("Approved", "Not Approved", "On Hold")})
    (written,) = write_returns(sv.load(path).screen().returns, tmp_path / "tidy")
    again = trial(tmp_path / "b", {"r.csv": written.read_bytes()})
    assert found(again) == [VALID, LEFT_OUT, REVIEW]


def test_the_table_of_words_is_sound() -> None:
    for column in tool_columns():
        assert title_of(column.product) != column.product
        assert all((column.source, column.headings))
        words = [said for word in column.words for said in word.says]
        assert len(words) == len(set(words)) == len(column.state_of), column.headings
        assert {word.state for word in column.words} | {column.otherwise or VALID} <= set(TOOL_STATES)
