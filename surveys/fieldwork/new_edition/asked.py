"""Who is rated and who is asked: blocks and units, groups, questionnaires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Block, Group, Questionnaire, Unit
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import (
    NamedEntries,
    code_from,
    made_codes,
    marked,
    number,
    parts,
)
from surveys.fieldwork.new_edition.starting_set import starting_set
from surveys.problems import Problems, shortened
from surveys.vocabulary.folding import fold
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.modes import MODE_WORDS


@dataclass(frozen=True)
class Blocks:
    """The blocks, and by which names cells tell them."""

    records: tuple[Block, ...]
    entries: NamedEntries

    def codes(self) -> list[str]:
        return [block.code for block in self.records]


def blocks_of(rows: OfficeRows, told: Problems) -> Blocks:
    """The blocks that the sheet of units names; without any, the one of the starting set."""
    entries, records, seen = NamedEntries(), list[Block](), set[str]()
    named = [row for row in rows.get("units", ()) if row["block"]]
    for row in named:
        if (text := fold(row["block"])) in seen:
            continue
        seen.add(text)
        code = code_from(row["block"], [block.code for block in records])
        entries.add(Row(row.place, {"block": row["block"], "code": ""}), "block", code)
        records.append(Block(code, row["block"], ""))
    if named:
        for row in rows.get("units", ()):
            if not row["block"]:
                row.place.note("new.block_missing", "block", accepted=[block.label_vi for block in records])
        return Blocks(tuple(records), entries)
    block = starting_set().blocks[0]
    told.add("new.told.block", severity="warning", name=block.label_vi)
    entries.take_over(block.label_vi, block.code)
    return Blocks((block,), entries)


def units_of(rows: OfficeRows, blocks: Blocks) -> tuple[Unit, ...]:
    """The units with their codes; a name is given once in its block."""
    found = []
    for code in blocks.codes():
        here = [row for row in rows["units"] if not row["block"] or blocks.entries.has(row["block"], code)]
        entries = NamedEntries()
        for row, made in zip(here, made_codes(here, "name", "don-vi"), strict=True):
            others = tuple(one for one in parts(row["other_names"]) if fold(one) != fold(row["name"]))
            unit = entries.add(row, "name", made, others)
            found.append(Unit(unit, code, row["name"], row["name_en"], aliases=tuple(dict.fromkeys(others))))
    return tuple(found)


@dataclass(frozen=True)
class Groups:
    """The groups, with the weight that each has where groups are combined."""

    records: tuple[Group, ...]
    entries: NamedEntries
    weights: dict[str, float]


def groups_of(rows: OfficeRows, told: Problems) -> Groups:
    """The groups of respondents; without any, the one of the starting set. Equal weights where none are given."""
    given = rows.get("groups", ())
    entries = NamedEntries()
    if not given:
        group = starting_set().groups[0]
        told.add("new.told.group", severity="warning", name=group.label_vi)
        entries.take_over(group.label_vi, group.code)
        return Groups((group,), entries, {group.code: 1.0})
    records, weights = [], {}
    for row, made in zip(given, made_codes(given, "name", "nhom"), strict=True):
        if row["code"] == ALL_GROUPS:
            row.place.note("group.reserved", "code", value=ALL_GROUPS)
        code = entries.add(row, "name", made)
        records.append(Group(code, row["name"], row["name_en"]))
        weights[code] = number(row, "weight") if row["weight"] else 1.0
    if len(given) > 1 and not any(row["weight"] for row in given):
        told.add("new.told.group_weights", severity="warning", groups=[group.label_vi for group in records])
    return Groups(tuple(records), entries, {code: weight or 0.0 for code, weight in weights.items()})


@dataclass(frozen=True)
class Forms:
    """The questionnaires, one for each block and group that is asked."""

    records: tuple[Questionnaire, ...]

    def of(self, blocks: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
        """The codes of those for some blocks and groups (none named: all)."""
        return tuple(
            form.code
            for form in self.records
            if (not blocks or form.block in blocks) and (not groups or form.group in groups)
        )


def questionnaires_of(rows: OfficeRows, blocks: Blocks, groups: Groups, told: Problems) -> Forms:
    """The questionnaires that are declared; without any, one for each block and group."""
    given = rows.get("questionnaires", ())
    pairs: list[tuple[str, str, Row | None]] = []
    for row in given:
        group = groups.entries.find(row, "group", row["group"])
        named = [blocks.entries.find(row, "block", row["block"])] if row["block"] else blocks.codes()
        pairs += [(block, group, row) for block in named if block and group]
    if not given:
        pairs = [(block.code, group.code, None) for block in blocks.records for group in groups.records]
        told.add("new.told.questionnaires", severity="warning", count=len(pairs))
    found: dict[tuple[str, str], Questionnaire] = {}
    for block, group, given_row in pairs:
        if given_row is not None and (block, group) in found:
            given_row.place.note("new.twice", "group", value=given_row["group"], first="")
        form = _form(block, group, blocks, groups, 1 + sum(one == block for one, _ in found))
        found[block, group] = form if given_row is None else _declared(form, given_row, len(blocks.records))
    codes = [form.code for form in found.values()]
    for row in given:
        if codes.count(row["code"]) > 1:
            row.place.note("new.twice", "code", value=row["code"], first="")
    return Forms(tuple(found.values()))


def _form(block: str, group: str, blocks: Blocks, groups: Groups, place: int) -> Questionnaire:
    label = groups.entries.labels[group]
    name = f"Mẫu phiếu {label[:1].lower()}{label[1:]}"
    if len(blocks.records) > 1:
        name += f", {blocks.entries.labels[block]}"
    return Questionnaire(f"{block}-{place}", block, group, name, "")


def _declared(form: Questionnaire, row: Row, blocks: int) -> Questionnaire:
    """A questionnaire with what its row says; of several blocks each has a code of its own."""
    if row["code"] and not is_code(row["code"]):
        row.place.note("record.bad_code", "code", value=shortened(row["code"]))
    modes = tuple(_mode(text) for text in parts(row["modes"]))
    own = replace(form, matrix=marked(row, "many_units"), modes=modes)
    if row["name"]:
        own = replace(own, label_vi=row["name"], label_en=row["name_en"])
    return replace(own, code=row["code"]) if row["code"] and (row["block"] or blocks == 1) else own


def _mode(text: str) -> str:
    """The code of a mode that people write in words."""
    known = (code for code, words in MODE_WORDS.items() if fold(text) in map(fold, (code, *words)))
    return next(known, text)
