"""Audit of a published table: is every total the sum of its parts, as far as rounding lets one say?

A value printed with d digits may be off by half a unit of the last digit, ½·10⁻ᵈ. A total and the k parts it was added
from may therefore differ by less than (k + 1) halves; with equal digits, where differences come in whole units, that is
the rule of the published plans: at most k halves. Whatever is more cannot be rounding. All arithmetic is on the printed
decimals and exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from surveys.definitions.instrument.reading import load_index
from surveys.definitions.instrument.records import Instrument
from surveys.problems import Problems, nearest
from surveys.published.agencies import check_agencies
from surveys.published.audit_report import AuditReport
from surveys.published.belonging import published_rows
from surveys.published.lost_points import check_losses, check_printed_losses
from surveys.published.published_table import PublishedRow, by_unit
from surveys.published.table_changes import note_previous, printed_changes, table_changes
from surveys.published.table_losses import table_losses
from surveys.published.table_tree import TableTree, tree_of
from surveys.published.targets import TargetAudit
from surveys.published.unit_audit import UnitAudit
from surveys.scoring.unit_groups import groups_of
from surveys.vocabulary.digests import digest_of

NODE_COLUMNS = ["unit", "code", "level", "name", "printed", "computed", "difference", "tolerance", "status"]
RANK_COLUMNS = ["unit", "code", "level", "name", "value", "rank", "group"]
CHANGE_COLUMNS = ["unit", "code", "name", "before", "now", "change"]
LOSS_COLUMNS = [
    "unit", "code", "name", "source", "maximum", "value", "lost", "share_of_loss", "order", "sign", "target", "distance",
    "lead_agency", "coordinating_agencies",
]  # fmt: skip


def audit(
    table_path: str | Path, instrument: Instrument | str | Path, previous: str | Path | None = None
) -> AuditReport:
    """Re-add a published table over the tree of an instrument.

    ``table_path``: CSV or workbook with the columns of ``data-sample/published`` (code, name_vi, max_points or max_score,
    points or score or satisfaction_percent, target) for one unit, and a column ``unit`` for several; or with one row a unit
    and a column for each node, or one row a node and a column for each unit. Headings may be Vietnamese and stand below
    titles. ``instrument``: an edition or its name; of a folder only ``instrument.toml`` and ``tree.csv`` are needed.
    ``previous``: the same table of an earlier year. Raises :class:`surveys.problems.SurveyError` when the table cannot be
    read at all; what it says wrongly is in the report.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = path.write_text("code,points\\n2.4,3.2047\\n2.4.1,0.8219\\n2.4.2,0.7717\\n2.4.3,0.7528\\n2.4.4,0.8943\\n")
    >>> report = audit(path, "par-index/2022")
    >>> report.consistent, [problem.code for problem in report.problems]
    (False, ['audit.sum', 'audit.digits_swapped'])
    """
    edition = instrument if isinstance(instrument, Instrument) else load_index(instrument)
    path, problems = Path(table_path), Problems()
    rows = published_rows(path, edition, problems)
    tree = tree_of(edition, rows)
    _note_unknown(tree, rows)
    audits = []
    for unit, of_unit in by_unit(rows).items():
        audits.append(UnitAudit(unit, of_unit, tree))
        TargetAudit(unit, of_unit, tree)
        check_printed_losses(unit, of_unit, tree)
        check_losses(unit, of_unit, tree)
        check_agencies(of_unit)
    nodes = pd.DataFrame([node for one in audits for node in one.nodes()], columns=NODE_COLUMNS)
    earlier_path = () if previous is None else (Path(previous),)
    earlier = tuple(row for each in earlier_path for row in published_rows(each, edition, Problems()))
    changes = (*table_changes(earlier, rows, problems),) if earlier else (*printed_changes(rows, tree),)
    note_previous(rows, earlier, tree)
    return AuditReport(
        path.name,
        edition.name,
        nodes,
        ranks_of(nodes, tree),
        pd.DataFrame(changes, columns=CHANGE_COLUMNS),
        _losses(rows, edition),
        tuple(problems),
        tuple((each.name, digest_of(each.read_bytes())) for each in (path, *earlier_path)),
    )


def _losses(rows: Sequence[PublishedRow], instrument: Instrument) -> pd.DataFrame:
    """What every printed value lost, to the digits that are printed."""
    found = table_losses(rows, instrument)
    nodes = found.nodes.assign(
        unit=found.nodes["unit_name"], code=found.nodes["node_code"], name=found.nodes["node_name"]
    )
    exact = {
        name: nodes[name].round(found.decimals) for name in ("maximum", "value", "lost", "target", "distance")
    }
    return nodes.assign(**exact)[LOSS_COLUMNS]


def _note_unknown(tree: TableTree, rows: Sequence[PublishedRow]) -> None:
    first = {row.code: row for row in reversed(rows)}
    for code, parent in tree.extras.items():
        first[code].note(
            "audit.unknown_code", "code", severity="warning", value=code, parent=parent,
            instrument=tree.instrument.name, nearest=nearest(code, tree.instrument.node),
        )  # fmt: skip


def ranks_of(nodes: pd.DataFrame, tree: TableTree) -> pd.DataFrame:
    """Ranks and groups of the units at every node that has parts, best first; empty for a table of one unit."""
    if nodes["unit"].nunique() < 2:
        return pd.DataFrame(columns=RANK_COLUMNS)
    with_parts = nodes[[bool(tree.children(code)) for code in nodes["code"]]].copy()
    with_parts["value"] = with_parts["printed"].fillna(with_parts["computed"]).astype(float)
    found = []
    for _, rows in with_parts.groupby("code", sort=False):
        one = rows.sort_values("value", ascending=False, kind="stable", na_position="last").copy()
        one["rank"] = one["value"].rank(ascending=False, method="min").astype("Int64")
        one["group"] = groups_of(one["value"].tolist(), tree.instrument.unit_groups)
        found.append(one[RANK_COLUMNS])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=RANK_COLUMNS)
