"""LimeSurvey: CSV with a byte order mark, or a workbook, under any of its four heading styles.

Codes (``q1``, ``q1[SQ001]``), full texts (``Question [Row]``) and both (``q1[SQ001]. Question [Row]``) are read. Abbreviated
texts are rejected, because different questions become equal under them. ``-oth-`` is the answer *other*, whose text stands in a
column ``[other]``; a question without a text has an empty heading.

Source: the chapter "Exporting results" of the LimeSurvey manual.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from surveys.definitions.instrument.records import Item
from surveys.problems import Problems
from surveys.returns.answers.option_answers import NOT_CHOSEN, TICKED
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable, first_headings, plain_table
from surveys.returns.headings.product_columns import questions_and_roles
from surveys.returns.headings.question_texts import split_part
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import said_by_tool, words_for
from surveys.returns.text.cell_text import cell_text
from surveys.vocabulary.folding import fold, fold_name

OWN = {
    "id": "number", "response id": "number", "id phiếu trả lời": "number",
    "submitdate": "submitted", "date submitted": "submitted", "ngày gửi": "submitted",
    "startdate": "started", "date started": "started", "ngày bắt đầu": "started",
    "interviewtime": "seconds", "total time": "seconds", "tổng thời gian": "seconds",
    "lastpage": "", "last page": "", "startlanguage": "", "start language": "", "seed": "", "token": "", "access code": "",
    "datestamp": "edited", "date last action": "edited", "ipaddr": "", "ip address": "", "refurl": "", "referrer url": "",
    "trang cuối": "", "ngôn ngữ bắt đầu": "", "completed": "", "quota exit": "",
}  # fmt: skip
_SIGNATURES = ({"id", "submitdate", "lastpage"}, {"response id", "date submitted", "last page"})
_CODED = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)\.\s+(.+)", re.DOTALL)
_ABBREVIATED = re.compile(r"\.\.\s*(?:\[|$)|…\s*(?:\[|$)")
_TIMING = re.compile(r"(?:group|question) time|grouptime\d+|\w+Time$", re.IGNORECASE)
_OTHERS = frozenset(map(fold, ("other", "khác", "others", "mục khác")))
_CHOSEN = frozenset(map(fold, ("Y", "Yes", "Có", "1")))
_NOT_CHOSEN = frozenset(map(fold, ("N", "No", "Không", "0", "2")))
_NO_DATE = "1980-01-01"  # written when a survey does not keep times


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """90 when the first headings are the product's own, in codes or in words; otherwise 0."""
    headings = {fold_name(_code_and_text(text)[0]) for text in first_headings(sheets)}
    return 90 if any(signature <= headings for signature in _SIGNATURES) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """The table of the first sheet that holds anything."""
    return [_table(next(sheet for sheet in sheets if sheet.cells.size), vocabulary)]


def _table(sheet: Sheet, vocabulary: Vocabulary) -> FormTable:
    plain = plain_table(sheet)
    timed = [
        column
        for column in plain.columns
        if not _TIMING.search(column.heading) or fold_name(column.heading) in OWN
    ]
    _reject_abbreviated(timed, plain, vocabulary)
    named = [_named(column, vocabulary) for column in timed]
    closed = [column for column in named if not _is_free_text(column, vocabulary)]
    asked, roles = questions_and_roles(closed, vocabulary, OWN, _option)
    dated = {
        role: column.replaced(lambda cell: "" if cell_text(cell).startswith(_NO_DATE) else cell)
        for role, column in roles.items()
    }
    said = said_by_tool(named, "limesurvey")
    return dataclasses.replace(plain, columns=asked, roles=dated, said=said)


def _named(column: Column, vocabulary: Vocabulary) -> Column:
    """A column under its text and its code, its sub-question apart."""
    code, text = _code_and_text(column.heading)
    names = (code,) if text else ()
    heading = text or column.heading
    question, part = split_part(heading) or ("", "")
    shown = dataclasses.replace(column, heading=heading, names=names, text=text, question=question, part=part)
    return _with_others(shown, vocabulary)


def _code_and_text(heading: str) -> tuple[str, str]:
    """``q1[SQ001]. Question [Row]`` in its code and its text; a heading of one kind has no text.

    >>> _code_and_text("q1[SQ001]. Thái độ. Lịch sự [Rất tốt]"), _code_and_text("q1[SQ001]")
    (('q1[SQ001]', 'Thái độ. Lịch sự [Rất tốt]'), ('q1[SQ001]', ''))
    """
    both = _CODED.fullmatch(heading.strip())
    return (both[1], both[2].strip()) if both else (heading, "")


def _is_free_text(column: Column, vocabulary: Vocabulary) -> bool:
    """Whether a column is the free text beside an *other* of a question with one answer."""
    if fold(column.part) not in _OTHERS or fold_name(column.question) in vocabulary.multiple:
        return False
    return not vocabulary.targets(column)


def _option(text: str, part: str) -> str:
    """Yes and no in the words and numbers of the product, which know nothing of the codes of the scale; a text beside *other* is
    a choice."""
    folded = fold(text)
    if folded in _NOT_CHOSEN:
        return NOT_CHOSEN
    beside = fold(part) in _OTHERS and folded not in words_for("limesurvey", "not_shown")
    return TICKED if folded in _CHOSEN or beside else text


def _with_others(column: Column, vocabulary: Vocabulary) -> Column:
    """Cells with ``-oth-`` as the scale's own option *other*, where it has one; ``N/A`` is nothing where it is no answer."""
    if not {"-oth-", "N/A"} & set(column.distinct.texts):
        return column
    found = [target for target in vocabulary.targets(column) if target.kind == "item"]
    options = vocabulary.options_of(found[0].code) if found else None
    other = next(
        (text for text in ("Khác", "Other", "Mục khác") if options and options.find(text) is not None),
        "-oth-",
    )
    meant = {"-oth-": other, "N/A": "N/A" if options else ""}
    return column.replaced(lambda cell: meant.get(cell_text(cell), cell))


def _reject_abbreviated(columns: Sequence[Column], table: FormTable, vocabulary: Vocabulary) -> None:
    """Note headings that may be those of items without a column, cut short; a question that really ends in dots is none."""
    problems = Problems()
    held = {target.code for column in columns for target in vocabulary.targets(column)}
    absent = [item for item in vocabulary.items if item.code not in held]
    for column in columns:
        if _ABBREVIATED.search(column.heading) and not vocabulary.targets(column):
            begun = [item.code for item in absent if _is_begun(column.heading, item)]
            if begun:
                problems.add(
                    "returns.heading_abbreviated", file=table.file, sheet=table.sheet, column=column.letter,
                    text=column.heading, items=", ".join(begun),
                )  # fmt: skip
    problems.raise_errors()


def _is_begun(heading: str, item: Item) -> bool:
    """Whether a part of a heading that ends in dots is the beginning of a name of an item, or of its row."""
    names = [
        part
        for name in (item.text_vi, item.text_en, *item.aliases)
        for part in (name, *(split_part(name) or ()))
    ]
    cut = [fold_name(part) for part in split_part(heading) or (heading,) if _ABBREVIATED.search(part.strip())]
    return any(fold_name(name).startswith(begin) for begin in filter(None, cut) for name in names)
