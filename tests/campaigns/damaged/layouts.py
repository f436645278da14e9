"""Files of returns as products write them, in every format that is read: the same forms in each."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import xlsxwriter

from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Questionnaire,
    Scale,
    Unit,
)
from tests.surveys.returns.files import made_files
from tests.surveys.returns.files.made_xlsb import write_xlsb

UNITS = ("Sở Nội vụ", "Sở Ngoại vụ", "Sở Tài chính")
TEXTS = ("Chất lượng văn bản", "Tính kịp thời", "Thái độ phục vụ", "Năng lực", "Kết quả")
HEADINGS = ("Mã phiếu", "Đơn vị", *TEXTS)
LABELS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
SCALE = Scale("hl", tuple(Level(str(k + 1), (k / 4,), LABELS[k], f"Level {k}") for k in range(5)))
INSTRUMENT = Instrument(
    "d", "1", "Thử", "Trial", (Block("so", "Sở", "Departments"),), (Group("g", "Nhóm", "Group"),),
    (Questionnaire("q", "so", "g", "Mẫu", "Form"),), (SCALE,), (),
    tuple(Item(f"1.{k}", "", "hl", ("q",), text, f"Item {k}") for k, text in enumerate(TEXTS)),
    tuple(Unit(f"U{k}", "so", name) for k, name in enumerate(UNITS)),
    (Field("form_code", "form_code", ("Mã phiếu",)), Field("unit", "unit", ("Đơn vị",))), (), (),
)  # fmt: skip

Cells = list[Any]
Writer = Callable[[Path, Cells], None]


def forms(generator: np.random.Generator, count: int = 12) -> Cells:
    """Headings and forms without gaps: code, unit, answers."""
    answers = generator.integers(1, 6, (count, len(TEXTS)))
    rows: Cells = [[f"P{k:03d}", UNITS[k % 3], *map(int, row)] for k, row in enumerate(answers)]
    return [list(HEADINGS), *rows]


def write_csv(path: Path, cells: Cells) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(cells)


def write_tsv(path: Path, cells: Cells) -> None:
    """As R and databases write it: tabs, nothing quoted that need not be."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(cells)


def write_utf16(path: Path, cells: Cells) -> None:
    with path.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(cells)


def write_xlsx(path: Path, cells: Cells) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet("Phiếu")
        for i, row in enumerate(cells):
            for j, cell in enumerate(row):
                page.write(i, j, cell if isinstance(cell, (str, bool, int, float, type(None))) else str(cell))


def write_handmade(path: Path, cells: Cells) -> None:
    upper = ["Phiếu", "", *["Nội dung đánh giá"] * (len(cells[0]) - 2)]
    write_xlsx(path, [["BẢNG TỔNG HỢP"], [], upper[: len(cells[0])], *cells, ["Tổng", "", *[3] * len(TEXTS)]])


def write_google(path: Path, cells: Cells) -> None:
    first = ["Dấu thời gian", *(["2023/10/05 9:12:33 SA GMT+7"] * (len(cells) - 1))]
    write_csv(path, [[time, *row] for time, row in zip(first, cells, strict=True)])


def write_qualtrics(path: Path, cells: Cells) -> None:
    names, texts = ["StartDate", "ResponseId"], ["Start Date", "Response ID"]
    ids = [json.dumps({"ImportId": f"QID{k}"}, separators=(",", ":")) for k in range(len(cells[0]) + 2)]
    body = [["2023-10-05 09:12:33", f"R_{k}", *row] for k, row in enumerate(cells[1:])]
    write_csv(path, [[*names, *(f"Q{k}" for k in range(len(cells[0])))], [*texts, *cells[0]], ids, *body])


def write_surveymonkey(path: Path, cells: Cells) -> None:
    head = ["Respondent ID", "Collector ID", *cells[0]]
    body = [[k, 7, *row] for k, row in enumerate(cells[1:])]
    write_csv(path, [head, ["", "", *["Response"] * len(cells[0])], *body])


def write_microsoft(path: Path, cells: Cells) -> None:
    own: Cells = [["ID", "Start time", "Completion time", "Email", "Name"]]
    own += [[k, "2023-10-05 09:00:00", "2023-10-05 09:05:00", "anonymous", ""] for k in range(1, len(cells))]
    write_xlsx(path, [[*mine, *row] for mine, row in zip(own, cells, strict=True)])


def write_kobo(path: Path, cells: Cells) -> None:
    head = [
        "start",
        "end",
        *(f"nhom/{cell}" for cell in cells[0]),
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
    ]
    times = ["2023-10-05T09:00:00.000+07:00", "2023-10-05T09:04:00.000+07:00"]
    body = [[*times, *row, k, f"u{k}", "2023-10-05T02:05:00", k] for k, row in enumerate(cells[1:])]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([head, *body])


def write_odk(path: Path, cells: Cells) -> None:
    head = ["SubmissionDate", *(f"nhom-{cell}" for cell in cells[0]), "KEY", "SubmitterName", "ReviewState"]
    body = [["2023-10-05T02:05:00.000Z", *row, f"uuid:{k}", "dtv", ""] for k, row in enumerate(cells[1:])]
    write_csv(path, [head, *body])


def write_limesurvey(path: Path, cells: Cells) -> None:
    own: Cells = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
    body = [[k, "2023-10-05 09:12:33", 3, "vi", 7, *row] for k, row in enumerate(cells[1:])]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([[*own, *cells[0]], *body])


def write_parquet(path: Path, cells: Cells) -> None:
    table = _frame(cells)
    pq.write_table(pa.table([pa.array(table[name]) for name in table], [str(c) for c in cells[0]]), path)


def write_sav(path: Path, cells: Cells) -> None:
    pyreadstat.write_sav(_frame(cells), str(path), column_labels=[str(cell) for cell in cells[0]])


def write_zsav(path: Path, cells: Cells) -> None:
    pyreadstat.write_sav(
        _frame(cells), str(path), column_labels=[str(cell) for cell in cells[0]], compress=True
    )


def write_dta(path: Path, cells: Cells) -> None:
    table = _frame(cells).replace([np.inf, -np.inf], np.nan)
    pyreadstat.write_dta(table, str(path), column_labels=[str(cell) for cell in cells[0]])


def write_por(path: Path, cells: Cells) -> None:
    """Portable files are ASCII: columns and units are called by their codes."""
    codes = ["form_code", "unit", *(item.code for item in INSTRUMENT.items)]
    known = dict(zip((*HEADINGS, *UNITS), (*codes, *(unit.code for unit in INSTRUMENT.units)), strict=True))
    plain = [[_ascii(known.get(c, c)) if isinstance(c, str) else c for c in row] for row in cells]
    pyreadstat.write_por(_frame(plain), str(path), column_labels=[str(cell) for cell in plain[0]])


def _ascii(text: str) -> str:
    return re.sub("[^ -~]", "?", text.encode("ascii", "backslashreplace").decode())[:250]  # no longer text


def write_old_workbook(path: Path, cells: Cells) -> None:
    made_files.write_xls(path, _finite(cells))


def write_open_document(path: Path, cells: Cells) -> None:
    made_files.write_ods(path, _finite(cells))


def write_binary_workbook(path: Path, cells: Cells) -> None:
    write_xlsb(path, _finite(cells))


def write_zip(path: Path, cells: Cells) -> None:
    write_csv(path, cells)
    content = path.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("phieu.csv", content)


def _finite(cells: Cells) -> Cells:
    """Numbers that no workbook holds as texts."""
    return [[str(c) if isinstance(c, float) and not np.isfinite(c) else c for c in row] for row in cells]


def _frame(cells: Cells) -> pd.DataFrame:
    table = pd.DataFrame(cells[1:], columns=[f"V{k}x" for k in range(len(cells[0]))], dtype=object)
    numeric = {name: table[name].map(lambda cell: isinstance(cell, (int, float))).all() for name in table}
    return table.apply(
        lambda column: (
            column.astype(float)
            if numeric[column.name]
            else column.map(lambda c: "" if c is None else str(c))
        )
    )


#: Layout → what writes it.
WRITERS: Mapping[str, Writer] = {
    "csv": write_csv, "google": write_google, "kobo": write_kobo, "odk": write_odk, "limesurvey": write_limesurvey,
    "qualtrics": write_qualtrics, "surveymonkey": write_surveymonkey, "tsv": write_tsv, "utf-16": write_utf16,
    "xlsx": write_xlsx, "handmade": write_handmade, "microsoft": write_microsoft, "xlsb": write_binary_workbook,
    "xls": write_old_workbook, "ods": write_open_document, "zip": write_zip, "sav": write_sav, "zsav": write_zsav,
    "por": write_por, "dta": write_dta, "parquet": write_parquet,
}  # fmt: skip
#: Layout → format, where it is another word.
FORMATS: Mapping[str, str] = {
    **dict.fromkeys(("google", "kobo", "odk", "limesurvey", "qualtrics", "surveymonkey"), "csv"),
    "utf-16": "tsv", "handmade": "xlsx", "microsoft": "xlsx",
}  # fmt: skip
HEADING_ROWS: Mapping[str, int] = {"qualtrics": 3, "surveymonkey": 2}
