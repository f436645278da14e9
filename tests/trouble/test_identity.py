"""The same submission twice, persons who answer twice, and what a form is called."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import surveys as sv
from tests.trouble.trial import A1, A2, B1, FIELDS, RULES, forms, score_of, table, told, trial

FIELDS_WITHOUT_CODE = FIELDS[FIELDS.index('[[fields]]\ncode = "dv"') :]
EMAIL = """
[[fields]]
code = "thu_dien_tu"
role = "identification"
headers = ["Địa chỉ email", "Email", "Email Address", "RecipientEmail", "Recipient Email"]
label_vi = "Thư điện tử"
label_en = "Electronic mail"
"""
KOBO = ("Đơn vị", A1, A2, B1, "_id", "_uuid", "_submission_time", "_index")
GOOGLE = ("Dấu thời gian", "Đơn vị", A1, A2, B1)
MS = ("ID", "Start time", "Completion time", "Email", "Name", "Đơn vị", A1, A2, B1)
LIME = ("id", "submitdate", "lastpage", "startlanguage", "startdate", "dv", "A1", "A2", "B1")


def book(**sheets: pd.DataFrame) -> bytes:
    """A workbook of these sheets."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for name, sheet in sheets.items():
            sheet.to_excel(writer, sheet_name=name, index=False)
    return out.getvalue()


def frame(rows: Sequence[Sequence[object]], headings: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([list(row) for row in rows], columns=list(headings))


def without_codes(path: Path, files: Mapping[str, str | bytes], **more: Any) -> Path:
    return trial(path, files, parts={"fields": FIELDS_WITHOUT_CODE + more.pop("fields", "")}, **more)


def counts(path: Path) -> list[tuple[int, ...]]:
    """(rows, forms, copies, second entries, no forms) of every file and sheet."""
    columns = ["rows", "forms", "copies", "second_entries", "no_forms"]
    return [tuple(row) for row in sv.load(path).screen().returns.read[columns].to_numpy(int).tolist()]


def kobo(*rows: Sequence[object]) -> str:
    return table(rows, KOBO, ";")


def test_a_submission_in_two_exports_of_kobo_counts_once(tmp_path: Path) -> None:
    one = ("Xã An Bình", 5, 5, 5, 701, "u-701", "2025-10-08T02:10:05", 1)
    two = ("Xã An Bình", 1, 1, 1, 702, "u-702", "2025-10-08T02:10:05", 2)
    path = without_codes(tmp_path, {"t1.csv": kobo(one), "t2.csv": kobo(one, two)})
    assert forms(path) == {("t1.csv", 2): "valid", ("t2.csv", 2): "copy", ("t2.csv", 3): "valid"}
    assert score_of(sv.load(path).score(), "an-binh", "2") == 0.5
    (warning,) = told(path, "returns.copies")
    assert (warning.file, warning.row, dict(warning.params)["other"]) == ("t2.csv", 2, "t1.csv")
    assert dict(warning.params)["submissions"] == "u-701"
    assert counts(path) == [(1, 1, 0, 0, 0), (2, 1, 1, 0, 0)]


def test_an_edited_submission_of_kobo_is_the_one_it_was(tmp_path: Path) -> None:
    """Editing gives a submission another _uuid; meta/rootUuid is the first one, meta/deprecatedID the one before."""
    before = table(
        [("Xã An Bình", 5, 5, 5, "u-1", "2025-10-08T02:10:05", 1)],
        ("Đơn vị", A1, A2, B1, "_uuid", "_submission_time", "_index"),
        ";",
    )
    headings = (
        "Đơn vị",
        A1,
        A2,
        B1,
        "_uuid",
        "_submission_time",
        "_index",
        "meta/rootUuid",
        "meta/deprecatedID",
    )
    after = table(
        [("Xã An Bình", 5, 5, 1, "u-2", "2025-10-08T02:10:05", 1, "uuid:u-1", "uuid:u-1")], headings, ";"
    )
    path = without_codes(tmp_path, {"t1.csv": before, "t2.csv": after})
    assert forms(path) == {("t1.csv", 2): "copy", ("t2.csv", 2): "valid"}
    assert score_of(sv.load(path).score(), "an-binh", "2") == 0.0


def test_the_later_edit_of_a_submission_counts_whatever_file_is_read_first(tmp_path: Path) -> None:
    """SurveyMonkey writes when a response was modified."""
    headings = ("Respondent ID", "Collector ID", "Date Created", "Date Modified", "Đơn vị", A1, A2, B1)
    below = ("", "", "", "", "Response", "Response", "Response", "Response")

    def export(modified: str, answer: int) -> str:
        return table(
            [below, ("118000001", "4", "10/05/2025 08:00:00", modified, "Xã An Bình", 5, 5, answer)], headings
        )

    late, early = export("10/06/2025 09:00:00", 1), export("10/05/2025 08:05:00", 5)
    path = without_codes(tmp_path, {"a.csv": late, "b.csv": early})
    assert forms(path) == {("a.csv", 3): "valid", ("b.csv", 3): "copy"}
    assert score_of(sv.load(path).score(), "an-binh", "2") == 0.0


def test_copies_that_differ_without_a_time_wait_for_a_decision(tmp_path: Path) -> None:
    def cut_down(answer: int) -> str:
        return table([("Xã An Bình", 5, 5, answer, "u-9")], ("Đơn vị", A1, A2, B1, "_uuid"))

    path = without_codes(tmp_path, {"a.csv": cut_down(5), "b.csv": cut_down(1)})
    assert forms(path) == {("a.csv", 2): "review", ("b.csv", 2): "copy"}
    (warning,) = told(path, "returns.copies_differ")
    assert (warning.file, dict(warning.params)["submissions"]) == ("b.csv", "u-9")


@pytest.mark.parametrize(
    ("second", "found"),
    [(("8:15:42", 5, 5, 4), "copy"), (("8:15:43", 5, 5, 4), "valid"), (("8:15:42", 5, 5, 3), "valid")],
    ids=["equal", "another second", "another answer"],
)
def test_without_a_name_equal_time_and_answers_are_one_submission(
    tmp_path: Path, second: tuple[str, int, int, int], found: str
) -> None:
    def row(clock: str, *answers: object) -> tuple[object, ...]:
        return (f"2025/10/09 {clock} SA GMT+7", "Xã An Bình", *answers)

    path = without_codes(
        tmp_path,
        {"a.csv": table([row("8:15:42", 5, 5, 4)], GOOGLE), "b.csv": table([row(*second)], GOOGLE)},
    )
    assert forms(path) == {("a.csv", 2): "valid", ("b.csv", 2): found}


def test_a_workbook_with_a_copy_of_its_own_sheet(tmp_path: Path) -> None:
    rows = frame(
        [("2025-10-09 08:15:42", "Xã An Bình", 5, 5, 4), ("2025-10-09 08:16:42", "Xã An Bình", 1, 2, 3)],
        ("Ngày trả lời", "Đơn vị", A1, A2, B1),
    )
    path = without_codes(tmp_path, {"r.xlsx": book(**{"Phiếu": rows, "Phiếu (2)": rows})})
    assert counts(path) == [(2, 2, 0, 0, 0), (2, 0, 2, 0, 0)]
    assert {dict(p.params)["other_sheet"] for p in told(path, "returns.copies")} == {"Phiếu"}


def test_equal_answers_without_a_time_are_two_people_but_a_whole_sheet_is_asked_about(tmp_path: Path) -> None:
    headings = ("Đơn vị", A1, A2, B1)
    honest = [("Xã An Bình", 4, 4, 4), ("Xã An Bình", 4, 4, 4), ("Xã An Bình", 3, 2, 5)]
    path = without_codes(tmp_path, {"r.csv": table(honest, headings)})
    assert set(forms(path).values()) == {"valid"}
    path = without_codes(tmp_path, {"r.csv": table(honest, headings), "s.csv": table(honest[::-1], headings)})
    assert sorted(forms(path).values()) == ["review"] * 3 + ["valid"] * 3
    assert [p.file for p in told(path, "returns.sheet_copied")] == ["s.csv"]


def test_numbers_of_two_surveys_are_not_the_same_submissions(tmp_path: Path) -> None:
    """LimeSurvey numbers the responses of each survey from 1; when they began tells the surveys apart."""

    def survey(began: str) -> str:
        return table([(1, "2025-10-08 09:00:00", 3, "vi", began, "Xã An Bình", 5, 5, 5)], LIME)

    path = without_codes(
        tmp_path, {"a.csv": survey("2025-10-08 08:50:00"), "b.csv": survey("2025-10-08 08:51:00")}
    )
    assert forms(path) == {("a.csv", 2): "valid", ("b.csv", 2): "valid"}
    path = without_codes(
        tmp_path, {"a.csv": survey("2025-10-08 08:50:00"), "b.csv": survey("2025-10-08 08:50:00")}
    )
    assert forms(path) == {("a.csv", 2): "valid", ("b.csv", 2): "copy"}


def test_equal_answers_with_other_names_are_two_people(tmp_path: Path) -> None:
    rows = [("Xã An Bình", 4, 4, 4, k, f"h{k}", "2025-10-08T02:10:05", k) for k in (1, 2)]
    assert set(forms(without_codes(tmp_path, {"k.csv": kobo(*rows)})).values()) == {"valid"}


def test_a_form_is_called_the_same_when_rows_are_added_above_it(tmp_path: Path) -> None:
    row, new = ("2025-10-09 08:15:42", "Xã An Bình", 5, 5, 4), ("2025-10-08 07:00:00", "Xã An Bình", 1, 1, 1)
    headings = ("Ngày trả lời", "Đơn vị", A1, A2, B1)
    before = sv.load(without_codes(tmp_path, {"r.csv": table([row], headings)})).screen().returns.rows
    after = sv.load(without_codes(tmp_path, {"r.csv": table([new, row], headings)})).screen().returns.rows
    assert after["submission"].tolist()[1] == before["submission"].item() == before["form_code"].item()
    assert "r.csv" not in before["form_code"].item()


@pytest.mark.parametrize("product", ["google", "microsoft", "native"])
def test_an_address_that_must_be_filled_is_read_and_never_written(tmp_path: Path, product: str) -> None:
    people = ["Lan@Thu.vn", "", "hoa@thu.vn"]
    answers = [("Xã An Bình", 5, 4, k + 1) for k in range(3)]
    content: str | bytes
    if product == "google":
        headings = ("Dấu thời gian", "Địa chỉ email", *GOOGLE[1:])
        content = table(
            [(f"2025/10/05 9:1{k}:33 SA GMT+7", p, *answers[k]) for k, p in enumerate(people)], headings
        )
    elif product == "microsoft":
        times = [pd.Timestamp(2025, 10, 5, 9, k) for k in range(3)]
        content = book(
            F=frame(
                [(k + 1, times[k], times[k], p, "ẩn danh", *answers[k]) for k, p in enumerate(people)], MS
            )
        )
    else:
        content = table([(p, *answers[k]) for k, p in enumerate(people)], ("Email", "Đơn vị", A1, A2, B1))
    name = "f.xlsx" if isinstance(content, bytes) else "f.csv"
    path = without_codes(
        tmp_path, {name: content}, fields=EMAIL, rules=RULES | {"missing_identification": "reject"}
    )
    assert list(forms(path).values()) == ["valid", "rejected", "valid"]
    out = tmp_path / "out"
    sv.load(path).screen().write(out)
    written = b"".join(file.read_bytes() for file in sorted(out.rglob("*.csv")))
    assert b"thu.vn" not in written.lower()


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("Lan@Thu.vn", "lan@thu.vn ", True), ("+84 912 345 678", "0912.345.678", True), ("0912345678", "912345678", True),
        ("lan@thu.vn", "lan.a@thu.vn", False), ("", "", False), ("Nguyễn Thị Lan", "nguyễn  thị LAN", True),
        ("Nguyễn Thị Lan", "Nguyễn Thị Lán", False),
    ],
)  # fmt: skip
def test_one_form_per_person(tmp_path: Path, first: str, second: str, is_one: bool) -> None:
    rows = [
        ("2025-10-09 08:15:42", first, "Xã An Bình", 5, 5, 4),
        ("2025-10-10 08:15:42", second, "Xã An Bình", 1, 5, 4),
    ]
    content = table(rows, ("Ngày trả lời", "Email", "Đơn vị", A1, A2, B1))
    path = without_codes(tmp_path, {"r.csv": content}, fields=EMAIL)
    study = path / "study.toml"
    rule = '\n[[rules]]\nrule = "one_per_person"\nseverity = "reject"\nkeep = "last"\n'
    study.write_text(study.read_text(encoding="utf-8") + rule, encoding="utf-8")
    assert list(forms(path).values()) == ["rejected" if is_one else "valid", "valid"]
    result = sv.load(path).screen()
    assert first == "" or first not in repr(result.returns) + result.returns.rows.to_csv() + str(
        result.warnings
    )


def decided(path: Path, content: str, settings: str = "") -> Path:
    return without_codes(path, {"k.csv": content}, settings=settings)


def test_a_decision_about_a_submission_that_was_changed_since_is_told(tmp_path: Path) -> None:
    """Form and decision keep their name over the edit; what the decision was made about is no longer there."""
    faulty = ("Xã An Bình", 5, 5, 9, 701, "u-701", "2025-10-08T02:10:05", 1)
    path = decided(tmp_path, kobo(faulty))
    sv.load(path).screen().write(tmp_path / "out")
    review = tmp_path / "out/review/forms.csv"
    lines = pd.read_csv(review, dtype=str, keep_default_na=False)
    lines[["decision", "reviewer", "reason"]] = ["hợp lệ", "An", "đã gọi lại"]
    lines.to_csv(review, index=False)
    sv.load(path).confirm(review, path / "qd.csv")
    named = '\n[files]\ndecisions = "qd.csv"\n'
    new = ("Xã An Bình", 4, 4, 4, 700, "u-700", "2025-10-08T02:00:05", 1)
    path = decided(tmp_path, kobo(new, faulty), named)
    assert list(forms(path).values()) == ["valid", "valid"]  # a new row above moves nothing
    path = decided(tmp_path, kobo(new, (*faulty[:3], 8, *faulty[4:])), named)
    assert list(forms(path).values()) == ["valid", "review"]
    assert [p.code for p in sv.load(path).screen().screening.warnings] == ["validity.decision_changed"]


@pytest.mark.parametrize(("fields", "code"), [("", "rule.no_person_field"), (EMAIL, "reference.field")])
def test_a_rule_about_persons_names_fields_that_tell_who_answered(
    tmp_path: Path, fields: str, code: str
) -> None:
    path = without_codes(
        tmp_path, {"r.csv": table([("Xã An Bình", 5, 5, 5)], ("Đơn vị", A1, A2, B1))}, fields=fields
    )
    study = path / "study.toml"
    rule = '\n[[rules]]\nrule = "one_per_person"\nseverity = "review"\nfields = ["dv"]\n'
    study.write_text(study.read_text(encoding="utf-8") + rule, encoding="utf-8")
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert [p.code for p in caught.value.problems] == [code]


DAY = "2025-10-05 08:00:00"
SAID = ("Xã An Bình", "Hài lòng", "Hài lòng", "Hài lòng")
QUESTIONS = ("Đơn vị", A1, A2, B1)
#: Product → rows above the forms, and what stands before the answers of the two forms, the second without an address.
WITH_ADDRESS: Mapping[str, tuple[list[tuple[str, ...]], list[tuple[str, ...]]]] = {
    "surveymonkey": (
        [("Respondent ID", "Collector ID", "Start Date", "End Date", "Email Address", *QUESTIONS),
         ("",) * 5 + ("Response",) * 4],
        [("1001", "7", "10/05/2025 08:00", "10/25/2025 08:10", "an@vidu.vn"),
         ("1002", "7", "10/05/2025 08:00", "10/25/2025 09:10", "")],
    ),
    "qualtrics": (
        [("StartDate", "EndDate", "RecipientEmail", "ResponseId", "Q1", "Q2", "Q3", "Q4"),
         ("Start Date", "End Date", "Recipient Email", "Response ID", *QUESTIONS),
         tuple(f'{{"ImportId":"{name}"}}' for name in ("startDate", "endDate", "recipientEmail", "_recordId", *"1234"))],
        [(DAY, DAY, "an@vidu.vn", "R_1"), (DAY, DAY, "", "R_2")],
    ),
    "limesurvey": (
        [("id", "submitdate", "lastpage", "startlanguage", "email", *QUESTIONS)],
        [("1", DAY, "3", "vi", "an@vidu.vn"), ("2", DAY, "3", "vi", "")],
    ),
    "microsoft forms": (
        [("ID", "Start time", "Completion time", "Email", "Name", *QUESTIONS)],
        [("1", DAY, DAY, "an@vidu.vn", ""), ("2", DAY, DAY, "", "")],
    ),
    "odk": (
        [("SubmissionDate", "instanceID", "KEY", "email", *QUESTIONS)],
        [(f"{DAY[:10]}T01:00:00Z", f"uuid:{k}", f"uuid:{k}", address) for k, address in ((1, "an@vidu.vn"), (2, ""))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("product", WITH_ADDRESS)
def test_a_declared_address_must_be_filled_whatever_the_product(product: str, tmp_path: Path) -> None:
    above, said = WITH_ADDRESS[product]
    headings, *rows = [*above, *((*before, *SAID) for before in said)]
    path = trial(
        tmp_path,
        {"r.csv": table(rows, headings)},
        rules={"missing_identification": "reject"},
        parts={"fields": FIELDS + EMAIL},
    )
    assert list(forms(path).values()) == ["valid", "rejected"]
    assert "an@vidu.vn" not in repr(sv.load(path).screen().returns.rows.to_dict("list"))
