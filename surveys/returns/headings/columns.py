"""One column of returns: its heading, its cells told apart once, and their texts, repaired once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np
import pandas as pd

from surveys.definitions.study.limits import LIMITS
from surveys.problems import fault
from surveys.returns.files.sheets import Variable
from surveys.returns.text.cell_text import Conversions, cell_text, repair_all
from surveys.vocabulary.folding import repair
from surveys.vocabulary.legacy_encodings import is_damaged, may_be_old_font


class Pool:
    """All different cells of a sheet, ``values`` object [n]. Telling them apart once, in the order in which they lie in memory,
    and repairing their texts once is several times faster than column by column (``tests/benchmarks/test_reading_speed.py``)."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @cached_property
    def meant(self) -> list[tuple[str, tuple[str, ...]]] | None:
        """The repaired text of each value, and its conversions. None where some text is too long, or may be typed in an old font:
        that can only be told by the texts of one column."""
        texts = [value if type(value) is str else cell_text(value) for value in self.values.tolist()]
        if may_be_old_font(texts) or max(map(len, texts), default=0) > LIMITS.characters:
            return None
        return [
            (text, ()) if text.isascii() and text.isprintable() and " " not in text else repair(text)
            for text in texts
        ]

    @cached_property
    def noted(self) -> np.ndarray:
        """Values of whose text there may be something to tell (repaired, damaged), bool [n + 1]; the last stands for no value."""
        if self.meant is None:
            return np.ones(len(self.values) + 1, dtype=bool)
        noted = np.zeros(len(self.values) + 1, dtype=bool)
        noted[
            [
                k
                for k, (text, done) in enumerate(self.meant)
                if done or (not text.isascii() and is_damaged(text))
            ]
        ] = True
        return noted

    def digests(self, codes: np.ndarray) -> np.ndarray:
        """A number for the repaired text of each value that occurs among ``codes``, uint64 [n + 1]; 0 where there is no text, for
        the other values, and last for no value."""
        meant, occurs = self.meant or [], np.zeros(len(self.values) + 1, dtype=bool)
        occurs[codes] = True
        found = np.zeros(len(occurs), dtype=np.uint64)
        present = np.flatnonzero(occurs[:-1]).tolist()
        found[present] = [digest(text) if (text := meant[k][0]) else 0 for k in present]
        return found


def digest(text: str) -> int:
    """A number below 2**64 that stands for a text, the same everywhere."""
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class CodedCells:
    """Cells of one column. ``codes`` [n] are positions in the pool of the sheet, −1 for an empty cell."""

    codes: np.ndarray
    pool: Pool

    def taken(self, rows: np.ndarray) -> CodedCells:
        """The cells at ``rows``; a row beyond the end is empty."""
        return CodedCells(np.append(self.codes, -1)[rows], self.pool)


def coded(cells: Sequence[object] | np.ndarray) -> CodedCells:
    """Any cells as the cells of a column, or of a whole sheet row by row."""
    codes, values = pd.factorize(np.asarray(cells, dtype=object), use_na_sentinel=True)
    filled = np.append(values != "", False)
    return CodedCells(np.where(filled[codes], codes, -1), Pool(values))


NO_CELLS = coded([])


@dataclass(frozen=True)
class Distinct:
    """The different values of a column. ``codes`` [n] are positions in ``values``, −1 for an empty cell; ``texts`` are the
    repaired texts of the values; ``counts`` says how often each occurs."""

    codes: np.ndarray
    values: tuple[object, ...]
    texts: tuple[str, ...]
    counts: np.ndarray
    conversions: Conversions

    @cached_property
    def first(self) -> np.ndarray:
        """Row (from 0) in which each value occurs first."""
        codes, rows = np.unique(self.codes, return_index=True)
        return np.asarray(rows[codes >= 0])

    def spread(self, of_values: np.ndarray, blank: object) -> np.ndarray:
        """One result per value → one per row, with ``blank`` for the empty cells."""
        return np.asarray(np.append(of_values, np.array([blank], dtype=of_values.dtype))[self.codes])

    def rows_of(self, k: int) -> np.ndarray:
        """Rows (from 0) that hold value ``k``."""
        return np.flatnonzero(self.codes == k)


def distinct(cells: CodedCells) -> Distinct:
    """Find the different values of a column and repair their texts once each; a value without a text is an empty cell.

    >>> d = distinct(coded(["Tốt", "", "Tốt ", None, 4.0]))
    >>> d.codes.tolist(), d.texts, d.conversions
    ([0, -1, 1, -1, 2], ('Tốt', 'Tốt', '4'), {'spaces': 1})
    """
    pool = cells.pool
    occurs = np.bincount(cells.codes + 1, minlength=len(pool.values) + 1)[1:]
    present = np.flatnonzero(occurs)
    codes, counts = _renumbered(cells.codes, present, len(pool.values)), occurs[present]
    values = pool.values[present].tolist()
    meant = _meant(values, codes) if pool.meant is None else [pool.meant[k] for k in present.tolist()]
    texts = [text for text, _ in meant]
    conversions: Conversions = {}
    for k in np.flatnonzero(pool.noted[present]).tolist():
        for name in meant[k][1]:
            conversions[name] = conversions.get(name, 0) + int(counts[k])
    if not all(texts):
        kept = [k for k, text in enumerate(texts) if text]
        codes, counts = _renumbered(codes, kept, len(texts)), counts[kept]
        values, texts = [values[k] for k in kept], [texts[k] for k in kept]
    return Distinct(codes, tuple(values), tuple(texts), counts, conversions)


def _meant(values: Sequence[object], codes: np.ndarray) -> list[tuple[str, tuple[str, ...]]]:
    """The repaired texts of the values of one column, and the conversions."""
    written = list(map(cell_text, values))
    too_long = next((k for k, text in enumerate(written) if len(text) > LIMITS.characters), None)
    if too_long is not None:
        row = int(np.argmax(codes == too_long)) + 1
        raise fault("returns.cell_too_long", row=row, limit=LIMITS.characters)
    repaired = repair_all(written)
    return [repaired[text] for text in written]


def _renumbered(codes: np.ndarray, kept: Sequence[int] | np.ndarray, n: int) -> np.ndarray:
    """Codes among n values as codes among those that are kept; −1 for the others and for none."""
    position = np.full(n + 1, -1)
    position[kept] = np.arange(len(kept))
    return np.asarray(position[codes])


@dataclass(eq=False)
class Column:
    """One column of returns, never changed once made (not frozen: a matrix has thousands, and freezing doubles their cost).

    ``heading`` is what its users see, ``names`` further names it may be known by (a variable's label, the last part of a path).
    ``text`` is the question in full where the file gives it beside the name: the label of a variable, the second heading row.
    ``question`` and ``part`` are set where the product says that a heading has two parts: a grid and its row, a question
    and one of its options. ``variable`` is the description a statistical file gives. ``zone`` is the time zone of clock times
    written without an offset, ``order`` the order of day and month, and ``separator`` what stands between several answers of a
    cell.
    """

    heading: str
    cells: CodedCells = NO_CELLS
    names: tuple[str, ...] = ()
    text: str = ""
    question: str = ""
    part: str = ""
    variable: Variable | None = None
    zone: str = ""
    order: str = ""
    separator: str = ""
    letter: str = ""

    @cached_property
    def distinct(self) -> Distinct:
        return distinct(self.cells)

    @property
    def empty(self) -> bool:
        return bool((self.distinct.codes < 0).all())

    @property
    def noted(self) -> bool:
        """Whether there may be something to tell of the texts: repaired, or damaged."""
        return bool(self.cells.pool.noted[self.cells.codes].any())

    def each(self, meant: Callable[[str], str]) -> np.ndarray:
        """What the text of each cell means, object [n]; ``""`` for an empty cell."""
        return self.distinct.spread(np.array(list(map(meant, self.distinct.texts)), dtype=object), "")

    def taken(self, rows: np.ndarray) -> Column:
        """The column over some rows; a row beyond the end is empty."""
        return replace(self, cells=self.cells.taken(rows))

    def replaced(self, meant: Callable[[object], object]) -> Column:
        """The column with what each of its cells means in the place of the cell."""
        cells = coded(list(map(meant, self.distinct.values)))
        return replace(self, cells=cells.taken(self.distinct.codes))


def column_letter(position: int) -> str:
    """Spreadsheet letters of a column counted from 0.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    before, last = divmod(position, 26)
    return (column_letter(before - 1) if before else "") + chr(ord("A") + last)
