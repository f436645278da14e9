"""An instrument from what an office filled in or answered; what nobody said is taken from the starting set, and told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from surveys.definitions.completeness import customary_rules
from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Field, Instrument, Item, Node, Questionnaire, Rule, Source
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.asked import blocks_of, groups_of, questionnaires_of, units_of
from surveys.fieldwork.new_edition.columns_of_tool import fields_of
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import code_from
from surveys.fieldwork.new_edition.office_sheets import GENERAL, sheet_name
from surveys.fieldwork.new_edition.questions import AskedOf, items_of
from surveys.fieldwork.new_edition.scale_options import scales_of
from surveys.fieldwork.new_edition.starting_set import starting_set
from surveys.fieldwork.new_edition.tree import Criteria, nodes_of
from surveys.fieldwork.xlsform_import.scales import CHOSEN
from surveys.problems import Problems, shortened
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.validity_rules import VALIDITY_RULES

#: Characters of a code that is made from the name of a survey.
_LONGEST = 32
_YEAR = r"\b(?:19|20)\d\d\b"


def edition_of(
    rows: OfficeRows, facts: Mapping[str, str], problems: Problems, told: Problems
) -> Instrument | None:
    """The instrument that rows of the office workbook, or answers, declare; None with every fault noted in ``problems``.

    ``facts``: the general facts with days as ISO texts; ``told``: what was taken from the starting set, as warnings that are no
    faults.
    """
    for key in ("units", "questions"):
        if not rows.get(key):
            problems.add("new.nothing_filled", sheet_name=sheet_name(key, "vi"))
    general = next(iter(rows.get(GENERAL, ())), None)
    if general is None:
        problems.add("new.nothing_filled", sheet_name=sheet_name(GENERAL, "vi"))
    elif not general["name"]:
        general.place.note("new.cell_missing", "name")
    if general is None or not rows.get("units") or not rows.get("questions"):
        return None
    blocks, groups = blocks_of(rows, told), groups_of(rows, told)
    forms = questionnaires_of(rows, blocks, groups, told)
    scales, criteria = scales_of(rows, told), Criteria(rows, told)
    items = items_of(rows, AskedOf(blocks, groups, forms), scales, criteria)
    nodes, fields = nodes_of(criteria, items, forms, groups), fields_of(rows, told)
    items = _counted(items, nodes[0], told)
    units, code, edition = units_of(rows, blocks), *_name(general, facts, told)
    if problems.errors:
        return None
    used = {item.scale for item in items}
    standard = starting_set().scales[0]
    if standard.code in used and standard in scales.records:
        told.add("new.told.scale", severity="warning", options=[level.label_vi for level in standard.levels])
    rules = _rules(fields, forms.records, items)
    told.add("new.told.rules", severity="warning", rules=[rule.rule for rule in rules])
    return Instrument(
        code, edition, general["name"], general["name_en"],
        blocks=blocks.records,
        groups=groups.records,
        questionnaires=forms.records,
        scales=tuple(scale for scale in (*scales.records, CHOSEN) if scale.code in used),
        nodes=nodes,
        items=items,
        units=units,
        fields=fields,
        rules=rules,
        sources=_sources(general),
        total_points=nodes[0].max_points,
    )  # fmt: skip


def _counted(items: tuple[Item, ...], root: Node, told: Problems) -> tuple[Item, ...]:
    """The items; where nothing is scored, all below the root, which counts their shares."""
    if root.rule != SHARES:
        return items
    told.add("new.told.shares", severity="warning")
    return tuple(replace(item, node=root.code) for item in items)


def with_starting_rules(instrument: Instrument, told: Problems) -> Instrument:
    """An instrument that declares no rules, with those of the starting set."""
    if instrument.rules:
        return instrument
    rules = _rules(instrument.fields, instrument.questionnaires, instrument.items)
    told.add("new.told.rules", severity="warning", rules=[rule.rule for rule in rules])
    known = {source.code for source in instrument.sources}
    cited = {rule.source for rule in rules} - known
    sources = (*instrument.sources, *(source for source in starting_set().sources if source.code in cited))
    return replace(instrument, rules=rules, sources=sources)


def _name(general: Row, facts: Mapping[str, str], told: Problems) -> tuple[str, str]:
    """Code and edition: the edition is the year in which fieldwork ends, else the last year in the name."""
    for key in ("code", "edition"):
        if general[key] and not is_code(general[key]):
            general.place.note("record.bad_code", key, value=shortened(general[key]))
    years = re.findall(_YEAR, general["name"])
    edition = general["edition"] or facts["end"][:4] or next(reversed(years), "1")
    code = general["code"] or code_of_survey(general["name"])
    if not (general["code"] and general["edition"]):
        told.add("new.told.code", severity="warning", name=f"{code}/{edition}")
    return code, edition


def code_of_survey(name: str) -> str:
    """A code made from the name of a survey, without the year.

    >>> code_of_survey("Khảo sát sáu xã, 2026")
    'khao-sat-sau-xa'
    """
    code = code_from(re.sub(_YEAR, "", name), otherwise="khao-sat")
    return code if len(code) <= _LONGEST else code[: _LONGEST + 1].rpartition("-")[0] or code[:_LONGEST]


def _sources(general: Row) -> tuple[Source, ...]:
    own, *others = starting_set().sources
    return (replace(own, document=general["document"] or own.document), *others)


def _rules(
    fields: Sequence[Field], forms: Sequence[Questionnaire], items: Sequence[Item]
) -> tuple[Rule, ...]:
    """The rules of the starting set that find something to look at in the forms."""
    wanted = customary_rules(fields, forms, items)
    return tuple(r for r in starting_set().rules if r.rule in wanted or VALIDITY_RULES[r.rule].standing)
