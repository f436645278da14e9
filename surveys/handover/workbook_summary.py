"""The sheet that is signed: the head of a document, the units of each block in order of rank, and who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.definitions.study.publication import Signatory
from surveys.handover.words import document_shown, period_shown
from surveys.handover.workbook_facts import WorkbookFacts
from surveys.handover.workbook_layout import Block, Body, Line, LinePart, SheetColumn, WorkbookSheet
from surveys.handover.workbook_sheets import ShownTable, parted
from surveys.problems import Language, phrase

#: Columns of the table of units from left to right, those in front of and those behind the fields.
_FRONT = ("rank", "unit_name")
_BEHIND = (
    "council_points", "survey_points", "points", "percent", "ci_low", "ci_high", "rank_low", "rank_high", "class",
    "probability_class",
)  # fmt: skip
#: Room for a signature and a seal, in points.
_ROOM = 60.0
_BLANK = "…………"
_LEFT, _RIGHT = (0, 2), (1, 2)


@dataclass(frozen=True)
class _Field:
    """A top node of the tree: code, name, and the points or percentage of each unit."""

    code: str
    name: str


def summary_sheet(units: ShownTable, scores: ShownTable) -> WorkbookSheet:
    """Units in order of rank within their block, with the fields below the total, its interval, rank and class."""
    facts, language = units.facts, units.language
    front, behind = ([name for name in names if units.has(name)] for names in (_FRONT, _BEHIND))
    fields = top_fields(scores)
    kind = "points" if scores.has("points") else "percent"
    over = phrase(f"handover.over.fields_{kind}", language)
    style = scores.column(kind).style
    columns = (
        *map(units.column, front),
        *(SheetColumn(field.name, style, over) for field in fields),
        *map(units.column, behind),
        SheetColumn(phrase("handover.workbook.footnote", language)),
        units.column("unit_code"),
    )
    blocks = [
        _block(units, scores, code, (front, fields, behind)) for code in dict.fromkeys(units.texts["block"])
    ]
    signed = _signatures(facts.publication.signatures, language)
    name = phrase("handover.sheet.summary", language)
    return WorkbookSheet(name, columns, head(facts), (*blocks, signed), frozen=len(front), paged=True)


def unscored_sheet(facts: WorkbookFacts) -> WorkbookSheet:
    """The head, that nothing is scored, and who signs."""
    language = facts.output.language
    columns = tuple(
        SheetColumn(phrase(f"handover.workbook.{name}", language)) for name in ("term", "explanation")
    )
    said = [phrase(f"handover.method.{name}", language) for name in ("shares", "shares.text")]
    body = Body(tuple([text] for text in said))
    blocks = ((body, Line((LinePart("", "note"),))), _signatures(facts.publication.signatures, language))
    return WorkbookSheet(
        phrase("handover.sheet.summary", language), columns, head(facts, "title_shares"), blocks, paged=True
    )


def top_fields(scores: ShownTable) -> list[_Field]:
    """The nodes right below the whole: those of the level of the first node after it."""
    levels, codes, names = (scores.texts[name] for name in ("node_level", "node_code", "node_name"))
    top = next((level for level in levels if level != levels[0]), None)
    found = {code: name for level, code, name in zip(levels, codes, names, strict=True) if level == top}
    return [_Field(code, name) for code, name in found.items()]


def head(facts: WorkbookFacts, title: str = "title") -> tuple[Line, ...]:
    """Who issues it and the nation, number and date, title, period assessed and legal basis."""
    language, publication = facts.output.language, facts.publication
    publisher, document = publication.publisher, publication.document
    number = phrase("handover.workbook.number", language, number=document.number or f"{_BLANK}/{_BLANK}")
    shown = document.title(language) or phrase(f"handover.workbook.{title}", language)
    period = period_shown(publication.period, language)
    lines = [
        _halves((publisher.parent(language).upper(), "above"), (phrase("word.nation", language), "nation")),
        _halves((publisher.name(language).upper(), "agency"), (phrase("word.motto", language), "motto")),
        _halves((number, "number"), (_place_and_date(facts), "place")),
        Line((LinePart("", "note"),)),
        Line((LinePart(shown.upper(), "title"),)),
        Line((LinePart(facts.identity["label"], "subject"),)),
    ]
    said = [phrase("handover.workbook.period", language, period=period)] if period else []
    said += [
        phrase("handover.workbook.basis", language, document=document_shown(cited, language))
        for cited in publication.basis
    ]
    lines += [Line((LinePart(text, "how"),)) for text in said]
    return (*lines, Line((LinePart("", "note"),)))


def _halves(left: tuple[str, str], right: tuple[str, str]) -> Line:
    return Line((LinePart(*left, _LEFT), LinePart(*right, _RIGHT)))


def _place_and_date(facts: WorkbookFacts) -> str:
    """Place and day of the document, with dots where they are written by hand."""
    language = facts.output.language
    place = facts.publication.publisher.place(language) or _BLANK
    try:
        day = date.fromisoformat(facts.publication.document.date)
    except ValueError:
        return phrase("handover.workbook.place", language, place=place)
    parts = {"day": f"{day:%d}", "month": f"{day:%m}", "year": f"{day:%Y}"}
    return phrase("handover.workbook.place_and_date", language, place=place, **parts)


def _block(
    units: ShownTable,
    scores: ShownTable,
    block: str,
    columns: tuple[Sequence[str], Sequence[_Field], Sequence[str]],
) -> Block:
    """One block: its name, the maxima, its units in order of rank, and what is noted of them."""
    front, fields, behind = columns
    rows = [row for row, of in enumerate(units.texts["block"]) if of == block]
    if units.has("rank"):
        rows.sort(key=lambda row: float(units.texts["rank"][row] or "inf"))
    said = parted([units.texts["note"][row] for row in rows])
    notes = list(dict.fromkeys(note for parts in said for note in parts))
    numbers = [sorted(1 + notes.index(note) for note in parts) for parts in said]
    marks = [f"({','.join(map(str, numbered))})" if numbered else "" for numbered in numbers]
    before, after = units.body(front, rows), units.body([*behind, "unit_code"], rows)
    at = len(front) + len(fields)
    codes = {**before.codes, **{at + k: said for k, said in after.codes.items()}}
    cells = (*before.cells, *_fields_of(scores, block, fields, [units.texts["unit_code"][r] for r in rows]))
    body = Body((*cells, *after.cells[:-1], marks, after.cells[-1]), codes)
    word = units.facts.words["block"].get(block, block)
    band = Line((LinePart(word, "band", word=("block", block)),))
    maxima = _maxima(units, scores, block, (front, fields, behind))
    noted = [Line((LinePart(f"({k}) {note}", "note"),)) for k, note in enumerate(notes, 1)]
    return (band, *([maxima] if maxima else []), body, *noted, Line((LinePart("", "note"),)))


def _fields_of(
    scores: ShownTable, block: str, fields: Sequence[_Field], units: Sequence[str]
) -> Iterator[list[object]]:
    """Points (or percentages) of units in each field."""
    kind = "points" if scores.has("points") else "percent"
    keys = zip(scores.texts["block"], scores.texts["unit_code"], scores.texts["node_code"], strict=True)
    known = dict(zip(keys, scores.cells(kind), strict=True))
    for of in fields:
        yield [known.get((block, unit, of.code)) for unit in units]


def _maxima(
    units: ShownTable,
    scores: ShownTable,
    block: str,
    columns: tuple[Sequence[str], Sequence[_Field], Sequence[str]],
) -> Body | None:
    """The row of most points of fields and total; None in an index without points."""
    front, fields, behind = columns
    if not scores.has("max_points"):
        return None
    found: dict[str, object] = {}
    for of, code, most in zip(
        scores.texts["block"], scores.texts["node_code"], scores.cells("max_points"), strict=True
    ):
        if of == block and most is not None:
            found.setdefault(code, most)
    total = next(
        (m for of, m in zip(units.texts["block"], units.cells("max_points"), strict=True) if of == block),
        None,
    )
    named = {"unit_name": phrase("handover.workbook.maximum", units.language), "points": total}
    shown = [named.get(name, _gap(units, name)) for name in front]
    shown += [found.get(field.code) for field in fields]
    shown += [named.get(name, _gap(units, name)) for name in behind]
    return Body(tuple([cell] for cell in (*shown, "", "")), strong=frozenset({0}))


def _gap(units: ShownTable, name: str) -> object:
    return "" if units.column(name).is_text else None


def _signatures(signatories: Sequence[Signatory], language: Language) -> Block:
    """Roles side by side, how they sign, room, and their names."""
    roles = [(who.role(language), who.name) for who in signatories] or [
        (phrase(f"handover.workbook.{role}", language), "") for role in ("prepared", "head")
    ]
    parts = [(k, len(roles)) for k in range(len(roles))]
    how = phrase("record.how_to_sign", language)
    return (
        Line(
            tuple(LinePart(role.upper(), "role", part) for (role, _), part in zip(roles, parts, strict=True))
        ),
        Line(tuple(LinePart(how, "how", part) for part in parts)),
        Line(tuple(LinePart("", "note", part) for part in parts), least=_ROOM),
        Line(tuple(LinePart(name, "name", part) for (_, name), part in zip(roles, parts, strict=True))),
    )
