"""Random damage to files of returns: bytes, rows, columns and cells, in every format and several products' layouts.

Whatever was done to a file, reading it must end in an error that names the file, or in the table that the file still holds: never
in a crash, a hang, or a silently different number of forms. Binary files are read by programs of their own, so a library that
crashes over one is an error like any other here, and is counted. The tests run a bounded campaign with fixed seeds; the long one
is

    python tests/surveys/returns/readers/damage.py --seed 1 --cases 20000

It prints at last how damaged bytes ended, by format. ``silent`` are files that read as another table without a word: a text cell
with one letter changed, or a number of a format without checksums, cannot be told from one that was meant.
"""

from __future__ import annotations

import argparse
import csv
import faulthandler
import json
import re
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problem, SurveyError
from surveys.returns.reading import read_returns
from tests.surveys.returns.files import made_files

HANG = 120  # seconds after which a case is taken to hang
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
    return re.sub("[^ -~]", "?", text.encode("ascii", "backslashreplace").decode())[
        :250
    ]  # no text may be longer


def write_old_workbook(path: Path, cells: Cells) -> None:
    made_files.write_xls(path, _finite(cells))


def write_open_document(path: Path, cells: Cells) -> None:
    made_files.write_ods(path, _finite(cells))


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


WRITERS: dict[str, Writer] = {
    "csv": write_csv, "utf-16": write_utf16, "xlsx": write_xlsx, "handmade": write_handmade, "google": write_google,
    "microsoft": write_microsoft, "kobo": write_kobo, "odk": write_odk, "limesurvey": write_limesurvey,
    "qualtrics": write_qualtrics, "surveymonkey": write_surveymonkey, "sav": write_sav, "zsav": write_zsav, "dta": write_dta,
    "parquet": write_parquet, "por": write_por, "xls": write_old_workbook, "ods": write_open_document, "zip": write_zip,
}  # fmt: skip
TEXT = ("csv", "utf-16", "google", "kobo", "odk", "limesurvey", "qualtrics", "surveymonkey")
ARCHIVE = ("xlsx", "handmade", "microsoft", "ods", "zip")
#: How damage to bytes ended, by format: an error (``crash`` where its reader died, ran too long or took too much), the same
#: table, another one that was told of, or another one without a word.
ENDS: Counter[tuple[str, str]] = Counter()
_CRASHES = {"returns.file_fatal", "returns.file_slow", "returns.file_memory"}
HEADING_ROWS = {"qualtrics": 3, "surveymonkey": 2}
ODD: tuple[object, ...] = (
    None, "", " ", 0, 6, -1, 4.5, 1e307, float("nan"), float("inf"), True, "5 - Không hài lòng", "4;5", "4,5", "x" * 3000,
    "😀", "#DIV/0!", "=1+1", "05/10/2023", "rất hài lòng", "5", "\t", "a\nb", 'a"b', "a,b;c", "\u200b5", "Rất hài lo\u0300ng",
    "NULL", "1e5",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What reading gave: codes of the problems, or codes and answers of the forms; ``told`` the codes of the warnings."""

    errors: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    answers: tuple[tuple[int, ...], ...] = ()
    told: frozenset[str] = frozenset()


def outcome(path: Path) -> Outcome:
    """Read one file; every problem must name it and have its wording in both languages."""
    study = StudyDefinition(
        "d", "Thử", "Trial", INSTRUMENT, path.parent, INSTRUMENT.units, returns=(ReturnFile(path.name, "q"),)
    )
    try:
        read = read_returns(study)
    except SurveyError as error:
        _check_messages(error.problems, path.name)
        return Outcome(errors=tuple(problem.code for problem in error.problems))
    _check_messages(read.warnings, path.name)
    answers = tuple(map(tuple, read.answers.tolist()))
    return Outcome((), tuple(read.rows["form_code"]), answers, frozenset(p.code for p in read.warnings))


def _check_messages(problems: Iterable[Problem], file: str) -> None:
    assert all(problem.file == file for problem in problems), problems
    assert all(problem.text("vi") and problem.text("en") for problem in problems)


def damaged_bytes(generator: np.random.Generator, raw: bytes) -> tuple[str, bytes]:
    """Bytes cut off, turned over, overwritten, put in or taken out at a random place."""
    content = bytearray(raw)
    place, size = int(generator.integers(len(raw))), int(generator.integers(1, 40))
    noise = generator.integers(0, 256, size).astype(np.uint8).tobytes()
    how = str(generator.choice(["cut", "flip", "zeros", "noise", "insert", "remove", "repeat"]))
    if how == "cut":
        del content[place:]
    elif how == "flip":
        content[place] ^= 1 << int(generator.integers(8))
    elif how == "zeros":
        content[place : place + size] = b"\0" * len(content[place : place + size])
    elif how == "noise":
        content[place : place + size] = noise[: len(content[place : place + size])]
    elif how == "insert":
        content[place:place] = noise
    elif how == "remove":
        del content[place : place + size]
    else:
        content[place:place] = content[place : place + size]
    return how, bytes(content)


def case_of_bytes(generator: np.random.Generator, kind: str, folder: Path) -> tuple[Path, str]:
    """Damage the bytes of a file and judge what is read: the file, and what is wrong with the reading (nothing: ``""``)."""
    path = folder / f"d.{kind}"
    cells = forms(generator)
    WRITERS[kind](path, cells)
    before = outcome(path)
    assert len(before.codes) == len(cells) - 1, (kind, before.errors)
    how, raw = damaged_bytes(generator, path.read_bytes())
    path.write_bytes(raw)
    after = outcome(path)
    ENDS[kind, _end(before, after)] += 1
    if after.errors:
        return path, ""
    if kind in TEXT:
        expected = lines_left(raw, "utf-16" if kind == "utf-16" else "utf-8", HEADING_ROWS.get(kind, 1))
        wrong = expected is not None and len(after.codes) != expected
        return path, f"{how}: {len(after.codes)} forms, {expected} lines" if wrong else ""
    same = (after.codes, after.answers) == (before.codes, before.answers)
    if kind in ARCHIVE:
        return path, "" if same else f"{how}: another table from an archive with checksums"
    return path, "" if len(after.codes) == len(before.codes) else f"{how}: {len(after.codes)} forms"


def _end(before: Outcome, after: Outcome) -> str:
    if after.errors:
        return "crash" if _CRASHES & set(after.errors) else "error"
    if (after.codes, after.answers) == (before.codes, before.answers):
        return "same"
    return "told" if after.told - before.told else "silent"


def lines_left(raw: bytes, encoding: str, headings: int) -> int | None:
    """Forms that a damaged text file still holds: its lines below the headings that hold anything; None when quotes or line ends
    inside cells make that hard to say without a parser."""
    text = raw.decode(encoding, "replace").removeprefix("\ufeff")
    if '"' in re.sub(r'"\{""ImportId"":""QID\d+""\}"', "", text):
        return None
    filled = [line for line in re.split(r"\r\n|\r|\n", text) if re.sub(r"[\s,\t]", "", line)]
    return max(len(filled) - headings, 0)


def case_of_rows(generator: np.random.Generator, kind: str, folder: Path) -> tuple[Path, str]:
    """Take out, double, move or blank rows: the forms read are the rows that are there."""
    cells = forms(generator)
    head, rows = cells[0], cells[1:]
    how = str(generator.choice(["delete", "double", "shuffle", "blank"]))
    k = int(generator.integers(len(rows)))
    if how == "delete":
        del rows[k]
    elif how == "double":
        rows.insert(int(generator.integers(len(rows))), list(rows[k]))
    elif how == "shuffle":
        rows = [rows[i] for i in generator.permutation(len(rows))]
    elif kind in ("csv", "utf-16", "xlsx", "handmade", "xls", "ods", "zip"):
        rows.insert(k, [""] * len(head))
    path = folder / f"d.{kind}"
    WRITERS[kind](path, [head, *rows])
    kept = [row for row in rows if any(row)]
    expected = (
        tuple(str(row[0]) for row in kept),
        tuple(tuple(int(str(c)) - 1 for c in row[2:]) for row in kept),
    )
    after = outcome(path)
    return path, "" if (after.codes, after.answers) == expected else f"{how}: {after}"


def case_of_columns(generator: np.random.Generator, kind: str, folder: Path) -> tuple[Path, str]:
    """Take out, double, move, rename or blank columns: an error, or the same answers of the same forms."""
    cells = forms(generator)
    before = tuple(tuple(int(str(c)) - 1 for c in row[2:]) for row in cells[1:])
    how = str(generator.choice(["delete", "double", "shuffle", "rename", "unnamed", "junk"]))
    j = int(generator.integers(len(cells[0])))
    order = generator.permutation(len(cells[0]))
    for i, row in enumerate(cells):
        if how == "delete":
            del row[j]
        elif how == "double":
            row.append(row[j])
        elif how == "shuffle":
            row[:] = [row[k] for k in order]
        elif how == "junk":
            row.insert(j, "Ghi chú" if i == 0 else str(generator.integers(9)))
        elif i == 0:
            row[j] = "" if how == "unnamed" else f"{row[j]} khác"
    path = folder / f"d.{kind}"
    WRITERS[kind](path, cells)
    after = outcome(path)
    return path, "" if after.errors or after.answers == before else f"{how} {j}: {after}"


def case_of_cells(generator: np.random.Generator, kind: str, folder: Path) -> tuple[Path, str]:
    """Put something odd into one cell: every other answer of every form stays as it was."""
    cells = forms(generator)
    before = [[int(str(c)) - 1 for c in row[2:]] for row in cells[1:]]
    i, j = int(generator.integers(1, len(cells))), int(generator.integers(len(cells[0])))
    odd = ODD[int(generator.integers(len(ODD)))]
    cells[i][j] = odd
    path = folder / f"d.{kind}"
    WRITERS[kind](path, cells)
    after = outcome(path)
    if after.errors:
        return path, ""
    read = [list(row) for row in after.answers]
    if len(read) == len(before) and j >= 2:
        read[i - 1][j - 2] = before[i - 1][j - 2]
    return path, "" if read == before else f"{odd!r:.40} in row {i}, column {j}: {len(after.codes)} forms"


CASES = (case_of_bytes, case_of_bytes, case_of_rows, case_of_columns, case_of_cells)


def campaign(seed: int, cases: range, folder: Path, kinds: tuple[str, ...] = tuple(WRITERS)) -> Iterator[str]:
    """Run cases, each with a seed of its own, and give what is wrong with each: nothing, or a line."""
    for number in cases:
        generator = np.random.default_rng([seed, number])
        kind, case = kinds[number % len(kinds)], CASES[(number // len(kinds)) % len(CASES)]
        try:
            wrong = case(generator, kind, folder)[1]
        except Exception:
            wrong = traceback.format_exc(limit=-4)
        yield f"seed {seed}, case {number}, {kind}, {case.__name__}: {wrong}" if wrong else ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Random damage to files of returns.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--kinds", nargs="*", default=list(WRITERS), choices=list(WRITERS))
    chosen = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        faulthandler.dump_traceback_later(HANG, exit=True)
        cases = range(chosen.start, chosen.start + chosen.cases)
        for line in campaign(chosen.seed, cases, Path(folder), tuple(chosen.kinds)):
            faulthandler.dump_traceback_later(HANG, exit=True)
            if line:
                found += 1
                print(line, flush=True)
        faulthandler.cancel_dump_traceback_later()
    for kind in chosen.kinds:
        ends = {end: ENDS[kind, end] for end in ("error", "crash", "same", "told", "silent")}
        print(f"{kind}: " + ", ".join(f"{count} {end}" for end, count in ends.items()))
    print(f"{chosen.cases} cases, {found} failures")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
