"""What ``surveys new`` asks who sits before a terminal, and what it says where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import typer

from surveys.cli.terminal import Terminal
from surveys.problems import SurveyError

#: Answers by their keys, as ``sv.new`` takes them; None where nobody answered.
Answers = Mapping[str, str | Sequence[str] | None]
#: What cannot be done without, and the option that answers it.
_NEEDED = {"name": "--name", "units": "--unit", "questions": "--question"}
_LISTS = ("units", "groups", "questions")
#: In the order in which it is asked.
_ASKED = ("name", "units", "groups", "questions", "points", "start", "end", "unit_heading", "publisher")
_WRONG_USAGE = 2
Made = TypeVar("Made")


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


def until_made(terminal: Terminal, answers: Answers, make: Callable[[Answers], Made]) -> Made:
    """What is made of the answers. Where somebody sits before the terminal, only those answers are asked for again that are at
    fault, until none is; any other fault is raised."""
    while True:
        try:
            return make(answers)
        except SurveyError as error:
            wrong = [key for key in _ASKED if any(_is_of(p.column, key) for p in error.problems)]
            of_answers = all(any(_is_of(p.column, key) for key in _ASKED) for p in error.problems)
            if not (of_answers and terminal.can_ask()):
                raise
            terminal.problems(error.problems)
            answers = {**answers, **{key: _answer(terminal, key, needed=key in _NEEDED) for key in wrong}}


def _is_of(column: str, key: str) -> bool:
    """Whether a fault stands at the option that gives an answer."""
    return column == _NEEDED.get(
        key, f"--{key.removesuffix('s') if key in _LISTS else key.replace('_', '-')}"
    )


def _answer(terminal: Terminal, key: str, *, needed: bool) -> str | list[str]:
    """What somebody typed, asked again while nothing is that is needed."""
    while True:
        code = f"cli.new.ask_{key}"
        said = terminal.ask_lines(code) if key in _LISTS else terminal.ask(code)
        if said or not needed:
            return said
        terminal.fault("cli.new.ask_again")
