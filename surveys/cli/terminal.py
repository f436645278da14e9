"""What a user sees: results on stdout, faults and progress on stderr, in one language."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from surveys.problems import Language, Names, Problem, numbers_shown, phrase, wording
from surveys.vocabulary.progress import Stages, Step, unheard

if TYPE_CHECKING:
    from surveys.reports.summaries import Summary

#: Where a folder of results has every warning.
WARNINGS = Path("review") / "warnings.csv"
_WIDTH = 80  # where there is no terminal to ask
_NARROWEST = 12  # characters of a column of words


class OutputLostError(Exception):
    """What was to be shown could not be: a full disk behind ``>``, a terminal that is gone."""


class Terminal:
    """Prints in ``language``. Text that the terminal's encoding lacks is replaced, never refused."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.names: Names = {}  # what codes are called, once a study is known
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    def say(self, code: str, **params: object) -> None:
        """One message on stdout."""
        _print(phrase(code, self.language, **_as_text(params)))

    def fault(self, code: str, **params: object) -> None:
        """One message on stderr."""
        _print(phrase(code, self.language, **_as_text(params)), sys.stderr)

    def problems(self, problems: Iterable[Problem], out: Path | None = None, *, whole: bool = False) -> None:
        """All errors on stderr, with every warning that may explain them; warnings alone in as many lines as one looks at, the
        others in ``out`` (``whole``: all of them, where no file has them); none: nothing."""
        found = list(dict.fromkeys(problems))
        errors = sum(problem.severity == "error" for problem in found)
        if not found:
            return
        from surveys.reports.messages import Audience, in_full, in_short

        audience = Audience(self.language, _columns(), self.names)
        for line in in_full(found, audience) if errors or whole else in_short(found, audience):
            _print(line, sys.stderr)
        self.fault("cli.problems.number", errors=errors, warnings=len(found) - errors)
        if out is not None and not errors:
            self.fault("cli.problems.all", path=out / WARNINGS)

    def summary(self, summary: Summary) -> None:
        """A table on stdout: names to the left, numbers to the right, as the language writes them."""
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
        title, heading_style = ("", "") if plain else ("italic", "bold")
        table = Table(
            title=summary.title, title_justify="left", title_style=title, header_style=heading_style, box=SIMPLE,
            pad_edge=False, padding=(0, 1, 0, 0),
        )  # fmt: skip
        rows = [
            [
                numbers_shown(cell, self.language) if number else cell
                for cell, number in zip(row, summary.numeric, strict=True)
            ]
            for row in summary.rows
        ]
        columns = list(zip(*rows, strict=True)) or [()] * len(summary.headings)
        for heading, number, cells in zip(summary.headings, summary.numeric, columns, strict=True):
            longest = max(map(len, (*cells, *heading.split())), default=0)
            if number:  # numbers and intervals are never broken
                table.add_column(heading, justify="right", width=longest)
            else:
                table.add_column(heading, overflow="fold", min_width=min(longest, _NARROWEST))
        for row in rows:
            table.add_row(*map(Text, row))
        console = Console(width=_columns(), emoji=False, markup=False)
        console.width = max(console.width, console.measure(table).minimum)
        with _outlet(), console.capture() as captured:
            console.print(table)
        # printed by ourselves, so that a reader who has gone is noticed here
        _print("\n".join(line.rstrip() for line in captured.get().splitlines()))
        for line in summary.remarks:
            _print(line)

    def can_ask(self) -> bool:
        """Whether somebody sits before the terminal who can answer."""
        return sys.stdin is not None and sys.stdin.isatty()

    def ask(self, code: str, **params: object) -> str:
        """One line that somebody types; the end of the input stops the command as Ctrl-C does."""
        _print(phrase(code, self.language, **_as_text(params)), sys.stderr)
        try:
            return input("> ").strip()
        except EOFError:
            raise KeyboardInterrupt from None

    def ask_lines(self, code: str, **params: object) -> list[str]:
        """Lines that somebody types, up to an empty one."""
        lines = [self.ask(code, **params)]
        while lines[-1]:
            lines.append(input("> ").strip())
        return lines[:-1]

    def ask_secretly(self, code: str, **params: object) -> str:
        """What somebody types, which is not shown; the end of the input stops the command as Ctrl-C does."""
        from getpass import getpass

        try:
            return getpass(f"{phrase(code, self.language, **_as_text(params))} ", sys.stderr)
        except EOFError:
            raise KeyboardInterrupt from None

    @contextmanager
    def progress(self) -> Iterator[Stages]:
        """Bars on stderr while a long command runs (none where stderr is no terminal).

        Yields what begins a stage by its name.
        """
        if not sys.stderr.isatty():
            yield unheard
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        name = TextColumn("{task.description}", markup=False)
        columns = (name, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            yield lambda stage: self._stage(bars, stage)

    def _stage(self, bars: Any, stage: str) -> Step:
        name = phrase(f"cli.stage.{stage}", self.language)
        task = bars.add_task(name, total=None)

        def step(label: str, done: int, total: int) -> None:
            shown = label if f"cli.stage.{label}" not in wording() else ""
            bars.update(task, description=f"{name} {shown}".strip(), completed=done, total=total)

        return step

    def flush(self) -> None:
        """Write out what is still in the buffer, so that a reader who has gone is noticed here."""
        with _outlet():
            sys.stdout.flush()


@contextmanager
def _outlet() -> Iterator[None]:
    """Faults of showing are told from those of files; a reader who has gone is neither."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(error.strerror or str(error)) from None


def _print(text: str, stream: TextIO | None = None) -> None:
    with _outlet():
        print(text, file=stream or sys.stdout)


def _columns() -> int:
    """The width of lines: that of the terminal, or as the variable COLUMNS says."""
    return shutil.get_terminal_size((_WIDTH, 24)).columns


def _as_text(params: Mapping[str, object]) -> dict[str, str]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
        for name, value in params.items()
    }
