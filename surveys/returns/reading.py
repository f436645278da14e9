"""All return files of a study → one :class:`~surveys.returns.record_set.Returns`. Nothing a file holds is dropped unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Questionnaire
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problems, SurveyError, fault
from surveys.returns.adjudication import adjudicate
from surveys.returns.evaluations import Part, Reading, evaluations, grouped
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Table, column_letter
from surveys.returns.headings.questions import Vocabulary, lay_out
from surveys.returns.mapping import Decided, read_mapping
from surveys.returns.readers.registry import choose
from surveys.returns.record_set import ROW_COLUMNS, Returns, kept_fields
from surveys.returns.register import Register, proposals, registers

Progress = Callable[[str, int, int], None]


def read_returns(study: StudyDefinition, progress: Progress | None = None) -> Returns:
    """Read every file of returns that the study names.

    Cells that are no answer are kept in ``cells`` for the validity rules to judge; unit names that are not exactly in the
    register are kept as written and listed in ``proposals``. ``progress(file, done, files)`` is called after each file.

    Raises :class:`~surveys.problems.SurveyError` with every fault of every file: files that cannot be read, headings that name
    no item or two, items without a column, units in headings that are not in the register, decisions on double entry that
    name no answer.
    """
    problems, parts = Problems(), []
    by_block = registers(study)
    vocabularies: dict[str, Vocabulary] = {}
    for done, file in enumerate(study.returns):
        if progress:
            progress(file.path, done, len(study.returns))
        try:
            parts += read_file(study, file, by_block, vocabularies, problems)
        except SurveyError as error:
            problems.extend(p if p.file else replace(p, file=file.path) for p in error.problems)
    if progress:
        progress("", len(study.returns), len(study.returns))
    problems.raise_errors()
    read = _together(study.instrument, parts, by_block, problems)
    decided = Problems()
    settled = adjudicate(read, study.adjudication, decided)
    decided.raise_errors()
    return replace(settled, warnings=(*read.warnings, *decided.warnings))


def read_file(
    study: StudyDefinition,
    file: ReturnFile,
    by_block: Mapping[str, Register],
    vocabularies: dict[str, Vocabulary],
    problems: Problems,
) -> list[Part]:
    """The evaluations of one file, one part for each of its tables."""
    sheets = _without_hidden(_open(study, file), file, problems)
    problems.extend(note for sheet in sheets for note in sheet.notes)
    decided = _decided(study, file)
    anyone = _vocabulary(study, file, by_block, decided, vocabularies)
    reader = choose(sheets, anyone, file.reader, file.path)
    tables = reader.read(sheets, anyone)
    _note_ignored(sheets, tables, problems)
    if not any(len(table) for table in tables):
        severity: Literal["error", "warning"] = "warning" if tables else "error"
        problems.add("returns.no_rows", severity=severity, file=file.path, sheet=file.sheet)
    if decided:
        decided.note_missing(tables, problems)
    if len(tables) > 1:
        tables = [replace(table, label=f"{table.file}#{table.sheet}") for table in tables]
    parts = [
        part
        for table in tables
        for part in _read_table(study, file, table, by_block, decided, anyone, problems)
    ]
    if len(parts) > 1 and all(table.unit for table in tables):
        _join_sheets(study.instrument, parts)
    _refuse_several_groups(tables, parts, file)
    _log_fonts(sheets, tables, parts)
    return parts


def _vocabulary(
    study: StudyDefinition,
    file: ReturnFile,
    by_block: Mapping[str, Register],
    decided: Decided | None,
    shared: dict[str, Vocabulary],
) -> Vocabulary:
    """The vocabulary of a file; ``shared`` holds those of the files of which the study says nothing but the questionnaire."""
    if file.header or file.columns or decided:
        return vocabulary_of(study, file, file.questionnaire, by_block, decided)
    if file.questionnaire not in shared:
        shared[file.questionnaire] = vocabulary_of(study, file, file.questionnaire, by_block)
    return shared[file.questionnaire]


def _log_fonts(sheets: Sequence[Sheet], tables: Sequence[Table], parts: Sequence[Part]) -> None:
    """Texts typed with old fonts, counted by column, go into the log of the file's first table."""
    headings = {(table.sheet, c.letter): c.heading for table in tables for c in table.columns}
    for sheet in sheets if parts else ():
        for column, counts in sheet.fonts.items():
            letter = column_letter(column)
            heading = headings.get((sheet.name, letter), letter)
            parts[0].conversions.extend((sheet.file, sheet.name, heading, *pair) for pair in counts.items())


def _note_ignored(sheets: Sequence[Sheet], tables: Sequence[Table], problems: Problems) -> None:
    """A warning for every sheet that holds something, of which the reader made no table and said nothing."""
    said = {
        sheet for table in tables for sheet in (table.sheet, table.beside, *(n.sheet for n in table.notes))
    }
    for sheet in sheets if tables else ():
        if sheet.cells.size and sheet.name not in said:
            problems.add("returns.sheet_ignored", severity="warning", file=sheet.file, sheet=sheet.name)


def _refuse_several_groups(tables: Sequence[Table], parts: Sequence[Part], file: ReturnFile) -> None:
    """Two repeated groups of one form about one questionnaire would count each form twice."""
    groups = {table.sheet: table for table in tables if table.beside}
    asked = {part.read[1]: str(part.columns["questionnaire"][0]) for part in parts if len(part.answers)}
    for code in dict.fromkeys(asked[sheet] for sheet in groups if sheet in asked):
        together = [sheet for sheet in groups if asked.get(sheet) == code]
        if len(together) > 1:
            raise fault(
                "returns.repeat_several", file=file.path, groups=", ".join(together), questionnaire=code
            )


def _join_sheets(instrument: Instrument, parts: Sequence[Part]) -> None:
    """Number the forms of a matrix questionnaire that has one sheet per unit: rows of one form code are one form."""
    names = ("questionnaire", "form_code", "unit_code", "unit_text")
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    if not all(instrument.questionnaire[code].matrix for code in set(columns["questionnaire"])):
        return
    form = grouped(columns["form_code"], columns["unit_code"], columns["unit_text"])
    starts = np.cumsum([0, *(len(part.answers) for part in parts)])
    forms = int(form.max(initial=-1)) + 1
    for k, part in enumerate(parts):  # all of them are counted with the first sheet, and numbered on from it
        part.columns["form"] = form[starts[k] : starts[k + 1]] - (forms if k else 0)
        part.forms = 0 if k else forms


def questionnaire_of(instrument: Instrument, file: ReturnFile, table: Table) -> Questionnaire:
    """The questionnaire of a table: as the study says, the only one there is, the one its sheet is named after, or the
    only one that has all the items it names. Raises when none of these tells."""
    if file.questionnaire:
        return instrument.questionnaire[file.questionnaire]
    if len(instrument.questionnaires) == 1:
        return instrument.questionnaires[0]
    if table.sheet in instrument.questionnaire:
        return instrument.questionnaire[table.sheet]
    everything = Vocabulary(instrument)
    named = {t.code for column in table.columns for t in everything.targets(column) if t.kind == "item"}
    fitting = [
        q
        for q in instrument.questionnaires
        if named and named <= {item.code for item in instrument.items_of(q.code)}
    ]
    if len(fitting) != 1:
        accepted = ", ".join(q.code for q in fitting or instrument.questionnaires)
        raise fault("returns.questionnaire_unclear", file=file.path, sheet=table.sheet, accepted=accepted)
    return fitting[0]


def _open(study: StudyDefinition, file: ReturnFile) -> tuple[Sheet, ...]:
    path = _inside(study, file.path)
    return read_sheets(path, file.path, sheet=file.sheet, encoding=file.encoding)


def _inside(study: StudyDefinition, name: str) -> Path:
    """The path of a file that the study names; a fault when it leaves the folder of the study."""
    path = (study.folder / name).resolve()
    if not path.is_relative_to(Path(study.folder).resolve()):
        raise fault("file.outside", file=name, path=name)
    return path


def _without_hidden(sheets: Sequence[Sheet], file: ReturnFile, problems: Problems) -> list[Sheet]:
    """Hidden sheets are often old copies of the returns: they are read only when the study names them."""
    shown = [sheet for sheet in sheets if not sheet.hidden or file.sheet]
    for sheet in sheets:
        if sheet.hidden and not file.sheet and sheet.cells.size:
            problems.add("returns.sheet_hidden", severity="warning", file=file.path, sheet=sheet.name)
    return shown


def vocabulary_of(
    study: StudyDefinition,
    file: ReturnFile,
    questionnaire: str,
    by_block: Mapping[str, Register],
    decided: Decided | None = None,
) -> Vocabulary:
    """The headings that a file of one questionnaire (any when empty) can have, and what its mapping decides."""
    register = by_block[study.instrument.questionnaire[questionnaire].block] if questionnaire else None
    absent = dict.fromkeys(decided.absent, "") if decided else {}
    columns = absent | dict(file.columns)
    return Vocabulary(
        study.instrument, questionnaire, file.header, columns, register, decided.targets if decided else None
    )


def _decided(study: StudyDefinition, file: ReturnFile) -> Decided | None:
    """The mapping that the study names for a file."""
    if not file.mapping:
        return None
    return read_mapping(_inside(study, file.mapping), file.mapping, study.instrument)


def _read_table(
    study: StudyDefinition,
    file: ReturnFile,
    table: Table,
    by_block: Mapping[str, Register],
    decided: Decided | None,
    anyone: Vocabulary,
    problems: Problems,
) -> list[Part]:
    questionnaire = questionnaire_of(study.instrument, file, table)
    vocabulary = anyone
    if questionnaire.code != anyone.questionnaire:
        vocabulary = vocabulary_of(study, file, questionnaire.code, by_block, decided)
    found = Problems()
    layout = lay_out(table, vocabulary, found)
    problems.extend((*table.notes, *found))
    if found.errors:
        return []
    register, timezone = by_block[questionnaire.block], study.fieldwork.timezone
    reading = Reading(
        study.instrument, questionnaire, file, table, layout, vocabulary, register, timezone, problems
    )
    return [evaluations(reading)]


def _together(
    instrument: Instrument, parts: Sequence[Part], by_block: Mapping[str, Register], problems: Problems
) -> Returns:
    """Parts one after another, with forms and rows numbered through."""
    forms = np.cumsum([0, *(part.forms for part in parts)])
    starts = np.cumsum([0, *(len(part.answers) for part in parts)])
    unresolved: dict[tuple[str, str], int] = {}
    for k, part in enumerate(parts):
        part.columns["form"] = part.columns["form"] + forms[k]
        for key, count in part.unresolved.items():
            unresolved[key] = unresolved.get(key, 0) + count
    return Returns(
        instrument,
        _rows(instrument, parts),
        np.concatenate([part.answers for part in parts])
        if parts
        else np.zeros((0, len(instrument.items)), np.int8),
        _cells(parts, starts),
        _frame([line for part in parts for line in part.conversions], "file sheet column conversion cells"),
        proposals(unresolved, by_block),
        _frame([part.read for part in parts], "file sheet rows forms evaluations"),
        problems.warnings,
    )


def _rows(instrument: Instrument, parts: Sequence[Part]) -> pd.DataFrame:
    """The tidy rows of all parts; what is kept beside the columns of every round is text, weights apart."""
    kept = {f.code: "float64" if f.role == "weight" else "object" for f in kept_fields(instrument)}
    kinds = ROW_COLUMNS | kept
    if not parts:
        return pd.DataFrame(columns=list(kinds)).astype(kinds)
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in kinds}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in kinds.items()})


def _frame(rows: Sequence[tuple[object, ...]], columns: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def _cells(parts: Sequence[Part], starts: np.ndarray) -> pd.DataFrame:
    """The faulty cells of all parts, their rows numbered through."""
    numbered = [
        (row + start, *said)
        for part, start in zip(parts, starts.tolist(), strict=False)
        for row, *said in part.cells
    ]
    return _frame(numbered, "row item text fault")
