"""Which layout a question gets: tables, lists, columns of a matrix, pages of a unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from surveys.definitions.study.publication import UNSAID
from surveys.fieldwork.forms.form_content import (
    FormContent,
    FormField,
    FormGrid,
    FormOption,
    FormQuestion,
    FormSection,
    FormUnit,
)
from surveys.fieldwork.forms.printed.sheet_data import sheet_data

LEVELS = tuple(FormOption(str(k), f"Mức {k}", "level") for k in range(1, 6))
COLOURS = tuple(FormOption(f"Q9{letter}", f"Màu {letter}", "item") for letter in "abc")


def form(*questions: FormQuestion, units: int = 5, matrix: bool = False) -> FormContent:
    section = FormSection("1", "Mục một", "Phần A", tuple(FormGrid((question,)) for question in questions))
    return FormContent(
        "so-1", "so", "g", "Đại biểu", "vi", "Mẫu 1", "Đợt", UNSAID, "", "", matrix, (),
        tuple(FormUnit(f"u{k}", f"Sở {k}") for k in range(1, units + 1)),
        (FormField("unit", "unit", "Đơn vị"),),
        (section,),
    )  # fmt: skip


def question(
    number: int, options: tuple[FormOption, ...] = LEVELS, text: str = "", several: bool = False
) -> FormQuestion:
    return FormQuestion(number, f"Q{number}", text or f"Câu hỏi {number}", options, several)


def parts(form: FormContent, kind: str) -> list[dict[str, Any]]:
    return [part for part in sheet_data(form, None)["parts"] if part["kind"] == kind]


def test_questions_answered_alike_make_a_table() -> None:
    (table,) = parts(form(*map(question, range(1, 5))), "grid")
    assert [row["number"] for row in table["groups"][0]["rows"]] == ["1", "2", "3", "4"]
    assert table["groups"][0]["title"] == "Mục một"
    assert [option["label"] for option in table["options"]] == [f"Mức {k}" for k in range(1, 6)]
    assert len(set(table["widths"])) == 1


def test_one_question_many_options_or_long_ones_are_lists() -> None:
    many = tuple(FormOption(str(k), f"Phương án {k}", "level") for k in range(10))
    long = (FormOption("1", "Một phương án rất dài " * 4, "level"), FormOption("2", "Không", "level"))
    for options in (many, long):
        shown = form(question(1, options), question(2, options))
        assert parts(shown, "grid") == []
        assert [part["number"] for part in parts(shown, "question")] == ["1", "2"]
    assert [part["columns"] for part in parts(form(question(1)), "question")] == [4]


def test_several_answers_are_squares_and_said_to_be() -> None:
    (part,) = parts(form(question(1, COLOURS, several=True)), "question")
    assert (part["several"], part["hint"]) == (True, "(Có thể chọn nhiều phương án)")
    how = sheet_data(form(question(1, COLOURS, several=True)), None)["how"]
    assert [line["kind"] for line in how] == ["several", "correct"]
    both = sheet_data(form(question(1), question(2, COLOURS, several=True)), None)["how"]
    assert [line["kind"] for line in both] == ["single", "several", "correct"]


def test_many_units_are_rows_and_questions_columns_in_even_blocks() -> None:
    shown = form(*map(question, range(1, 18)), units=22, matrix=True)
    tables = parts(shown, "matrix")
    assert [[column["number"] for column in table["columns"]] for table in tables] == [
        [str(k) for k in numbers] for numbers in (range(1, 6), range(6, 12), range(12, 18))
    ]
    assert all(table["units"] == [f"Sở {k}" for k in range(1, 23)] for table in tables)
    (legend,) = tables[0]["legends"]
    assert legend["questions"] == "Câu 1–5, ghi số:"
    assert legend["options"][0] == {"code": "1", "label": "Mức 1"}
    assert sheet_data(shown, None)["landscape"]


def test_few_units_have_pages_of_their_own() -> None:
    shown = form(question(1), question(2), units=3, matrix=True)
    assert not sheet_data(shown, None)["landscape"]
    assert [part["text"] for part in parts(shown, "heading") if part["text"].startswith("Sở")] == [
        "Sở 1",
        "Sở 2",
        "Sở 3",
    ]
    assert len(parts(shown, "page")) == len(parts(shown, "grid")) == 3


def test_options_of_one_question_are_columns_of_a_matrix() -> None:
    words = (FormOption("yes", "Có", "level"), FormOption("no", "Không", "level"))
    shown = form(question(1, COLOURS, several=True), question(2, words), units=9, matrix=True)
    (table,) = parts(shown, "matrix")
    assert [(column["number"], column["text"]) for column in table["columns"]] == [
        ("1.1", "Câu hỏi 1: Màu a"), ("1.2", "Câu hỏi 1: Màu b"), ("1.3", "Câu hỏi 1: Màu c"), ("2", "Câu hỏi 2"),
    ]  # fmt: skip
    assert [legend["questions"] for legend in table["legends"]] == [
        "Câu 1: đánh dấu chéo vào ô phù hợp, có thể nhiều ô",
        "Câu 2, ghi số:",
    ]
    assert table["legends"][1]["options"] == [{"code": "1", "label": "Có"}, {"code": "2", "label": "Không"}]


def test_a_unit_that_is_known_is_printed_and_others_are_ticked_or_written() -> None:
    def asked(units: int, unit: FormUnit | None = None) -> dict[str, Any]:
        fields = next(
            p
            for p in sheet_data(form(question(1), units=units), None, unit)["parts"]
            if p["kind"] == "fields"
        )
        return dict(fields["fields"][0])

    assert asked(5, FormUnit("u1", "Sở 1"))["value"] == "Sở 1"
    assert [option["label"] for option in asked(5)["options"]] == [f"Sở {k}" for k in range(1, 6)]
    assert asked(63)["kind"] == "line"


def test_a_title_is_said_once_where_tables_and_lists_alternate() -> None:
    other = (FormOption("1", "Có", "level"), FormOption("2", "Không", "level"))
    shown = form(question(1), question(2), question(3, other), question(4), question(5))
    titles = [part["groups"][0]["title"] for part in parts(shown, "grid")]
    assert titles == ["Mục một", ""]
    assert [part["text"] for part in parts(shown, "heading")] == ["Thông tin chung", "Phần A"]


def test_the_form_code_is_asked_where_none_is_printed_for_the_form() -> None:
    blank = form(question(1))
    blank = replace(blank, fields=(FormField("form_code", "form_code", "Mã phiếu"), *blank.fields))
    mark = {"text": "so-1", "caption": "Mẫu phiếu", "svg": "<svg/>"}
    for code, wanted in ((mark, ["boxes", "choice"]), (None, ["choice"])):
        fields = next(p for p in sheet_data(blank, code)["parts"] if p["kind"] == "fields")
        assert [field["kind"] for field in fields["fields"]] == wanted
