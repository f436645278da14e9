"""A register of units from a file: names in one column, a sheet of the office workbook, or a ``units.csv``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from surveys.definitions.csv_tables import Row, read_table
from surveys.definitions.instrument.records import Block, Unit
from surveys.definitions.record_building import build, columns_of, from_cells
from surveys.fieldwork.new_edition.asked import Blocks, units_of
from surveys.fieldwork.new_edition.filled_sheets import (
    OfficeRows,
    filled_rows,
    given_rows,
    has_headings,
    rows_of_sheet,
)
from surveys.fieldwork.new_edition.named_entries import NamedEntries
from surveys.fieldwork.new_edition.office_sheets import key_of, sheet_names
from surveys.problems import Problems
from surveys.returns.files.filled_tables import texts_of
from surveys.returns.files.opening import read_sheets

#: Headings by which a register as definitions hold it is told from others.
_DEFINED = {"code", "block", "name_vi"}


def first_column(path: Path) -> list[str]:
    """The filled cells of the first column of the first sheet of a file: one entry in each row.

    Raises SurveyError when the file cannot be read.
    """
    sheets = [sheet for sheet in read_sheets(path) if not sheet.hidden]
    return [texts[0] for row in sheets[0].cells if (texts := texts_of(row)) and texts[0]] if sheets else []


def register_rows(path: Path, problems: Problems) -> OfficeRows:
    """The units of a file as rows of the sheet of units: a sheet with its headings, or names in the first column."""
    sheets = [sheet for sheet in read_sheets(path) if not sheet.hidden]
    named = [sheet for sheet in sheets if key_of(sheet.name, sheet_names()) == "units"]
    if named:
        return {"units": filled_rows(named[:1], problems).get("units", ())}
    headed = next((sheet for sheet in sheets if has_headings(sheet, "units", "name")), None)
    if headed is not None:
        return {"units": rows_of_sheet(headed, "units", problems)}
    return given_rows({"units": [{"name": name} for name in first_column(path)]}, problems)


def register_of(path: Path, blocks: Sequence[Block], problems: Problems) -> tuple[Unit, ...]:
    """The units of a file for blocks that are declared; a file as ``units.csv`` holds them is taken as it is."""
    if path.suffix.lower() == ".csv" and _is_defined(path):
        table = read_table(path, columns_of(Unit), problems)
        return tuple(unit for row in table or () if (unit := build(Unit, from_cells(Unit, row), row.place)))
    return units_for(register_rows(path, problems)["units"], blocks)


def units_for(rows: Sequence[Row], blocks: Sequence[Block]) -> tuple[Unit, ...]:
    """The units of rows for blocks that are declared; where there is one block, rows need not name it."""
    entries = NamedEntries()
    for block in blocks:
        entries.take_over(block.label_vi, block.code)
        entries.take_over(block.code, block.code)
        entries.labels[block.code] = block.label_vi
    return units_of({"units": list(_with_blocks(rows, blocks, entries))}, Blocks(tuple(blocks), entries))


def _with_blocks(rows: Sequence[Row], blocks: Sequence[Block], entries: NamedEntries) -> Iterator[Row]:
    """The rows with the codes of their blocks, which need not be named where there is one."""
    for row in rows:
        if row["block"]:
            code = entries.find(row, "block", row["block"])
        elif len(blocks) == 1:
            code = blocks[0].code
        else:
            row.place.note("new.block_of_unit", "block", accepted=[block.label_vi for block in blocks])
            code = ""
        if code:
            yield replace(row, cells={**row.cells, "block": code})


def _is_defined(path: Path) -> bool:
    sheets = read_sheets(path)
    return any(set(texts_of(row)) >= _DEFINED for sheet in sheets for row in sheet.cells[:1])
