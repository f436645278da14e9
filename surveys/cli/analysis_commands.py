"""The commands that say what scores and published tables mean: audits, comparisons, analyses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

import surveys as sv
from surveys.cli.commands import MaybeOut, Out, StudyPath, app, judge, load_study, show_written
from surveys.cli.terminal import Terminal
from surveys.cli.usage import WordedCommand
from surveys.problems import fault

if TYPE_CHECKING:
    from surveys.handover.manifest import Content
    from surveys.reports.summaries import Summary
    from surveys.vocabulary.progress import Stages

#: With these commands beside the others.
__all__ = ["app"]


class _Writes(Protocol):
    """What writes itself."""

    def write(self, out: Path, /) -> None: ...


Made = TypeVar("Made", bound=_Writes)


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
    report = _made(terminal, out, "audit", lambda _: sv.audit(table, instrument, previous))
    _show(terminal, audit_summaries(report, terminal.language), out)
    judge(terminal, report.problems)
    terminal.say("cli.audit.done", table=table)


@app.command(cls=WordedCommand)
def gaps(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH")],
    previous: Annotated[str | None, typer.Option("--previous", metavar="PATH")] = None,
    instrument: Annotated[str | None, typer.Option("--instrument", metavar="INSTRUMENT")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.reports.gap_summaries import gap_summaries

    terminal: Terminal = context.obj
    found = _made(terminal, out, "gaps", lambda stages: sv.gaps(path, previous, instrument, stages))
    terminal.problems(found.problems)
    _show(terminal, gap_summaries(found, terminal.language), out)


@app.command(cls=WordedCommand)
def reach(  # noqa: PLR0913
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH")],
    percent: Annotated[str | None, typer.Option("--percent", metavar="X")] = None,
    result_class: Annotated[str | None, typer.Option("--class", metavar="CLASS")] = None,
    rank: Annotated[str | None, typer.Option("--rank", metavar="R")] = None,
    top: Annotated[str | None, typer.Option("--top", metavar="N")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT")] = None,
    planned: Annotated[str | None, typer.Option("--planned", metavar="FILE")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.reports.reach_summaries import reach_summaries

    terminal: Terminal = context.obj
    options = {"percent": percent, "class": result_class, "rank": rank, "top": top}
    given = {name: value for name, value in options.items() if value is not None}
    if len(given) > 1:
        raise fault("reach.several", options=", ".join(f"--{name}" for name in given))
    measure, target = next(iter(given.items()), (None, None))

    def make(stages: Stages) -> sv.Reach:
        return sv.reach(path, measure, target, unit=unit, planned=planned, progress=stages)

    _show(terminal, reach_summaries(_made(terminal, out, "reach", make), terminal.language), out)


@app.command(cls=WordedCommand)
def compare(
    context: typer.Context,
    rounds: Annotated[list[str], typer.Argument(metavar="OLD NEW [NEWER …]")],
    crosswalk: Annotated[list[str] | None, typer.Option("--crosswalk", metavar="FILE")] = None,
    headlines: Annotated[str | None, typer.Option("--headlines", metavar="FILE")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.reports.summaries import change_summaries, series_summaries

    terminal: Terminal = context.obj

    def make(stages: Stages) -> sv.RoundComparison:
        return sv.compare(*rounds, crosswalk=crosswalk, headlines=headlines, progress=stages)

    comparison = _made(terminal, out, "comparison", make)
    terminal.problems((*comparison.refused, *comparison.warnings))
    summaries = [*change_summaries(comparison.changes, comparison.instrument, terminal.language)]
    if len(rounds) > 2 or comparison.has_published:
        summaries += series_summaries(comparison.compared, terminal.language)
    _show(terminal, summaries, out)


@app.command(cls=WordedCommand)
def drivers(context: typer.Context, study: StudyPath, out: MaybeOut = None) -> None:
    from surveys.reports.driver_summaries import driver_summaries

    terminal: Terminal = context.obj

    def make(stages: Stages) -> sv.Drivers:
        return load_study(terminal, study).score(stages).drivers()

    _show(terminal, driver_summaries(_made(terminal, out, "drivers", make), terminal.language), out)


@app.command(cls=WordedCommand)
def export(
    context: typer.Context,
    study: StudyPath,
    out: Out,
    to: Annotated[str, typer.Option("--to", metavar="sav|dta|csv|parquet")],
) -> None:
    terminal: Terminal = context.obj
    sv.ready_to_export(out, to)
    loaded = load_study(terminal, study)
    with terminal.progress() as stages:
        result = loaded.score(stages)
        stages("write")
        result.export(out, to)
    terminal.problems(result.warnings)
    show_written(terminal, out)
    terminal.say("cli.export.personal")
    if (out / "score.R").is_file():
        terminal.say("cli.export.check", script=out / "score.R")


@app.command(cls=WordedCommand)
def tables(
    context: typer.Context,
    study: StudyPath,
    by: Annotated[str, typer.Option("--by", metavar="A[,B…]")],
    out: MaybeOut = None,
) -> None:
    from surveys.analysis.by_variables import by_variables
    from surveys.reports.table_summaries import table_summary

    terminal: Terminal = context.obj

    def make(stages: Stages) -> sv.Tables:
        loaded = load_study(terminal, study)
        by_variables(by, loaded.instrument)  # told before the long run
        return loaded.score(stages).tables(by, stages("tables"))

    found = _made(terminal, out, "tables", make)
    terminal.problems(found.made.warnings)
    _show(terminal, [table_summary(found.made, found.study, terminal.language)], out)


def _made(terminal: Terminal, out: Path | None, content: Content, make: Callable[[Stages], Made]) -> Made:
    """What is made, and written at ``out`` where one is named, of which is asked first whether it may be."""
    if out is not None:
        sv.ready(out, content)
    with terminal.progress() as stages:
        found = make(stages)
        if out is not None:
            found.write(out)
    return found


def _show(terminal: Terminal, summaries: Iterable[Summary], out: Path | None) -> None:
    """Short tables, and where the files are."""
    for summary in summaries:
        terminal.summary(summary)
    if out is not None:
        show_written(terminal, out)
