"""Parquet files through pyarrow, which is optional."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from surveys.problems import fault
from surveys.returns.files.archives import first_line
from surveys.returns.files.sheets import Limits, Sheet

_TEXTS = frozenset({"string", "large_string", "string_view"})


def read(raw: bytes, path: Path, name: str, sheet: str, encoding: str, limits: Limits) -> list[Sheet]:
    """The one sheet of a Parquet file: column names in the first row. Its own description is looked at before anything is
    unpacked; rows are unpacked in pieces, because a description may lie, and texts once each, because one long text may stand in
    millions of rows."""
    try:
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError:
        raise fault("returns.no_parquet_reader", file=name) from None
    try:
        schema = pq.read_schema(io.BytesIO(raw))
        texts = [field.name for field in schema if str(field.type) in _TEXTS]
        source = pq.ParquetFile(io.BytesIO(raw), read_dictionary=texts)
        about, headings = source.metadata, list(schema.names)
        if any(field.type.num_fields and field.name not in texts for field in schema):
            raise ValueError("a column holds lists or records")
    except Exception as error:  # pyarrow raises whatever its C++ library met; none of it may reach the user
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None
    rows, columns, size = about.num_rows, len(headings), _unpacked(about)
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise fault("returns.sheet_too_large", file=name, rows=rows, columns=columns, limit=limits.cells)
    largest = min(limits.expanded, max(limits.ratio * len(raw), 50_000_000))
    if size > largest:
        raise fault("returns.zip_bomb", file=name, size=size, limit=largest)
    return [Sheet(name, "", "parquet", _cells(source, headings, rows, name))]


def _unpacked(about: Any) -> int:
    return sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))


def _cells(source: Any, headings: list[str], rows: int, name: str) -> np.ndarray:
    """Column names in the first row, the values as Python has them below; times of day as they were written."""
    cells = np.empty((rows + 1, len(headings)), dtype=object)
    cells[0] = headings
    start = 1
    try:
        for batch in source.iter_batches(batch_size=10_000):
            if start + batch.num_rows > rows + 1:
                raise ValueError("it holds more rows than it declares")
            for j, column in enumerate(batch.columns):
                cells[start : start + batch.num_rows, j] = _values(column)
            start += batch.num_rows
        if start != rows + 1:
            raise ValueError("it holds fewer rows than it declares")
    except Exception as error:  # as above
        raise fault("returns.file_damaged", file=name, reason=first_line(error)) from None
    return cells


def _values(column: Any) -> list[object]:
    if hasattr(column, "dictionary"):
        texts = [*column.dictionary.to_pylist(), None]
        return [texts[-1 if place is None else place] for place in column.indices.to_pylist()]
    return [_plain(value) for value in column.to_pylist()]


def _plain(value: object) -> object:
    """Truth values as text (Python holds True equal to 1); whole numbers as the numbers other files give."""
    if isinstance(value, bool):
        return str(value).upper()
    return float(value) if isinstance(value, int) else value
