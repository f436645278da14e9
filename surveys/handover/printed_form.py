"""The form of the files: numbers with the digits that the settings ask for, CSV and JSON to the byte as this program writes them.

A file in another form may be read otherwise by another program: a key that stands twice, a quote out of place, digits cut off so
that rounding seems to explain a difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from surveys.definitions.study.records import Output
from surveys.handover.manifest import json_bytes
from surveys.handover.official_columns import OfficialColumn
from surveys.handover.read_back import PrintedTable
from surveys.handover.rounding import decimal_texts, plain_texts
from surveys.problems import Problem
from surveys.vocabulary.csv import columns_bytes


def numbers_as_printed(printed: PrintedTable, output: Output) -> Iterator[Problem]:
    """Numbers that are not printed with the decimals of the settings."""
    for column in printed.table.columns:
        if column.is_number:
            wanted = _as_printed(printed, column, output)
            wrong = printed.text(column.name) != wanted
            yield from list(printed.faults("verify.decimals", wrong, column.name, expected=wanted))[:1]


def _as_printed(printed: PrintedTable, column: OfficialColumn, output: Output) -> np.ndarray:
    numbers, place = np.unique(printed.number(column.name), return_inverse=True)
    decimals = column.decimals(output)
    texts = plain_texts(numbers) if decimals is None else decimal_texts(numbers, decimals)
    return np.array(texts, dtype=object)[place]


def csv_as_written(printed: PrintedTable, content: bytes) -> Iterator[Problem]:
    """A table whose bytes are not those that its cells are written as; the first line that is not."""
    columns = list(printed.texts().values())
    numeric = [column.is_number for column in printed.table.columns]
    written = columns_bytes(printed.table.names, columns, numeric)
    if written != content:
        pairs = zip(written.split(b"\r\n"), content.split(b"\r\n"), strict=False)
        row = next((k for k, (a, b) in enumerate(pairs, start=1) if a != b), None)
        yield Problem("verify.form_of_csv", file=printed.path, row=row)


def json_as_written(content: bytes, shown: str) -> Iterator[Problem]:
    """A JSON file whose bytes are not those that its content is written as: keys that stand twice, above all."""
    try:
        record = json.loads(content)
        same = isinstance(record, dict) and json_bytes(record) == content
    except (ValueError, RecursionError):
        return  # which is told elsewhere
    if not same:
        yield Problem("verify.form_of_json", file=shown)
