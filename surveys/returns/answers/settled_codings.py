"""Whether a file codes its answers as the scales do. What shows another coding is settled for the whole file: its labels are read
where they are all options of the scale, otherwise the file is refused, because forms whose codes happen to exist in both codings
would be read wrongly.

A typing error is something else than another coding: it is one number among many (11, 55, 9), in a few cells, and stays a fault
of its cell. Another coding shows in neighbours of the scale's codes that continue what is there (4, 5, 6, 7, 8 for five levels),
in many cells that are outside, or in no number at all that is inside; and in a tenth of all answers, those in words too. Since a
product exports what its form offers, two cells are enough there; a table typed by hand must have three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from surveys.definitions.instrument.records import Scale
from surveys.definitions.study.records import ReturnFile
from surveys.problems import the_first
from surveys.returns.answers.answer_options import AnswerOptions, number_and_words, whole_number
from surveys.returns.answers.value_coding import Coding, recode_of
from surveys.returns.headings.columns import Column, Pool
from surveys.returns.table_reading import TableReading
from surveys.returns.text.cell_text import cell_text

EXPORTED_CELLS, TYPED_CELLS, TENTH, THIRD = 2, 3, 0.1, 0.3
_LISTED = 8  # codes, labels or columns that a message lists


@dataclass
class _Evidence:
    """What the columns of one scale say: ``columns`` by item, ``labelled`` (number, label) of value labels and of cells that
    hold both, ``numbers``: how often each bare number occurs, and ``others``: how many cells hold anything else."""

    columns: list[tuple[str, Column]] = field(default_factory=list)
    labelled: dict[tuple[str, str], None] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)
    others: int = 0
    in_cells: bool = False  # whether the labels stand in the cells, where each may be a typing error

    @property
    def headings(self) -> str:
        return _listed(column.heading for _, column in self.columns)


def settle_codings(file: ReturnFile, reading: TableReading, exported: bool) -> bool:
    """Settle how the answers of each item of a table are written; False (noted) when the table cannot be read. ``exported``: a
    product wrote the table, nobody typed it."""
    instrument, found = reading.instrument, {}
    for item, _ in reading.layout.items:
        recode = recode_of(file, instrument, item)
        if recode or file.values:
            found[item] = Coding(reading.vocabulary.options_of(item), recode, file.values)
    reading.codings = found
    refused = False
    for scale, evidence in _evidence(reading).items():
        options = reading.vocabulary.options[scale]
        if not file.values and (against := _contradictions(evidence, options)):
            if _fits(evidence, options):
                reading.codings |= {item: Coding(options, trust="labels") for item, _ in evidence.columns}
                _note(reading, "returns.read_by_labels", evidence, scale, against, warning=True)
            else:
                _note(reading, "returns.labels_contradict", evidence, scale, against)
                refused = True
        elif outside := shifted(evidence.numbers, instrument.scale[scale], exported, evidence.others):
            _note(
                reading,
                "returns.codes_outside",
                evidence,
                scale,
                [f"{n} ({evidence.numbers[n]})" for n in outside],
            )
            refused = True
    return not refused


def shifted(numbers: Mapping[int, int], scale: Scale, exported: bool, others: int = 0) -> list[int]:
    """The numbers that show that a scale is coded in another way; none where those outside may be typing errors or codes for no
    answer. ``numbers``: number → cells; ``others``: cells with words.

    >>> from surveys.definitions.instrument.records import Level
    >>> scale = Scale("hl", tuple(Level(str(k), (k / 5,), "", "") for k in range(1, 6)))
    >>> shifted({4: 7, 5: 6, 6: 3, 7: 2, 8: 2}, scale, exported=True)
    [6, 7, 8]
    >>> shifted({1: 90, 2: 80, 4: 75, 5: 60, 11: 1, 55: 1, 6: 1}, scale, exported=False)
    []
    """
    levels = [int(level.code) for level in scale.levels if level.code.isdecimal()]
    if len(levels) < len(scale.levels):
        return []
    reasons = {int(n.code) for n in scale.non_answers if n.code.isdecimal()}
    outside = {n: cells for n, cells in numbers.items() if n >= 0 and n not in levels and n not in reasons}
    inside = [n for n in numbers if n in levels]
    counted = sum(outside.values())
    share = counted / max(sum(numbers.values()) + others, 1)
    near = [*_run(max(levels), 1, outside), *_run(min(levels), -1, outside)]
    span = [*inside, *near]
    continued = bool(near) and (len(near) > 1 or max(span) - min(span) < len(levels))
    another = continued or (len(outside) > 1 and (not inside or share >= THIRD))
    enough = counted >= (EXPORTED_CELLS if exported else TYPED_CELLS) and share >= TENTH
    return sorted(outside) if another and enough else []


def _run(end: int, step: int, outside: Mapping[int, int]) -> Iterator[int]:
    """The numbers outside that follow the end of a scale without a gap."""
    number = end + step
    while number in outside:
        yield number
        number += step


def _evidence(reading: TableReading) -> dict[str, _Evidence]:
    """What the columns say of each scale; items whose values the study recodes, and options, are settled."""
    found: dict[str, _Evidence] = {}
    pooled: dict[tuple[str, Pool], list[np.ndarray]] = {}
    for (item, _), column in reading.layout.items.items():
        recoded = item in reading.codings and reading.codings[item].recode
        if recoded or item in reading.vocabulary.option_items:  # 1 and 0 of an option mean chosen or not
            continue
        scale = reading.instrument.item[item].scale
        evidence = found.setdefault(scale, _Evidence())
        evidence.columns.append((item, column))
        if column.variable and column.variable.value_labels:
            evidence.labelled |= dict.fromkeys(_value_labels(column))
        elif column.cells.pool.meant is None:
            _count(evidence, zip(column.distinct.texts, column.distinct.counts.tolist(), strict=True))
        else:
            pooled.setdefault((scale, column.cells.pool), []).append(column.cells.codes)
    for (scale, pool), codes in pooled.items():
        counts = np.bincount(np.concatenate(codes) + 1, minlength=len(pool.values) + 1)[1:].tolist()
        meant = pool.meant or []
        _count(found[scale], ((text, n) for (text, _), n in zip(meant, counts, strict=True) if n))
    return found


def _count(evidence: _Evidence, texts: Iterable[tuple[str, int]]) -> None:
    for text, cells in texts:
        if number := whole_number(text):
            evidence.numbers[int(number)] += cells
        elif parts := number_and_words(text):
            evidence.labelled[parts] = None
            evidence.in_cells = True
            evidence.others += cells
        else:
            evidence.others += cells


def _value_labels(column: Column) -> Iterator[tuple[str, str]]:
    """Codes and labels of a variable, those that the file declares missing apart."""
    assert column.variable is not None
    for value, label in column.variable.value_labels.items():
        if not column.variable.is_missing(value):
            yield whole_number(cell_text(value)) or cell_text(value), label


def _contradictions(evidence: _Evidence, options: AnswerOptions) -> list[str]:
    """Codes whose label is another level of the scale. In cells, one may be a typing error: two and more are a coding, where
    each number always stands beside the same words."""
    against = []
    for number, label in evidence.labelled:
        by_code, by_label = options.find(number), options.find(label)
        if (
            by_code is not None
            and by_label is not None
            and by_code != by_label
            and min(by_code, by_label) >= 0
        ):
            against.append(f"{number} = {label}")
    if evidence.in_cells and (len(against) < 2 or not _is_one_to_one(evidence, options)):
        return []
    return against


def _fits(evidence: _Evidence, options: AnswerOptions) -> bool:
    """Whether every label is an option, no two codes of one column the same, and no code stands without one."""
    if evidence.numbers or any(options.find(label) is None for _, label in evidence.labelled):
        return False
    if evidence.in_cells:
        return True
    return all(_is_whole(column, options) for _, column in evidence.columns)


def _is_whole(column: Column, options: AnswerOptions) -> bool:
    labels = [options.find(label) for _, label in _value_labels(column)]
    assert column.variable is not None
    described = column.variable
    used = [v for v in column.distinct.values if not described.is_missing(v)]
    return len(set(labels)) == len(labels) and all(value in described.value_labels for value in used)


def _is_one_to_one(evidence: _Evidence, options: AnswerOptions) -> bool:
    meant = {(number, options.find(label)) for number, label in evidence.labelled}
    return len({number for number, _ in meant}) == len(meant) == len({level for _, level in meant})


def _note(
    reading: TableReading,
    code: str,
    evidence: _Evidence,
    scale: str,
    found: Sequence[str],
    warning: bool = False,
) -> None:
    reading.study.problems.add(
        code, severity="warning" if warning else "error", file=reading.table.file, sheet=reading.table.sheet,
        found=_listed(found, "; "), scale=scale, columns=evidence.headings,
        codes=", ".join(level.code for level in reading.instrument.scale[scale].levels),
    )  # fmt: skip


def _listed(texts: Iterable[str], between: str = ", ") -> str:
    return the_first(dict.fromkeys(texts), _LISTED, between)
