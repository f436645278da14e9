"""Results of many units as short as they can be: the page draws those of one unit when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.page_round import SCORES, PageRound
from surveys.reports.html.tables import json_html
from surveys.vocabulary.statuses import OK

#: Columns of the results, of an index with points the former too.
_POINTS, _PERCENT = ("points",), ("percent", "ci_low", "ci_high")


def results_json(page: PageRound, block: str) -> Markup:
    """The results of the units of a block: ``{"table", "block", "columns", "statuses", "nodes": [[code, name, depth], …],
    "units": {code: "…;…"}}``: of each unit its nodes in the order of ``nodes``, divided by ``;``, and of each node the texts of
    the columns as they are printed, divided by ``,``; behind them the number of its status in ``statuses`` where it is not simply
    there."""
    columns = (*(_POINTS if page.has_points else ()), *_PERCENT)
    nodes = tuple(page.nodes(block))
    statuses = list(page.statuses)
    return json_html(
        {
            "table": SCORES,
            "block": block,
            "columns": columns,
            "statuses": [page.statuses[status] for status in statuses],
            "nodes": [[node, page.round_.names.node(node), page.depth(node)] for node in nodes],
            "units": {
                unit["unit_code"]: _of_unit(
                    {row["node_code"]: row for row in page.scores[block, unit["unit_code"]]},
                    (nodes, columns, statuses),
                )
                for unit in page.units[block]
            },
        }
    )


def _of_unit(rows: Mapping[str, QuotedRow], what: tuple[tuple[str, ...], tuple[str, ...], list[str]]) -> str:
    nodes, columns, statuses = what
    return ";".join(_of_node(rows[node], columns, statuses) if node in rows else "" for node in nodes)


def _of_node(row: QuotedRow, columns: tuple[str, ...], statuses: list[str]) -> str:
    texts = [row[column] for column in columns]
    status = [] if row["status"] == OK else [f"{statuses.index(row['status'])}"]
    return ",".join([*texts, *status])
