"""Audit of a published table: is every total the sum of its parts, as far as rounding lets one say?

A value printed with d digits may be off by half a unit of the last digit, ½·10⁻ᵈ. A total and the k parts it was added
from may therefore differ by less than (k + 1) halves; with equal digits, where differences come in whole units, that is
the rule of the published plans: at most k halves. Whatever is more cannot be rounding. All arithmetic is on the printed
decimals and exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.problems import Problem, Problems, Severity, SurveyError, nearest
from surveys.published.structure import Structure, structure_of
from surveys.published.table import Line, by_unit, read_published
from surveys.scoring.unit_groups import groups_of

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    ``nodes``: DataFrame unit, code, level, name, printed, computed, difference, tolerance, status, one row per printed
    or computable node; status is ``exact``, ``rounding``, ``contradicts``, ``partial`` (some parts are not in the table),
    ``printed`` (nothing below), ``computed`` (not printed), ``unequal_answers`` (a pooled value that equal numbers of
    answers do not give).
    ``ranks``: unit, code, level, name, value, rank, group for nodes with parts, in tables of several units (rank 1
    is the highest; equal values share a rank; missing values have none; group as the edition declares its groups of units).
    ``changes``: unit, code, name, before, now, change against an earlier table.
    ``problems``: errors contradict the table, warnings tell what to know.
    """

    table: str
    instrument: str
    nodes: pd.DataFrame
    ranks: pd.DataFrame
    changes: pd.DataFrame
    problems: tuple[Problem, ...]

    @property
    def consistent(self) -> bool:
        """No printed value contradicts another."""
        return all(problem.severity != "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Amount:
    """A value and the most that rounding moved it, both in points or both in percent."""

    value: Decimal
    error: Decimal
    points: bool

    def scaled(self, maximum: Decimal | None, to_points: bool) -> Amount | None:
        """The same in points or in percent; None when there is no maximum to turn one into the other."""
        if self.points == to_points:
            return self
        if not maximum:
            return None
        factor = maximum / HUNDRED if to_points else HUNDRED / maximum
        return Amount(self.value * factor, self.error * factor, to_points)


def audit(
    table_path: str | Path, instrument: Instrument | str | Path, previous: str | Path | None = None
) -> AuditReport:
    """Re-add a published table over the tree of an instrument.

    ``table_path``: CSV with the columns of ``data-sample/published`` (code, name_vi, max_points or max_score, points or
    score or satisfaction_percent) for one unit, and a column ``unit`` for several. ``instrument``: an edition or its name.
    ``previous``: the same table of an earlier year. Raises :class:`surveys.problems.SurveyError` when the table cannot be
    read at all; what it says wrongly is in the report.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = path.write_text("code,points\\n2.4,3.2047\\n2.4.1,0.8219\\n2.4.2,0.7717\\n2.4.3,0.7528\\n2.4.4,0.8943\\n")
    >>> report = audit(path, "par-index/2022")
    >>> report.consistent, [problem.code for problem in report.problems]
    (False, ['audit.sum', 'audit.digits_swapped'])
    """
    edition = instrument if isinstance(instrument, Instrument) else load_instrument(instrument)
    path = Path(table_path)
    lines = _read(path, edition)
    problems = Problems()
    problems.extend(lines.problems)
    structure = structure_of(edition, lines.lines)
    _note_unknown(structure, lines.lines, path.name, problems)
    audits = [
        UnitAudit(unit, rows, structure, path.name, problems) for unit, rows in by_unit(lines.lines).items()
    ]
    nodes = pd.DataFrame([row for one in audits for row in one.rows()], columns=NODE_COLUMNS)
    changes = pd.DataFrame(columns=CHANGE_COLUMNS)
    if previous is not None:
        before = _read(Path(previous), edition)
        changes = pd.DataFrame(
            list(_changes(before.lines, lines.lines, path.name, problems)), columns=CHANGE_COLUMNS
        )
    return AuditReport(path.name, edition.name, nodes, ranks_of(nodes, structure), changes, tuple(problems))


NODE_COLUMNS = ["unit", "code", "level", "name", "printed", "computed", "difference", "tolerance", "status"]
RANK_COLUMNS = ["unit", "code", "level", "name", "value", "rank", "group"]
CHANGE_COLUMNS = ["unit", "code", "name", "before", "now", "change"]


@dataclass(frozen=True, slots=True)
class _Table:
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def _read(path: Path, instrument: Instrument) -> _Table:
    """The rows of a table with what was noted on the way; SurveyError when a fault keeps it from being read."""
    problems = Problems()
    lines = read_published(path, problems)
    if lines and not any(line.code in instrument.node for line in lines):
        accepted = list(instrument.node)[:40]
        problems.add("audit.no_known_code", file=path.name, instrument=instrument.name, accepted=accepted)
    if problems.errors:
        raise SurveyError(problems)
    return _Table(lines, tuple(problems))


def _note_unknown(structure: Structure, lines: Sequence[Line], file: str, problems: Problems) -> None:
    known = structure.instrument.node
    rows = {line.code: line.row for line in reversed(lines)}
    for code, parent in structure.extras.items():
        problems.add(
            "audit.unknown_code", severity="warning", file=file, row=rows[code], column="code", value=code,
            parent=parent or "–", instrument=structure.instrument.name, nearest=nearest(code, known) or "–",
        )  # fmt: skip


class UnitAudit:
    """The rows of one unit re-added; every contradiction is noted when it is built."""

    def __init__(
        self, unit: str, lines: Mapping[str, Line], structure: Structure, file: str, problems: Problems
    ) -> None:
        self.unit, self.lines, self.structure = unit, lines, structure
        self._file, self._problems = file, problems
        self._best: dict[str, Amount] = {}
        self._combined: dict[str, Amount] = {}
        self._status: dict[str, str] = {}
        for code, line in lines.items():
            self._check_line(code, line)
        for code in structure.order():
            self._settle(code)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Rows of ``AuditReport.nodes``, in the order of the table, then what was computed beside it."""
        for code in (*self.lines, *(code for code in self.structure.order() if code not in self.lines)):
            printed, computed = self._printed(code), self._combined.get(code)
            if printed is None and computed is None:
                continue
            own = computed.scaled(self._maximum(code), printed.points) if computed and printed else computed
            node = self.structure.instrument.node.get(code)
            yield (
                self.unit, code, node.level if node else "", self._name(code),
                float(printed.value) if printed else None,
                float(own.value) if own else None,
                float(printed.value - own.value) if printed and own else None,
                float(printed.error + own.error) if printed and own else None,
                self._status.get(code, "printed"),
            )  # fmt: skip

    def _name(self, code: str) -> str:
        if code in self.lines and self.lines[code].name:
            return self.lines[code].name
        node = self.structure.instrument.node.get(code)
        return node.label_vi if node else ""

    def _maximum(self, code: str) -> Decimal | None:
        return self.structure.maximum(code, self.lines.get(code))

    def _printed(self, code: str) -> Amount | None:
        """What the table says of a node, points before percent."""
        line = self.lines.get(code)
        if line is None or (line.points is None and line.percent is None):
            return None
        value = line.points if line.points is not None else line.percent
        assert value is not None
        points = line.points is not None
        return Amount(value, self.structure.half_unit(code, points), points)

    def _note(self, kind: str, code: str, severity: Severity = "error", **params: Any) -> None:
        name = " ".join(part for part in (self._name(code), f"({self.unit})" if self.unit else "") if part)
        place: dict[str, Any] = {"file": self._file, "row": self.lines[code].row, "node": code, "name": name}
        self._problems.add(kind, severity=severity, **place | params)

    def _check_line(self, code: str, line: Line) -> None:
        """Ranges, the maximum, and percentages against points of one row."""
        node = self.structure.instrument.node.get(code)
        maximum = self._maximum(code)
        low = Decimal(repr(node.low)) if node and node.low is not None else Decimal(0)
        if line.points is not None and not low <= line.points <= (maximum or line.points):
            self._note("audit.out_of_range", code, value=line.points, low=low, high=maximum or "–")
        if line.percent is not None and not 0 <= line.percent <= HUNDRED:
            self._note("audit.out_of_range", code, value=line.percent, low=0, high=HUNDRED)
        if node and line.maximum is not None and node.max_points not in (None, float(line.maximum)):
            self._note(
                "audit.maximum", code, "warning", value=line.maximum,
                expected=f"{node.max_points:g}", instrument=self.structure.instrument.name,
            )  # fmt: skip
        if line.points is not None and line.percent is not None and maximum:
            self._check_percent(code, line.points, line.percent, maximum)

    def _check_percent(self, code: str, points: Decimal, percent: Decimal, maximum: Decimal) -> None:
        expected = percent * maximum / HUNDRED
        error = self.structure.half_unit(code, False) * maximum / HUNDRED
        if abs(points - expected) >= self.structure.half_unit(code, True) + error:
            self._note(
                "audit.percent",
                code,
                percent=percent,
                maximum=maximum,
                points=points,
                expected=_short(expected),
            )

    def _settle(self, code: str) -> None:
        """Combine the parts of a node, compare with what is printed, and keep the better known of the two."""
        printed = self._printed(code)
        parts = self._parts(code)
        if parts and self._complete(code, parts):
            self._combined[code] = self._combine(code, parts)
            self._status[code] = self._judge(code, printed, parts) if printed else "computed"
        elif parts and printed:
            self._status[code] = self._judge_partial(code, printed, parts)
        best = printed or self._combined.get(code)
        if best is not None:
            self._best[code] = best

    def _parts(self, code: str) -> dict[str, Amount]:
        """Known parts of a node in the terms of its rule: points for sums, percent for means."""
        found = {}
        for child in self.structure.children(code):
            amount = self._best.get(child)
            own = amount.scaled(self._maximum(child), self.structure.adds_points(code)) if amount else None
            if own is not None:
                found[child] = own
        return found

    def _complete(self, code: str, parts: Mapping[str, Amount]) -> bool:
        """All parts are there: every child of the definition, or as many maxima as the whole has."""
        own = [child.code for child in self.structure.instrument.children.get(code, ())]
        if own and all(child in parts for child in own):
            return True
        maxima = [self._maximum(child) for child in parts]
        whole = self._maximum(code)
        known = [maximum for maximum in maxima if maximum is not None]
        return self.structure.adds_points(code) and len(known) == len(maxima) and sum(known) == whole

    def _combine(self, code: str, parts: Mapping[str, Amount]) -> Amount:
        if self.structure.adds_points(code):
            value = sum((part.value for part in parts.values()), Decimal(0))
            return Amount(value, sum((part.error for part in parts.values()), Decimal(0)), True)
        own = {child: part for child, part in parts.items() if child in self.structure.instrument.node}
        weights = {child: self.structure.weight(code, child) for child in own}
        total = sum(weights.values(), Decimal(0))
        value = sum((weights[child] * part.value for child, part in own.items()), Decimal(0)) / total
        error = sum((weights[child] * part.error for child, part in own.items()), Decimal(0)) / total
        return Amount(value, error, False)

    def _judge(self, code: str, printed: Amount, parts: Mapping[str, Amount]) -> str:
        """How a printed value and its combined parts agree; noted when rounding cannot explain the difference."""
        computed = self._combined[code].scaled(self._maximum(code), printed.points)
        if computed is None:
            return "printed"
        difference = abs(printed.value - computed.value)
        if not difference:
            return "exact"
        if difference < printed.error + computed.error:
            return "rounding"
        found = self._swapped_parts(code, printed, parts)
        if self.structure.is_pooled(code) and not found and self._between(printed, parts):
            self._note(
                "audit.unequal_answers", code, "warning", printed=self._shown(code, printed),
                computed=_short(computed.value), difference=_short(difference),
            )  # fmt: skip
            return "unequal_answers"
        self._note_difference(code, printed, computed)
        for where, before, after in found:
            self._note("audit.digits_swapped", code, "warning", node=where, printed=before, swapped=after)
        return "contradicts"

    def _note_difference(self, code: str, printed: Amount, computed: Amount) -> None:
        shown: dict[str, Any] = {
            "printed": self._shown(code, printed),
            "computed": _short(computed.value),
            "difference": _short(abs(printed.value - computed.value)),
            "tolerance": _short(printed.error + computed.error),
        }
        if self.structure.adds_points(code):
            self._note("audit.sum", code, **shown)
        else:
            self._note("audit.combined", code, rule=self.structure.rule(code), **shown)

    def _between(self, printed: Amount, parts: Mapping[str, Amount]) -> bool:
        """Whether a mean lies between its smallest and largest part, as any weights would make it."""
        whole = printed.value if not printed.points else None
        lowest = min(part.value - part.error for part in parts.values())
        highest = max(part.value + part.error for part in parts.values())
        return whole is not None and lowest - printed.error < whole < highest + printed.error

    def _shown(self, code: str, amount: Amount) -> str:
        """A printed value with the digits of its column."""
        return f"{amount.value:.{self.structure.digits_of(code, amount.points)}f}"

    def _swapped_parts(
        self, code: str, printed: Amount, parts: Mapping[str, Amount]
    ) -> list[tuple[str, str, str]]:
        """(node, printed, exchanged) of neighbouring digits whose exchange mends the whole; of the parts only in sums,
        where every part counts in full."""
        text = self._shown(code, printed)
        found = [(code, text, other) for other in swaps(text) if self._mended(code, Decimal(other), parts)]
        for child in parts if self.structure.adds_points(code) else ():
            own = self._printed(child)
            if own is None:
                continue
            text = self._shown(child, own)
            for other in swaps(text):
                swapped = Amount(Decimal(other), own.error, own.points).scaled(self._maximum(child), True)
                if swapped is not None and self._mended(code, printed.value, {**parts, child: swapped}):
                    found.append((child, text, other))
        return found

    def _mended(self, code: str, whole: Decimal, parts: Mapping[str, Amount]) -> bool:
        printed = self._printed(code)
        assert printed is not None
        computed = self._combine(code, parts).scaled(self._maximum(code), printed.points)
        return computed is not None and abs(whole - computed.value) < printed.error + computed.error

    def _judge_partial(self, code: str, printed: Amount, parts: Mapping[str, Amount]) -> str:
        """With parts missing, a sum lies between the parts at hand and those plus the maxima of the others."""
        whole = printed.scaled(self._maximum(code), True)
        if not self.structure.adds_points(code) or whole is None:
            return "partial"
        known = self._combine(code, parts)
        maxima = [self._maximum(child) for child in self.structure.children(code) if child not in parts]
        room = (
            sum((m for m in maxima if m is not None), Decimal(0))
            if None not in maxima
            else Decimal("Infinity")
        )
        tolerance = known.error + whole.error
        if known.value - tolerance < whole.value < known.value + room + tolerance:
            return "partial"
        self._note(
            "audit.partial", code, printed=self._shown(code, printed), low=_short(known.value),
            high=_short(known.value + room),
        )  # fmt: skip
        return "contradicts"


def swaps(text: str) -> Iterator[str]:
    """Every number that two neighbouring, different digits of a printed number become when exchanged.

    >>> list(swaps("3.20"))
    ['2.30', '3.02']
    """
    places = [k for k, letter in enumerate(text) if letter.isdigit()]
    for a, b in pairwise(places):
        if text[a] != text[b]:
            letters = list(text)
            letters[a], letters[b] = letters[b], letters[a]
            yield "".join(letters)


def _short(value: Decimal) -> str:
    """At most six digits after the point, without closing zeros.

    >>> _short(Decimal("3.240700")), _short(Decimal(80)), _short(Decimal("83.4663636"))
    ('3.2407', '80', '83.466364')
    """
    text = f"{value:.6f}" if value.is_finite() else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def ranks_of(nodes: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Ranks and groups of the units at every node that has parts, best first; empty for a table of one unit."""
    if nodes["unit"].nunique() < 2:
        return pd.DataFrame(columns=RANK_COLUMNS)
    with_parts = nodes[[bool(structure.children(code)) for code in nodes["code"]]].copy()
    with_parts["value"] = with_parts["printed"].fillna(with_parts["computed"]).astype(float)
    found = []
    for _, rows in with_parts.groupby("code", sort=False):
        one = rows.sort_values("value", ascending=False, kind="stable", na_position="last").copy()
        one["rank"] = one["value"].rank(ascending=False, method="min").astype("Int64")
        one["group"] = groups_of(one["value"].tolist(), structure.instrument.unit_groups)
        found.append(one[RANK_COLUMNS])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=RANK_COLUMNS)


def _changes(
    before: Sequence[Line], now: Sequence[Line], file: str, problems: Problems
) -> Iterator[tuple[object, ...]]:
    """Change of every value that both tables print; what only one of them has is noted."""
    earlier = {(line.unit, line.code): line for line in before}
    later = {(line.unit, line.code): line for line in now}
    for kind, some, others in (("audit.only_now", later, earlier), ("audit.only_before", earlier, later)):
        missing = [" ".join(part for part in key if part) for key in some if key not in others]
        if missing:
            problems.add(kind, severity="warning", file=file, nodes=missing[:40])
    for key, line in later.items():
        old = earlier.get(key)
        if old is None:
            continue
        if old.maximum != line.maximum:
            problems.add(
                "audit.maximum_changed", severity="warning", file=file, row=line.row, node=line.code,
                name=line.name, before=old.maximum, now=line.maximum,
            )  # fmt: skip
        values = (old.points, line.points) if line.points is not None else (old.percent, line.percent)
        if values[0] is not None and values[1] is not None:
            yield (*key, line.name, float(values[0]), float(values[1]), float(values[1] - values[0]))
