"""What a reader makes of a sheet: named columns over one row per form (or per evaluation), nothing matched yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.problems import Problem, fault
from surveys.returns.files.sheets import LIMITS, Sheet, Variable
from surveys.returns.text.legacy import is_damaged, may_be_old_font
from surveys.returns.text.repair import Conversions, add_conversions, cell_text, repair_all
from surveys.vocabulary.folding import repair

_COUNTED = 1 << 22  # counters of values × columns held at once
_SPARSE = (
    20  # values of the pool per row, beyond which sorting the cells costs less than counting every value
)

BETWEEN = "|"  # stands between chosen options; no option holds it
MARK = "\N{CHECK MARK}"  # something was chosen that is none of the options


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
        first = np.zeros(len(self.values), dtype=np.int64)
        rows = np.flatnonzero(self.codes >= 0)[::-1]
        first[self.codes[rows]] = rows
        return first

    def spread(self, of_values: np.ndarray, blank: object) -> np.ndarray:
        """One result per value → one per row, with ``blank`` for the empty cells."""
        return np.append(of_values, np.array([blank], dtype=of_values.dtype))[self.codes]

    def rows_of(self, k: int) -> np.ndarray:
        """Rows (from 0) that hold value ``k``."""
        return np.flatnonzero(self.codes == k)


class Pool:
    """All different cells of a sheet, told apart and repaired once. ``values`` and ``texts`` are object arrays, ``conversions``
    says by position what repair changed, and ``noted`` marks the texts of which there is something to tell: repaired or damaged.
    Where some text may be typed with an old font, ``texts`` is None: that can only be told column by column."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.conversions: dict[int, tuple[str, ...]] = {}
        self.texts: np.ndarray | None = None
        self.noted = np.zeros(len(values), dtype=bool)
        written = [value if type(value) is str else cell_text(value) for value in values.tolist()]
        foreign = [k for k, text in enumerate(written) if not text.isascii()]
        too_long = max(map(len, written), default=0) > LIMITS.characters
        if too_long or may_be_old_font(written[k] for k in foreign):
            return
        tidy = _is_tidy([text for text in written if text.isascii()])
        for k in foreign if tidy else range(len(written)):
            written[k], done = repair(written[k])
            if done:
                self.conversions[k] = done
            if done or is_damaged(written[k]):
                self.noted[k] = True
        self.texts = np.array(written, dtype=object)


class Cells:
    """The cells of a table as positions in the pool of its sheet: ``codes`` [columns, rows], −1 for no value. Telling cells apart
    once for the whole sheet, in the order in which they lie in memory, is several times faster than column by column."""

    def __init__(self, codes: np.ndarray, pool: Pool) -> None:
        self.codes = codes
        self.pool = pool

    @cached_property
    def noted(self) -> np.ndarray:
        """Columns of whose texts there is something to tell, bool [columns]."""
        if not self.pool.noted.any():
            return np.zeros(len(self.codes), dtype=bool)
        return np.asarray(np.append(self.pool.noted, False)[self.codes].any(axis=1))


@dataclass(frozen=True, slots=True)
class Coded:
    """One column of the cells of a table."""

    cells: Cells
    position: int

    @property
    def pool(self) -> Pool:
        return self.cells.pool

    @property
    def codes(self) -> np.ndarray:
        """Positions in the pool, [n]."""
        return np.asarray(self.cells.codes[self.position])

    def objects(self) -> np.ndarray:
        """The cells themselves, object [n]."""
        return np.append(self.pool.values, np.array([None], dtype=object))[self.codes]


@dataclass(eq=False)
class Column:
    """One column of returns, never changed once made (not frozen: a matrix has thousands, and freezing doubles their cost).

    ``heading`` is what its users see, ``names`` further names it may be known by (a variable's label, the last part of a path).
    ``question`` and ``part`` are set where the product says that a heading has two parts: a grid and its row, a question
    and one of its options. ``variable`` is the description a statistical file gives. ``zone`` is the time zone of clock times
    written without an offset, ``order`` the order of day and month,
    and ``separator`` what stands between several answers of a cell.
    """

    heading: str
    values: np.ndarray | Coded
    names: tuple[str, ...] = ()
    question: str = ""
    part: str = ""
    variable: Variable | None = None
    zone: str = ""
    order: str = ""
    separator: str = ""
    letter: str = ""

    @cached_property
    def distinct(self) -> Distinct:
        return distinct(self.values)

    @property
    def objects(self) -> np.ndarray:
        """The cells as they were read, object [n]."""
        return self.values if isinstance(self.values, np.ndarray) else self.values.objects()

    @property
    def empty(self) -> bool:
        return bool((self.distinct.codes < 0).all())

    @property
    def noted(self) -> bool:
        """Whether there may be something to tell of the texts: repaired, or damaged."""
        if isinstance(self.values, Coded) and self.values.pool.texts is not None:
            return bool(self.values.cells.noted[self.values.position])
        return True


@dataclass(frozen=True)
class Table:
    """Columns of equal length. ``row_numbers`` [n] are the rows of the file as its users see them; ``form`` [n] groups rows that
    belong to one form (None: one form a row); ``unit`` names the unit when the whole sheet is about one; ``notes`` are warnings
    about what the reader left out. ``roles`` are columns that the product itself adds, under the role of a field (``submitted``,
    ``started``, ``ended``, ``seconds``, ``interviewer``, or ``response``: the product's own number of the form); a field of the
    instrument with that role goes before them. ``label`` tells the tables of one file apart; ``beside`` is the sheet of the forms
    whose columns stand before those of a repeated group. ``stated`` are columns of the tidy rows that the file itself gives."""

    file: str
    sheet: str
    columns: tuple[Column, ...]
    row_numbers: np.ndarray
    form: np.ndarray | None = None
    unit: str = ""
    conversions: Conversions = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    roles: Mapping[str, Column] = field(default_factory=dict)
    beside: str = ""
    stated: Mapping[str, Column] = field(default_factory=dict)
    label: str = ""

    @property
    def place(self) -> str:
        """What a row number is counted in: the file, or its sheet where the file has several tables."""
        return self.label or self.file

    def __len__(self) -> int:
        return len(self.row_numbers)

    def named(self, *headings: str) -> Column | None:
        """The first column with one of these headings (compared as written)."""
        return next((column for column in self.columns if column.heading in headings), None)


def distinct(values: np.ndarray | Coded) -> Distinct:
    """Find the different values of a column and repair their texts once each.

    >>> d = distinct(np.array(["Tốt", "", "Tốt ", None, 4.0], dtype=object))
    >>> d.codes.tolist(), d.texts, d.conversions
    ([0, -1, 1, -1, 2], ('Tốt', 'Tốt', '4'), {'spaces': 1})
    """
    if isinstance(values, Coded) and values.pool.texts is not None:
        return _from_pool(values.codes, values.pool, values.pool.texts)
    cells = values.objects() if isinstance(values, Coded) else np.ascontiguousarray(values)
    codes, found = pd.factorize(cells, use_na_sentinel=True)
    written = [cell_text(value) for value in found.tolist()]
    if any(len(text) > LIMITS.characters for text in written):
        long = next(k for k, text in enumerate(written) if len(text) > LIMITS.characters)
        raise fault("returns.cell_too_long", row=int(np.argmax(codes == long)) + 1, limit=LIMITS.characters)
    counts = np.bincount(codes[codes >= 0], minlength=len(written))
    texts, conversions = _repaired(written, counts)
    return _without_blanks(Distinct(codes, tuple(found.tolist()), texts, counts, conversions))


def _from_pool(pooled: np.ndarray, pool: Pool, texts: np.ndarray) -> Distinct:
    """The different values of a column whose cells were told apart with their sheet, in the order of the sheet."""
    if len(texts) <= max(4 * len(pooled), 10_000):
        occurs = np.bincount(pooled + 1, minlength=len(texts) + 1)[1:]
        present = np.flatnonzero(occurs)
        position = np.full(len(texts) + 1, -1, dtype=np.int64)
        position[present] = np.arange(len(present))
        codes, counts = position[pooled], occurs[present]
    else:
        found, codes, counts = np.unique(pooled, return_inverse=True, return_counts=True)
        blank = int(bool(len(found)) and found[0] < 0)
        present, codes, counts = found[blank:], codes - blank, counts[blank:]
    conversions: Conversions = {}
    if pool.conversions:
        for k, count in zip(present.tolist(), counts.tolist(), strict=True):
            add_conversions(conversions, dict.fromkeys(pool.conversions.get(k, ()), count))
    values, shown = pool.values[present].tolist(), texts[present].tolist()
    return Distinct(codes, tuple(values), tuple(shown), counts, conversions)


def _is_tidy(ascii_texts: Sequence[str]) -> bool:
    """Whether repair would change none of these texts: no white space at an end or doubled, no control characters."""
    filled = [text for text in ascii_texts if text]
    joined = "\n".join(filled)
    untidy = ("  ", " \n", "\n ")
    return (
        joined.count("\n") < max(len(filled), 1)
        and joined.replace("\n", "").isprintable()
        and joined.strip(" ") == joined
        and not any(space in joined for space in untidy)
    )


def _repaired(written: list[str], counts: np.ndarray) -> tuple[tuple[str, ...], Conversions]:
    if all(map(str.isascii, written)) and _is_tidy(written):
        return tuple(written), {}
    repaired = repair_all(written)
    conversions: Conversions = {}
    for text, count in zip(written, counts, strict=True):
        add_conversions(conversions, dict.fromkeys(repaired[text][1], int(count)))
    return tuple(repaired[text][0] for text in written), conversions


def columns_of(sheet: Sheet, headings: Sequence[str], rows: np.ndarray) -> tuple[Column, ...]:
    """The columns of a sheet over the given rows of cells, under repaired headings."""
    repaired = repair_all(headings)
    codes, different = pd.factorize(_between(sheet.cells, rows).ravel(), use_na_sentinel=True)
    pool = Pool(different)
    if pool.texts is not None:
        codes = np.append(np.where(pool.texts == "", -1, np.arange(len(different))), -1)[codes]
    shape = (len(rows), len(headings))
    cells = Cells(np.ascontiguousarray(codes.reshape(shape).T), pool)
    return tuple(
        Column(repaired[heading][0], Coded(cells, j), letter=column_letter(j))
        for j, heading in enumerate(headings)
    )


def chosen_options(heading: str, options: Sequence[np.ndarray], letter: str = "") -> Column:
    """The options of a question with several answers, each in a column of its own, as one column: ``options`` hold the chosen
    option's text, ``MARK`` where something else was chosen, or nothing. A row without any is empty: the question was left out.

    >>> chosen_options("Kênh", [np.array(["Báo", "", ""]), np.array(["Đài", MARK, ""])]).values.tolist()
    ['Báo|Đài', '|', '']
    """
    joined = [BETWEEN.join(text for text in row if text) for row in zip(*options, strict=True)]
    values = np.array([BETWEEN if text == MARK else text.replace(MARK, "") for text in joined], dtype=object)
    return Column(heading, values, separator=BETWEEN, letter=letter)


def body_rows(sheet: Sheet, start: int) -> np.ndarray:
    """Rows of cells from ``start`` on that hold anything. A line of a text file with fewer fields than its headings, or with
    more, is a fault: something cut it."""
    cells = sheet.cells[start:]
    if not cells.size:
        return np.zeros(0, dtype=np.int64)
    filled = _filled(cells[:, 0])
    unsure = np.flatnonzero(~filled)
    filled[unsure] = [bool(_filled(cells[i]).any()) for i in unsure]
    rows = np.flatnonzero(filled) + start
    if sheet.widths is not None:
        _check_widths(sheet, rows, int(sheet.widths[start - 1]))
    return rows


def heading_texts(sheet: Sheet, row: int) -> tuple[str, ...]:
    """The cells of one row as texts."""
    return sheet.first_rows[row] if row < len(sheet.first_rows) else tuple(map(cell_text, sheet.cells[row]))


def column_letter(position: int) -> str:
    """Spreadsheet letters of a column counted from 0.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _between(cells: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The given rows, without a copy where they follow one another."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return cells[rows[0] : rows[-1] + 1]
    return cells[rows]


def _filled(cells: np.ndarray) -> np.ndarray:
    return np.array(
        [not (c is None or c != c or (isinstance(c, str) and not c.strip())) for c in cells], dtype=bool
    )


def _check_widths(sheet: Sheet, rows: np.ndarray, width: int) -> None:
    assert sheet.widths is not None
    wrong = rows[sheet.widths[rows] != width]
    wrong = np.array(
        [i for i in wrong if sheet.widths[i] < width or _filled(sheet.cells[i, width:]).any()], dtype=int
    )
    if len(wrong):
        found = int(sheet.widths[wrong[0]])
        row = int(wrong[0]) + sheet.first_row
        raise sheet.problem("returns.row_width", row=row, found=found, expected=width, rows=len(wrong))


def _without_blanks(found: Distinct) -> Distinct:
    """Values whose text is empty once repaired count as empty cells."""
    blank = np.array([not text for text in found.texts], dtype=bool)
    if not blank.any():
        return found
    keep = np.flatnonzero(~blank)
    position = np.full(len(blank) + 1, -1, dtype=np.int64)
    position[keep] = np.arange(len(keep))
    return Distinct(
        position[found.codes],
        tuple(found.values[k] for k in keep),
        tuple(found.texts[k] for k in keep),
        found.counts[keep],
        found.conversions,
    )
