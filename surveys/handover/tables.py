"""The tables of the package: results become frames of printed text, and these become CSV bytes.

Printing is the only place where numbers are rounded. CSV is RFC 4180: comma, CRLF, quotes where needed, UTF-8. Text that a
spreadsheet would run as a formula is guarded (:mod:`surveys.vocabulary.formulas`); numbers are left plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.definitions.study.records import Output, StudyDefinition
from surveys.handover.codebook import COUNCIL_SCORES, COUNCIL_UNITS, TREE, Column, Table, decimals_of
from surveys.handover.rounding import decimal_cells, joined, plain_cells
from surveys.problems import Problem, phrase, wording
from surveys.returns.record_set import Returns
from surveys.scoring.rules import rule_of
from surveys.validity.dispositions import Dispositions
from surveys.vocabulary.columns import CELL_COLUMNS
from surveys.vocabulary.formulas import guarded
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import in_words
from surveys.vocabulary.statuses import INCOMPLETE, REJECTED, REVIEW

if TYPE_CHECKING:
    from surveys.scoring.scores import Scores

_NEEDS_QUOTES = re.compile('[",\r\n]')
_NEEDS_CARE = re.compile(r"[\",\r\n]|\0'*\s*[=+\-@\t\r]")
#: Columns of words become one when there are at least so many rows for every combination they could have.
_FEW = 4


def quoted(text: str) -> str:
    """A cell of a CSV: in quotes where it holds a comma, a quote or a line break (RFC 4180, rules 5 to 7).

    >>> quoted("Sở Y tế"), quoted('a "b", c')
    ('Sở Y tế', '"a ""b"", c"')
    """
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


@dataclass(frozen=True)
class Words:
    """A column of text: each different text once, and the place of the text of each row among them, int [n]."""

    distinct: Sequence[str]
    place: np.ndarray

    def texts(self) -> list[str]:
        """The text of each row [n]."""
        return np.array(self.distinct, dtype=object)[self.place].tolist()

    def written(self) -> list[bytes]:
        """Each different text as it stands in a CSV."""
        plain = _is_plain(self.distinct)
        texts = self.distinct if plain else [quoted(guarded(text)) for text in self.distinct]
        return [text.encode() for text in texts]


#: A printed column: words, or numbers as the cells of :mod:`surveys.handover.rounding`.
Cells = Words | np.ndarray


def printed(table: Table, frame: pd.DataFrame, output: Output) -> dict[str, Cells]:
    """The columns of ``table`` as printed text, name → n cells, in the order of the codebook."""
    return {column.name: _cells(column, frame[column.name], output) for column in table.columns}


def csv_bytes(table: Table, printed: Mapping[str, Cells]) -> bytes:
    """RFC 4180 bytes of printed text; text cells are guarded, numbers stay plain."""
    columns: list[list[bytes]] = []
    for _, run in groupby((printed[name] for name in table.names), key=type):
        cells = list(run)  # neighbours of one kind: numbers are joined before they become texts
        numbers = [c for c in cells if isinstance(c, np.ndarray)]
        columns += [joined(numbers)] if numbers else []
        columns += _spread(c for c in cells if isinstance(c, Words))
    header = ",".join(map(quoted, table.names)).encode("utf-8-sig" if table.bom else "utf-8")
    return b"\r\n".join([header, *map(b",".join, zip(*columns, strict=True)), b""])


#: Different texts of one or more columns as they stand in a CSV, and the place of the text of each row among them.
Written = tuple[list[bytes], np.ndarray]


def _spread(words: Iterable[Words]) -> list[list[bytes]]:
    """Neighbouring columns of words as the texts of each row; those of few combinations become one column."""
    found: list[Written] = []
    for column in words:
        right = (column.written(), column.place)
        both = _beside(found[-1], right) if found else None
        found = [*found, right] if both is None else [*found[:-1], both]
    return [np.array(texts, dtype=object)[place].tolist() for texts, place in found]


def _beside(left: Written, right: Written) -> Written | None:
    """Two columns as one, each combination that occurs once; None where there may be too many to be worth it."""
    (texts, place), (more, other) = left, right
    if len(texts) * len(more) * _FEW > len(place):
        return None
    pair = place * len(more) + other
    occurs = np.zeros(len(texts) * len(more), dtype=bool)
    occurs[pair] = True
    pairs = (divmod(one, len(more)) for one in np.flatnonzero(occurs).tolist())
    return [texts[one] + b"," + more[two] for one, two in pairs], (np.cumsum(occurs) - 1)[pair]


def _is_plain(texts: Iterable[str]) -> bool:
    """Whether none of the texts needs quotes or a guard."""
    return not _NEEDS_CARE.search("\0" + "\0".join(texts))


def forms_frame(returns: Returns, dispositions: Dispositions) -> pd.DataFrame:
    """Every evaluation with its disposition and the names of all rules it met, joined by ``;``.

    Block, unit, group and questionnaire are those of the cell in which the evaluation is counted; ``unit_read`` is the unit as
    read. Second data entries are compared with the first and are no evaluations of their own.
    """
    met: dict[int, dict[str, None]] = {}
    for row, rule in dispositions.reasons[["row", "rule"]].itertuples(index=False):
        met.setdefault(row, {})[rule] = None
    reasons = np.full(len(returns), "", dtype=object)
    for row, rules in met.items():
        reasons[row] = ";".join(rules)
    made = {
        **{name: dispositions.cells[name].to_numpy(dtype=object) for name in CELL_COLUMNS},
        "disposition": dispositions.disposition,
        "reasons": reasons,
    }
    rows, counted = returns.rows, dispositions.counted
    read = {name: rows[name] for name in ("form_code", "mode", "source_file", "source_row")}
    read["unit_read"] = rows["unit_code"]
    columns = {name: pd.Series(cells.array[counted], dtype=cells.dtype) for name, cells in read.items()}
    columns |= {name: pd.Series(texts[counted], dtype=object) for name, texts in made.items()}
    return pd.DataFrame(columns, copy=False)


def reasons_frame(returns: Returns, dispositions: Dispositions) -> pd.DataFrame:
    """One row per evaluation and reason, with its place in the files."""
    reasons = dispositions.reasons
    places = returns.rows.iloc[reasons["row"].to_numpy(dtype=np.intp)].reset_index(drop=True)
    return places.assign(**{name: reasons[name].to_numpy() for name in ("rule", "severity", "detail")})


def cells_frame(returns: Returns) -> pd.DataFrame:
    """Cells that were read but are no answer, with their place in the files."""
    places = returns.rows.iloc[returns.cells["row"].to_numpy(dtype=np.intp)].reset_index(drop=True)
    cells = returns.cells
    return places.assign(
        item_code=cells["item"].to_numpy(), text=cells["text"].to_numpy(), fault=cells["fault"].to_numpy()
    )


def rejected_frame(forms: pd.DataFrame) -> pd.DataFrame:
    """Rejected evaluations with their reasons in words; form codes only, no personal data, no free text."""
    rejected = forms[forms["disposition"] == REJECTED].reset_index(drop=True)
    return rejected.assign(reasons_vi=[reason_words(r, "vi") for r in rejected["reasons"].tolist()])


def undecided_frame(forms: pd.DataFrame) -> pd.DataFrame:
    """Evaluations that wait for a decision, with blank columns for it (see :mod:`surveys.review.decisions`)."""
    waiting = forms[forms["disposition"] == REVIEW].reset_index(drop=True)
    return waiting.assign(
        unit=waiting["unit_read"],
        decision="",
        reviewer="",
        reason="",
        date="",
        reasons_vi=[reason_words(r, "vi") for r in waiting["reasons"].tolist()],
    )


def reason_words(reasons: str, language: str) -> str:
    """Rule names joined by ``;`` in words; a rule without wording keeps its name."""
    known = wording()
    return "; ".join(
        known[f"rule_label.{rule}"][language] if f"rule_label.{rule}" in known else rule
        for rule in reasons.split(";")
        if rule
    )


def warnings_frame(warnings: Iterable[Problem]) -> pd.DataFrame:
    """Faults that did not stop the run, in both languages."""
    columns = ["code", "file", "sheet", "row", "column", "text_vi", "text_en"]
    rows = [
        (w.code, w.file, w.sheet, np.nan if w.row is None else w.row, w.column, w.text("vi"), w.text("en"))
        for w in warnings
    ]
    return pd.DataFrame(rows, columns=columns)


def tree_frame(instrument: Instrument) -> pd.DataFrame:
    """The index tree as it was used, items below their nodes, so that every parent can be re-added.

    The rule is the one that was applied: the node's own, or that of an aggregation chosen for the whole index.
    """
    rows = []
    for node in instrument.nodes:
        rows.append(_node_row(node, rule_of(instrument, node).name))
        rows += [_item_row(item) for item in instrument.items_of_node.get(node.code, ())]
    return pd.DataFrame(rows, columns=list(TREE.names))


def _node_row(node: Node, rule: str) -> tuple[object, ...]:
    groups = ";".join(f"{group}:{weight:.15g}" for group, weight in node.groups)
    numbers = (_number(value) for value in (node.max_points, node.low, node.high))
    return (
        node.code, node.parent, node.level, rule, node.measured_by, node.weight, *numbers, groups,
        ";".join(node.blocks), node.label_vi, node.label_en,
    )  # fmt: skip


def _item_row(item: Item) -> tuple[object, ...]:
    gap = float("nan")
    return (
        item.code, item.node, ITEM_LEVEL, "", "survey", item.weight, gap, gap, gap, "", "", item.text_vi, item.text_en,
    )  # fmt: skip


def council_scores(study: StudyDefinition, scores: Scores) -> pd.DataFrame:
    """Unit × sub-criterion: the lowest scored nodes, over all groups; incomplete ones without points."""
    nodes = {node.code: node for node in measured_nodes(study.instrument)}
    table = scores.table
    chosen = (table["group"] == ALL_GROUPS) & table["node_code"].isin(list(nodes))
    rows = table[[name for name in COUNCIL_SCORES.names if name in table]][chosen].reset_index(drop=True)
    named = rows.assign(node_name=[nodes[code].label_vi for code in rows["node_code"].tolist()])
    return _withheld(study, named, ["points"])[list(COUNCIL_SCORES.names)]


def council_units(study: StudyDefinition, scores: Scores) -> pd.DataFrame:
    """The summary per unit; incomplete units without points, percent and rank."""
    return _withheld(study, scores.units, ["points", "percent", "rank", "rank_low", "rank_high"])[
        list(COUNCIL_UNITS.names)
    ]


def shares_frame(study: StudyDefinition, shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of answers with the labels of the answers in the language of official files."""
    instrument, name = study.instrument, f"label_{study.output.language}"
    labels = {
        (item.code, level.code): getattr(level, name)
        for item in instrument.items
        for level in instrument.scale[item.scale].levels
    }
    pairs = zip(shares["item_code"], shares["level_code"], strict=True)
    return shares.assign(level_label=[labels[pair] for pair in pairs])


def measured_nodes(instrument: Instrument) -> tuple[Node, ...]:
    """Nodes whose score comes from answers or from another survey, not from nodes below."""
    return tuple(
        node
        for node in instrument.nodes
        if node.code not in instrument.children and node.measured_by in ("survey", "external")
    )


def _withheld(study: StudyDefinition, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Blank the results the council must not use: incomplete ones, unless the study renormalises."""
    if study.inference.on_missing_group == "renormalise":
        return frame
    incomplete = frame["status"] == INCOMPLETE
    return frame.assign(**{name: frame[name].astype(float).mask(incomplete) for name in columns})


def _cells(column: Column, values: pd.Series, output: Output) -> Cells:
    if column.kind == "remarks":
        place, found = pd.factorize(values.to_numpy(object))
        return Words([in_words(remarks, output.language) for remarks in found], place)
    if not column.is_number:
        return _words(values)
    numbers = pd.to_numeric(values).to_numpy(dtype=float)
    decimals = decimals_of(column.kind, output)
    return plain_cells(numbers) if decimals is None else decimal_cells(numbers, decimals)


def _words(values: pd.Series) -> Words:
    place, found = pd.factorize(
        values.array if isinstance(values.dtype, pd.StringDtype) else values.to_numpy(object)
    )
    distinct = found.tolist()
    if not all(isinstance(text, str) for text in distinct):
        texts = ["" if text is None or text != text else str(text) for text in values.tolist()]
        return _words(pd.Series(texts, dtype=object))
    place[place < 0] = len(distinct)  # gaps
    return Words([*distinct, ""], place)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def status_words(status: str) -> str:
    """A status in Vietnamese, for the council."""
    return phrase(f"handover.status.{status}", "vi")
