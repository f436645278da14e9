"""The tables of the package: results become frames, frames become printed text, and text becomes CSV bytes.

Printing is the only place where numbers are rounded. CSV is RFC 4180: comma, CRLF, quotes where needed, UTF-8
with a byte order mark. Text that a
spreadsheet would run as a formula is guarded (:mod:`surveys.vocabulary.formula_guard`); numbers are left plain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.record_building import types_of
from surveys.definitions.study.records import (
    Agency,
    Decision,
    Explanation,
    Headline,
    Output,
    StudyDefinition,
    Target,
)
from surveys.handover.official_columns import (
    EXPLANATIONS,
    REVIEWED,
    TREE,
    UNDECIDED,
    OfficialColumn,
    OfficialTable,
)
from surveys.handover.rounding import decimal_texts, plain_texts
from surveys.handover.words import label_of, unit_name, worded
from surveys.problems import Problem
from surveys.returns.record_set import Returns
from surveys.review.review_file import review_bytes
from surveys.scoring.combination_rules import rule_of
from surveys.validity.dispositions import Dispositions
from surveys.vocabulary.columns import DECIDED_COLUMNS
from surveys.vocabulary.csv import columns_bytes
from surveys.vocabulary.levels import ITEM_LEVEL, SURVEY
from surveys.vocabulary.remarks import in_words
from surveys.vocabulary.statuses import REVIEW

#: Columns of printed text by name, each of n rows.
Texts = Mapping[str, list[str]]


def printed(table: OfficialTable, frame: pd.DataFrame, output: Output) -> Texts:
    """The columns of ``table`` as printed text, in the order of the codebook."""
    return {column.name: _texts(column, frame[column.name], output) for column in table.columns}


def table_bytes(table: OfficialTable, texts: Texts) -> bytes:
    """A printed table as CSV, or as the review file it is."""
    columns = [texts[name] for name in table.names]
    if table.name in REVIEWED:
        return review_bytes(REVIEWED[table.name], zip(*columns, strict=True))
    numeric = [column.is_number for column in table.columns]
    return columns_bytes(table.names, columns, numeric)


def _texts(column: OfficialColumn, values: pd.Series, output: Output) -> list[str]:
    """The text of each row; every different value is printed once, gaps as nothing."""
    if column.is_number:
        place, numbers = pd.factorize(pd.to_numeric(values).to_numpy(dtype=float))
        decimals = column.decimals(output)
        found = plain_texts(numbers) if decimals is None else decimal_texts(numbers, decimals)
    elif column.kind == "remarks":
        place, remarks = pd.factorize(values.to_numpy(dtype=object))
        found = [in_words(said, output.language) for said in remarks]
    else:
        place, words = pd.factorize(values)
        found = list(map(str, words.tolist()))
    texts: list[str] = np.array([*found, ""], dtype=object)[place].tolist()  # a gap has the place -1
    return texts


def forms_frame(
    returns: Returns, dispositions: Dispositions, decisions: Sequence[Decision] = ()
) -> pd.DataFrame:
    """Every evaluation with its disposition, the names of all rules it met, joined by ``;``, and who of ``decisions``, the
    study's, decided about it, when and why.

    Block, unit, group and questionnaire are those of the cell in which the evaluation is counted; ``unit_read`` is the unit as
    read; evaluations of one form have one ``form_id``. Second data entries and copies stand there too, as what they are.
    """
    met = dispositions.reasons[["row", "rule"]].drop_duplicates()
    reasons = np.full(len(returns), "", dtype=object)
    for row, rule in zip(met["row"], met["rule"], strict=True):
        reasons[row] += f";{rule}" if reasons[row] else rule
    read = returns.rows[
        ["form_code", "submission", "content", "mode", "source_file", "source_row", "unit_code"]
    ]
    judged = {
        "disposition": dispositions.disposition,
        "reasons": reasons,
        "form_id": returns.rows["form"].to_numpy(),
    }
    parts = [
        read.rename(columns={"unit_code": "unit_read"}),
        dispositions.cells,
        pd.DataFrame(judged, dtype=object),
        _decided(dispositions, decisions),
    ]
    return pd.concat(parts, axis=1)


def _decided(dispositions: Dispositions, decisions: Sequence[Decision]) -> pd.DataFrame:
    """Who decided about each evaluation, when and why; nothing where nobody did."""
    said = [(made.reviewer, made.date, made.reason) for made in decisions] + [("", "", "")]
    by = np.full(len(dispositions.disposition), -1) if dispositions.decided is None else dispositions.decided
    return pd.DataFrame(said, columns=list(DECIDED_COLUMNS), dtype=object).iloc[by].reset_index(drop=True)


def reasons_frame(returns: Returns, dispositions: Dispositions) -> pd.DataFrame:
    """One row per evaluation and reason, with its place in the files."""
    reasons = dispositions.reasons
    return _rows_of(returns, reasons).assign(
        **{name: reasons[name].to_numpy() for name in ("rule", "severity", "detail")}
    )


def cells_frame(returns: Returns) -> pd.DataFrame:
    """Cells that were read but are no answer, with their place in the files."""
    cells = returns.cells
    return _rows_of(returns, cells).assign(
        item_code=cells["item"].to_numpy(), text=cells["text"].to_numpy(), fault=cells["fault"].to_numpy()
    )


def _rows_of(returns: Returns, found: pd.DataFrame) -> pd.DataFrame:
    """The evaluations that the column ``row`` of a table names."""
    return returns.rows.iloc[found["row"].to_numpy(dtype=np.intp)].reset_index(drop=True)


def undecided_frame(forms: pd.DataFrame, study: StudyDefinition) -> pd.DataFrame:
    """Evaluations that wait for a decision, with blank columns for it (see :mod:`surveys.review.decisions`)."""
    waiting = forms[forms["disposition"] == REVIEW]
    blank = dict.fromkeys(REVIEWED[UNDECIDED.name].filled, "")
    return with_words(UNDECIDED, waiting.assign(unit=waiting["unit_read"], **blank), study)


def explanations_frame(study: StudyDefinition) -> pd.DataFrame:
    """What the units explained and what was decided about it, in the order of the register and of the tree."""
    names = {(unit.block, unit.code): unit_name(unit, study.output.language) for unit in study.units}
    units = {key: place for place, key in enumerate(names)}
    nodes = {node.code: place for place, node in enumerate(study.instrument.nodes)}
    said = sorted(study.explanations, key=lambda e: (units[e.block, e.unit], nodes.get(e.node, -1)))
    frame = pd.DataFrame([asdict(explanation) for explanation in said], columns=list(types_of(Explanation)))
    frame = frame.rename(columns={"unit": "unit_code", "node": "node_code"})
    frame["unit_name"] = [names[explanation.block, explanation.unit] for explanation in said]
    return with_words(EXPLANATIONS, frame, study)


def records_frame(record: type, made: Sequence[Agency | Target | Headline]) -> pd.DataFrame:
    """Rows of a table of a study as they were declared; several values of one cell joined by ``;``, decimals digit by digit."""
    rows = [[_cell(value) for value in asdict(one).values()] for one in made]
    return pd.DataFrame(rows, columns=list(types_of(record)), dtype=object)


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return ";".join(value) if isinstance(value, tuple) else value


def shares_frame(shares: pd.DataFrame, study: StudyDefinition) -> pd.DataFrame:
    """Shares of answers, of units or of a whole block, with the labels of the answers."""
    instrument = study.instrument
    labels = {
        (item.code, level.code): label_of(level, study.output.language)
        for item in instrument.items
        for level in instrument.scale[item.scale].levels
    }
    pairs = zip(shares["item_code"], shares["level_code"], strict=True)
    return shares.assign(level_label=[labels[pair] for pair in pairs])


def warnings_frame(warnings: Iterable[Problem]) -> pd.DataFrame:
    """Faults that did not stop the run, in both languages."""
    columns = ["code", "file", "sheet", "row", "column", "text_vi", "text_en"]
    rows = [(w.code, w.file, w.sheet, w.row, w.column, w.text("vi"), w.text("en")) for w in warnings]
    return pd.DataFrame(rows, columns=columns)


def tree_frame(instrument: Instrument) -> pd.DataFrame:
    """The index tree as it was used, items below their nodes, so that every parent can be re-added.

    The rule is the one that was applied: the node's own, or that of an aggregation chosen for the whole index.
    """
    return pd.DataFrame(list(_tree_rows(instrument)), columns=list(TREE.names))


def _tree_rows(instrument: Instrument) -> Iterator[dict[str, object]]:
    for node in instrument.nodes:
        groups = ";".join(f"{group}:{weight:.15g}" for group, weight in node.groups)
        yield {
            **{name: getattr(node, name) for name in TREE.names},
            "rule": rule_of(instrument, node).name,
            "groups": groups,
            "blocks": ";".join(node.blocks),
        }
        for item in instrument.items_of_node.get(node.code, ()):
            yield {
                "code": item.code, "parent": item.node, "level": ITEM_LEVEL, "measured_by": SURVEY, "weight": item.weight,
                "label_vi": item.text_vi, "label_en": item.text_en,
            }  # fmt: skip


def with_words(table: OfficialTable, frame: pd.DataFrame, study: StudyDefinition) -> pd.DataFrame:
    """A frame with those columns of a table that hold the words of another column's codes."""
    made = {
        column.name: worded(
            column.words, frame[column.source].tolist(), study.instrument, study.output.language
        )
        for column in table.columns
        if column.source
    }
    return frame.assign(**made).reset_index(drop=True)
