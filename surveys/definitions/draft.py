"""A folder of definitions while it is being read: every record with its place, faulty or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Literal, TypeVar

from surveys.definitions.csv_tables import Row, TableColumns, bounded, read_table
from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.record_building import build, build_rows, entries, from_cells, from_table, section
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Place, Problems
from surveys.vocabulary.whole_numbers import codes_from_numbers

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Section:
    """A key of a TOML document and the record whose fields are its keys. ``form``: ``[name]`` (table), ``[[name]]`` (array),
    ``[name.CODE]`` (by_code), or a table of files by the kind of their rows (files)."""

    record: type
    form: Literal["table", "array", "by_code", "files"] = "table"


def note_unknown(document: Mapping[str, object], sections: Mapping[str, Section], place: Place) -> None:
    """Note every key of a document that is none of its sections."""
    unknown = [key for key in document if key not in sections]
    for key in bounded(unknown, lambda _: place, place.problems):
        place.not_accepted("record.unknown_key", key, key, sections)


@dataclass
class Draft:
    """The records of a TOML document and of the tables beside it. ``broken``: records of which at least one is faulty or a table
    lacks a row, so that their sums and references are not to be judged."""

    folder: Path
    place: Place
    document: Mapping[str, object]
    sections: Mapping[str, Section]
    broken: set[type] = field(default_factory=set)
    _found: dict[type, list[tuple[Any, Place]]] = field(default_factory=dict)
    _codes: dict[type, dict[str, None]] = field(default_factory=dict)
    _cells: dict[tuple[str, int | None], Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        note_unknown(self.document, self.sections, self.place)

    @property
    def problems(self) -> Problems:
        return self.place.problems

    def of(self, record: type[R]) -> Sequence[tuple[R, Place]]:
        """The records of a kind with their places."""
        return self._found.get(record, ())

    def all(self, record: type[R]) -> tuple[R, ...]:
        """The records of a kind."""
        return tuple(made for made, _ in self.of(record))

    def one(self, record: type[R]) -> R:
        """The record of a table that stands once; its defaults when it is absent or faulty."""
        return next(iter(self.all(record)), None) or record()

    def known(self, record: type) -> tuple[str, ...]:
        """Declared codes of a kind, also of records that could not be built: such a code is no unknown reference."""
        return tuple(self._codes.get(record, ()))

    def keep(self, record: type[R], raw: Mapping[str, object], place: Place) -> R | None:
        """Build a record and keep it with its place; None, and the kind is broken, when it is faulty."""
        code = raw.get("code")
        if isinstance(code, str) and code:
            self._codes.setdefault(record, {})[code] = None
        made = build(record, raw, place)
        if made is None:
            self.broken.add(record)
        else:
            self.add(made, place)
        return made

    def add(self, made: object, place: Place) -> None:
        """Keep a record with its place."""
        self._found.setdefault(type(made), []).append((made, place))

    def printed(self, place: Place, column: str) -> str:
        """What stands in a cell of a table whose rows have codes, digit by digit; empty where there is none."""
        return self._cells.get((place.file, place.row), {}).get(column, "")

    def take_over(self, record: type, other: Draft) -> None:
        """Keep the records of a kind that another draft holds."""
        self._found[record], self._codes[record] = list(other.of(record)), dict.fromkeys(other.known(record))

    def read_sections(self, *names: str) -> None:
        """Keep the records of tables and arrays of tables of the document."""
        for name in names:
            record = self.sections[name].record
            found: Iterable[tuple[Mapping[str, object], Place]] = self.tables(name)
            if self.sections[name].form == "array":
                found = bounded(found, itemgetter(1), self.problems)
            for raw, place in found:
                self.keep(record, from_table(record, raw, place), place)

    def tables(self, name: str) -> Sequence[tuple[Mapping[str, object], Place]]:
        """The tables of a section with their places: all of an array ``[[name]]``, or the one ``[name]``, empty where absent."""
        if self.sections[name].form == "array":
            return entries(self.document, name, self.place)
        return [(section(self.document, name, self.place), self.place.below(name))]

    def declares(self, record: type) -> tuple[str, ...]:
        """The codes of a kind that a column of its tables may name."""
        return self.known(record)

    def read_rows(
        self,
        record: type,
        path: Path,
        file: str,
        columns: TableColumns,
        refers: Mapping[str, type] | None = None,
    ) -> None:
        """Keep the records of the rows of a CSV; ``refers``: columns that hold codes, and the kind of records these name."""
        before = len(self.problems.errors)
        table = read_table(path, columns, self.problems, file)
        self.keep_rows(record, table.rows if table else (), "code" in columns.accepted, refers or {})
        if len(self.problems.errors) > before:
            self.broken.add(record)

    def keep_rows(self, record: type, rows: Sequence[Row], coded: bool, refers: Mapping[str, type]) -> None:
        """Keep the records of rows; ``coded``: they have codes of their own."""
        for column, kind in refers.items():
            own = [row["code"] for row in rows] if kind is record else self.declares(kind)
            rows = _with_codes(rows, column, own)
        if coded:
            self._cells |= {(row.place.file, row.line): row.cells for row in rows}
        built: list[Any] | None = build_rows(record, rows)
        if built is not None:
            self._found.setdefault(record, []).extend(zip(built, (row.place for row in rows), strict=True))
        for row in bounded(rows if built is None else (), attrgetter("place"), self.problems):
            self.keep(record, from_cells(record, row), row.place)


def _with_codes(rows: Sequence[Row], column: str, known: Sequence[str]) -> Sequence[Row]:
    """The rows with codes in place of the numbers that a program made of all of one file, which is told at the first."""
    of_file = {
        file: codes_from_numbers((row[column] for row in rows if row.place.file == file), known)
        for file in dict.fromkeys(row.place.file for row in rows)
    }
    for file, codes in of_file.items():
        if codes:
            first = next(row for row in rows if row[column] and row.place.file == file)
            told: dict[str, Any] = {"value": first[column], "meant": codes[first[column]]}
            first.place.note("table.codes_as_numbers", column, severity="warning", **told)
    if not any(of_file.values()):
        return rows
    return [
        Row(row.place, {**row.cells, column: codes.get(row[column], "")})
        if (codes := of_file[row.place.file])
        else row
        for row in rows
    ]


@dataclass
class InstrumentDraft(Draft):
    """What a folder of ``questionnaires/`` says. ``merged``: section → its tables, and those of the edition it is based on."""

    merged: Mapping[str, Sequence[tuple[Mapping[str, object], Place]]] = field(default_factory=dict)
    instrument: Instrument = field(init=False)

    def tables(self, name: str) -> Sequence[tuple[Mapping[str, object], Place]]:
        """The tables of a section, wherever they stand."""
        if name in self.merged:
            return self.merged[name]
        return [] if self.sections[name].form == "array" else [({}, self.place.below(name))]


@dataclass
class StudyDraft(Draft):
    """What ``study.toml`` and its tables say. ``own_units``: the register of units is the study's own, not its
    instrument's; ``files``: every file that was named, for the manifest; ``study`` stands only when it could be put together."""

    instrument: InstrumentDraft | None = None
    own_units: bool = False
    files: dict[str, None] = field(default_factory=dict)
    study: StudyDefinition | None = None

    def declares(self, record: type) -> tuple[str, ...]:
        """The codes of its register, of the other kinds those of its instrument."""
        return self.known(record) if record is Unit else self.declared(record)

    def declared(self, record: type) -> tuple[str, ...]:
        """Declared codes of a kind of the instrument."""
        return self.instrument.known(record) if self.instrument else ()
