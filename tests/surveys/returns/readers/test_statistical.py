"""SPSS and Stata files: codes and labels together, declared and undeclared missing values, sets, encodings."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    NOT_ASKED,
    OUT_OF_SCALE,
    REFUSED,
)
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns

LEVELS = {
    1.0: "Rất không hài lòng",
    2.0: "Không hài lòng",
    3.0: "Bình thường",
    4.0: "Hài lòng",
    5.0: "Rất hài lòng",
}
COLUMNS = ["MA_PHIEU", "DON_VI", "F0", "V1_1a", "V1_1b", "V1_2", "K1", "K2"]
LABELS: dict[str, str | None] = {"MA_PHIEU": "Mã phiếu", "DON_VI": "Đơn vị", "V1_2": "Thái độ phục vụ"}
FORMS = [["P1", "SNV", 1, 5, 4, 3, 1, 0], ["P2", "STC", 1, 1, 2, 3, 0, 1]]
ANSWERS = [[1, 4, 3, 2, 1, 0], [1, 0, 1, 2, 0, 1]]


def frame(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(COLUMNS[2:], float))


def write_sav(path: Path, rows: Sequence[Sequence[object]], values=None, **more) -> None:
    labels = {"V1_1a": LEVELS | (values or {}), "V1_1b": LEVELS, "V1_2": LEVELS}
    pyreadstat.write_sav(frame(rows), path, column_labels=LABELS, variable_value_labels=labels, **more)


def with_answer(value: object) -> list[Any]:
    return [[*FORMS[0][:3], value, *FORMS[0][4:]], FORMS[1]]


@pytest.mark.parametrize(
    "options", [{}, {"row_compress": True}, {"compress": True}], ids=["sav", "row", "zsav"]
)
def test_sav_and_zsav(study, tmp_path, options):
    write_sav(tmp_path / "r.sav", FORMS, **options)
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["form_code"].tolist() == ["P1", "P2"]
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert read.rows["source_row"].tolist() == [1, 2]


def test_texts_are_whole_and_repaired_as_in_other_files(study, tmp_path):
    """A code with a combining letter and one with an invisible space are repaired; an equals sign is a sign."""
    written = ["Lo\u0301ng 1", "\u200bP2", "P3 = P4"]
    write_sav(tmp_path / "r.sav", [[code, *FORMS[0][1:]] for code in written])
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.rows["form_code"].tolist() == ["L\u00f3ng 1", "P2", "P3 = P4"]


def test_the_extension_does_not_matter(study, tmp_path):
    write_sav(tmp_path / "r.csv", FORMS)
    assert read_returns(study(ReturnFile("r.csv", "so-5", header="V{item}"))).answers.tolist() == ANSWERS


def test_values_declared_missing_keep_their_meaning(study, tmp_path):
    write_sav(
        tmp_path / "r.sav", with_answer(98), {98.0: "Từ chối trả lời"}, missing_ranges={"V1_1a": [97, 98, 99]}
    )
    assert read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}"))).answers[0, 1] == REFUSED


def test_a_declared_missing_value_without_meaning_is_blank_and_told(study, tmp_path):
    write_sav(tmp_path / "r.sav", with_answer(97), {97.0: "Không đọc được"}, missing_ranges={"V1_1a": [97]})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[0, 1] == BLANK
    assert read.cells.empty
    (warning,) = read.warnings
    assert (warning.code, warning.row, warning.column) == ("returns.cell_missing", 1, "V1_1a")
    assert dict(warning.params)["text"] == "97 = Không đọc được"


def test_the_system_s_own_missing_value_is_a_plain_blank(study, tmp_path):
    write_sav(tmp_path / "r.sav", with_answer(None), missing_ranges={"V1_1a": [97]})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert (read.answers[0, 1], read.warnings) == (BLANK, ())


def test_a_level_that_the_file_declares_missing_is_a_contradiction(study, tmp_path):
    write_sav(tmp_path / "r.sav", with_answer(5), missing_ranges={"V1_1a": [5]})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[0, 1] == OUT_OF_SCALE
    assert read.cells["fault"].tolist() == ["disagrees"]


def test_the_reasons_for_no_answer_stay_different(study, tmp_path):
    """Codes with and without labels, declared missing or not; 97 is the only one that nobody defined."""
    codes = [9, 98, 7, 97, None, 99]
    rows = [[f"P{k}", "SNV", 1, code, 4, 3, 1, 0] for k, code in enumerate(codes)]
    labels = {98.0: "Từ chối trả lời", 99.0: "(không hỏi)"}
    write_sav(tmp_path / "r.sav", rows, labels, missing_ranges={"V1_1a": [97, 98, 99]})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[:, 1].tolist() == [DONT_KNOW, REFUSED, NOT_APPLICABLE, BLANK, BLANK, NOT_ASKED]
    assert [(p.code, p.row) for p in read.warnings] == [("returns.cell_missing", 4)]


@pytest.mark.parametrize(
    ("value", "lowest", "highest"),
    [(-5, -np.inf, 0), (1000, 90, np.inf), (93, 90, 99)],
    ids=["LO", "HI", "closed"],
)
def test_open_ranges_of_missing_values(study, tmp_path, value, lowest, highest):
    write_sav(
        tmp_path / "r.sav", with_answer(value), missing_ranges={"V1_1a": [{"lo": lowest, "hi": highest}]}
    )
    assert read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}"))).answers.tolist() == [
        [1, BLANK, 3, 2, 1, 0],
        ANSWERS[1],
    ]


def test_missing_codes_that_are_only_labels_are_read_by_the_definition(study, tmp_path):
    write_sav(tmp_path / "r.sav", with_answer(99), {99.0: "KB"})
    assert read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}"))).answers[0, 1] == DONT_KNOW


def test_missing_codes_whose_label_the_definition_does_not_have_are_shown(study, tmp_path):
    write_sav(tmp_path / "r.sav", with_answer(99), {99.0: "Khong biet"})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[0, 1] == OUT_OF_SCALE
    assert read.cells["text"].tolist() == ["99 = Khong biet"]
    warning = next(p for p in read.warnings if p.code == "returns.cell_out_of_scale")
    assert dict(warning.params)["nearest"] == "Không biết"


def test_codes_that_contradict_their_labels_are_read_by_labels_that_are_all_options(study, tmp_path):
    reversed_labels = dict(zip(LEVELS, reversed(LEVELS.values()), strict=True))
    write_sav(tmp_path / "r.sav", with_answer(5), reversed_labels)
    read = read_returns(
        study(ReturnFile("r.sav", "so-5", header="V{item}", columns=(("1.1b", ""), ("1.2", ""))))
    )
    assert read.answers[:, 1].tolist() == [0, 4]
    assert "returns.read_by_labels" in {warning.code for warning in read.warnings}


def test_labels_that_the_scale_does_not_know_are_noted(study, tmp_path):
    write_sav(tmp_path / "r.sav", FORMS, {5.0: "Tuyệt vời"})
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers.tolist() == ANSWERS
    assert [
        (p.column, dict(p.params)["labels"]) for p in read.warnings if p.code == "returns.labels_unknown"
    ] == [("V1_1a", "5 = Tuyệt vời")]


def test_por(study, tmp_path):
    table = frame(FORMS).rename(columns={"MA_PHIEU": "MAPHIEU", "DON_VI": "DONVI"})
    names: list[str | None] = ["form_code", "unit", *["" for _ in COLUMNS[2:]]]
    pyreadstat.write_por(table, tmp_path / "r.por", column_labels=names)
    read = read_returns(study(ReturnFile("r.por", "so-5", header="V{item}")))
    assert read.answers.tolist() == ANSWERS
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]


def with_dictionary(path: Path, after: str, records: str) -> None:
    """Put records into the dictionary of a .por file, whose lines have 80 characters."""
    content = "".join(path.read_text(encoding="latin-1").split("\n"))
    assert content.count(after) == 1
    content = content.replace(after, after + records)
    lines = [content[k : k + 80] for k in range(0, len(content), 80)]
    path.write_bytes("\r\n".join([*lines, ""]).encode("latin-1"))


POR_LABELS = "D1/4/V11A2/39/A/Don't know38/7/Refused"  # 99 and 98; a length comes before every text


@pytest.mark.parametrize(
    ("records", "value", "code"),
    [("839/", 99, DONT_KNOW), ("838/839/", 98, REFUSED), ("837/", 97, BLANK), ("9-1/", -5, BLANK), ("A30/", 1000, BLANK),
     ("B30/39/", 93, BLANK), ("839/", 97, OUT_OF_SCALE), ("839/", 5, 4)],
)  # fmt: skip
def test_por_with_values_declared_missing(study, tmp_path, records, value, code):
    """8: single values, 9: LO THRU x, A: x THRU HI, B: x THRU y; numbers to base 30."""
    names: list[str | None] = ["FCODE", "UNITX", "F0", "V11A", "V11B", "V12", "K1", "K2"]
    table = frame(with_answer(value)).set_axis(names, axis=1)
    labels: list[str | None] = ["form_code", "unit", "", "Item 1.1a", "Item 1.1b", "Item 1.2", "", ""]
    pyreadstat.write_por(table, tmp_path / "r.por", column_labels=labels)
    with_dictionary(tmp_path / "r.por", "4/V11A5/8/2/5/8/2/", records)
    with_dictionary(tmp_path / "r.por", "2/K25/8/2/5/8/2/", POR_LABELS)
    read = read_returns(study(ReturnFile("r.por", "so-5", header="V{item}")))
    assert read.answers[0, 1] == code
    assert read.answers[0, 2:].tolist() == [3, 2, 1, 0]


def test_stata_with_tagged_missing_values(study, tmp_path):
    table = frame(FORMS)
    table["V1_1a"] = pd.Series(["a", "b"], dtype=object)
    table["V1_1b"] = pd.Series(["z", 4.0], dtype=object)
    labels: dict[str, Any] = {"V1_1a": {1: LEVELS[1.0], "a": "Không biết", "b": "Không áp dụng"}}
    pyreadstat.write_dta(
        table, tmp_path / "r.dta", column_labels=LABELS, variable_value_labels=labels,
        missing_user_values={"V1_1a": ["a", "b"], "V1_1b": ["z"]},
    )  # fmt: skip
    read = read_returns(study(ReturnFile("r.dta", "so-5", header="V{item}")))
    assert read.answers[:, 1:3].tolist() == [[DONT_KNOW, BLANK], [NOT_APPLICABLE, 3]]
    assert [(p.code, p.row, p.column) for p in read.warnings] == [("returns.cell_missing", 1, "V1_1b")]


def with_record(path: Path, subtype: int, text: str) -> None:
    """Put an extension record into a .sav file, before the end of its dictionary."""
    raw = path.read_bytes()
    end = raw.index(struct.pack("<ii", 999, 0))
    content = text.encode()
    path.write_bytes(raw[:end] + struct.pack("<iiii", 7, subtype, 1, len(content)) + content + raw[end:])


QUESTION = "Kênh thông tin"
SIZE = len(QUESTION.encode())


def test_a_multiple_response_set_of_marks(study, tmp_path):
    table = frame(FORMS).rename(columns={"K1": "net", "K2": "bao"})
    table["net"], table["bao"] = [2.0, np.nan], [np.nan, np.nan]
    labels = LABELS | {"net": "Internet", "bao": "Báo, đài"}
    pyreadstat.write_sav(table, tmp_path / "r.sav", column_labels=labels)
    with_record(tmp_path / "r.sav", 7, f"$kenh=D1 2 {SIZE} {QUESTION} net bao\n")
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[:, 4:].tolist() == [[1, 0], [BLANK, BLANK]]


def test_a_multiple_response_set_of_categories(study, tmp_path):
    table = frame(FORMS).rename(columns={"K1": "k_1", "K2": "k_2"})
    table["k_1"], table["k_2"] = [2.0, 1.0], [np.nan, 2.0]
    values = {1.0: "Internet", 2.0: "Báo, đài"}
    labels = {"k_1": values, "k_2": values}
    pyreadstat.write_sav(table, tmp_path / "r.sav", column_labels=LABELS, variable_value_labels=labels)
    with_record(tmp_path / "r.sav", 7, f"$kenh=C {SIZE} {QUESTION} k_1 k_2\n")
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert read.answers[:, 4:].tolist() == [[0, 1], [1, 1]]


def test_the_encoding_may_be_named_where_the_file_is_wrong_about_it(study, tmp_path):
    label = "Thái độ của công chức"
    old = label.encode("cp1258", "surrogatepass") if label.isascii() else _in_cp1258(label)
    write_sav(tmp_path / "r.sav", FORMS)
    table = frame(FORMS).rename(columns={"V1_2": "thaido"})
    pyreadstat.write_sav(table, tmp_path / "r.sav", column_labels=LABELS | {"thaido": "@" * len(old)})
    raw = (tmp_path / "r.sav").read_bytes().replace(b"@" * len(old), old)
    for text in ("Mã phiếu", "Đơn vị"):
        raw = raw.replace(text.encode(), _in_cp1258(text).ljust(len(text.encode())))
    (tmp_path / "r.sav").write_bytes(raw)
    read = read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}", encoding="cp1258")))
    assert read.answers.tolist() == ANSWERS
    with pytest.raises(SurveyError):
        read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))


def _in_cp1258(text: str) -> bytes:
    """Vietnamese in code page 1258: letters with a tone that the page lacks as base letter and combining tone."""
    import unicodedata

    found = b""
    for letter in unicodedata.normalize("NFC", text):
        try:
            found += letter.encode("cp1258")
        except UnicodeEncodeError:
            apart = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize(
                "NFC", apart[0] + "".join(c for c in apart[1:] if c in "\u0302\u0306\u031b")
            )
            tone = "".join(c for c in apart[1:] if c not in "\u0302\u0306\u031b")
            found += (base + tone).encode("cp1258")
    return found


@pytest.mark.parametrize("change", ["removed", "added", "line joined", "first line", "line broken"])
def test_por_with_lines_of_another_length_is_damaged(study, tmp_path, change):
    """The library fills short lines with blanks: without 19 bytes in its data a file had one case less, and nobody was told."""
    pyreadstat.write_por(frame(FORMS), tmp_path / "r.por")
    raw = (tmp_path / "r.por").read_bytes()
    lines = raw.split(b"\r\n")
    k = len(lines) - 3
    changed = {
        "removed": [*lines[:k], lines[k][:30] + lines[k][49:], *lines[k + 1 :]],
        "added": [*lines[:k], lines[k][:30] + b"3/4" + lines[k][30:], *lines[k + 1 :]],
        "line joined": [*lines[:k], lines[k] + lines[k + 1], *lines[k + 2 :]],
        "first line": [b" " + lines[0], *lines[1:]],
        "line broken": [
            lines[0],
            lines[1][:35],
            lines[1][35:],
            *lines[2:k],
            lines[k][:30] + lines[k][49:],
            *lines[k + 1 :],
        ],
    }[change]
    (tmp_path / "r.por").write_bytes(b"\r\n".join(changed))
    with pytest.raises(SurveyError) as failure:
        read_returns(study(ReturnFile("r.por", "so-5", header="V{item}")))
    assert [problem.code for problem in failure.value.problems] == ["returns.file_damaged"]


def test_por_whose_lines_lost_the_blanks_at_their_ends_is_read(study, tmp_path):
    """As mail programs leave it: texts end in blanks there."""
    table = frame(FORMS).assign(Ghichu=[f"a{' ' * 90}b {k}" for k in range(len(frame(FORMS)))])
    pyreadstat.write_por(table, tmp_path / "r.por")
    file = ReturnFile("r.por", "so-5", header="V{item}")
    whole = read_returns(study(file))
    raw = (tmp_path / "r.por").read_bytes()
    stripped = b"\r\n".join(line.rstrip(b" ") for line in raw.split(b"\r\n"))
    assert len(stripped) < len(raw)
    (tmp_path / "r.por").write_bytes(stripped)
    assert (read_returns(study(file)).answers == whole.answers).all()


def test_an_encoding_that_a_por_file_cannot_take_is_a_fault(study, tmp_path):
    pyreadstat.write_por(frame(FORMS), tmp_path / "r.por")
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.por", "so-5", header="V{item}", encoding="cp1258")))
    assert [p.code for p in caught.value.problems] == ["returns.encoding_unused"]


def test_a_damaged_file_is_named(study, tmp_path):
    write_sav(tmp_path / "r.sav", FORMS)
    (tmp_path / "r.sav").write_bytes((tmp_path / "r.sav").read_bytes()[:400])
    with pytest.raises(SurveyError) as caught:
        read_returns(study(ReturnFile("r.sav", "so-5", header="V{item}")))
    assert [(p.code, p.file) for p in caught.value.problems] == [("returns.file_damaged", "r.sav")]


CODES = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 9: DONT_KNOW, 8: REFUSED, 7: NOT_APPLICABLE, None: BLANK}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[st.sampled_from(list(CODES))] * 3), min_size=1, max_size=8),
    st.sampled_from(["sav", "dta"]),
)
def test_any_answers_come_back(study, tmp_path, answers, kind):
    rows = [[f"P{k}", "SNV", 1, *row, 1, 0] for k, row in enumerate(answers)]
    write: Any = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[kind]
    write(frame(rows), tmp_path / f"r.{kind}", column_labels=[LABELS.get(c) for c in COLUMNS])
    read = read_returns(study(ReturnFile(f"r.{kind}", "so-5", header="V{item}")))
    assert read.answers[:, 1:4].tolist() == [[CODES[a] for a in row] for row in answers]
