"""Rules about single answers: what stands in the cells, and how many were answered."""

from __future__ import annotations

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, OUT_OF_SCALE, SEVERAL
from surveys.validity.evidence import Evidence
from surveys.validity.rules.finding import Finding, marked_items, noticed


def out_of_scale(evidence: Evidence, minimum_items: int) -> Finding:
    """An answer that is no level of its scale; detail: the items."""
    read_as = (evidence.answers == OUT_OF_SCALE) & ~evidence.faults["disagrees"] & ~evidence.faults["several"]
    return marked_items(evidence, read_as | evidence.faults["out_of_scale"], minimum_items)


def several_answers(evidence: Evidence, minimum_items: int) -> Finding:
    """Several answers to a question that has one; detail: the items."""
    return marked_items(evidence, (evidence.answers == SEVERAL) | evidence.faults["several"], minimum_items)


def disagreeing_cell(evidence: Evidence, minimum_items: int) -> Finding:
    """A cell whose number and label say different things; detail: the items."""
    return marked_items(evidence, evidence.faults["disagrees"], minimum_items)


def too_few_answers(evidence: Evidence, minimum_share: float, dont_know_counts: bool) -> Finding:
    """Answered less than ``minimum_share`` of the questions that had to be answered, the options of a question together as one;
    ``dont_know_counts``: saying "don't know" is answering."""
    said = evidence.answered | ((evidence.answers == DONT_KNOW) & dont_know_counts)
    answered, expected = (
        cells @ evidence.part_of_question for cells in (said & evidence.expected, evidence.expected)
    )
    return Finding((answered < minimum_share * expected - 1e-9) | (expected == 0))


def missing_required(evidence: Evidence, minimum_items: int) -> Finding:
    """Questions that the form demands an answer to, asked and left blank; detail: the items."""
    required = [item.required for item in evidence.instrument.items]
    return marked_items(evidence, evidence.expected & (evidence.answers == BLANK) & required, minimum_items)


def broken_skip(evidence: Evidence, minimum_items: int) -> Finding:
    """Questions answered although the answer to their filter says that they do not apply; detail: the items."""
    return marked_items(evidence, evidence.filters[0] & evidence.answered, minimum_items)


def not_shown(evidence: Evidence) -> Finding:
    """The collecting tool says in a cell that a question was not shown; detail: the items."""
    return _or_noticed(evidence, "not_shown")


def unknown_option(evidence: Evidence) -> Finding:
    """A question with several answers names something that is none of its options; detail: the item of the first option."""
    return _or_noticed(evidence, "unknown_option")


def _or_noticed(evidence: Evidence, fault: str) -> Finding:
    """Where cells have a fault, or had it before they were written anew without what they said."""
    found = marked_items(evidence, evidence.faults[fault], 1)
    return Finding(found.broken | noticed(evidence, fault), found.detail)
