"""The register of units, block by block."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.words import label_of, unit_name
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Text
from surveys.reports.code_book.tables import listed, table
from surveys.vocabulary.dates import written_date


def units(facts: MethodFacts, study: StudyDefinition) -> Iterator[Block]:
    """The units of a study, with what else they are called and until when they were there."""
    columns = (("code", 0.16), ("unit", 0.24), ("spellings", 0.42), ("notes", 0.18))
    for block in facts.instrument.blocks:
        rows = (_unit(facts, study, unit) for unit in study.units if unit.block == block.code)
        yield from table(
            f"units {block.code}", columns, rows, facts.language, block=label_of(block, facts.language)
        )


def _unit(facts: MethodFacts, study: StudyDefinition, unit: Unit) -> tuple[Text, ...]:
    language = facts.language
    name = unit_name(unit, language)
    others = [spelling for spelling in (unit.name_vi, unit.name_en, *unit.aliases) if spelling != name]
    return cell(unit.code), cell(name), cell(listed(others)), cell(listed(_notes(facts, study, unit)))


def _notes(facts: MethodFacts, study: StudyDefinition, unit: Unit) -> Iterator[str]:
    language = facts.language
    yield unit.kind
    for name, day in (("from", unit.valid_from), ("to", unit.valid_to)):
        if day:
            yield phrase(f"codebook.valid.{name}", language, day=written_date(day, language))
    if unit.successors:
        yield phrase("codebook.successors", language, units=", ".join(unit.successors))
    excluded = study.excluded.get((unit.block, unit.code))
    if excluded is not None:
        yield phrase("codebook.excluded", language, reason=excluded.reason)
