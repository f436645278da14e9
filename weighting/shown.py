"""How results show themselves: a title, a table of numbers a reader takes in, and remarks, as text or for a notebook."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Rows of a table that are shown; ``table()`` has all.
MOST_ROWS = 60


def as_text(title: str, table: pd.DataFrame, remarks: Iterable[str], rows: int | None = None) -> str:
    """Title, a table of texts (the first of ``rows``), and what has to be said below it.

    >>> print(as_text("two estimates", pd.DataFrame({"estimate": ["1", "2.5"]}), ["weights are equal"]))
    two estimates
    estimate
           1
         2.5
    weights are equal
    """
    below = "".join(f"\n{line}" for line in _below(table, remarks, rows))
    return f"{title}\n{table.to_string(index=False)}{below}"


def as_html(title: str, table: pd.DataFrame, remarks: Iterable[str], rows: int | None = None) -> str:
    """The same for a notebook."""
    from html import escape

    body = table.to_html(index=False, border=0, escape=True)
    below = escape("\n".join(_below(table, remarks, rows)))
    return f"<div><p>{escape(title)}</p>{body}<p>{below}</p></div>"


def _below(table: pd.DataFrame, remarks: Iterable[str], rows: int | None) -> list[str]:
    """How many rows are not shown, and the remarks."""
    rest = 0 if rows is None else rows - len(table)
    return [*([f"… and {rest:,} more: see table()"] if rest > 0 else []), *remarks]


def label(value: object) -> str:
    """A category in words: whole numbers without decimals.

    >>> label(2.0), label("nam"), label(2.5)
    ('2', 'nam', '2.5')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def significant(values: Iterable[float]) -> list[str]:
    """Four digits that count; six of large numbers.

    >>> significant([0.123456, 2, 1234567.8])
    ['0.1235', '2', '1.23457e+06']
    """
    return [f"{v:.4g}" if abs(v) < 1e6 else f"{v:.6g}" for v in values]


def decimals(values: Iterable[float], digits: int) -> list[str]:
    """So many decimals, none where they are zero.

    >>> decimals([12.0, 0.25], 1)
    ['12', '0.2']
    """
    return [f"{v:,.{digits}f}".removesuffix(".0") for v in values]


def p_values(p: NDArray[np.float64]) -> list[str]:
    """p-values with four decimals; those that would read 0 as what they are below.

    >>> p_values(np.array([0.03214, 1e-9]))
    ['0.0321', '<0.0001']
    """
    return ["<0.0001" if v < 0.00005 else f"{v:.4f}" for v in p]
