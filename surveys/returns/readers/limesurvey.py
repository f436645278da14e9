"""LimeSurvey: CSV with a byte order mark, or a workbook, under any of its four heading styles.

Codes (``q1``, ``q1[SQ001]``), full texts (``Question [Row]``) and both (``q1[SQ001]. Question [Row]``) are read. Abbreviated
texts are refused, because different questions become equal under them. ``-oth-`` is the answer *other*, whose text stands in a
column ``[other]``; a question without a text has an empty heading.

Source: the chapter "Exporting results" of the LimeSurvey manual.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from surveys.problems import Problem, Problems
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import MARK, Column, Table, chosen_options, heading_texts
from surveys.returns.headings.questions import Vocabulary, split_part, without_letter, without_own
from surveys.returns.readers import native
from surveys.returns.text.repair import cell_text
from surveys.vocabulary.folding import fold, fold_name

NAME = "limesurvey"
OWN = {
    "id": "response", "response id": "response", "id phiếu trả lời": "response",
    "submitdate": "submitted", "date submitted": "submitted", "ngày gửi": "submitted",
    "startdate": "started", "date started": "started", "ngày bắt đầu": "started",
    "interviewtime": "seconds", "total time": "seconds", "tổng thời gian": "seconds",
    "lastpage": "", "last page": "", "startlanguage": "", "start language": "", "seed": "", "token": "", "access code": "",
    "datestamp": "", "date last action": "", "ipaddr": "", "ip address": "", "refurl": "", "referrer url": "",
    "trang cuối": "", "ngôn ngữ bắt đầu": "",
}  # fmt: skip
_OWN = {fold_name(heading): role for heading, role in OWN.items()}
_SIGNATURES = ({"id", "submitdate", "lastpage"}, {"response id", "date submitted", "last page"})
_CODED = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)\.\s+(.+)", re.DOTALL)
_ABBREVIATED = re.compile(r"\.\.\s*(?:\[|$)|…\s*(?:\[|$)")
_TIMING = re.compile(r"(?:group|question) time|grouptime\d+|\w+Time$", re.IGNORECASE)
_OTHERS = frozenset(map(fold, ("other", "khác", "others", "mục khác")))
_CHOSEN = frozenset(map(fold, ("Y", "Yes", "Có", "1")))
_NOT_CHOSEN = frozenset(map(fold, ("N", "No", "Không", "0")))
_NO_DATE = "1980-01-01"  # written when a survey does not keep times


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """90 when the first headings are the product's own, in codes or in words; otherwise 0."""
    first = next((sheet for sheet in sheets if sheet.cells.size), None)
    if first is None or first.variables:
        return 0
    headings = {
        fold_name(_code_and_text(text)[0]) for text in heading_texts(first, native.first_filled(first))
    }
    return 90 if any(signature <= headings for signature in _SIGNATURES) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[Table]:
    """The table of the first sheet that holds anything."""
    return [_table(next(sheet for sheet in sheets if sheet.cells.size), vocabulary)]


def _table(sheet: Sheet, vocabulary: Vocabulary) -> Table:
    plain = native.table(sheet)
    timed = [
        column
        for column in plain.columns
        if not _TIMING.search(column.heading) or fold_name(column.heading) in _OWN
    ]
    _refuse_abbreviated(timed, plain, vocabulary)
    named = [_named(column, vocabulary) for column in timed]
    together = [c for _, of_one in groupby(named, _question) for c in _together(list(of_one), vocabulary)]
    asked, roles = without_own(together, _OWN, vocabulary)
    dated = {role: _dated(column) for role, column in roles.items()}
    return dataclasses.replace(plain, columns=asked, roles=dated, notes=tuple(_unfinished(plain, dated)))


def _named(column: Column, vocabulary: Vocabulary) -> Column:
    """A column under its text and its code, its sub-question apart."""
    code, text = _code_and_text(column.heading)
    names = (code, without_letter(code)) if text else (without_letter(column.heading),)
    shown = dataclasses.replace(column, heading=text or column.heading, names=names)
    split = split_part(shown.heading)
    if split is None:
        return dataclasses.replace(shown, values=_others(column, vocabulary, shown))
    parted = dataclasses.replace(shown, question=split[0], part=split[1])
    return dataclasses.replace(parted, values=_others(column, vocabulary, parted))


def _code_and_text(heading: str) -> tuple[str, str]:
    """``q1[SQ001]. Question [Row]`` in its code and its text; a heading of one kind has no text.

    >>> _code_and_text("q1[SQ001]. Thái độ. Lịch sự [Rất tốt]"), _code_and_text("q1[SQ001]")
    (('q1[SQ001]', 'Thái độ. Lịch sự [Rất tốt]'), ('q1[SQ001]', ''))
    """
    both = _CODED.fullmatch(heading.strip())
    return (both[1], both[2].strip()) if both else (heading, "")


def _together(columns: list[Column], vocabulary: Vocabulary) -> list[Column]:
    """The options of one question with several answers as one column; free texts beside an ``other`` left out."""
    question = _question(columns[0])
    options = vocabulary.multiple.get(fold_name(question)) if question else None
    if options is None:
        return [
            column for column in columns if fold(column.part) not in _OTHERS or vocabulary.targets(column)
        ]
    chosen = [_option(column, fold(column.part) in options) for column in columns]
    return [chosen_options(question, chosen, columns[0].letter)]


def _question(column: Column) -> str:
    return column.question


def _option(column: Column, known: bool) -> np.ndarray:
    """The option where it was chosen. Anything written under an option that nobody declared is something else."""
    if not known:
        return column.distinct.spread(np.array([MARK] * len(column.distinct.texts), dtype=object), "")
    said = [_chosen(text, column.part) for text in column.distinct.texts]
    return column.distinct.spread(np.array(said, dtype=object), "")


def _chosen(text: str, option: str) -> str:
    folded = fold(text)
    if folded in _CHOSEN:
        return option
    return "" if folded in _NOT_CHOSEN or folded == "n/a" else MARK


def _others(column: Column, vocabulary: Vocabulary, named: Column) -> np.ndarray:
    """Cells with ``-oth-`` as the scale's own option *other*, where it has one, and ``N/A`` as nothing."""
    cells = {cell_text(cell) for cell in column.distinct.values}
    if not cells & {"-oth-", "N/A"}:
        return column.objects
    found = [target for target in vocabulary.targets(named) if target.kind == "item"]
    options = vocabulary.options[vocabulary.scale_of(found[0].code).code] if found else None
    other = next(
        (text for text in ("Khác", "Other", "Mục khác") if options and options.find(text) is not None),
        "-oth-",
    )
    meant = {"-oth-": other, "N/A": "" if options is None or options.find("N/A") is None else "N/A"}
    return np.array([meant.get(cell_text(cell), cell) for cell in column.objects], dtype=object)


def _dated(column: Column) -> Column:
    """Times, without the date that stands for none."""
    cells = ["" if cell_text(cell).startswith(_NO_DATE) else cell for cell in column.objects]
    return dataclasses.replace(column, values=np.array(cells, dtype=object))


def _refuse_abbreviated(columns: Sequence[Column], table: Table, vocabulary: Vocabulary) -> None:
    problems = Problems()
    for column in columns:
        if _ABBREVIATED.search(column.heading) and not vocabulary.targets(column):
            problems.add(
                "returns.heading_abbreviated",
                file=table.file,
                sheet=table.sheet,
                column=column.letter,
                text=column.heading,
            )
    problems.raise_errors()


def _unfinished(table: Table, roles: dict[str, Column]) -> Iterator[Problem]:
    """A note of the forms that were never sent: they are read like all others, without a time of sending."""
    submitted = roles.get("submitted")
    rows = np.flatnonzero(submitted.distinct.codes < 0) if submitted else np.zeros(0, dtype=int)
    if 0 < len(rows) < len(table):
        first = int(table.row_numbers[rows[0]])
        yield Problem(
            "returns.unfinished", "warning", table.file, table.sheet, first, "", (("forms", str(len(rows))),)
        )
