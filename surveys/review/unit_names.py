"""The review file of unit names: written for a person with a spreadsheet, read back as decisions of the study.

One row for each spelling and proposed unit. In the column ``decision`` a person writes ``x`` (or ``có``, ``yes``) beside the
right proposal, the code of another unit, or ``không`` (``no``, ``-``) for a text that is no unit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from surveys.definitions.study.records import StudyDefinition, UnitDecision
from surveys.problems import Problems
from surveys.returns.files.delimited import decode
from surveys.returns.record_set import Returns
from surveys.returns.register import PROPOSAL_COLUMNS
from surveys.vocabulary.csv import delimiter_of
from surveys.vocabulary.folding import fold, repair
from surveys.vocabulary.formulas import guarded, unguarded

DECISION_COLUMNS = ("block", "text", "unit_code")
ACCEPT = frozenset({"x", "có", "co", "yes", "đúng", "ok", "1"})
REFUSE = frozenset({"không", "khong", "no", "-", "0", "none"})


def write_review(returns: Returns, path: Path) -> None:
    """Write the proposals of a reading as CSV with a byte order mark, for Excel to show Vietnamese; no text is a formula."""
    safe = returns.proposals.assign(text=[guarded(text) for text in returns.proposals["text"]])
    _write(path, PROPOSAL_COLUMNS, safe[PROPOSAL_COLUMNS].itertuples(index=False))


def read_review(path: Path, study: StudyDefinition) -> tuple[UnitDecision, ...]:
    """The decisions of a review file that someone filled in; rows without a decision are left open.

    Raises :class:`~surveys.problems.SurveyError` naming every row whose decision is no unit of the block, and every spelling
    decided in two ways.
    """
    problems = Problems()
    decided: dict[tuple[str, str], tuple[str, int]] = {}
    for row, line in enumerate(_lines(path, problems), start=2):
        code = _decision(line, row, study, path.name, problems)
        if code is None:
            continue
        key = (line["block"], repair(unguarded(line["text"]))[0])
        before = decided.setdefault(key, (code, row))
        if before[0] != code:
            problems.add("returns.decided_twice", file=path.name, row=row, text=key[1], other=before[1])
    problems.raise_errors()
    return tuple(UnitDecision(block, text, code) for (block, text), (code, _) in decided.items())


def write_decisions(decisions: Iterable[UnitDecision], path: Path) -> None:
    """Write confirmed spellings as the file that ``[files] unit_decisions`` of a study names."""
    _write(path, DECISION_COLUMNS, ((d.block, d.text, d.unit_code) for d in decisions))


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _lines(path: Path, problems: Problems) -> list[Mapping[str, str]]:
    if not path.is_file():
        problems.add("file.missing", file=path.name)
        problems.raise_errors()
    text, _ = decode(path.read_bytes(), path.name)
    lines = csv.DictReader(text.splitlines(), delimiter=delimiter_of(text)[0], restval="")
    absent = [
        name
        for name in ("block", "text", "proposed_code", "decision")
        if name not in (lines.fieldnames or ())
    ]
    for name in absent:
        problems.add("returns.review_column", file=path.name, column=name)
    problems.raise_errors()
    return list(lines)


def _decision(
    line: Mapping[str, str], row: int, study: StudyDefinition, file: str, problems: Problems
) -> str | None:
    """The unit code a row decides for, ``""`` for no unit, None when the row is open or at fault."""
    written = line["decision"].strip()
    if not written or fold(written) in REFUSE:
        return "" if written else None
    code = line["proposed_code"] if fold(written) in ACCEPT else written
    known = [unit.code for unit in study.units if unit.block == line["block"]]
    if code not in known:
        problems.add(
            "returns.decision_unknown",
            file=file,
            row=row,
            column="decision",
            text=written,
            accepted=", ".join(known),
        )
        return None
    return code
