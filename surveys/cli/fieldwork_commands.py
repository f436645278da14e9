"""The commands of what comes before the scores: plans, forms, monitoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import surveys as sv
from surveys.cli.analysis_commands import app
from surveys.cli.commands import Out, StudyPath, load_study, show_written
from surveys.cli.new_questions import Answers, asked, until_made
from surveys.cli.terminal import Terminal
from surveys.cli.usage import WordedCommand
from surveys.problems import phrase
from surveys.vocabulary.new_folder import refuse_filled

#: With these commands beside the others.
__all__ = ["app"]
WRONG_USAGE = 2


@app.command(cls=WordedCommand)
def forms(  # noqa: PLR0913
    context: typer.Context,
    study: StudyPath,
    out: Out,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="xlsform|pdf|google|microsoft")] = None,
    questionnaire: Annotated[list[str] | None, typer.Option("--questionnaire", metavar="CODE")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
    personal: Annotated[bool, typer.Option("--personal")] = False,
) -> None:
    terminal: Terminal = context.obj
    loaded = load_study(terminal, study)
    made = sv.forms(loaded, out, to=to, questionnaires=questionnaire or (), language=text, personal=personal)
    kinds = ", ".join(f"{kind}: {count}" for kind, count in made.files.items())
    terminal.say(
        "cli.forms.done", questionnaires=made.questionnaires, files=sum(made.files.values()), kinds=kinds, out=out
    )  # fmt: skip
    terminal.say("cli.forms.next", study=study)


@app.command(cls=WordedCommand)
def add(  # noqa: PLR0913
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY")],
    kind: Annotated[str, typer.Option("--as", metavar="KIND")] = "",
    questionnaire: Annotated[str, typer.Option("--questionnaire", metavar="CODE")] = "",
    mode: Annotated[str, typer.Option("--mode", metavar="MODE")] = "",
    entry: Annotated[str, typer.Option("--entry", metavar="first|second")] = "",
    replace: Annotated[bool, typer.Option("--replace")] = False,
) -> None:
    terminal: Terminal = context.obj
    said = {"kind": kind, "questionnaire": questionnaire, "mode": mode, "entry": entry}
    made = sv.add(files, study, **said, replace=replace)
    terminal.problems(made.warnings)
    for file in made.files:
        about = {"given": file.given, "path": file.path, "about": file.about, "mode": file.mode}
        number = file.decisions or ""
        what = phrase(f"add.kind.{file.kind}", terminal.language)
        terminal.say(f"cli.add.{file.state}", what=what, decisions=number, **about)
        if file.state == "entered" and file.kind == "returns" and file.about and not file.mode:
            terminal.say("cli.add.modes", about=file.about)
    if any(file.kind == "returns" for file in made.files):
        terminal.say("cli.add.next", study=study)


@app.command(cls=WordedCommand)
def plan(
    context: typer.Context,
    study: StudyPath,
    out: Out,
    labels: Annotated[bool, typer.Option("--labels")] = False,
) -> None:
    from surveys.fieldwork.plan_summaries import plan_summary

    terminal: Terminal = context.obj
    sv.ready(out, "plan")
    made = sv.plan(load_study(terminal, study))
    made.write(out, labels)
    terminal.problems(made.warnings)
    terminal.summary(plan_summary(made, terminal.language))
    terminal.say("cli.plan.done", out=out, forms=len(made.issued))
    names = ["planned.csv", "issued.csv", *(["drawn.csv"] if len(made.drawn) else [])]
    terminal.say("cli.plan.next", files=" ".join(str(out / name) for name in names), study=study)


@app.command(cls=WordedCommand)
def new(  # noqa: PLR0913
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(metavar="FOLDER")] = None,
    origin: Annotated[str | None, typer.Option("--from", metavar="FILE|EDITION")] = None,
    blank: Annotated[Path | None, typer.Option("--blank", metavar="FILE")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT")] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", metavar="NAME|FILE")] = None,
    group: Annotated[list[str] | None, typer.Option("--group", metavar="NAME|FILE")] = None,
    question: Annotated[list[str] | None, typer.Option("--question", metavar="TEXT|FILE")] = None,
    points: Annotated[str | None, typer.Option("--points", metavar="X")] = None,
    start: Annotated[str | None, typer.Option("--start", metavar="DAY")] = None,
    end: Annotated[str | None, typer.Option("--end", metavar="DAY")] = None,
    unit_heading: Annotated[str | None, typer.Option("--unit-heading", metavar="TEXT")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", metavar="TEXT")] = None,
    code: Annotated[str | None, typer.Option("--code", metavar="CODE")] = None,
    edition: Annotated[str | None, typer.Option("--edition", metavar="CODE")] = None,
    units: Annotated[Path | None, typer.Option("--units", metavar="FILE")] = None,
    copy: Annotated[bool, typer.Option("--copy")] = False,
    differences: Annotated[bool, typer.Option("--differences")] = False,
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
) -> None:
    terminal: Terminal = context.obj
    if blank is not None:
        sv.blank(blank, language=text)
        terminal.say("cli.new.blank_done", out=blank, folder=folder or "khao-sat")
        return
    if folder is None:
        terminal.fault("cli.new.no_folder")
        raise typer.Exit(WRONG_USAGE)
    answers: Answers = {
        "name": name, "units": unit, "groups": group, "questions": question, "points": points, "start": start, "end": end,
        "unit_heading": unit_heading, "publisher": publisher, "code": code, "edition": edition,
    }  # fmt: skip
    refuse_filled(folder)
    if origin is None:
        answers = asked(terminal, answers, has_register=units is not None)
    if copy and differences:
        raise sv.SurveyError([sv.Problem("new.both_taken")])
    taken: Literal["", "copy", "differences"] = "differences" if differences else "copy" if copy else ""

    def make(said: Answers) -> sv.Founded:
        given = {key: answer for key, answer in said.items() if answer}
        return sv.new(folder, origin, answers=given, units=units, taken=taken, language=text)

    made = until_made(terminal, answers, make)
    terminal.problems(made.warnings, whole=True)
    counts = {"units": len(made.instrument.units), "questions": len(made.instrument.items)}
    terminal.say("cli.new.done", folder=folder, instrument=made.instrument.name, **counts)
    if made.told:
        terminal.say("cli.new.told")
    for told in made.told_in(terminal.language):
        terminal.say("cli.new.told_one", text=told)
    terminal.say("cli.new.next", folder=f'"{folder}"' if " " in str(folder) else folder)


@app.command(cls=WordedCommand)
def monitor(
    context: typer.Context,
    study: StudyPath,
    out: Out,
    on: Annotated[str | None, typer.Option("--on", metavar="DAY")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
) -> None:
    from surveys.handover.words import engine_words
    from surveys.reports.summaries import funnel_summary
    from surveys.vocabulary.dates import written_date

    terminal: Terminal = context.obj
    sv.ready(out, "monitor")
    loaded = load_study(terminal, study)
    with terminal.progress() as stages:
        found = sv.monitor(loaded, on, language=text, progress=stages)
        found.write(out)
    terminal.problems(found.warnings)
    terminal.summary(funnel_summary(found.counts, loaded.instrument, terminal.language))
    left = "" if found.left is None else found.left
    terminal.say(
        "cli.monitor.day", day=written_date(found.day, terminal.language) or "–", gone=found.gone, left=left
    )
    for outlook, cells in found.outlooks.items():
        told = engine_words("outlook", terminal.language)[outlook]
        terminal.say("cli.monitor.outlook", outlook=told, cells=cells)
    show_written(terminal, out)
    terminal.say("cli.monitor.page", page=out / "monitor.html")


@app.command(cls=WordedCommand)
def codebook(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="INSTRUMENT|STUDY")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE")],
    text: Annotated[str | None, typer.Option("--text", metavar="vi|en")] = None,
    template: Annotated[str | None, typer.Option("--template", metavar="FILE")] = None,
) -> None:
    sv.codebook(source, out, language=text, template=template)
    context.obj.say("cli.written", out=out)
