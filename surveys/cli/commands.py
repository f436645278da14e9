"""The commands: each loads the rooms it needs, calls them in order, and shows what they return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveys.cli.terminal import Terminal
from surveys.cli.usage import Command, Group
from surveys.problems import fault

if TYPE_CHECKING:
    from surveys.comparison.changes import ComparedRound
    from surveys.scoring.scored import ScoredRound
    from surveys.validity.screened import ScreenedRound

app = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
WRONG_DATA = 1

StudyPath = Annotated[str, typer.Argument(metavar="STUDY")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR")]
MaybeOut = Annotated[Path | None, typer.Option("--out", metavar="DIR")]


@app.callback()
def surveys() -> None:
    """Nothing is done before a command."""


@app.command(cls=Command)
def check(context: typer.Context, path: Annotated[str, typer.Argument(metavar="PATH")]) -> None:
    from surveys.definitions.check import check

    terminal: Terminal = context.obj
    found = check(path)
    if found:
        terminal.problems(found)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(WRONG_DATA)
    terminal.say("cli.check.done", path=path)


@app.command(cls=Command)
def screen(context: typer.Context, study: StudyPath, out: MaybeOut = None) -> None:
    from surveys.definitions.study.reading import load_study
    from surveys.handover.package import deliver_screening, ready_for
    from surveys.reports.summaries import funnel_summary
    from surveys.returns.reading import read_returns
    from surveys.validity.screened import ScreenedRound
    from surveys.validity.screening import screen

    terminal: Terminal = context.obj
    if out is not None:
        ready_for(out, "screening")
    loaded = load_study(study)
    with terminal.progress() as stage:
        returns = read_returns(loaded, stage("read"))
        stage("screen")
        screened = ScreenedRound(loaded, returns, screen(loaded, returns))
        if out is not None:
            deliver_screening(screened, out, stage("write"))
    _warn(terminal, screened)
    terminal.summary(funnel_summary(screened.dispositions.funnel, loaded.instrument, terminal.language))
    if out is not None:
        terminal.say("cli.written", out=out)


@app.command(cls=Command)
def score(context: typer.Context, study: StudyPath, out: Out) -> None:
    from surveys.handover.package import deliver, ready_for
    from surveys.reports.summaries import funnel_summary, league_summaries

    terminal: Terminal = context.obj
    ready_for(out, "scores")
    with terminal.progress() as stage:
        done = _scored(study, terminal, stage)
        deliver(done, out, stage("write"))
    _warn(terminal, done)
    terminal.summary(funnel_summary(done.dispositions.funnel, done.study.instrument, terminal.language))
    for summary in league_summaries(done.scores.units, done.study, terminal.language):
        terminal.summary(summary)
    terminal.say("cli.written", out=out)


@app.command(cls=Command)
def confirm(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE")],
) -> None:
    from surveys.definitions.study.reading import load_study
    from surveys.review.decisions import confirm

    key, number = confirm(file, load_study(study), out)
    context.obj.say("cli.confirm.done", number=number, out=out, key=key)


@app.command(cls=Command)
def verify(context: typer.Context, folder: Annotated[str, typer.Argument(metavar="DIR")]) -> None:
    from surveys.handover.verification import verify

    terminal: Terminal = context.obj
    found = verify(folder)
    if found:
        terminal.problems(found)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(WRONG_DATA)
    terminal.say("cli.verify.done", folder=folder)


@app.command(cls=Command)
def simulate(
    context: typer.Context,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT")],
    seed: Annotated[int, typer.Option("--seed", metavar="N")],
    out: Out,
    scale: Annotated[float, typer.Option("--scale", metavar="X")] = 1.0,
    defects: Annotated[bool, typer.Option("--defects/--no-defects")] = True,
) -> None:
    from surveys.simulation.simulate import simulate

    terminal: Terminal = context.obj
    with terminal.progress() as stage:
        stage("simulate")
        simulate(instrument, seed, out, scale=scale, defects=defects)
    terminal.say("cli.written", out=out)


@app.command("list", cls=Command)
def list_instruments(
    context: typer.Context, instrument: Annotated[str, typer.Argument(metavar="[INSTRUMENT]")] = ""
) -> None:
    from surveys.definitions.instrument.reading import load_instrument, shipped
    from surveys.reports.summaries import instruments_summary, sources_summary

    terminal: Terminal = context.obj
    found = [load_instrument(name) for name in ([instrument] if instrument else shipped())]
    terminal.summary(instruments_summary(found, terminal.language))
    for loaded in found:
        terminal.summary(sources_summary(loaded, terminal.language))


@app.command(cls=Command)
def audit(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE")],
    instrument: Annotated[str, typer.Option("--instrument", metavar="INSTRUMENT")],
    previous: Annotated[str | None, typer.Option("--previous", metavar="TABLE")] = None,
) -> None:
    from surveys.published.audit import audit
    from surveys.reports.summaries import audit_summaries

    terminal: Terminal = context.obj
    report = audit(table, instrument, previous)
    for summary in audit_summaries(report, terminal.language):
        terminal.summary(summary)
    if report.problems:
        terminal.problems(report.problems)
    if not report.consistent:
        raise typer.Exit(WRONG_DATA)
    terminal.say("cli.audit.done", table=table)


@app.command("map", cls=Command)
def map_columns(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE")] = None,
) -> None:
    from surveys.definitions.study.reading import load_study
    from surveys.reports.summaries import mapping_summary
    from surveys.returns.mapping_file import write_mapping
    from surveys.returns.mapping_proposal import propose_mapping

    terminal: Terminal = context.obj
    target = out or file.with_suffix(".mapping.csv")
    if target.exists():
        raise fault("cli.map.exists", file=str(target))
    mapping = propose_mapping(file, load_study(study), terminal.language)
    write_mapping(mapping, target)
    terminal.summary(mapping_summary(mapping, terminal.language))
    terminal.say("cli.map.done", out=target)


@app.command(cls=Command)
def compare(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    crosswalk: Annotated[str | None, typer.Option("--crosswalk", metavar="FILE")] = None,
    out: MaybeOut = None,
) -> None:
    from surveys.comparison.changes import compare
    from surveys.comparison.crosswalk import successors
    from surveys.handover.rounds import deliver_comparison
    from surveys.reports.summaries import change_summaries

    terminal: Terminal = context.obj
    with terminal.progress() as stage:
        earlier, later = (_round(path, terminal, stage) for path in (old, new))
        heirs = successors(earlier, later, crosswalk)
        comparison = compare(earlier, later, heirs)
        if out is not None:
            deliver_comparison(comparison, out, later.language)
    if comparison.refused:
        terminal.problems(comparison.refused)
    for summary in change_summaries(comparison, later.instrument, terminal.language):
        terminal.summary(summary)
    if out is not None:
        terminal.say("cli.written", out=out)


def _scored(study: str, terminal: Terminal, stage: Any) -> ScoredRound:
    """Load, read, screen, weight and score a round."""
    from surveys.definitions.study.reading import load_study
    from surveys.returns.reading import read_returns
    from surveys.sampling.samples import draw_samples
    from surveys.scoring.scored import ScoredRound
    from surveys.scoring.scores import score
    from surveys.validity.screened import ScreenedRound
    from surveys.validity.screening import screen

    loaded = load_study(study)
    returns = read_returns(loaded, stage("read"))
    stage("screen")
    dispositions = screen(loaded, returns)
    stage("weight")
    screened = ScreenedRound(loaded, returns, dispositions)
    samples = draw_samples(screened)
    stage("score")
    return ScoredRound(screened, samples, score(screened, samples))


def _round(path: str, terminal: Terminal, stage: Any) -> ComparedRound:
    """A scored round from a folder of results, or from a study."""
    from surveys.comparison.changes import ComparedRound
    from surveys.handover.rounds import is_result, read_round

    if is_result(Path(path)):
        return read_round(Path(path))
    done = _scored(path, terminal, stage)
    return ComparedRound(
        done.study.instrument, done.scores.table, done.scores.units, done.study.output.language
    )


def _warn(terminal: Terminal, done: ScreenedRound | ScoredRound) -> None:
    if done.warnings:
        terminal.problems(done.warnings)
