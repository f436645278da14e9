"""The ``study.toml`` of a new study: facts that were given, and weights that need no populations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Fieldwork, Minimum
from surveys.definitions.study.writing import StudyTable, study_text
from surveys.problems import Language, phrase

#: Key of the general facts → key of the table of the study.
_TABLES: Mapping[str, Mapping[str, str]] = {
    "publisher": {"publisher": "name_vi", "publisher_en": "name_en"},
    "period": {"period_start": "start", "period_end": "end"},
}


def new_study_text(
    instrument: Instrument, named: str, facts: Mapping[str, str], register: str, language: Language = "vi"
) -> str:
    """The text of a new ``study.toml``. ``named``: the instrument as the study names it; ``facts``: general facts by their keys;
    ``register``: the study's own file of units, where it has one.

    Every group has equal weights until there are populations.
    """
    tables = study_text(_tables(instrument, named, facts, register), language)
    last = "".join(f"# {line}\n" for line in phrase("new.study_goes_on", language).splitlines())
    return f"{tables}\n{last}"


def _tables(
    instrument: Instrument, named: str, facts: Mapping[str, str], register: str
) -> Iterator[StudyTable]:
    label_vi, label_en = facts.get("name") or instrument.label_vi, facts.get("name_en") or instrument.label_en
    code = facts.get("study_code") or f"{instrument.code}-{instrument.edition}"
    heading = {"code": code, "instrument": named, "label_vi": label_vi, "label_en": label_en}
    yield "[study]", {key: value for key, value in heading.items() if value}
    days = {key: facts[key] for key in ("start", "end") if facts.get(key)}
    yield "[fieldwork]", {**days, "timezone": Fieldwork().timezone}
    for table, keys in _TABLES.items():
        said = {key: facts[fact] for fact, key in keys.items() if facts.get(fact)}
        if said:
            yield f"[{table}]", said
    if register:
        yield "[units]", {"file": register}
    for group in dict.fromkeys(form.group for form in instrument.questionnaires):
        yield "[[weights]]", {"group": group, "base": "equal"}
    yield "[minimum]", {"forms": Minimum().forms}
