"""The commands that say what scores and published tables mean: audits, comparisons, analyses."""

from __future__ import annotations

from typing import Annotated

import typer

import surveys as sv
from surveys.cli.commands import MaybeOut, app, judge, show_written
from surveys.cli.terminal import Terminal
from surveys.cli.usage import WordedCommand

#: With these commands beside the others.
__all__ = ["app"]


@app.command(cls=WordedCommand)
def audit(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE")],
    instrument: Annotated[str, typer.Option("--instrument", metavar="INSTRUMENT")],
    previous: Annotated[str | None, typer.Option("--previous", metavar="TABLE")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.reports.summaries import audit_summaries

    terminal: Terminal = context.obj
    if out is not None:
        sv.ready(out, "audit")
    report = sv.audit(table, instrument, previous)
    if out is not None:
        report.write(out)
    for summary in audit_summaries(report, terminal.language):
        terminal.summary(summary)
    if out is not None:
        show_written(terminal, out)
    judge(terminal, report.problems)
    terminal.say("cli.audit.done", table=table)


@app.command(cls=WordedCommand)
def compare(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    crosswalk: Annotated[str | None, typer.Option("--crosswalk", metavar="FILE")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.reports.summaries import change_summaries

    terminal: Terminal = context.obj
    if out is not None:
        sv.ready(out, "comparison")
    with terminal.progress() as stages:
        comparison = sv.compare(old, new, crosswalk, stages)
        if out is not None:
            comparison.write(out)
    terminal.problems(comparison.refused)
    for summary in change_summaries(comparison.changes, comparison.instrument, terminal.language):
        terminal.summary(summary)
    if out is not None:
        show_written(terminal, out)
