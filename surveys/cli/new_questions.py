"""What ``surveys new`` asks who sits before a terminal, and what it says where nobody does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer

from surveys.cli.terminal import Terminal

#: Answers by their keys, as ``sv.new`` takes them; None where nobody answered.
Answers = Mapping[str, str | Sequence[str] | None]
#: What cannot be done without, and the option that answers it.
_NEEDED = {"name": "--name", "units": "--unit", "questions": "--question"}
_LISTS = ("units", "groups", "questions")
#: In the order in which it is asked.
_ASKED = ("name", "units", "groups", "questions", "points", "start", "end", "unit_heading", "publisher")
_WRONG_USAGE = 2


def asked(terminal: Terminal, answers: Answers, *, has_register: bool) -> Answers:
    """The answers with those that somebody typed; without anybody, the options that are missing are told.

    Nothing is asked where the options hold what cannot be done without. ``has_register``: the units stand in a file.
    """
    needed = [key for key in _NEEDED if not answers.get(key) and not (key == "units" and has_register)]
    if not needed:
        return answers
    if not terminal.can_ask():
        terminal.fault("cli.new.options_missing", options=[_NEEDED[key] for key in needed])
        raise typer.Exit(_WRONG_USAGE)
    terminal.fault("cli.new.ask")
    found = dict(answers)
    for key in _ASKED:
        if not found.get(key) and not (key == "units" and has_register):
            found[key] = _answer(terminal, key, needed=key in needed)
    return found


def _answer(terminal: Terminal, key: str, *, needed: bool) -> str | list[str]:
    """What somebody typed, asked again while nothing is that is needed."""
    while True:
        code = f"cli.new.ask_{key}"
        said = terminal.ask_lines(code) if key in _LISTS else terminal.ask(code)
        if said or not needed:
            return said
        terminal.fault("cli.new.ask_again")
