"""What the collecting tool did not show was not asked: it is neither "no" nor blank."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from tests.trouble.trial import A1, A2, B1, FIELDS, ITEMS, TREE, forms, reasons, told, trial

UNIT = "Xã An Bình"
#: Two options of a question, and one item behind a filter that is itself behind one.
OPTIONS = ITEMS + (
    "K1,k,p1,ck,0,1,Biết qua đâu? [Loa phường],Heard from? [Speaker],,tu-dat\n"
    "K2,k,p1,ck,0,1,Biết qua đâu? [Người quen],Heard from? [Friends],,tu-dat\n"
)
SHARES = TREE + "k,0,part,shares,survey,0,0,dan,Kênh,Channels,tu-dat\n"


def text_of(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def limesurvey(heads: Sequence[str], *rows: Sequence[object]) -> str:
    own = ["Response ID", "Date submitted", "Last page", "Start language", "Đơn vị"]
    return text_of(
        [
            [*own, *heads],
            *([k, f"2025-10-05 09:{k:02}:00", 2, "vi", UNIT, *row] for k, row in enumerate(rows, 1)),
        ]
    )


def kobo(heads: Sequence[str], *rows: Sequence[object]) -> str:
    own = ["_id", "_uuid", "_submission_time", "_index"]
    body = [[UNIT, *row, k, f"u{k}", f"2025-10-08T02:{k:02}:05", k] for k, row in enumerate(rows, 1)]
    return text_of([["Đơn vị", *heads, *own], *body], ";")


def qualtrics(columns: Sequence[tuple[str, str]], *rows: Sequence[object]) -> str:
    names = ["StartDate", "EndDate", "ResponseId", "Q0", *(name for name, _ in columns)]
    texts = ["Start Date", "End Date", "Response ID", "Đơn vị", *(text for _, text in columns)]
    ids = [json.dumps({"ImportId": name}) for name in names]
    body = [
        ["2025-10-05 09:00:00", f"2025-10-05 09:{k:02}:00", f"R_{k}", UNIT, *row]
        for k, row in enumerate(rows, 1)
    ]
    return text_of([names, texts, ids, *body])


def options_of(folder: Path, content: str) -> Path:
    """The trial whose items A1, A2, B1 are followed by the options K1 and K2."""
    return trial(folder, {"r.csv": content}, parts={"items": OPTIONS, "tree": SHARES})


def answers(path: Path) -> list[list[int]]:
    """The answers of every form: level positions and reasons for having none."""
    return sv.load(path).screen().returns.answers.tolist()


GRID = [f"Ý kiến [{item}]" for item in (A1, A2, B1)]
BOXES = ["Biết qua đâu? [Loa phường]", "Biết qua đâu? [Người quen]"]


def test_a_hidden_option_of_limesurvey_was_not_asked(tmp_path: Path) -> None:
    rows = [
        (5, 4, 5, "Yes", "N/A"),
        (5, 4, 5, "Có", "Không"),
        (5, 4, 5, "No", "Yes"),
        (5, 4, 5, "N/A", "N/A"),
    ]
    path = options_of(tmp_path, limesurvey([*GRID, *BOXES], *rows))
    assert [row[3:] for row in answers(path)] == [[1, NOT_ASKED], [1, 0], [0, 1], [NOT_ASKED, NOT_ASKED]]
    result = sv.load(path).score()
    shown = result.shares.query(
        "item_code == 'K2' and level_code == '1' and group == 'dan' and unit_code == 'an-binh'"
    )
    assert shown[["n_valid", "share"]].values.tolist() == [[2, 0.5]]
    (note,) = told(path, "returns.not_shown")
    said = dict(note.params)
    assert (note.file, note.row, said["text"], said["cells"], said["columns"]) == (
        "r.csv",
        2,
        "N/A",
        "3",
        "2",
    )


def test_boxes_of_limesurvey_in_codes_are_ticked_or_left_empty(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(5, 4, 5, "Y", ""), (5, 4, 5, "", ""), (5, 4, 5, "Y", "Y")]
    path = options_of(tmp_path / "codes", limesurvey([*GRID, *BOXES], *rows))
    assert [row[3:] for row in answers(path)] == [[1, 0], [BLANK, BLANK], [1, 1]]
    rows = [(5, 4, 5, 1, 2), (5, 4, 5, 2, 1)]  # Y and N converted to 1 and 2, as the export offers
    path = options_of(tmp_path / "converted", limesurvey([*GRID, *BOXES], *rows))
    assert [row[3:] for row in answers(path)] == [[1, 0], [0, 1]]


def test_hidden_rows_of_a_grid_do_not_make_a_form_too_short(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": limesurvey(GRID, (4, "N/A", "N/A"), (5, "", ""))})
    assert answers(path) == [[3, NOT_ASKED, NOT_ASKED], [4, BLANK, BLANK]]
    assert list(forms(path).values()) == ["valid", "rejected"]
    assert reasons(path, 2) == {"not_shown"}


def test_a_scale_that_has_the_text_as_an_answer_keeps_it(tmp_path: Path) -> None:
    more = '\n[[scales.hl.non_answers]]\ncode = "7"\nkind = "not_applicable"\nlabel_vi = "N/A"\nlabel_en = "N/A"\n'
    path = trial(tmp_path, {"r.csv": limesurvey(GRID, (4, "N/A", 5))}, parts={"more": more})
    assert answers(path) == [[3, -4, 4]]
    assert told(path, "returns.not_shown") == []


def test_n_a_of_kobo_was_not_asked_and_of_a_table_of_one_s_own_is_no_answer(tmp_path: Path) -> None:
    heads = ["g/A1", "g/A2", "g/B1", "Biết qua đâu?/Loa phường", "Biết qua đâu?/Người quen"]
    path = options_of(
        tmp_path / "kobo", kobo(heads, (5, "n/a", 4, 1, "n/a"), (5, 4, 4, 0, 1), (5, 4, 4, "", ""))
    )
    assert answers(path) == [[4, NOT_ASKED, 3, 1, NOT_ASKED], [4, 3, 3, 0, 1], [4, 3, 3, BLANK, BLANK]]
    heads = ["Mã phiếu", "Đơn vị", "Ngày trả lời", A1, A2, B1]
    own = text_of([heads, ["P1", UNIT, "2025-10-05", 5, "N/A", 4]])
    path = trial(tmp_path / "own", {"r.csv": own})
    assert told(path, "returns.not_shown") == []
    assert [dict(p.params)["text"] for p in told(path, "returns.cell_out_of_scale")] == ["N/A"]


def test_minus_99_of_qualtrics_is_blank_and_an_empty_cell_beside_it_was_not_shown(tmp_path: Path) -> None:
    columns = [(f"Q1_{k}", f"Mức độ - {item}") for k, item in enumerate((A1, A2, B1), 1)]
    path = trial(tmp_path / "marked", {"r.csv": qualtrics(columns, (5, -99, 4), (4, "", 4), (5, 5, 5))})
    assert answers(path) == [[4, BLANK, 3], [3, NOT_ASKED, 3], [4, 4, 4]]
    assert [p.file for p in told(path, "returns.unseen")] == ["r.csv"]
    path = trial(tmp_path / "plain", {"r.csv": qualtrics(columns, (5, "", 4), (4, 3, 4))})
    assert answers(path) == [[4, BLANK, 3], [3, 2, 3]]


def test_boxes_of_qualtrics_that_were_seen_are_marked_and_the_others_were_not_shown(tmp_path: Path) -> None:
    columns = [(f"Q1_{k}", f"Mức độ - {item}") for k, item in enumerate((A1, A2, B1), 1)]
    boxes = [
        (f"Q2_{k}", f"Biết qua đâu? - Selected Choice - {option}")
        for k, option in enumerate(("Loa phường", "Người quen"), 1)
    ]
    rows = [
        (5, 4, 5, "Loa phường", "0"),
        (5, 4, 5, "Loa phường", ""),
        (5, 4, 5, "0", "0"),
        (5, 4, 5, "-99", 1),
    ]
    path = options_of(tmp_path, qualtrics([*columns, *boxes], *rows))
    assert [row[3:] for row in answers(path)] == [[1, 0], [1, NOT_ASKED], [BLANK, BLANK], [0, 1]]


@pytest.mark.parametrize("name", ["Q1_DO_{}", "Q1_{}_DO", "FL_7_DO_{}"])
def test_the_order_in_which_rows_were_shown_is_no_answer(tmp_path: Path, name: str) -> None:
    columns = [(f"Q1_{k}", f"Mức độ - {item}") for k, item in enumerate((A1, A2, B1), 1)]
    order = [(name.format(k), f"Mức độ - Display Order - {item}") for k, item in enumerate((A1, A2, B1), 1)]
    path = trial(tmp_path, {"r.csv": qualtrics([*order, *columns], (3, 1, 2, 5, 4, 5), (1, 2, 3, 4, 4, 4))})
    assert answers(path) == [[4, 3, 4], [3, 3, 3]]


FILTERED = f"""\
code,node,questionnaires,scale,reverse,weight,asked_when,text_vi,text_en,aliases,source
F1,,p1,ck,0,1,,Có nộp hồ sơ không?,Did you file?,,tu-dat
F2,,p1,ck,0,1,F1=1,Có nộp qua mạng không?,Online?,,tu-dat
A1,1,p1,hl,0,1,,{A1},Polite,,tu-dat
A2,1,p1,hl,0,1,F2=1,{A2},Clear,,tu-dat
B1,2,p1,hl,0,1,,{B1},In time,,tu-dat
K1,k,p1,ck,0,1,F1=1,Biết qua đâu? [Loa phường],Speaker,,tu-dat
K2,k,p1,ck,0,1,F1=1,Biết qua đâu? [Người quen],Friends,,tu-dat
"""


def test_blanks_and_empty_boxes_behind_a_closed_filter_were_not_asked(tmp_path: Path) -> None:
    """The filter of A2 is itself behind a filter; Kobo writes 0 for the boxes of a question it skipped in some versions."""
    heads = ["F1", "F2", "A1", "A2", "B1", "Biết qua đâu?/Loa phường", "Biết qua đâu?/Người quen"]
    rows: list[tuple[object, ...]] = [
        (0, "", 5, "", 4, 0, 0),
        (1, 0, 5, "", 4, 0, 1),
        (1, 1, 5, "", 4, "", ""),
    ]
    path = trial(tmp_path, {"r.csv": kobo(heads, *rows)}, parts={"items": FILTERED, "tree": SHARES})
    assert answers(path) == [
        [0, NOT_ASKED, 4, NOT_ASKED, 3, NOT_ASKED, NOT_ASKED],
        [1, 0, 4, NOT_ASKED, 3, 0, 1],
        [1, 1, 4, BLANK, 3, BLANK, BLANK],
    ]


def test_a_field_of_limesurvey_with_n_a_is_empty(tmp_path: Path) -> None:
    fields = (
        FIELDS
        + '\n[[fields]]\ncode = "gt"\nrole = "attribute"\nheaders = ["Giới tính"]\nlabel_vi = "Giới tính"\nlabel_en = "Sex"\n'
    )
    path = trial(
        tmp_path, {"r.csv": limesurvey([*GRID, "Giới tính"], (5, 4, 5, "N/A"))}, parts={"fields": fields}
    )
    assert sv.load(path).screen().returns.rows["gt"].tolist() == [""]
