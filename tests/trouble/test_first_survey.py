"""What a first survey with a form of one's own runs into."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.check import check
from tests.trouble.trial import (
    A1,
    A2,
    B1,
    FIELDS,
    HEADINGS,
    ITEMS,
    TREE,
    UNITS,
    forms,
    reasons,
    table,
    told,
    trial,
)

DAY = "2025-10-05 08:00:00"
QUESTION = "Ông/Bà biết thủ tục qua kênh nào?"
CHANNELS = "".join(
    f'K{k},k,p1,ck,0,1,"{QUESTION} [{option}]",Channel {k},,tu-dat\n'
    for k, option in enumerate(("Bảng niêm yết", "Zalo của xã", "Người quen", "Báo, đài"), 1)
)
PARTS = {
    "items": ITEMS + CHANNELS,
    "tree": TREE + "k,0,part,shares,survey,0,,dan,Kênh,Channels,tu-dat\n",
}


def form(
    code: str, *answers: object, channel: str = "Người quen", unit: str = "Xã An Bình"
) -> tuple[object, ...]:
    return (code, unit, DAY, *answers, channel)


def of_channels(folder: Path, *rows: tuple[object, ...]) -> Path:
    return trial(folder, {"r.csv": table(rows, (*HEADINGS, QUESTION))}, parts=PARTS)


@pytest.mark.parametrize("other", ["Báo Yên Bái", "Zalo xã", "Người quen, mục khác: con tôi"])
def test_an_option_that_nobody_declared_keeps_the_form(tmp_path: Path, other: str) -> None:
    path = of_channels(tmp_path, form("P1", 4, 4, 4, channel=other), form("P2", 3, 3, 3))
    assert set(forms(path).values()) == {"valid"}
    assert reasons(path, 2) == {"unknown_option"}
    assert [(p.row, p.column) for p in told(path, "returns.option_unknown")] == [(2, QUESTION)]


def test_every_spelling_of_an_option_says_that_it_was_chosen(tmp_path: Path) -> None:
    """K2 is also known as "Zalo"; three of four chose it, in either spelling or both."""
    alias = f"{QUESTION} [Zalo]"
    row = next(line for line in CHANNELS.splitlines() if line.startswith("K2"))
    parts = {**PARTS, "items": PARTS["items"].replace(row, row.replace(",,tu-dat", f",{alias},tu-dat"))}
    said = ["Zalo của xã", "Người quen, Zalo", "Zalo, Zalo của xã", "Người quen"]
    rows = [form(f"P{k}", 4, 4, 4, channel=channel) for k, channel in enumerate(said)]
    path = trial(tmp_path, {"r.csv": table(rows, (*HEADINGS, QUESTION))}, parts=parts)
    shares = sv.load(path).score().shares.query("item_code == 'K2' and level_code == '1' and group == 'dan'")
    assert shares.query("unit_code == 'an-binh'")["share"].tolist() == [0.75]


def test_the_options_of_a_question_are_one_question(tmp_path: Path) -> None:
    """Two thirds of four questions are three: all of the three scored ones are enough, two of them with a channel too, but not
    one of them with a channel, though its four options are most of the columns."""
    path = of_channels(
        tmp_path,
        form("P1", 4, 4, 4, channel=""),
        form("P2", 4, 4, ""),
        form("P3", 4, "", ""),
        form("P4", "", "", ""),
    )
    assert list(forms(path).values()) == ["valid", "valid", "rejected", "rejected"]


def test_a_table_without_the_unit_s_column_is_told_with_the_headings_that_name_it(tmp_path: Path) -> None:
    headings = ("Mã phiếu", "Nơi làm thủ tục", "Ngày trả lời", A1, A2, B1)
    path = trial(tmp_path, {"r.csv": table([form("P1", 4, 4, 4)[:6]], headings)})
    (problem,) = told(path, "returns.no_unit_column")
    assert (problem.file, dict(problem.params)["accepted"]) == ("r.csv", "Đơn vị")


def test_an_instrument_without_a_field_for_the_unit_is_told_so(tmp_path: Path) -> None:
    code, _, day = FIELDS.split("\n[[fields]]\n")[1:]
    fields = "".join(f"\n[[fields]]\n{field}" for field in (code, day))
    path = trial(tmp_path, {"r.csv": table([form("P1", 4, 4, 4)[:6]])}, parts={"fields": fields})
    assert [problem.file for problem in told(path, "returns.no_unit_field")] == ["r.csv"]


@pytest.mark.parametrize("damaged", ["Xã M??ng Lai", "Ph??ng Hòa Thu?n", "H?i Phòng", "Xã An B\ufffdnh"])
def test_names_that_lost_their_letters_are_refused(tmp_path: Path, damaged: str) -> None:
    path = trial(tmp_path, parts={"units": UNITS.replace("Xã An Bình", damaged)})
    (problem,) = (p for p in check(path) if p.code == "table.lost_letters")
    assert (problem.file, problem.row, problem.column) == ("instrument/units.csv", 2, "name_vi")


def test_a_question_mark_where_it_belongs_is_no_lost_letter(tmp_path: Path) -> None:
    items = ITEMS.replace(B1, "Có đúng hẹn không? Nếu không: vì sao?")
    assert "table.lost_letters" not in {p.code for p in check(trial(tmp_path, parts={"items": items}))}


def test_a_year_of_birth_among_ages_takes_nothing_from_the_ages(tmp_path: Path) -> None:
    age = (
        '\n[[fields]]\ncode = "tuoi"\nrole = "attribute"\nheaders = ["Tuổi"]\nlabel_vi = "Tuổi"\nlabel_en = "Age"\n'
        'measure = "age"\ncategories = { tre = ["Đến 40"], gia = ["Trên 40"] }\n'
        'bands = [{ category = "tre", low = 18, high = 40 }, { category = "gia", low = 41 }]\n'
    )
    said = [(*form(f"P{k}", 4, 4, 4)[:6], years) for k, years in enumerate((25, 78, 1980, 2001))]
    path = trial(tmp_path, {"r.csv": table(said, (*HEADINGS, "Tuổi"))}, parts={"fields": FIELDS + age})
    assert sv.load(path).screen().returns.rows["tuoi"].tolist() == ["tre", "gia", "gia", "tre"]
