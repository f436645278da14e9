"""Parquet files through pyarrow, which is optional."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from surveys.problems import fault
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.sheets import Page

_TEXTS = frozenset({"string", "large_string", "string_view"})


def read(source: FileContent) -> list[Page]:
    """The one sheet of a Parquet file: column names in the first row. Its own description is looked at before anything is
    unpacked; rows are unpacked in pieces, because a description may lie, and texts once each, because one long text may stand in
    millions of rows. The checksums of its pages are checked where its writer put any."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise fault("returns.no_parquet_reader", file=source.file) from None
    with source.reading():
        schema = pq.read_schema(io.BytesIO(source.raw))
        texts = [field.name for field in schema if str(field.type) in _TEXTS]
        stored = pq.ParquetFile(
            io.BytesIO(source.raw), read_dictionary=texts, page_checksum_verification=True
        )
        if any(field.type.num_fields and field.name not in texts for field in schema):
            raise ValueError("a column holds lists or records")
    about = stored.metadata
    source.check_size(about.num_rows, len(schema.names))
    size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
    if size > source.most_unpacked:
        raise fault("returns.zip_bomb", file=source.file, size=size, limit=source.most_unpacked)
    with source.reading():
        rows = _rows(stored, schema.names, about.num_rows, source)
    return [Page("", rows)]


def _rows(stored: Any, headings: Sequence[str], declared: int, source: FileContent) -> list[Sequence[object]]:
    """Column names in the first row, the values as Python has them below; times of day as they were written. Equal texts of all
    batches are one object: whoever compares them would look at every letter of a long one in each row. A fault when the texts of
    all rows together are longer than an unpacked file may be."""
    texts: dict[object, object] = {}
    length = 0
    rows: list[Sequence[object]] = [headings]
    for batch in stored.iter_batches(batch_size=10_000):
        if len(rows) + batch.num_rows > declared + 1:
            raise ValueError("it holds more rows than it declares")
        length += sum(map(_length, batch.columns))
        if length > source.limits.expanded:
            raise fault("returns.zip_bomb", file=source.file, size=length, limit=source.limits.expanded)
        rows.extend(zip(*(_values(column, texts) for column in batch.columns), strict=True))
    if len(rows) != declared + 1:
        raise ValueError("it holds fewer rows than it declares")
    return rows


def _length(column: Any) -> int:
    """Letters of all texts of a column, each counted in every row that holds it."""
    if not hasattr(column, "dictionary"):
        return 0
    lengths = np.array([len(text or "") for text in column.dictionary.to_pylist()], dtype=np.int64)
    return int(lengths[column.indices.drop_null().to_numpy()].sum())


def _values(column: Any, texts: dict[object, object]) -> list[object]:
    """The values of a column; ``texts`` are those of earlier batches, each for itself."""
    if hasattr(column, "dictionary"):
        found = [*(texts.setdefault(text, text) for text in column.dictionary.to_pylist()), None]
        return [found[-1 if place is None else place] for place in column.indices.to_pylist()]
    return [_plain(value) for value in column.to_pylist()]


def _plain(value: object) -> object:
    """Truth values as text (Python holds True equal to 1); whole numbers as the numbers other files give."""
    if isinstance(value, bool):
        return str(value).upper()
    return float(value) if isinstance(value, int) else value
