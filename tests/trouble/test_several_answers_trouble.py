"""Questions with several answers are read by option, whatever the values of the scale are and however the file writes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

import surveys as sv
from surveys.definitions.instrument.records import BLANK
from tests.trouble.trial import A1, A2, B1, ITEMS, TREE, told, trial

UNIT = "Xã An Bình"
SPEAKER, FRIENDS = "Loa phường", "Người quen"
QUESTION = "Ông/Bà biết Bộ phận Một cửa qua đâu?"
COLUMNS = [f"{QUESTION} [{option}]" for option in (SPEAKER, FRIENDS)]
SHARES = TREE + "k,0,part,shares,survey,0,0,dan,Kênh,Channels,tu-dat\n"
#: Scales of yes and no, and the positions of the two; the value of a level never tells which is which.
SCALES = {
    "flat": ('{ code = "0", label_vi = "Không", label_en = "No" }', '{ code = "1", label_vi = "Có", label_en = "Yes" }'),
    "yes first": ('{ code = "1", label_vi = "Có", label_en = "Yes" }', '{ code = "2", label_vi = "Không", label_en = "No" }'),
    "no is worth more": (
        '{ code = "a", values = [0.0], label_vi = "Có chọn", label_en = "" }',
        '{ code = "b", values = [1.0], label_vi = "Không chọn", label_en = "" }',
    ),
    "no is called 1": (
        '{ code = "1", label_vi = "Chưa", label_en = "Not yet" }', '{ code = "2", label_vi = "Đã", label_en = "Yes" }',
    ),
    "declared": (
        '{ code = "a", label_vi = "Tô đậm", label_en = "Filled", chosen = true }',
        '{ code = "b", label_vi = "Để trắng", label_en = "White" }',
    ),
    "codes alone": ('{ code = "1", label_vi = "", label_en = "" }', '{ code = "0", label_vi = "", label_en = "" }'),
}  # fmt: skip
YES = {"flat": 1, "yes first": 0, "no is worth more": 0, "no is called 1": 1, "declared": 0, "codes alone": 0}
HEADINGS = ["Mã phiếu", "Đơn vị", "Ngày trả lời", A1, A2, B1]


def of_options(
    folder: Path, name: str, content: str | bytes, scale: str = "flat", levels: Sequence[str] = ()
) -> Path:
    """The trial whose items are followed by K1 and K2, options of a question answered on one of the scales."""
    more = (
        '\n[scales.chon]\nkind = "choice"\nlabel_vi = "Chọn"\nlabel_en = "Chosen"\n'
        f"levels = [{', '.join(levels or SCALES[scale])}]\n"
    )
    items = ITEMS + "".join(
        f"K{k},k,p1,chon,0,1,{text},Heard through {k},,tu-dat\n" for k, text in enumerate(COLUMNS, 1)
    )
    return trial(folder, {name: content}, parts={"items": items, "tree": SHARES, "more": more})


def chosen(path: Path, scale: str = "flat") -> list[list[bool | None]]:
    """Of every form whether each option was chosen; None where there is no answer."""
    meant = {YES[scale]: True, 1 - YES[scale]: False, BLANK: None}
    return [[meant[code] for code in row[3:]] for row in sv.load(path).screen().returns.answers.tolist()]


def form(k: int, *cells: object) -> list[object]:
    return [f"P{k}", UNIT, f"2025-10-0{k}", 5, 4, 5, *cells]


def text_of(heads: Sequence[str], *rows: Sequence[object], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([heads, *rows])
    return out.getvalue()


def own_columns(*rows: tuple[object, object]) -> str:
    return text_of([*HEADINGS, *COLUMNS], *(form(k, *row) for k, row in enumerate(rows, 1)))


def one_cell(*cells: str) -> str:
    return text_of([*HEADINGS, QUESTION], *(form(k, cell) for k, cell in enumerate(cells, 1)))


def kobo(*rows: tuple[object, object]) -> str:
    heads = [
        "Đơn vị",
        "A1",
        "A2",
        "B1",
        *(f"{QUESTION}/{o}" for o in (SPEAKER, FRIENDS)),
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
    ]
    body = ([UNIT, 5, 4, 5, *row, k, f"u{k}", f"2025-10-05T02:0{k}:00", k] for k, row in enumerate(rows, 1))
    return text_of(heads, *body, delimiter=";")


EXPECTED = [[True, False], [True, True], [False, True], [None, None]]


@pytest.mark.parametrize("scale", SCALES)
def test_the_level_that_says_yes_is_told_by_what_it_is_called(tmp_path: Path, scale: str) -> None:
    cells = one_cell(SPEAKER, f"{SPEAKER}; {FRIENDS}", FRIENDS, "")
    assert chosen(of_options(tmp_path / "cell", "r.csv", cells, scale), scale) == EXPECTED
    boxes = kobo((1, 0), (1, 1), (0, 1), ("", ""))
    assert chosen(of_options(tmp_path / "kobo", "r.csv", boxes, scale), scale) == EXPECTED


SAID: dict[str, list[tuple[object, object]]] = {
    "0 and 1": [(1, 0), (1, 1), (0, 1), ("", "")],
    "true and false": [("TRUE", "FALSE"), ("true", "True"), ("FALSE", "TRUE"), ("", "")],
    "words": [("Có", "Không"), ("có", "Có"), ("Không", "Có"), ("", "")],
    "English words": [("Yes", "No"), ("yes", "Yes"), ("No", "Yes"), ("", "")],
    "1 and blank": [(1, ""), (1, 1), ("", 1), ("", "")],
    "x and blank": [("x", ""), ("X", "✓"), ("", "v"), ("", "")],
    "the option and blank": [(SPEAKER, ""), (SPEAKER.upper(), FRIENDS), ("", FRIENDS), ("", "")],
    "boxes": [("☑", "☐"), ("☒", "☑"), ("☐", "☑"), ("☐", "☐")],
    "checked": [("Checked", "Unchecked"), ("checked", "Selected"), ("Not selected", "Selected"), ("", "")],
}


@pytest.mark.parametrize("said", SAID)
def test_a_column_for_each_option(tmp_path: Path, said: str) -> None:
    path = of_options(tmp_path, "r.csv", own_columns(*SAID[said]))
    assert chosen(path) == EXPECTED
    assert told(path, "returns.cell_out_of_scale") == []


def test_a_blank_is_no_choice_only_where_the_file_never_says_no(tmp_path: Path) -> None:
    path = of_options(tmp_path / "never", "r.csv", own_columns((1, ""), ("", 1), ("", "")))
    assert chosen(path) == [[True, False], [False, True], [None, None]]
    (note,) = told(path, "returns.blank_not_chosen")
    assert (note.file, note.column, dict(note.params)["cells"]) == ("r.csv", COLUMNS[0], "2")
    path = of_options(tmp_path / "says", "r.csv", own_columns((1, ""), (0, 1), ("", "")))
    assert chosen(path) == [[True, None], [False, True], [None, None]]
    assert told(path, "returns.blank_not_chosen") == []


def test_a_box_of_handmade_workbooks(tmp_path: Path) -> None:
    path = of_options(tmp_path, "r.xlsx", b"")
    with xlsxwriter.Workbook(path / "r.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "BẢNG TỔNG HỢP PHIẾU")
        for row, cells in enumerate(
            [[*HEADINGS, *COLUMNS], *(form(k, *c) for k, c in enumerate(SAID["x and blank"], 1))], 1
        ):
            sheet.write_row(row, 0, cells)
    assert chosen(path) == EXPECTED


def test_only_unknown_options_say_no_of_the_known_ones(tmp_path: Path) -> None:
    path = of_options(tmp_path / "cell", "r.csv", one_cell("Zalo của phường", f"{SPEAKER}, Zalo của phường"))
    assert chosen(path) == [[False, False], [True, False]]
    assert [(p.row, p.column, dict(p.params)["text"]) for p in told(path, "returns.option_unknown")] == [
        (row, QUESTION, "zalo của phường") for row in (2, 3)
    ]
    heads = [*HEADINGS, *COLUMNS, f"{QUESTION} [Khác]"]
    other = text_of(heads, form(1, "", "", "bạn bè kể"), form(2, 1, "", ""), form(3, "", "", "0"))
    assert chosen(of_options(tmp_path / "columns", "r.csv", other)) == [
        [False, False],
        [True, False],
        [None, None],
    ]


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_boxes_of_spss_and_stata_files(tmp_path: Path, kind: str) -> None:
    rows = [form(1, 1, 0), form(2, 1, 1), form(3, 0, 1), form(4, None, None)]
    names = ["ma", "dv", "ngay", "A1", "A2", "B1", "K1", "K2"]
    data = pd.DataFrame(rows, columns=names).astype({"K1": float, "K2": float})
    labels: dict[str, dict[int | float, str]] = {
        "K1": {0: "Not selected", 1: SPEAKER},
        "K2": {0: "Not selected", 1: FRIENDS},
    }
    write = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
    path = of_options(tmp_path, f"r.{kind}", b"")
    write(data, str(path / f"r.{kind}"), variable_value_labels=labels)
    assert chosen(path) == EXPECTED


def test_what_all_options_say_together_gives_way_to_columns_of_their_own(tmp_path: Path) -> None:
    both = text_of([*HEADINGS, QUESTION, *COLUMNS], form(1, FRIENDS, 1, 0), form(2, SPEAKER, 0, 1))
    path = of_options(tmp_path, "r.csv", both)
    assert chosen(path) == [[True, False], [False, True]]
    assert [QUESTION in dict(p.params)["headings"] for p in told(path, "returns.columns_ignored")] == [True]


UNTOLD = (
    '{ code = "a", label_vi = "Đạt", label_en = "Good" }',
    '{ code = "b", label_vi = "Hỏng", label_en = "Bad" }',
)


def test_a_scale_that_tells_neither_is_a_fault_that_names_it(tmp_path: Path) -> None:
    path = of_options(tmp_path / "cell", "r.csv", one_cell(SPEAKER), levels=UNTOLD)
    assert [(p.column, dict(p.params)["scale"]) for p in told(path, "returns.chosen_unclear")] == [
        (QUESTION, "chon")
    ]
    twice = [level.replace(" }", ", chosen = true }") for level in UNTOLD]
    path = of_options(tmp_path / "twice", "r.csv", one_cell(SPEAKER), levels=twice)
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    (found,) = [p for p in caught.value.problems if p.code == "scale.chosen_unclear"]
    assert (found.column, dict(found.params)["scale"]) == ("scales.chon.levels", "chon")


def test_rows_of_a_grid_with_two_levels_that_are_no_boxes_are_answers(tmp_path: Path) -> None:
    path = of_options(
        tmp_path, "r.csv", own_columns(("Đạt", "Hỏng"), ("Hỏng", ""), ("", "Đạt")), levels=UNTOLD
    )
    assert [row[3:] for row in sv.load(path).screen().returns.answers.tolist()] == [
        [0, 1],
        [1, BLANK],
        [BLANK, 0],
    ]


@pytest.mark.parametrize("scale", ["flat", "yes first", "no is called 1"])
def test_boxes_of_a_question_in_a_group_of_odk_central(tmp_path: Path, scale: str) -> None:
    heads = [
        "SubmissionDate",
        "c-Đơn vị",
        "c-A1",
        "c-A2",
        "c-B1",
        *(f"c-k-{QUESTION}/{o}" for o in (SPEAKER, FRIENDS)),
        "KEY",
    ]
    rows = [
        [f"2025-10-05T02:0{k}:00.000Z", UNIT, 5, 4, 5, *row, f"uuid:{k}"]
        for k, row in enumerate([(1, 0), (1, 1), (0, 1), ("", "")])
    ]
    assert chosen(of_options(tmp_path, "r.csv", text_of(heads, *rows), scale), scale) == EXPECTED
