"""The files of an instrument as it is handed on: its own, or the whole of it written out where it states only its differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from surveys.definitions.instrument.inheritance import Inherited, inherited
from surveys.definitions.instrument.inherited_rows import read_rows
from surveys.definitions.instrument.layers import read_layers
from surveys.definitions.instrument.parts import SECTIONS, TABLES
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shelf
from surveys.definitions.toml_writing import toml_table
from surveys.problems import Problems
from surveys.vocabulary.csv import csv_bytes


def own_files(instrument: Instrument) -> dict[str, bytes]:
    """The files of an instrument that is not shipped, by name, complete in themselves; none of one that is shipped."""
    folder = Path(instrument.folder)
    if not instrument.folder or folder.resolve().is_relative_to(shelf().resolve()):
        return {}
    return written_out(folder) if instrument.based_on else _as_they_are(folder)


def _as_they_are(folder: Path) -> dict[str, bytes]:
    paths = [folder / name for name in (INSTRUMENT_FILE, *TABLES)]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def written_out(folder: Path) -> dict[str, bytes]:
    """The files of the edition in a folder that is based on another, with everything it takes over: the same instrument, based on
    nothing. Raises SurveyError where they cannot be read any more."""
    problems = Problems()
    layers = read_layers(folder, problems)
    problems.raise_errors()
    edition = inherited(layers)
    files = {INSTRUMENT_FILE: "\n".join(_document(edition)).encode()}
    for name in TABLES:
        table = read_rows(edition, name)
        if table.is_there:
            rows = ([row[column] for column in table.columns] for row in table.rows)
            files[name] = csv_bytes(table.columns, rows, guard=False, mark=False, line_end="\n")
    return files


def _document(edition: Inherited) -> Iterator[str]:
    for name, part in SECTIONS.items():
        for entry in edition.tables.get(name, ()):
            path = ".".join((name, *entry.key)) if part.form == "by_code" else name
            raw = {key: value for key, value in entry.raw.items() if (name, key) != ("identity", "based_on")}
            yield from _tables(path, raw, part.form == "array")


def _tables(path: str, raw: Mapping[str, object], in_array: bool) -> Iterator[str]:
    """A table, then the arrays of tables within it."""
    inner = {key: value for key, value in raw.items() if _is_array_of_tables(value)}
    heading = f"[[{path}]]" if in_array else f"[{path}]"
    yield toml_table(heading, {key: value for key, value in raw.items() if key not in inner})
    for key, value in inner.items():
        for entry in value if isinstance(value, list) else ():
            yield toml_table(f"[[{path}.{key}]]", entry)


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)
