"""Damaged files of returns, in every format and several products' layouts: one case, and how it ended."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.records import Rule
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problem, SurveyError
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.validity.screening import screen
from tests.campaigns.damaged.changed_archives import ARCHIVES
from tests.campaigns.damaged.changed_bytes import BYTES, HEADS, TEXT, Change, Generator, head, text_of
from tests.campaigns.damaged.changed_tables import TABLES, Cells
from tests.campaigns.damaged.layouts import FORMATS, HEADING_ROWS, INSTRUMENT, WRITERS, forms
from tests.campaigns.damaged.outcomes import End, Outcome, end_of, unnamed

VARIANTS = 3  # different forms of a layout
TEXTS = frozenset(layout for layout in WRITERS if FORMATS.get(layout, layout) in ("csv", "tsv"))
PACKED = frozenset(layout for layout in WRITERS if FORMATS.get(layout, layout) in ("xlsx", "xlsb", "ods", "zip"))  # fmt: skip
_RULES = (Rule("duplicate_code", "review"), Rule("out_of_scale", "review"), Rule("several_answers", "review"))
#: Damage to tables after which the answers are the same, or the file is refused.
_COLUMNS = frozenset(("column gone", "column double", "columns swapped", "heading changed", "column added"))
#: Damage after which the forms are those of the rows that are there.
_ROWS = frozenset(("row gone", "row double", "rows swapped", "row blank"))
#: Layouts in which a row without cells holds nothing.
_BARE = frozenset(("csv", "tsv", "utf-16", "xlsx", "handmade", "xlsb", "xls", "ods", "zip"))


def damages(layout: str) -> dict[str, Change | None]:
    """The kinds of damage that a layout can suffer; None: to its table, which is then written anew."""
    found: dict[str, Change | None] = dict(BYTES)
    if layout in TEXTS:
        found |= TEXT
    if layout in PACKED:
        found |= ARCHIVES
    if layout in HEADS:
        found["head"] = head(layout)
    return found | dict.fromkeys(TABLES)


class Whole:
    """A file that is not damaged, and what it says."""

    def __init__(self, layout: str, variant: int, folder: Path) -> None:
        self.layout, self.path = layout, folder / f"d.{layout}"
        self.cells = forms(np.random.default_rng([variant, len(layout)]))
        WRITERS[layout](self.path, self.cells)
        self.raw = self.path.read_bytes()
        self.sheets = _plain(read_sheets(self.path))
        self.outcome = outcome(self.path)
        assert len(self.answers) == len(self.cells) - 1, (layout, self.outcome.faults)

    @property
    def answers(self) -> list[tuple[int, ...]]:
        return [answers for _, _, answers in self.outcome.forms]


@cache
def whole(layout: str, variant: int, folder: Path) -> Whole:
    return Whole(layout, variant, folder)


def case(generator: Generator, layout: str, folder: Path) -> tuple[str, End]:
    """Damage a file and read it: the kind of damage, and how it ended."""
    before = whole(layout, int(generator.integers(VARIANTS)), folder)
    kinds = damages(layout)
    kind = str(generator.choice(list(kinds)))
    change = kinds[kind]
    if change is not None:
        raw = change(generator, before.raw)
        before.path.write_bytes(raw)
        end, after = _read(before)
        return kind, end if end.wrong else replace(end, wrong=_wrong_bytes(kind, before, raw, after))
    cells = copy.deepcopy(before.cells)
    TABLES[kind](generator, cells)
    WRITERS[layout](before.path, cells)
    end, after = _read(before)
    return kind, end if end.wrong else replace(end, wrong=_wrong_table(kind, before, cells, after))


def _read(before: Whole) -> tuple[End, Outcome]:
    """How a file ended; sheets that are the same say the same. Codes and units that reading passes, screening may not; answers
    that are options of the scale are looked at no more."""
    try:
        sheets = _plain(read_sheets(before.path))
    except SurveyError as error:
        after = Outcome(error.problems)
    else:
        if sheets == before.sheets:
            return End("same"), before.outcome
        after = outcome(before.path)
    end = end_of(before.outcome, after)
    if end.end == "silent" and end.detail != "answers" and after.screened() - before.outcome.screened():
        end = replace(end, end="told")
    return replace(end, wrong=unnamed(after.faults or _warnings(after), (before.path.name,))), after


def outcome(path: Path) -> Outcome:
    """What a file of returns says."""
    study = StudyDefinition(
        "d", "Thử", "Trial", INSTRUMENT, path.parent, INSTRUMENT.units, returns=(ReturnFile(path.name, "q"),),
        rules=with_standing(_RULES, ["q"]),
    )  # fmt: skip
    try:
        read = read_returns(study)
    except SurveyError as error:
        return Outcome(error.problems)
    rows = read.rows
    said = tuple(zip(rows["form_code"], rows["unit_code"], map(tuple, read.answers.tolist()), strict=True))
    codes, units, answers = (
        [form[k] for form in sorted(said, key=lambda form: form[::-1])] for k in range(3)
    )
    numbers = {"forms": len(said), "codes": codes, "units": units, "answers": answers}
    told = {*read.warnings, *read.cells.itertuples(index=False, name=None), *read.proposals["text"]}
    told |= {(row, state) for row, state in enumerate(rows["copy"]) if state}
    return Outcome((), numbers, _words(read), frozenset(told), said, lambda: _screening(study, read))


def _screening(study: StudyDefinition, read: Returns) -> frozenset[object]:
    """What screening tells, and why forms are not valid."""
    found = screen(study, read)
    reasons = found.reasons[["row", "rule"]].itertuples(index=False, name=None)
    return frozenset((*found.warnings, *reasons))


def _words(read: Returns) -> tuple[str, ...]:
    columns = read.rows[["unit_text", "submitted", "seconds", "state_text"]]
    return tuple(sorted(map(str, columns.itertuples(index=False, name=None))))


def _warnings(after: Outcome) -> list[Problem]:
    return [told for told in after.told if isinstance(told, Problem)]


def _plain(sheets: tuple[Sheet, ...]) -> str:
    """Everything that the sheets of a file say, to be compared."""
    facts = [
        (sheet, sheet.cells.tolist(), None if sheet.widths is None else sheet.widths.tolist())
        for sheet in sheets
    ]
    return repr([(replace(sheet, cells=np.array(()), widths=None), *parts) for sheet, *parts in facts])


def _wrong_bytes(kind: str, before: Whole, raw: bytes, after: Outcome) -> str:
    """What damage to bytes must not lead to: a text without some of its lines, another table in spite of checksums, a binary
    file without some of its forms and not a word of it, but for lines of a portable file, which are not counted anywhere."""
    if after.faults:
        return ""
    count = len(after.forms)
    layout = before.layout
    if layout in TEXTS:
        if {told.code for told in _warnings(after)} & {"returns.rows_title", "returns.rows_total"}:
            return ""  # rows that look like titles or totals now are told
        lost_mark = layout == "utf-16" and raw[:2] != before.raw[:2]
        if kind == "encoding" or lost_mark or (kind == "line ends" and layout in HEADING_ROWS):
            return ""  # lines are hard to tell, or a row of headings is one with the next
        expected = lines_left(raw, HEADING_ROWS.get(layout, 1))
        return f"{count} forms, {expected} lines" if expected not in (None, count) else ""
    if kind in ARCHIVES:
        return ""
    end = end_of(before.outcome, after).end
    if layout in PACKED:
        return "another table from an archive with checksums" if end in ("told", "words", "silent") else ""
    if layout == "por" and {len(line) for line in raw.splitlines()} == {80}:
        return ""  # whole lines are gone, or one is, and another that joins what is left
    return f"{count} forms without a word" if end == "silent" and count != len(before.cells) - 1 else ""


def _wrong_table(kind: str, before: Whole, cells: Cells, after: Outcome) -> str:
    """What damage to a table must not lead to: other rows than those that are there, other answers of cells that are whole."""
    if after.faults:
        return ""
    read = [answers for _, _, answers in after.forms]
    if kind in _ROWS and (kind != "row blank" or before.layout in _BARE):
        kept = [row for row in cells[1:] if any(row)]
        expected = [(str(row[0]), tuple(int(str(c)) - 1 for c in row[2:])) for row in kept]
        found = [(code, answers) for code, _, answers in after.forms]
        return "" if found == expected else f"other forms than those of {len(kept)} rows"
    if kind in _COLUMNS:
        return "" if read == before.answers else "other answers from other columns"
    if kind == "cell odd" and len(read) == len(before.answers):
        changed = [
            k for row, was in zip(read, before.answers, strict=True)
            for k, (answer, old) in enumerate(zip(row, was, strict=True)) if answer != old
        ]  # fmt: skip
        return "" if len(changed) <= 1 else f"{len(changed)} answers differ for one odd cell"
    return ""


def lines_left(raw: bytes, headings: int) -> int | None:
    """Forms that a damaged text file still holds: its lines below the headings that hold anything; None when quotes or line ends
    inside cells make that hard to say without a parser."""
    text = text_of(raw)
    if '"' in re.sub(r'"\{""ImportId"":""QID\d+""\}"', "", text):
        return None
    filled = [line for line in re.split(r"\r\n|\r|\n", text) if re.sub(r"[\s,\t]", "", line)]
    return max(len(filled) - headings, 0)


#: Subject → format, as the table of results calls it.
SUBJECTS: Mapping[str, str] = {layout: FORMATS.get(layout, layout) for layout in WRITERS}
