"""Explanations of units as the secretary of the institute wrote them down, row by row."""

from __future__ import annotations

from typing import Any

from surveys.definitions.csv_tables import Row
from surveys.definitions.study.explanations import check_explanation
from surveys.definitions.study.records import Explanation, StudyDefinition
from surveys.review.columns_and_words import EXPLANATIONS
from surveys.review.named_units import unit_named
from surveys.vocabulary.statuses import LATE, NO_ANSWER, PENDING, RECEIVED


def explanation_of(row: Row, study: StudyDefinition) -> Explanation | None:
    """One row, its days in ISO form, as an explanation; None (with its faults) when it names no unit or node, or its words are
    none. A unit may be named by its code or by its name; a status that is left out follows from what is written beside it."""
    unit, words = _unit(row, study), {name: _word(row, name) for name in ("status", "decision")}
    node = _node(row, study)
    if unit is None or node is None or None in words.values():
        return None
    explained_by = study.assessment.explained_by
    said: dict[str, Any] = {
        name: row[name] for name in ("explanation", "received_on", "reviewer", "reason", "date")
    }
    said["status"] = words["status"] or _status(row, explained_by)
    said["decision"] = words["decision"] or PENDING
    made = Explanation(row["block"], unit, node, **said)
    check_explanation(made, row.place, explained_by)
    return made


def _unit(row: Row, study: StudyDefinition) -> str | None:
    """The code of the unit, among those that are assessed."""
    blocks = [block.code for block in study.instrument.blocks]
    if row["block"] not in blocks:
        row.place.not_accepted("reference.block", "block", row["block"], blocks)
        return None
    units = study.assessed_units(row["block"])
    found = unit_named(row["unit"], units) if row["unit"] else None
    if found is None:
        row.place.not_accepted("reference.unit", "unit", row["unit"], [unit.code for unit in units])
    return found


def _node(row: Row, study: StudyDefinition) -> str | None:
    """The code of the node, among those of the block; empty for all of the results."""
    nodes = [node.code for node in study.instrument.nodes if row["block"] in (node.blocks or (row["block"],))]
    if row["node"] in ("", *nodes):
        return row["node"]
    row.place.not_accepted("reference.node", "node", row["node"], nodes)
    return None


def _word(row: Row, column: str) -> str | None:
    """What a word means; empty where none is written, None (noted) where it means nothing."""
    meaning = EXPLANATIONS.meaning(row[column], column)
    if row[column] and not meaning:
        accepted = [words.shown for words in EXPLANATIONS.words_of(column).values()]
        row.place.note("review.decision", column, value=row[column], accepted=accepted)
        return None
    return meaning


def _status(row: Row, explained_by: str) -> str:
    """What happened, where only the text or its day says so."""
    if not row["explanation"] and not row["received_on"]:
        return NO_ANSWER
    return LATE if explained_by and row["received_on"] > explained_by else RECEIVED
