"""Any file of returns as sheets. Short texts are read here; every other file is read by a program of its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from surveys.definitions.study.limits import LIMITS, Limits
from surveys.problems import SurveyError, fault
from surveys.returns.files import children, kinds
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.messages import Received, answered
from surveys.returns.files.sheets import FACTS, Page, Sheet, first_line

#: Files that programs begin to read before their sheets are asked for: one, and more while they hold so many bytes together,
#: since what was read of them is held in memory (``tests/benchmarks/test_reading_speed.py``).
AHEAD = 8_000_000
LOOKED_AT = 100  # files whose kind is looked at for that; those that are texts wait to be read
#: Bytes of text files that programs read, too: shorter ones are read sooner than sent, longer ones may take more memory than a
#: program may (``tests/benchmarks/test_reading_speed.py``).
LONG_TEXT = range(1_000_000, 30_000_000)
#: Waits for the sheets of a file, or raises what is wrong with it.
Waiting = Callable[[], tuple[Sheet, ...]]


def read_sheets(
    path: Path,
    name: str = "",
    *,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    limits: Limits = LIMITS,
) -> tuple[Sheet, ...]:
    """All sheets of a file, or the one named ``sheet``.

    ``name`` is how messages call the file. Raises :class:`~surveys.problems.SurveyError` when the file is absent, empty, too
    large, damaged, locked, of no known kind, has no sheet of that name, or takes more memory or time than it may.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.csv").write_text("x;y\\n1;2\\n", encoding="utf-8")
    ...     read_sheets(Path(folder) / "a.csv")[0].cells.tolist()
    [['x', 'y'], ['1', '2']]
    """
    return opened(Wanted(str(path), name or path.name, sheet, encoding, delimiter, limits))()


def opened_ahead(files: Iterable[Wanted | SurveyError]) -> Iterator[Waiting]:
    """The files in their order; the next few are being read already, the first from now on. What is given instead of a file is
    raised in its place."""
    left, begun = iter(files), deque[Waiting]()

    def begin() -> None:
        while len(begun) < LOOKED_AT and sum(one.size for one in begun if isinstance(one, InProgram)) < AHEAD:
            if (wanted := next(left, None)) is None:
                return
            begun.append(opened(wanted) if isinstance(wanted, Wanted) else _raising(wanted))

    def in_order() -> Iterator[Waiting]:
        while begun:
            yield begun.popleft()
            begin()

    begin()
    return in_order()


def opened(wanted: Wanted) -> Waiting:
    """Begin to read a file as :func:`read_sheets`: a binary one or a long text is read while its reader does something else."""
    try:
        kinds.check_there(wanted)
        with open(wanted.path, "rb") as file:
            head, size = file.read(kinds.HEAD), os.fstat(file.fileno()).st_size
    except SurveyError as error:
        return _raising(error)
    except OSError as error:
        return _raising(
            fault("file.unreadable", file=wanted.file, reason=error.strerror or first_line(error))
        )
    if kinds.is_text(head) and size not in LONG_TEXT:
        return lambda: tuple(_of_page(page, wanted.file) for page in kinds.pages_of(wanted))
    there = replace(wanted, path=os.path.abspath(wanted.path))  # the other program may be in another folder
    return InProgram(children.PROGRAMS.ask(there, kinds.opener_of(head)), wanted, size)


def _raising(error: SurveyError) -> Waiting:
    def raised() -> tuple[Sheet, ...]:
        raise error

    return raised


@dataclass(frozen=True, slots=True)
class InProgram:
    """A file of so many bytes that a program reads, or has read."""

    answer: Future[children.Answer]
    wanted: Wanted
    size: int

    def __call__(self) -> tuple[Sheet, ...]:
        """Its sheets."""
        return _received(*children.PROGRAMS.wait(self.answer), self.wanted)


def _received(described: bytes, codes: bytes, wanted: Wanted) -> tuple[Sheet, ...]:
    """The sheets that a program sent; a fault when it sent anything else."""
    try:
        pages, problems = answered(described)
        numbers = np.frombuffer(codes, dtype=np.intc)
        sheets = []
        for page in pages:
            size = page.rows * page.columns
            sheets.append(_of_received(page, numbers[:size], wanted.file))
            numbers = numbers[size:]
    except (ValueError, IndexError) as error:
        raise fault(
            "returns.file_fatal",
            file=wanted.file,
            reason=first_line(error)[:80],
            limit=wanted.limits.memory_bytes,
        ) from None
    if problems:
        raise SurveyError(problems)
    return tuple(sheets)


def _of_received(received: Received, numbers: np.ndarray, file: str) -> Sheet:
    pool = np.empty(len(received.pool), dtype=object)
    pool[:] = received.pool
    if (numbers < 0).any():
        raise ValueError("a cell that is none")
    cells = pool[numbers].reshape(received.rows, received.columns)
    return _sheet(received.page, file, cells, received.widths)


def _of_page(page: Page, file: str) -> Sheet:
    widths = list(map(len, page.rows))
    return _sheet(page, file, from_rows(page.rows, max(widths, default=0)), widths if page.lines else ())


def _sheet(page: Page, file: str, cells: np.ndarray, widths: Sequence[int]) -> Sheet:
    facts = {name: getattr(page, name) for name in FACTS}
    counted = np.array(widths, dtype=np.int64) if page.lines else None
    return Sheet(file, page.name, page.kind or "text", cells, counted, **facts)


def from_rows(rows: Sequence[Sequence[object]], columns: int) -> np.ndarray:
    """Rows of unequal length as one object array [rows, columns], the missing ends filled with ``""``."""
    if not all(len(row) == columns for row in rows):
        rows = [[*row, *[""] * (columns - len(row))] for row in rows]
    return np.array(rows, dtype=object).reshape(len(rows), columns)
