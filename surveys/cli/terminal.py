"""What a user sees: results on stdout, faults and progress on stderr, in one language."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from surveys.problems import Language, Problem, phrase, wording
from surveys.vocabulary.progress import Stages, Step, unheard

if TYPE_CHECKING:
    from surveys.reports.summaries import Summary

#: Width of tables where there is no terminal to ask.
_WIDTH = 120


class Terminal:
    """Prints in ``language``. Text that the terminal's encoding lacks is replaced, never refused."""

    def __init__(self, language: Language) -> None:
        self.language = language
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    def say(self, code: str, **params: object) -> None:
        """One message on stdout."""
        print(phrase(code, self.language, **_as_text(params)))

    def fault(self, code: str, **params: object) -> None:
        """One message on stderr."""
        print(phrase(code, self.language, **_as_text(params)), file=sys.stderr)

    def problems(self, problems: Iterable[Problem]) -> None:
        """All problems on stderr, file by file, each message once with all its places, and their number; none: nothing."""
        found = list(dict.fromkeys(problems))
        if not found:
            return
        for file, of_file in _by(found, lambda p: p.file).items():
            print(file or phrase("cli.problems.general", self.language), file=sys.stderr)
            for alike in _by(of_file, lambda p: (p.severity, p.code, p.params, p.sheet, p.column)).values():
                print(f"  {self._line(alike)}", file=sys.stderr)
        errors = sum(problem.severity == "error" for problem in found)
        self.fault("cli.problems.number", errors=errors, warnings=len(found) - errors)

    def _line(self, alike: Sequence[Problem]) -> str:
        """Mark, place and message of faults that differ in their row only."""
        first = alike[0]
        mark = phrase(f"cli.mark.{first.severity}", self.language)
        rows = ", ".join(str(problem.row) for problem in alike if problem.row is not None)
        place = first.place_in_file(self.language, rows)
        message = phrase(first.code, self.language, **dict(first.params))
        return f"{mark}: {place}: {message}" if place else f"{mark}: {message}"

    def summary(self, summary: Summary) -> None:
        """A table on stdout: names to the left, numbers to the right."""
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=summary.title, title_justify="left", header_style="bold", box=SIMPLE)
        for heading, number in zip(summary.headings, summary.numeric, strict=True):
            table.add_column(heading, justify="right" if number else "left", overflow="fold")
        for row in summary.rows:
            table.add_row(*(Text(cell) for cell in row))
        console = Console(width=None if sys.stdout.isatty() else _WIDTH, emoji=False, markup=False)
        with console.capture() as captured:
            console.print(table)
        # printed by ourselves, so that a reader who has gone is noticed here
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))
        for line in summary.remarks:
            print(line)

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
        sys.stdout.flush()


def _by(problems: Iterable[Problem], key: Callable[[Problem], Any]) -> dict[Any, list[Problem]]:
    """Problems by a key, in the order in which the keys appear."""
    found: dict[Any, list[Problem]] = {}
    for problem in problems:
        found.setdefault(key(problem), []).append(problem)
    return found


def _as_text(params: Mapping[str, object]) -> dict[str, str]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
        for name, value in params.items()
    }
