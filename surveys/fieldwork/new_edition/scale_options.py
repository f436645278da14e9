"""Scales: options with their values, and options that are no answer; without any, the five levels of the starting set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Level, NonAnswer, Scale
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import NamedEntries, code_from, marked, number, parts, word
from surveys.fieldwork.new_edition.office_sheets import NO_ANSWER, NoAnswer
from surveys.fieldwork.new_edition.starting_set import starting_set
from surveys.problems import Problems, shortened
from surveys.vocabulary.folding import fold

#: Codes of options that are no answer, where none are given.
_NO_ANSWERS: Mapping[str, str] = {"dont_know": "kb", "refused": "tc", "not_applicable": "kad"}
#: Above this value an option counts as satisfied where none is marked.
_MIDDLE = 0.5


@dataclass(frozen=True)
class Scales:
    """The scales, by which names cells tell them, which of them stands where none is named, and those without values."""

    records: tuple[Scale, ...]
    entries: NamedEntries
    standard: str

    def of(self, row: Row) -> str:
        """The code of the scale of a question; empty where the one it names is none."""
        return self.entries.find(row, "scale", row["scale"]) if row["scale"] else self.standard


def scales_of(rows: OfficeRows, told: Problems) -> Scales:
    """The scales that are declared, and that of the starting set: where none is declared, or a question names none of several."""
    given = rows.get("scales", ())
    named: dict[str, list[Row]] = {}
    for row in given:
        named.setdefault(fold(row["scale"]), []).append(row)
    entries, records = NamedEntries(), list[Scale]()
    for options in named.values():
        first = options[0]
        code = code_from(first["scale"], [scale.code for scale in records], otherwise="thang")
        entries.add(Row(first.place, {"scale": first["scale"], "code": ""}), "scale", code)
        records.append(_scale(code, first["scale"], options, told))
    standard = starting_set().scales[0]
    if len(records) != 1:
        if fold(standard.label_vi) not in named:
            entries.take_over(standard.label_vi, standard.code)
            records.append(standard)
        return Scales(tuple(records), entries, entries.code(standard.label_vi))
    return Scales(tuple(records), entries, records[0].code)


def _scale(code: str, label: str, rows: Sequence[Row], told: Problems) -> Scale:
    """A scale: ordered where its options have values, which all have or none."""
    kinds = [word(row, "no_answer", NO_ANSWER) for row in rows]
    codes = _option_codes(rows, kinds)
    answers = [(row, own) for row, own, kind in zip(rows, codes, kinds, strict=True) if not kind]
    values = [_value(row) for row, _ in answers]
    ordered = any(row["points"] for row, _ in answers)
    for row, _ in answers:
        if ordered and not row["points"]:
            row.place.note("new.option_without_value", "points", option=row["option"])
    if not answers:
        rows[0].place.note("scale.no_levels", "option")
    _note_doubles(rows)
    satisfied = (
        _satisfied(label, [row for row, _ in answers], values, told) if ordered else [False] * len(answers)
    )
    levels = tuple(
        Level(own, (value or 0.0,), row["option"], row["option_en"], is_one, tuple(parts(row["other_texts"])))
        for (row, own), value, is_one in zip(answers, values, satisfied, strict=True)
    )
    others = tuple(
        NonAnswer(own, _kind(kind), row["option"], row["option_en"], tuple(parts(row["other_texts"])))
        for row, own, kind in zip(rows, codes, kinds, strict=True)
        if kind
    )
    return Scale(code, levels, "ordinal" if ordered else "choice", non_answers=others, label_vi=label)


def _value(row: Row) -> float | None:
    """The value of an option; one outside [0, 1] is noted."""
    value = number(row, "points", float("-inf"))
    if value is None or 0 <= value <= 1:
        return value
    row.place.note("new.value_range", "points", value=shortened(row["points"]))
    return None


def _kind(word: str) -> NoAnswer:
    return next(kind for kind in NO_ANSWER if kind == word)


def _satisfied(label: str, rows: Sequence[Row], values: Sequence[float | None], told: Problems) -> list[bool]:
    """Which options count as satisfied: those marked, else those of high value."""
    given = [marked(row, "satisfied") for row in rows]
    known = [value for value in values if value is not None]
    if not all(a <= b for a, b in pairwise(known)) and not all(a >= b for a, b in pairwise(known)):
        told.add("new.told.order", severity="warning", name=label)
    if any(given):
        return given
    found = [value is not None and value > _MIDDLE for value in values]
    names = [row["option"] for row, is_one in zip(rows, found, strict=True) if is_one]
    told.add("new.told.satisfied", severity="warning", name=label, options=names)
    return found


def _note_doubles(rows: Sequence[Row]) -> None:
    first: dict[str, int | None] = {}
    for row in rows:
        for text in dict.fromkeys(map(fold, (row["option"], *parts(row["other_texts"])))):
            if text in first:
                row.place.note("new.twice", "option", value=shortened(row["option"]), first=first[text] or "")
            first.setdefault(text, row.place.row)


def _option_codes(rows: Sequence[Row], kinds: Sequence[str]) -> list[str]:
    """The code of each option: given, or its place among the answers from 1 on; letters for those that are no answer."""
    found = list[str]()
    given = {row["code"] for row in rows if row["code"]}
    for row, kind in zip(rows, kinds, strict=True):
        if row["code"] and not is_code(row["code"].removeprefix("-")):
            row.place.note("record.bad_code", "code", value=shortened(row["code"]))
        place = 1 + sum(not one for one in kinds[: len(found)])
        others = {fold(other["option"]) for other in rows if other is not row}
        made = code_from(_NO_ANSWERS[kind] if kind else str(place), given | others | set(found))
        found.append(row["code"] or made)
    return found
