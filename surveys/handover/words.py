"""Codes in words: what blocks, groups, nodes, statuses and rules are called in a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from surveys.definitions.instrument.records import Block, Group, Instrument, Node, Questionnaire, Unit
from surveys.definitions.study.publication import CitedDocument, IssuedDocument, Period
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Language, Names, phrase, wording
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.levels import MEASURED_BY, PARTS
from surveys.vocabulary.measures import MEASURES
from surveys.vocabulary.statuses import (
    BASES,
    CHANGE_STATUSES,
    COMPARABLE,
    DRIVER_FIELDS,
    DRIVER_STATUSES,
    EXPLANATION_DECISIONS,
    EXPLANATION_STATUSES,
    OUTLOOKS,
    REACH_STATUSES,
    REJECTED_SHARES,
    SERIES_BASES,
    STATUSES,
)
from surveys.vocabulary.ways import MARKS, WAYS, YES_NO

#: Kind of code → code → word.
Words = Mapping[str, Mapping[str, str]]
#: Kinds of codes that the council's workbook shows by the words of the instrument.
SHOWN = ("block", "group", "questionnaire")
#: Kinds of codes of the engine → the codes.
_CODES: Mapping[str, Sequence[str]] = {
    "status": STATUSES,
    "basis": BASES,
    "measured_by": MEASURED_BY,
    "part": PARTS,
    "series_basis": SERIES_BASES,
    "comparable": COMPARABLE,
    "change_status": CHANGE_STATUSES,
    "explanation_status": EXPLANATION_STATUSES,
    "explanation_decision": EXPLANATION_DECISIONS,
    "reach_status": REACH_STATUSES,
    "outlook": OUTLOOKS,
    "rejected_share": REJECTED_SHARES,
    "driver_field": DRIVER_FIELDS,
    "driver_status": DRIVER_STATUSES,
    "measure": MEASURES,
    "way": tuple(WAYS),
    "mark": MARKS,
    "yes_no": YES_NO,
}


def label_of(record: object, language: Language) -> str:
    """The label of a record, in Vietnamese where it has none in ``language``."""
    return str(getattr(record, f"label_{language}", "") or getattr(record, "label_vi", ""))


def unit_name(unit: Unit, language: Language) -> str:
    """The name of a unit, in Vietnamese where it has none in ``language``."""
    return str(getattr(unit, f"name_{language}", "") or unit.name_vi)


def words_of(kind: str, instrument: Instrument, language: Language) -> Mapping[str, str]:
    """Code → word, for the codes of a ``block``, ``group``, ``questionnaire``, ``node``, or of a kind of statuses."""
    if kind in _CODES:
        return engine_words(kind, language)
    records: Mapping[str, Sequence[Block | Group | Questionnaire | Node]] = {
        "block": instrument.blocks,
        "group": instrument.groups,
        "questionnaire": instrument.questionnaires,
        "node": instrument.nodes,
    }
    return {record.code: label_of(record, language) for record in records[kind]}


def engine_words(kind: str, language: Language) -> Mapping[str, str]:
    """Code → word, for a kind of codes that every index shares.

    >>> engine_words("basis", "en")["final"]
    'final'
    """
    return {code: phrase(f"handover.{kind}.{code}", language) for code in _CODES[kind]}


def is_of_engine(kind: str) -> bool:
    """Whether every index shares the codes of a kind."""
    return kind in _CODES


def names_in(study: StudyDefinition, language: Language) -> Names:
    """What the blocks, groups, questionnaires and units of a study are called, by kind and code."""
    units = {unit.code: unit_name(unit, language) for unit in study.units}
    kinds = ("block", "group", "questionnaire")
    return {"unit": units, **{kind: words_of(kind, study.instrument, language) for kind in kinds}}


def worded(kind: str, codes: Iterable[str], instrument: Instrument, language: Language) -> list[str]:
    """Each code by its word; ``rules_vi``: names of rules joined by ``;`` in Vietnamese. A code without a word stays."""
    if kind == "rules_vi":
        return [rule_words(names, "vi") for names in codes]
    words = words_of(kind, instrument, language)
    return [words.get(code, code) for code in codes]


def rule_words(names: str, language: Language) -> str:
    """Rule names joined by ``;`` in words; a rule without wording keeps its name.

    >>> rule_words("straight_line;of_a_council", "en")
    'the same answer to every question; of_a_council'
    """
    known = wording()
    found = (known.get(f"rule_label.{name}", {language: name})[language] for name in names.split(";"))
    return "; ".join(filter(None, found))


def period_shown(period: Period, language: Language) -> str:
    """The period assessed; empty where it is not known.

    >>> period_shown(Period("2023-01-01", "2023-12-31"), "vi")
    '01/01/2023 – 31/12/2023'
    """
    return " – ".join(written_date(day, language) for day in (period.start, period.end) if day)


def document_shown(document: IssuedDocument | CitedDocument, language: Language) -> str:
    """Title, number, date and issuer of a document, as far as they are known; empty where nothing is.

    >>> document_shown(IssuedDocument("12/BC", "2024-01-05"), "vi")
    'số 12/BC ngày 05/01/2024'
    >>> document_shown(CitedDocument("Kế hoạch", number="243/KH", issuer_vi="UBND"), "vi")
    'Kế hoạch; số 243/KH của UBND'
    """
    issuer = document.issuer(language) if isinstance(document, CitedDocument) else ""
    day, title = written_date(document.date, language), document.title(language)
    text = phrase("summary.cited", language, document=title, number=document.number, date=day, issuer=issuer)
    return text.strip("; ,")
