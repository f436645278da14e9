"""Files as systems, spreadsheet programs and damage leave them: read as a careful person would, or told by name."""

from __future__ import annotations

import io
import os
import random
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

import surveys as sv
from tests.surveys.returns.files.made_files import write_ods, write_xls
from tests.trouble.trial import A1, A2, B1, HEADINGS, forms, score_of, table, told, trial

ROWS = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", "Hài lòng", "Rất hài lòng", "Bình thường"),
    ("P2", "Phường Hòa Thuận", "2025-10-06 08:00:00", "Hài lòng", "Không hài lòng", "Rất hài lòng"),
    ("P3", "Xã An Bình", "2025-10-07 08:00:00", "Bình thường", "Rất hài lòng", "Rất không hài lòng"),
]
#: By hand: forms 1 and 3 are of An Bình; B1 is worth 0.5 and 0 there.
AN_BINH = 0.25
RETURNS = '\n[[returns]]\npath = "{}"\nquestionnaire = "p1"\n'


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def read(path: Path) -> tuple[int, float]:
    """How many forms are valid, and the score of An Bình in sub-criterion 2."""
    return list(forms(path).values()).count("valid"), score_of(sv.load(path).score(), "an-binh", "2")


def params(path: Path, code: str) -> Mapping[str, str]:
    (problem,) = told(path, code)
    return dict(problem.params)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def xlsx(
    rows: Sequence[Sequence[object]], title: str = "Phiếu", hidden: tuple[int, ...] = (), column: str = ""
) -> bytes:
    book = openpyxl.Workbook()
    assert book.active
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for number in hidden:
        book.active.row_dimensions[number].hidden = True
    if column:
        book.active.column_dimensions[column].hidden = True
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


# Names of files, folders and sheets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_disk", "named"), [("NFD", "NFC"), ("NFC", "NFD")])
@pytest.mark.parametrize("name", ["phiếu trạm.csv", "đợt thử/phiếu.csv"])
def test_a_name_in_the_other_form_of_unicode_is_the_same_file(
    tmp_path: Path, on_disk: str, named: str, name: str
) -> None:
    forms_of = {"NFC": name, "NFD": decomposed(name)}
    there, said = forms_of[on_disk], forms_of[named]
    (tmp_path / there).parent.mkdir(exist_ok=True)
    path = trial(tmp_path, {there: table(ROWS)}, returns=RETURNS.format(said))
    assert read(path) == (3, AN_BINH)


def test_every_file_of_a_study_may_lie_there_decomposed(tmp_path: Path) -> None:
    """The instrument's folder, the mapping, the frames and the file of returns."""
    mapping = "column,heading,kind,target,unit,reason,decision\n" + "".join(
        f"{letter},{heading},{kind},{target},,,x\n"
        for letter, heading, kind, target in (
            ("A", HEADINGS[0], "field", "ma"), ("B", HEADINGS[1], "field", "dv"), ("C", HEADINGS[2], "field", "ngay"),
            ("D", A1, "item", "A1"), ("E", A2, "item", "A2"), ("F", B1, "item", "B1"),
        )
    )  # fmt: skip
    frames = "block,unit,group,population\nxa,an-binh,dan,100\nxa,hoa-thuan,dan,50\nxa,long-my,dan,10\n"
    files = {decomposed("ghép cột.csv"): mapping, decomposed("tổng thể.csv"): frames, "r.csv": table(ROWS)}
    returns = RETURNS.format("r.csv") + 'mapping = "ghép cột.csv"\n'
    path = trial(tmp_path, files, returns=returns, settings='[files]\nframes = "tổng thể.csv"\n')
    (tmp_path / "instrument").rename(tmp_path / decomposed("bộ công cụ"))
    study = tmp_path / "study.toml"
    study.write_text(
        study.read_text(encoding="utf-8").replace("./instrument", "./bộ công cụ"), encoding="utf-8"
    )
    assert read(path) == (3, AN_BINH)
    result = sv.load(path).score()
    result.write(tmp_path / "out")
    listed = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert all(name in listed for name in ("ghép cột.csv", "tổng thể.csv"))


def test_a_name_that_differs_in_capitals_is_proposed_not_taken(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    if (tmp_path / "a").exists():
        pytest.skip("the file system takes capitals for small letters")
    path = trial(tmp_path, {"PHIẾU.CSV": table(ROWS)}, returns=RETURNS.format("phiếu.csv"))
    assert params(path, "study.file_missing") == {"value": "phiếu.csv", "nearest": "PHIẾU.CSV"}


@pytest.mark.parametrize(("title", "named"), [(decomposed("Phiếu"), "Phiếu"), ("Phiếu", decomposed("Phiếu"))])
def test_a_sheet_in_the_other_form_of_unicode_is_the_same_sheet(
    tmp_path: Path, title: str, named: str
) -> None:
    content = xlsx([HEADINGS, *ROWS], title)
    path = trial(tmp_path, {"r.xlsx": content}, returns=RETURNS.format("r.xlsx") + f'sheet = "{named}"\n')
    assert read(path) == (3, AN_BINH)


def test_a_sheet_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = trial(
        tmp_path, {"r.xlsx": xlsx([HEADINGS, *ROWS])}, returns=RETURNS.format("r.xlsx") + 'sheet = "PHIẾU"\n'
    )
    assert params(path, "returns.sheet_missing") == {"accepted": "Phiếu", "nearest": "Phiếu"}


# Delimiters, decimals, encodings ----------------------------------------------------------------------------------------------

QUESTIONS = ("Cán bộ lịch sự, niềm nở, tận tình", "Hướng dẫn rõ, dễ hiểu, đủ", "Đúng hẹn, nhanh, gọn")
TEXTS = {
    "items": "code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source\n"
    + "".join(
        f'{code},{node},p1,hl,0,1,"{text}",Item {code},,tu-dat\n'
        for code, node, text in zip(("A1", "A2", "B1"), (1, 1, 2), QUESTIONS, strict=True)
    )
}


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_headings_with_commas_between_other_marks(tmp_path: Path, mark: str) -> None:
    lines = [mark.join((*HEADINGS[:3], *QUESTIONS)), *(mark.join(row) for row in ROWS)]
    path = trial(tmp_path, {"r.csv": "\n".join(lines) + "\n"}, parts=TEXTS)
    assert read(path) == (3, AN_BINH)
    assert told(path, "returns.delimiter_assumed") == []


def test_headings_with_semicolons_between_commas(tmp_path: Path) -> None:
    headings = [*HEADINGS[:3], *(text.replace(",", ";") for text in QUESTIONS)]
    parts = {"items": TEXTS["items"].replace(", ", "; ")}
    path = trial(tmp_path, {"r.csv": table(ROWS, headings)}, parts=parts)
    assert read(path) == (3, AN_BINH)


def test_two_marks_that_part_every_row_are_told_and_the_key_settles_it(tmp_path: Path) -> None:
    """Two columns by either mark: "1,5;2" may be 1,5 and 2, or 1 and "5;2"."""
    content = "Mã, phiếu;Đơn vị\nP,1;An\nP,2;Ba\n"
    path = trial(tmp_path, {"r.csv": content})
    assert set(params(path, "returns.delimiter_unclear").values()) == {",", ";"}
    settled = trial(tmp_path, {"r.csv": content}, returns=RETURNS.format("r.csv") + 'delimiter = ";"\n')
    assert told(settled, "returns.delimiter_unclear") == []


def test_a_second_mark_in_every_row_is_told(tmp_path: Path) -> None:
    """Every unit is written with one comma: the file could be parted there too, into fewer columns."""
    rows = [(row[0], row[1].replace("Xã ", "Xã, ").replace("Phường ", "Phường, "), *row[2:]) for row in ROWS]
    units = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n" + "".join(
        f'{code},xa,"{name}",{code},,,,\n'
        for code, name in (("an-binh", "Xã, An Bình"), ("hoa-thuan", "Phường, Hòa Thuận"))
    )
    heads = (HEADINGS[0], "Đơn vị, xã", *HEADINGS[2:])
    lines = "\n".join(";".join(row) for row in (heads, *rows)) + "\n"
    returns = RETURNS.format("r.csv") + '[returns.columns]\ndv = "Đơn vị, xã"\n'
    path = trial(tmp_path, {"r.csv": lines}, returns=returns, parts={"units": units})
    assert read(path) == (3, AN_BINH)
    assert params(path, "returns.delimiter_assumed") == {"delimiter": ";", "other": ","}


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_first_line_that_declares_the_mark(tmp_path: Path, mark: str) -> None:
    path = trial(tmp_path, {"r.csv": f"sep={mark}\n" + table(ROWS, between=mark)})
    assert read(path) == (3, AN_BINH)
    assert {row for _, row in forms(path)} == {3, 4, 5}  # as the user sees them


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_unicode_in_its_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = trial(tmp_path, {"r.txt": table(ROWS, between="\t").encode(encoding)})
    assert read(path) == (3, AN_BINH)


def test_an_encoding_that_is_not_sure_is_settled_by_the_key(tmp_path: Path) -> None:
    """One accented word, which three old tables read differently: Së, in TCVN3 Sở."""
    rows = [(row[0], row[1], row[2], 4, 5, 3) for row in ROWS]
    plain = {"Xã An Bình": "an-binh", "Phường Hòa Thuận": "hoa-thuan"}
    content = table(
        [(row[0], plain[str(row[1])], *row[2:]) for row in rows],
        ("Ma phieu", "Don vi", "Ngay", "A1", "A2", "B1"),
    )
    parts = {
        "fields": '[[fields]]\ncode = "dv"\nrole = "unit"\nheaders = ["Don vi"]\nlabel_vi = "Đơn vị"\nlabel_en = "Unit"\n'
    }
    noted = content.replace("Ma phieu", "Ma phieu (S\u00eb\u00ff\u0080)").encode("latin-1")
    path = trial(tmp_path, {"r.csv": noted}, parts=parts)
    assert [problem.file for problem in told(path, "returns.encoding_undeclared")] == ["r.csv"]
    settled = trial(
        tmp_path, {"r.csv": noted}, returns=RETURNS.format("r.csv") + 'encoding = "tcvn3"\n', parts=parts
    )
    assert len(forms(settled)) == 3


WEIGHT = """
[[fields]]
code = "qs"
role = "weight"
headers = ["Quyền số"]
label_vi = "Quyền số"
label_en = "Weight"
"""
GIVEN = '\n[[weights]]\ngroup = "dan"\nbase = "given"\nfinite = false\nweight = "qs"\n'


@pytest.mark.parametrize(
    ("decimal", "written", "meant"),
    [
        ("", ["1,5", "2,25", "3"], [1.5, 2.25, 3]),
        ("", ["1.234", "93.42", "3"], [1.234, 93.42, 3]),
        ("", ["1.234,5", "2", "3"], [1234.5, 2, 3]),
        (",", ["1.234", "2,5", "3"], [1234, 2.5, 3]),
        (".", ["1,234", "2.5", "3"], [1234, 2.5, 3]),
    ],
)
def test_decimal_marks_of_a_column_of_numbers(
    tmp_path: Path, decimal: str, written: list[str], meant: list[float]
) -> None:
    rows = [(*row, weight) for row, weight in zip(ROWS, written, strict=True)]
    returns = RETURNS.format("r.csv") + (f'decimal = "{decimal}"\n' if decimal else "")
    path = trial(
        tmp_path,
        {"r.csv": table(rows, (*HEADINGS, "Quyền số"), ";")},
        returns=returns,
        parts={"more": WEIGHT},
    )
    assert sv.load(path).screen().returns.rows["qs"].tolist() == meant
    assert told(path, "returns.number_two_ways") == []


@pytest.mark.parametrize("written", ["1.234", "1,234"])
def test_a_number_that_can_be_read_in_two_ways_is_told(tmp_path: Path, written: str) -> None:
    rows = [(*row, weight) for row, weight in zip(ROWS, (written, "2", "3"), strict=True)]
    path = trial(tmp_path, {"r.csv": table(rows, (*HEADINGS, "Quyền số"), ";")}, parts={"more": WEIGHT})
    assert [(p.row, p.column) for p in told(path, "returns.number_two_ways")] == [(2, "Quyền số")]


def test_a_key_of_text_files_for_a_workbook_is_told(tmp_path: Path) -> None:
    path = trial(
        tmp_path, {"r.xlsx": xlsx([HEADINGS, *ROWS])}, returns=RETURNS.format("r.xlsx") + 'delimiter = ";"\n'
    )
    assert params(path, "returns.setting_unused") == {"key": "delimiter", "value": ";"}


# Archives ---------------------------------------------------------------------------------------------------------------------

SIDE = {
    "macOS": ("__MACOSX/._phieu.csv", b"\0\x05\x16\x07\0\x02\0\0Mac OS X"), "Finder": (".DS_Store", b"\0\0\0\1Bud1"),
    "Windows": ("Thumbs.db", b"\xd0\xcf\x11\xe0"), "folder": ("desktop.ini", b"[.ShellClassInfo]"),
    "Excel": ("~$phieu.xlsx", b"\5user"), "beside": ("._phieu.csv", b"\0\x05\x16\x07"),
}  # fmt: skip


@pytest.mark.parametrize("system", SIDE)
def test_what_a_system_puts_beside_a_table_is_passed_over_and_told(tmp_path: Path, system: str) -> None:
    name, content = SIDE[system]
    path = trial(tmp_path, {"r.zip": zipped({name: content, "phieu.csv": table(ROWS)})})
    assert read(path) == (3, AN_BINH)
    assert params(path, "returns.zip_parts") == {"read": "phieu.csv", "names": name}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("phiếu.xlsx", xlsx([HEADINGS, *ROWS])),
        (decomposed("Đợt 1/phiếu.tsv"), table(ROWS, between="\t").encode("utf-16")),
        ("PHIEU.CSV", table(ROWS, between=";").encode("utf-8-sig")),
    ],
    ids=["workbook", "tabs", "capitals"],
)
def test_the_one_table_of_an_archive_is_read_whatever_its_kind(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = trial(tmp_path, {"r.zip": zipped({name: content})})
    assert read(path) == (3, AN_BINH)


def test_two_tables_in_an_archive_are_listed_and_the_key_chooses(tmp_path: Path) -> None:
    content = zipped({"cũ.csv": table(ROWS[:1]), "mới.csv": table(ROWS), "__MACOSX/._cũ.csv": b"\0"})
    path = trial(tmp_path, {"r.zip": content})
    assert params(path, "returns.zip_several")["names"] == "cũ.csv, mới.csv"
    for name in ("mới", "mới.csv"):
        chosen = trial(tmp_path, {"r.zip": content}, returns=RETURNS.format("r.zip") + f'sheet = "{name}"\n')
        assert read(chosen) == (3, AN_BINH)


# Hidden rows and columns ------------------------------------------------------------------------------------------------------


def hidden_workbook(folder: Path, kind: str) -> str:
    """Rows 3 and 4 (forms 2 and 3) and column C are hidden."""
    name, rows = f"r.{kind}", [HEADINGS, *ROWS]
    if kind == "xlsx":
        (folder / name).write_bytes(xlsx(rows, hidden=(3, 4), column="C"))
    else:
        {"xls": write_xls, "ods": write_ods}[kind](folder / name, rows, (2, 3), (2,))
    return name


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_hidden_rows_are_read_and_told_or_left_out(tmp_path: Path, kind: str) -> None:
    name = hidden_workbook(tmp_path, kind)
    path = trial(tmp_path, returns=RETURNS.format(name))
    assert read(path) == (3, AN_BINH)
    assert params(path, "returns.rows_hidden") == {"rows_count": "2", "rows": "3–4"}
    assert params(path, "returns.columns_hidden") == {"columns_count": "1", "columns": "C"}
    without = trial(tmp_path, returns=RETURNS.format(name) + 'hidden_rows = "leave_out"\n')
    assert forms(without) == {(name, 2): "valid"}
    assert params(without, "returns.rows_left_out") == {"rows_count": "2", "rows": "3–4"}


def test_hidden_rows_without_anything_are_not_worth_a_word(tmp_path: Path) -> None:
    rows = [HEADINGS, ROWS[0], (None,) * 6, *ROWS[1:]]
    path = trial(tmp_path, {"r.xlsx": xlsx(rows, hidden=(3,))})
    assert read(path) == (3, AN_BINH)
    assert told(path, "returns.rows_hidden") == []


# Damage -----------------------------------------------------------------------------------------------------------------------


def test_a_workbook_that_asks_for_more_memory_than_it_may(tmp_path: Path) -> None:
    """One cell at the far end of an .xls: seventeen million empty ones stand before it."""
    rows: list[Sequence[object]] = [HEADINGS, *([()] * 65_534), [*[""] * 255, "x"]]
    write_xls(tmp_path / "r.xls", rows)
    path = trial(tmp_path, returns=RETURNS.format("r.xls"), settings="[limits]\nmemory_bytes = 100_000_000\n")
    found = told(path, "returns.file_memory") + told(path, "returns.file_fatal")
    assert {problem.file for problem in found} == {"r.xls"}


def end_of(path: Path) -> str:
    """``forms``, or the files that the faults name."""
    try:
        return "forms" if len(forms(path)) <= 40 else "more forms than there were"
    except sv.SurveyError as error:
        return " ".join({problem.file for problem in error.problems})


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sav", "zsav", "dta", "por", "xls", "ods", "xlsx"])
def test_bytes_turned_at_random_end_in_a_fault_or_in_forms(tmp_path: Path, kind: str) -> None:
    """Never in the end of the program that asked: it is still here to say so."""
    write: dict[str, Any] = {
        "sav": pyreadstat.write_sav,
        "zsav": pyreadstat.write_sav,
        "dta": pyreadstat.write_dta,
        "por": pyreadstat.write_por,
    }
    if kind in write:
        frame = pd.DataFrame(
            {"ma": ["P1", "P2"] * 20, "dv": ["an-binh", "long-my"] * 20, "A1": [4.0, 5.0] * 20}
        )
        write[kind](frame, str(tmp_path / f"r.{kind}"), **({"compress": True} if kind == "zsav" else {}))
    else:
        hidden_workbook(tmp_path, kind)
    raw, ended = (tmp_path / f"r.{kind}").read_bytes(), set[str]()
    path, chance = trial(tmp_path, returns=RETURNS.format(f"r.{kind}")), random.Random(2025)
    for _ in range(12):
        turned = bytearray(raw)
        for _ in range(8):
            turned[chance.randrange(len(turned))] = chance.randrange(256)
        (tmp_path / f"r.{kind}").write_bytes(turned)
        ended.add(end_of(path))
    assert ended <= {"forms", f"r.{kind}"}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\0" * 12 + b"\xc2\xea\x81\x60" + bytes(900), "SAS (.sas7bdat)"),
        (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30, "SAS (.xpt)"),
        (zipped({"word/document.xml": "<w/>"}), "Word (.docx)"),
        (b"<!DOCTYPE html><table><tr><td>Excel</td></tr></table>", "HTML"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path: Path, content: bytes, what: str) -> None:
    path = trial(tmp_path, {"r.xls": content})
    assert params(path, "returns.kind_unknown") == {"what": what}
    assert told(path, "returns.encoding_undeclared") == []


def test_the_working_folder_and_the_place_of_a_study_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trial(tmp_path / decomposed("đợt"), {"r.xlsx": xlsx([HEADINGS, *ROWS])})
    monkeypatch.chdir(tmp_path)
    assert read(Path("đợt")) == (3, AN_BINH)
    assert os.path.samefile(path, decomposed("đợt"))


# Files that end too early -----------------------------------------------------------------------------------------------------


LAST_ROW = 4  # of the table of ROWS, its headings counted


def test_a_file_without_its_last_line_end_is_told_and_read(tmp_path: Path) -> None:
    whole = table(ROWS)
    assert told(trial(tmp_path / "a", {"r.csv": whole}), "returns.open_end") == []
    for cut in (whole.removesuffix("\n"), whole.replace("\n", "\r\n").removesuffix("\n")):
        path = trial(tmp_path / "b", {"r.csv": cut})
        (problem,) = told(path, "returns.open_end")
        assert (problem.file, problem.row, problem.severity) == ("r.csv", LAST_ROW, "warning")
        assert "Rất không hài lòng" in dict(problem.params)["text"]
        assert read(path) == (3, AN_BINH)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_cut_line_end_is_told_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = trial(tmp_path, {"r.txt": table(ROWS, between="\t").removesuffix("\n").encode(encoding)})
    assert [problem.row for problem in told(path, "returns.open_end")] == [LAST_ROW]


def test_a_last_row_with_fewer_cells_is_called_cut(tmp_path: Path) -> None:
    cut = table(ROWS).rpartition(",")[0]
    (problem,) = told(trial(tmp_path, {"r.csv": cut}), "returns.last_row_cut")
    assert (problem.row, problem.severity) == (LAST_ROW, "error")
    assert (dict(problem.params)["found"], dict(problem.params)["expected"]) == ("5", "6")


def test_a_last_cell_shorter_than_all_others_is_called_cut(tmp_path: Path) -> None:
    """Dates of nineteen characters, of which the last lacks one."""
    order = (0, 1, 3, 4, 5, 2)
    rows = [tuple(row[k] for k in order) for row in (*ROWS, ("P4", *ROWS[0][1:]))]
    cut = table(rows, [HEADINGS[k] for k in order])[:-2]
    (problem,) = told(trial(tmp_path, {"r.csv": cut}), "returns.last_row_cut")
    assert (problem.row, problem.severity) == (5, "warning")
    assert dict(problem.params)["cell"] == "2025-10-05 08:00:0"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_that_ends_within_a_letter_is_refused(tmp_path: Path, encoding: str) -> None:
    """Its last letters "òng" have four bytes in UTF-8, six in UTF-16."""
    cut = table(ROWS).removesuffix("\n").encode(encoding)[:-3]
    (problem,) = told(trial(tmp_path, {"r.csv": cut}), "returns.cut_in_letter")
    assert (problem.row, problem.severity) == (LAST_ROW, "error")


def test_a_file_that_ends_within_quotes_is_refused_at_its_row(tmp_path: Path) -> None:
    rows = [*ROWS[:2], (*ROWS[2][:5], "Rất không, hài lòng")]
    cut = table(rows).removesuffix('"\n')
    assert [problem.row for problem in told(trial(tmp_path, {"r.csv": cut}), "returns.csv_broken")] == [
        LAST_ROW
    ]


def test_google_writes_no_last_line_end(tmp_path: Path) -> None:
    """Source: univocity-parsers, issue 530. What is cut for sure is told of its files too."""
    heads = ("Dấu thời gian", *HEADINGS[:2], *HEADINGS[3:])
    rows = [(f"2025/10/0{k} 9:12:33 SA GMT+7", *row[:2], *row[3:]) for k, row in enumerate(ROWS, 5)]
    whole = table(rows, heads).replace("\n", "\r\n").removesuffix("\r\n")
    path = trial(tmp_path / "a", {"r.csv": whole})
    assert list(forms(path)) == [("r.csv", 2), ("r.csv", 3), ("r.csv", 4)]
    assert told(path, "returns.open_end") + told(path, "returns.last_row_cut") == []
    assert told(trial(tmp_path / "b", {"r.csv": whole.rpartition(",")[0]}), "returns.last_row_cut")


def test_definitions_without_their_last_line_end_are_told_whatever_is_asked(tmp_path: Path) -> None:
    files = ("study.toml", "instrument/instrument.toml", "instrument/units.csv", "instrument/items.csv")
    path = trial(tmp_path, {"r.csv": table(ROWS)})
    assert told(path, "file.open_end") == []
    for file in files:
        content = (path / file).read_bytes()
        (path / file).write_bytes(content.rstrip(b"\n"))
    assert sorted(problem.file for problem in told(path, "file.open_end")) == sorted(files)
    assert {p.file for p in sv.check(path) if p.code == "file.open_end"} == set(files)


def test_a_definition_that_ends_within_a_letter_is_refused(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)})
    units = path / "instrument" / "units.csv"
    units.write_bytes(units.read_bytes() + "x,xa,Xã Tân Mỹ".encode()[:-1])
    (problem,) = told(path, "file.cut")
    assert (problem.file, problem.row) == ("instrument/units.csv", 5)
