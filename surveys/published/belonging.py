"""Whether a table is one of an instrument's at all: its codes, its names and its units are looked for there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from surveys.definitions.instrument.records import Instrument
from surveys.problems import Problems
from surveys.published.published_table import PublishedRow, read_published
from surveys.published.table_layout import KnownNames
from surveys.vocabulary.folding import fold_name, without_marks

#: A table of which a smaller share is known belongs to another instrument.
_HARDLY_ANY = 0.2
#: KnownNames are alike from this likeness on; fewer names than this tell nothing.
_ALIKE, _FEW_NAMES = 0.6, 5
_SHOWN = 40


def published_rows(path: Path, instrument: Instrument, problems: Problems) -> tuple[PublishedRow, ...]:
    """The rows of a published table of an instrument that hold a value or a target. Raises SurveyError when a fault keeps it from
    being read."""
    rows = read_published(path, instrument, problems)
    if rows:
        check_belonging(rows, instrument, problems)
    problems.raise_errors()
    return tuple(row for row in rows if row.is_number)


def check_belonging(rows: Sequence[PublishedRow], instrument: Instrument, problems: Problems) -> None:
    """Note as an error that hardly any code (or, where maxima differ too, name) of a table is the instrument's, and as a warning
    units that are not in its register."""
    known_units = KnownNames(instrument)
    codes = list(dict.fromkeys(row.code for row in rows if row.is_number))
    units = list(dict.fromkeys(row.unit for row in rows if row.unit))
    unknown = [unit for unit in units if instrument.units and not known_units.is_unit(unit)]
    file, name = rows[0].place.file, instrument.name
    if sum(code in instrument.node for code in codes) < max(1, _HARDLY_ANY * len(codes)):
        problems.add(
            "audit.no_known_code", file=file, instrument=name, found=codes[:_SHOWN],
            accepted=list(instrument.node)[:_SHOWN], units=unknown[:_SHOWN],
            known_units=[u.code for u in instrument.units][:_SHOWN] if unknown else "",
        )  # fmt: skip
    elif _has_other_names(rows, instrument):
        known = {row.code: row.name for row in rows if row.code in instrument.node}
        theirs = [f"{code} {said}" for code, said in known.items()]
        ours = [f"{code} {instrument.node[code].label_vi}" for code in known]
        problems.add("audit.other_names", file=file, instrument=name, found=theirs[:5], accepted=ours[:5])
    elif unknown:
        problems.add(
            "audit.unknown_units", severity="warning", file=file, instrument=name, found=unknown[:_SHOWN],
            number=len(unknown),
        )  # fmt: skip


def _has_other_names(rows: Sequence[PublishedRow], instrument: Instrument) -> bool:
    """Whether the known codes of a table stand beside other names and other maxima than the instrument's."""
    first: Mapping[str, PublishedRow] = {row.code: row for row in reversed(rows)}
    named = [row for row in first.values() if row.name and row.code in instrument.node]
    if len(named) < _FEW_NAMES:
        return False
    alike = sum(_is_alike(row, instrument) for row in named)
    maxima = [
        float(row.maximum) == node.max_points
        for row in named
        if row.maximum is not None and (node := instrument.node[row.code]).max_points is not None
    ]
    return alike < _HARDLY_ANY * len(named) and sum(maxima) <= len(maxima) / 2


def _is_alike(row: PublishedRow, instrument: Instrument) -> bool:
    node = instrument.node[row.code]
    said = without_marks(fold_name(row.name))
    labels = [without_marks(fold_name(text)) for text in (node.label_vi, node.label_en) if text]
    return any(SequenceMatcher(None, said, text).ratio() >= _ALIKE for text in labels)
