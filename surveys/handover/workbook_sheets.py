"""The tables of the council as sheets: names first, codes in the last columns, codes that have words shown by these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.handover.official_columns import OfficialColumn, OfficialTable
from surveys.handover.result_frames import Texts
from surveys.handover.words import period_shown
from surveys.handover.workbook_cells import cells_of, style_of
from surveys.handover.workbook_facts import WorkbookFacts
from surveys.handover.workbook_layout import Body, Line, LinePart, SheetColumn, WorkbookSheet
from surveys.problems import Language, phrase
from surveys.vocabulary.council_tables import EVALUATIONS, FORMS

#: Columns that say which agreed words stand in a row but nothing that people read, by table.
_UNSEEN = ("node_level", "reasons_vi")
#: Columns of results that the files have and sheets leave out: the names of units tell their block, the status tells the basis,
#: and the interval of the percentage that of the points.
_ELSEWHERE = ("block", "council_basis", "points_low", "points_high")
_MANY = 0.05  # of the rows of a table
#: Columns below a heading that they share.
_OVER: Mapping[str, str] = {
    "ci_low": "interval",
    "ci_high": "interval",
    "points_low": "points_interval",
    "points_high": "points_interval",
    "rank_low": "rank_set",
    "rank_high": "rank_set",
    "survey_rank_low": "survey_rank_set",
    "survey_rank_high": "survey_rank_set",
}


@dataclass(frozen=True, eq=False)
class ShownTable:
    """A table as printed, and what is said of it in the workbook: ``texts`` has the columns that are shown."""

    table: OfficialTable
    texts: Texts
    facts: WorkbookFacts

    @property
    def language(self) -> Language:
        return self.facts.output.language

    def __len__(self) -> int:
        return len(next(iter(self.texts.values())))

    def has(self, name: str) -> bool:
        return name in self.texts

    def column(self, name: str) -> SheetColumn:
        """A column under the heading that the codebook gives it, or a shorter one where another heading stands above."""
        official = self._official(name)
        over = _OVER.get(name, "")
        if not over:
            return SheetColumn(official.heading(self.language), style_of(official, self.facts.output))
        level = f"{100 * self.facts.settings.inference.level:g}"
        heading = phrase(f"handover.below.{'low' if name.endswith('low') else 'high'}", self.language)
        above = phrase(f"handover.over.{over}", self.language, level=marked(level, self.language))
        return SheetColumn(heading, style_of(official, self.facts.output), above)

    def cells(self, name: str) -> Sequence[object]:
        """The cells of a column: numbers, words of codes, dates as they are written, texts."""
        classes = {code: label for code, _, label in self.facts.classes}
        words = {**self.facts.words, "class": classes}
        return cells_of(self._official(name), self.texts[name], words, self.language)

    def body(self, names: Sequence[str], rows: Sequence[int] | None = None) -> Body:
        """The rows (all, or those named in their order) of columns."""
        rows = range(len(self)) if rows is None else rows
        cells = [self.cells(name) for name in names]
        codes = {
            k: (self._official(name).words, [self.texts[name][row] for row in rows])
            for k, name in enumerate(names)
            if self._official(name).words in self.facts.words
        }
        return Body(tuple([column[row] for row in rows] for column in cells), codes)

    def names(self) -> dict[tuple[str, str], str]:
        """Block and code → name of each unit."""
        columns = (self.texts[name] for name in ("block", "unit_code", "unit_name"))
        return {(block, code): name for block, code, name in zip(*columns, strict=True)}

    def in_order(self) -> list[str]:
        """The columns that people read: those of the table, codes last."""
        names = [name for name in self.table.names if self.has(name) and name not in _UNSEEN]
        if not self.has("council_points"):
            names = [name for name in names if name != "measured_by"]
        codes = [name for name in names if name in ("unit_code", "node_code")]
        return [*(name for name in names if name not in codes), *codes]

    def _official(self, name: str) -> OfficialColumn:
        return next(column for column in self.table.columns if column.name == name)


def table_sheet(shown: ShownTable) -> WorkbookSheet:
    """A table of results as it is, row by row, with a filter; notes that stand in many rows are told above it."""
    names = [name for name in shown.in_order() if name not in _ELSEWHERE]
    said = parted(shown.texts["note"])
    notes = Counter(note for parts in said for note in parts)
    common = [note for note, n in notes.most_common() if n > max(1, _MANY * len(shown))]
    marks = {note: f"({k})" for k, note in enumerate(common, 1)}
    body = shown.body(names)
    at = names.index("note")
    told = ["; ".join(marks.get(note, note) for note in parts) for parts in said]
    body = replace(body, cells=(*body.cells[:at], told, *body.cells[at + 1 :]))
    name = shown.table.sheet(shown.language)
    lines = tuple(Line((LinePart(f"{mark} {note}", "note"),)) for note, mark in marks.items())
    above = heading_lines(name, shown.facts, lines)
    frozen = 1 + names.index("unit_name")
    return WorkbookSheet(
        name, tuple(map(shown.column, names)), above, ((body,),), filtered=True, frozen=frozen
    )


def rejected_sheet(shown: ShownTable, units: Mapping[tuple[str, str], str]) -> WorkbookSheet:
    """One row a rejected form, with a filter. ``units``: block and code → name of a unit."""
    name = shown.table.sheet(shown.language)
    names = [name for name in shown.in_order() if name != "block"]
    body, at = shown.body(names), len(names) - 1
    codes = [text.split(";") if text else [] for text in shown.texts["unit_code"]]
    named = [
        "; ".join(units.get((block, code), code) for code in of)
        for block, of in zip(shown.texts["block"], codes, strict=True)
    ]
    where = names.index("group") + 1
    cells = (*body.cells[:where], named, *body.cells[where:at], ["; ".join(of) for of in codes])
    moved = {k + (k >= where): said for k, said in body.codes.items()}
    columns = [shown.column("reasons_vi" if name == "reasons" else name) for name in names]
    columns.insert(where, SheetColumn(phrase("handover.workbook.units", shown.language)))
    above = heading_lines(name, shown.facts)
    return WorkbookSheet(name, tuple(columns), above, ((Body(cells, moved),),), filtered=True, frozen=1)


def forms_sheet(shown: ShownTable) -> WorkbookSheet:
    """Forms of every questionnaire, each counted once, then evaluations of every cell, each with their sum."""
    names = [name for name in shown.in_order() if name != "counted"]
    title = shown.table.sheet(shown.language)
    blocks = []
    for counted in (FORMS, EVALUATIONS):
        rows = [row for row, of in enumerate(shown.texts["counted"]) if of == counted]
        band = Line((LinePart(phrase(f"handover.counted.{counted}", shown.language), "band"),))
        body = shown.body(names, rows)
        blocks.append((band, body, _sums(shown, names, body)))
    columns = tuple(map(shown.column, names))
    return WorkbookSheet(title, columns, heading_lines(title, shown.facts), tuple(blocks))


def _sums(shown: ShownTable, names: Sequence[str], body: Body) -> Body:
    """The row of sums of the numbers of a body."""
    sums: list[object] = [
        sum(float(str(cell)) for cell in cells if cell is not None) if not shown.column(name).is_text else ""
        for name, cells in zip(names, body.cells, strict=True)
    ]
    sums[0] = phrase("handover.workbook.sum", shown.language)
    return Body(tuple([cell] for cell in sums), strong=frozenset({0}))


def heading_lines(title: str, facts: WorkbookFacts, notes: tuple[Line, ...] = ()) -> tuple[Line, ...]:
    """What stands above a table: what it is, of which round, about which period, and ``notes``."""
    language = facts.output.language
    period = period_shown(facts.publication.period, language)
    about = phrase("handover.workbook.about", language, study=facts.identity["label"], period=period)
    blank = Line((LinePart("", "note"),))
    return Line((LinePart(title.upper(), "subject"),)), Line((LinePart(about, "how"),)), blank, *notes


def parted(notes: Sequence[str]) -> list[list[str]]:
    """Each note as the notes that it is made of, as far as these stand alone elsewhere.

    >>> parted(["few forms; not final", "not final", ""])
    [['few forms', 'not final'], ['not final'], []]
    """
    alone = sorted(set(notes) - {""}, key=len)
    parts: dict[str, list[str]] = {"": []}
    for k, note in enumerate(alone):
        parts[note] = next(
            (
                [*parts.get(rest, [rest]), *parts[end]]
                for end in reversed(alone[:k])
                if note.endswith(f"; {end}") and (rest := note.removesuffix(f"; {end}"))
            ),
            [note],
        )
    return [parts[note] for note in notes]


def marked(number: str, language: Language) -> str:
    """A number with the decimal mark of a language.

    >>> marked("97.5", "vi"), marked("97.5", "en")
    ('97,5', '97.5')
    """
    return number.replace(".", ",") if language == "vi" else number
