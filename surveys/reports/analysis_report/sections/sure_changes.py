"""The changes of totals since the earlier round that are larger than chance explains, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.reports.analysis_report.parts import Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.worked_out import counted
from surveys.vocabulary.levels import ALL_GROUPS, SURVEY

#: Units named for either direction; of several blocks one less.
_NAMED = 2
_LEVEL = 0.05


def sure_changes(round_: ReportedRound, block: str) -> Text:
    """What changed in a block: how many units rose and fell by more than chance explains, the surest of them by name; nothing
    without an earlier round."""
    changes = round_.quoted("changes")
    if changes is None:
        return ()
    roots = {node.code for node in round_.instrument.scored_children("", block)}
    rows = [
        row
        for row in changes
        if row["block"] == block and row["node_code"] in roots
        if row["group"] == ALL_GROUPS and row["part"] == SURVEY
    ]
    compared = [row for row in rows if row["change"] and row["p_adjusted"]]
    say = Saying("report.summary", round_.language)
    if not compared:
        return say.text("none_compared")
    sure = [row for row in compared if float(row["p_adjusted"]) <= _LEVEL]
    sure.sort(key=lambda row: (float(row["p_adjusted"]), -abs(float(row["change"]))))
    up, down = ([row for row in sure if (float(row["change"]) > 0) is rises] for rises in (True, False))
    numbers = {
        "up": len(up),
        "down": len(down),
        "chance": len(compared) - len(sure),
        "untold": len(rows) - len(compared),
    }
    counts = {name: counted(number, "changes", name, block) for name, number in numbers.items()}
    if not numbers["untold"]:
        del counts["untold"]
    code = "changes_survey" if round_.results.kind.council else "changes"
    return say.text(
        code,
        up_names=_named(up, round_, say),
        down_names=_named(down, round_, say),
        **{"untold": "", **counts},
    )


def _named(rows: Sequence[QuotedRow], round_: ReportedRound, say: Saying) -> Text:
    """The surest changes, in percentage points."""
    digits = round_.output.percent_decimals
    return say.listed(
        [
            say.text(
                "unit_change",
                name=round_.names.unit(row["block"], row["unit_code"]),
                change=row.percent("change", digits, sign=True),
            )
            for row in rows[: _NAMED - (len(round_.blocks) > 1)]
        ]
    )
