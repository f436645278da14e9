"""The commands: each calls the public door and shows what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import surveys as sv
from surveys.cli.terminal import Terminal
from surveys.cli.usage import WordedCommand, WordedGroup

app = typer.Typer(
    cls=WordedGroup, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
WRONG_DATA = 1
#: What waits for a person to decide.
_DECIDED = ("units", "entries", "forms")

StudyPath = Annotated[str, typer.Argument(metavar="STUDY")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR")]
MaybeOut = Annotated[Path | None, typer.Option("--out", metavar="DIR")]


@app.callback(invoke_without_command=True)
def surveys(version: Annotated[bool, typer.Option("--version", is_eager=True)] = False) -> None:
    """Nothing is done before a command but telling the version."""
    if version:
        print(f"surveys {sv.version()}")
        raise typer.Exit


@app.command(cls=WordedCommand)
def check(context: typer.Context, path: Annotated[str, typer.Argument(metavar="PATH")]) -> None:
    found = sv.check(path)
    judge(context.obj, found)
    context.obj.say("cli.check.warned" if found else "cli.check.done", path=path, warnings=len(found))


@app.command(cls=WordedCommand)
def screen(
    context: typer.Context,
    study: StudyPath,
    out: MaybeOut = None,
    pseudonymise: Annotated[bool, typer.Option("--pseudonymise")] = False,
) -> None:
    terminal: Terminal = context.obj
    if pseudonymise:
        _pseudonymise(terminal, study, out)
        return
    if out is not None:
        sv.ready(out, "screening")
    loaded = load_study(terminal, study)
    with terminal.progress() as stages:
        screening = loaded.screen(stages)
        if out is not None:
            screening.write(out, stages("write"))
    from surveys.reports.summaries import funnel_summary

    terminal.problems(screening.warnings, out)
    terminal.summary(funnel_summary(screening.counts, loaded.instrument, terminal.language))
    if out is not None:
        show_written(terminal, out)
    _what_next(terminal, screening, study, out)


@app.command(cls=WordedCommand)
def score(context: typer.Context, study: StudyPath, out: Out) -> None:
    terminal: Terminal = context.obj
    sv.ready(out, "scores")
    loaded = load_study(terminal, study)
    with terminal.progress() as stages:
        result = loaded.score(stages)
        result.write(out, stages("write"))
    from surveys.reports.summaries import funnel_summary, index_summaries, league_summaries

    terminal.problems(result.warnings, out)
    terminal.summary(funnel_summary(result.counts, loaded.instrument, terminal.language))
    definition, language = loaded.definition, terminal.language
    totals = index_summaries(result.index_units, definition, language)
    for summary in totals or league_summaries(result.units, definition, language):
        terminal.summary(summary)
    show_written(terminal, out)
    _what_next(terminal, result, study, out)
    terminal.say("cli.next.verify", out=out)


@app.command(cls=WordedCommand)
def confirm(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE")],
) -> None:
    terminal: Terminal = context.obj
    loaded = sv.load(study)
    made = loaded.confirm(file, out)
    terminal.problems(made.warnings)
    terminal.say("cli.confirm.done", number=made.decisions, out=out)
    if made.file:
        terminal.say("cli.confirm.inside", key=made.key, named=made.file)
    else:
        terminal.say("cli.confirm.outside", key=made.key, named=out.name, folder=loaded.definition.folder)


@app.command(cls=WordedCommand)
def verify(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR")],
    fingerprint: Annotated[str | None, typer.Option("--fingerprint", metavar="F")] = None,
    signers: Annotated[str | None, typer.Option("--signers", metavar="FILE")] = None,
    study: Annotated[str | None, typer.Option("--study", metavar="STUDY")] = None,
) -> None:
    terminal: Terminal = context.obj
    with terminal.progress() as stages:
        found = sv.verify(folder, fingerprint=fingerprint, signers=signers, study=study, progress=stages)
    judge(terminal, found)
    terminal.say("cli.verify.done", folder=folder)
    terminal.say("cli.fingerprint", fingerprint=sv.fingerprint(folder))
    if fingerprint is not None:
        terminal.say("cli.verify.proved.fingerprint")
    for one in sv.signed_by(folder, signers) if signers is not None else ():
        terminal.say("cli.verify.signed", signature=one.file, signer=one.principals, key=one.key)
    if study is not None:
        terminal.say("cli.verify.proved.study", study=study)
    lacking = "returns" if study else "scoring" if fingerprint or signers else "origin"
    terminal.say(f"cli.verify.unproved.{lacking}")


@app.command(cls=WordedCommand)
def handover(
    context: typer.Context,
    results: Annotated[str, typer.Argument(metavar="RESULTS")],
    out: Out,
    record: Annotated[bool, typer.Option("--record")] = False,
    per_unit: Annotated[bool, typer.Option("--per-unit")] = False,
    previous: Annotated[str | None, typer.Option("--previous", metavar="RESULTS")] = None,
) -> None:
    if (per_unit and record) or (previous is not None and not per_unit):
        raise sv.SurveyError([sv.Problem("cli.handover.mixed")])
    if per_unit:
        written = sv.unit_sheets(results, out, previous)
        context.obj.say("cli.handover.sheets", out=out, number=written)
        context.obj.say("cli.next.explain", path=out / "explanations.xlsx")
        return
    sv.hand_over(results, out, record=record)
    show_written(context.obj, out)
    context.obj.say("cli.next.sign", out=out)


@app.command(cls=WordedCommand)
def report(
    context: typer.Context,
    results: Annotated[str, typer.Argument(metavar="RESULTS")],
    out: Out,
    previous: Annotated[str | None, typer.Option("--previous", metavar="RESULTS")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
    template: Annotated[str | None, typer.Option("--template", metavar="FILE")] = None,
) -> None:
    terminal: Terminal = context.obj
    with terminal.progress() as stages:
        made = sv.report(results, out, previous, language=text, template=template, progress=stages)
    show_written(terminal, out)
    terminal.say("cli.report.done", numbers=made.numbers, figures=made.figures, units=made.units or "")
    terminal.say("cli.report.next")


@app.command(cls=WordedCommand)
def method(
    context: typer.Context,
    study: StudyPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE")],
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
    template: Annotated[str | None, typer.Option("--template", metavar="FILE")] = None,
) -> None:
    sv.method(study, out, language=text, template=template)
    context.obj.say("cli.written", out=out)


@app.command(cls=WordedCommand)
def sign(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR")],
    key: Annotated[str, typer.Option("--key", metavar="FILE")],
    identity: Annotated[str, typer.Option("--identity", metavar="NAME")],
    passphrase_file: Annotated[Path | None, typer.Option("--passphrase-file", metavar="FILE")] = None,
) -> None:
    terminal: Terminal = context.obj
    try:
        done = sv.sign(folder, key, identity, passphrase=passphrase_file)
    except sv.SurveyError as error:
        asked = [problem.code for problem in error.problems] == ["signature.passphrase_needed"]
        if not asked or not terminal.can_ask():
            raise
        done = sv.sign(folder, key, identity, passphrase=terminal.ask_secretly("cli.sign.ask", key=key))
    terminal.say("cli.sign.done", folder=folder, identity=done.identity)
    terminal.say("cli.sign.line", line=done.line)
    terminal.say("cli.sign.key_fingerprint", key=done.key)
    terminal.say("cli.fingerprint", fingerprint=done.fingerprint)


@app.command(cls=WordedCommand)
def simulate(
    context: typer.Context,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT")],
    seed: Annotated[int, typer.Option("--seed", metavar="N")],
    out: Out,
    scale: Annotated[float, typer.Option("--scale", metavar="X")] = 1.0,
    defects: Annotated[bool, typer.Option("--defects/--no-defects")] = True,
) -> None:
    terminal: Terminal = context.obj
    with terminal.progress() as stages:
        stages("simulate")
        sv.simulate(instrument, seed, out, scale=scale, defects=defects)
    terminal.say("cli.written", out=out)


@app.command("list", cls=WordedCommand)
def list_instruments(
    context: typer.Context, instrument: Annotated[str, typer.Argument(metavar="[INSTRUMENT]")] = ""
) -> None:
    from surveys.reports.summaries import instruments_summary, sources_summary

    terminal: Terminal = context.obj
    found = sv.instruments(instrument)
    terminal.summary(instruments_summary(found, terminal.language))
    if instrument:
        if found[0].based_on:
            terminal.say("cli.list.based_on", instrument=found[0].name, base=found[0].based_on)
        terminal.summary(sources_summary(found[0], terminal.language))
    else:
        terminal.say("cli.list.sources", instrument=found[0].name)


@app.command(cls=WordedCommand)
def explain(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    terminal: Terminal = context.obj
    terminal.say("cli.explain.found", text=sv.explain(name, terminal.language))


@app.command("map", cls=WordedCommand)
def map_columns(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE")] = None,
) -> None:
    from surveys.reports.summaries import mapping_summary

    terminal: Terminal = context.obj
    target = out or file.with_suffix(".mapping.csv")
    mapping = sv.load(study).map_columns(file, target)
    terminal.summary(mapping_summary(mapping, terminal.language))
    terminal.say("cli.map.done", out=target, returns=file, study=study)


def _pseudonymise(terminal: Terminal, study: str, out: Path | None) -> None:
    """A copy of the round to be shared, and what is to be known of it."""
    if out is None:
        raise sv.SurveyError([sv.Problem("cli.pseudonymise.no_out")])
    loaded = load_study(terminal, study)
    with terminal.progress() as stages:
        made = loaded.pseudonymise(out, stages)
    terminal.problems(made.warnings)
    terminal.say("cli.pseudonymise.done", out=out, evaluations=made.evaluations)
    if made.copies:
        terminal.say("cli.pseudonymise.copies", copies=made.copies)
    terminal.say("cli.pseudonymise.personal")
    terminal.say("cli.pseudonymise.key", study=study)


def load_study(terminal: Terminal, path: str) -> sv.Study:
    """A study, whose codes are shown as what they are called from now on."""
    from surveys.handover.words import names_in

    study = sv.load(path)
    terminal.names = names_in(study.definition, terminal.language)
    return study


def show_written(terminal: Terminal, out: Path) -> None:
    """Where the files are, and the fingerprint of the folder."""
    terminal.say("cli.written", out=out)
    terminal.say("cli.fingerprint", fingerprint=sv.fingerprint(out))


def _what_next(terminal: Terminal, done: sv.Screening, study: str, out: Path | None) -> None:
    """What the rows were that are no forms; how much waits for a person, where, and which command comes next."""
    rows, waiting = done.rows_read, done.waiting
    if sum(rows.values()) > rows["rows"]:
        terminal.say("cli.rows_read", **rows)
    apart = waiting["evaluations"] if waiting["evaluations"] != waiting["forms"] else ""
    for about in _DECIDED:
        if waiting[about]:
            terminal.say(f"cli.next.{about}", number=waiting[about], evaluations=apart)
            if out is not None:
                terminal.say("cli.next.confirm", path=out / "review" / f"{about}.xlsx", study=study)
    if waiting["explanations"]:
        terminal.say("cli.next.explanations", number=waiting["explanations"])
    if out is None and any(waiting[about] for about in _DECIDED):
        terminal.say("cli.next.screen", study=study)


def judge(terminal: Terminal, found: Sequence[sv.Problem]) -> None:
    """Show all that was found; an error among it ends the command."""
    terminal.problems(found, whole=True)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(WRONG_DATA)
