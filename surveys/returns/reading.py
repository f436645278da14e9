"""All return files of a study → one :class:`~surveys.returns.record_set.Returns`. Nothing a file holds is dropped unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problems, SurveyError, fault
from surveys.returns.adjudication import adjudicate
from surveys.returns.evaluations import Part, evaluations, grouped
from surveys.returns.file_tables import Vocabularies, inside
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import column_letter
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import lay_out
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.mapping_file import read_mapping
from surveys.returns.readers.registry import choose
from surveys.returns.record_set import ROW_COLUMNS, Returns, kept_fields
from surveys.returns.table_reading import TableReading
from surveys.returns.unit_register import UnitRegister, proposals
from surveys.vocabulary.progress import Step


def read_returns(study: StudyDefinition, progress: Step | None = None) -> Returns:
    """Read every file of returns that the study names.

    Cells that are no answer are kept in ``cells`` for the validity rules to judge; unit names that are not exactly in the
    register are kept as written and listed in ``proposals``. ``progress(file, done, files)`` is called after each file.

    Raises :class:`~surveys.problems.SurveyError` with every fault of every file: files that cannot be read, headings that name
    no item or two, items without a column, units in headings that are not in the register, decisions on double entry that
    name no answer.
    """
    problems, parts, vocabularies = Problems(), [], Vocabularies(study)
    for done, file in enumerate(study.returns):
        if progress:
            progress(file.path, done, len(study.returns))
        try:
            parts += read_file(file, vocabularies, problems)
        except SurveyError as error:
            problems.extend(p if p.file else replace(p, file=file.path) for p in error.problems)
    if progress:
        progress("", len(study.returns), len(study.returns))
    problems.raise_errors()
    read = _together(study.instrument, parts, vocabularies.registers)
    decided = Problems()
    settled = adjudicate(read, study.adjudication, decided)
    decided.raise_errors()
    return replace(settled, warnings=(*problems.warnings, *decided.warnings))


def read_file(file: ReturnFile, vocabularies: Vocabularies, problems: Problems) -> list[Part]:
    """The evaluations of one file, one part for each of its tables."""
    study = vocabularies.study
    path = inside(study, file.path)
    sheets = _shown(read_sheets(path, file.path, sheet=file.sheet, encoding=file.encoding), file, problems)
    decided = None
    if file.mapping:
        decided = read_mapping(inside(study, file.mapping), file.mapping, study.instrument)
    anyone = vocabularies.of(file, file.questionnaire, decided)
    tables = choose(sheets, anyone, file.reader, file.path).read(sheets, anyone)
    _note_ignored(sheets, tables, problems)
    if not any(len(table) for table in tables):
        problems.add(
            "returns.no_rows", severity="warning" if tables else "error", file=file.path, sheet=file.sheet
        )
    if decided:
        decided.note_missing(tables, problems)
    if len(tables) > 1:
        tables = [replace(table, label=f"{table.file}#{table.sheet}") for table in tables]
    parts = []
    for table in tables:
        parts += _read_table(file, table, vocabularies.of_table(file, table, decided), study, problems)
    if len(parts) > 1 and all(table.unit for table in tables):
        _number_together(study.instrument, parts)
    _reject_repeated_groups(tables, parts, file)
    _log_fonts(sheets, tables, parts)
    return parts


def _shown(sheets: Iterable[Sheet], file: ReturnFile, problems: Problems) -> list[Sheet]:
    """The sheets to be read, their notes taken over. Hidden sheets are often old copies of the returns: they are read only when
    the study names them."""
    shown = []
    for sheet in sheets:
        if not sheet.hidden or file.sheet:
            shown.append(sheet)
        elif sheet.cells.size:
            problems.add("returns.sheet_hidden", severity="warning", file=file.path, sheet=sheet.name)
    problems.extend(note for sheet in shown for note in sheet.notes)
    return shown


def _note_ignored(sheets: Sequence[Sheet], tables: Sequence[FormTable], problems: Problems) -> None:
    """A warning for every sheet that holds something, of which the reader made no table and said nothing."""
    said = {
        sheet for table in tables for sheet in (table.sheet, table.beside, *(n.sheet for n in table.notes))
    }
    for sheet in sheets if tables else ():
        if sheet.cells.size and sheet.name not in said:
            problems.add("returns.sheet_ignored", severity="warning", file=sheet.file, sheet=sheet.name)


def _read_table(
    file: ReturnFile, table: FormTable, vocabulary: Vocabulary, study: StudyDefinition, problems: Problems
) -> list[Part]:
    """The evaluations of one table; none when its headings are at fault."""
    found = Problems()
    layout = lay_out(table, vocabulary, found)
    problems.extend((*table.notes, *found))
    if found.errors:
        return []
    return [evaluations(TableReading(file, table, layout, vocabulary, study.fieldwork.timezone, problems))]


def _number_together(instrument: Instrument, parts: Sequence[Part]) -> None:
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


def _reject_repeated_groups(tables: Sequence[FormTable], parts: Sequence[Part], file: ReturnFile) -> None:
    """Two repeated groups of one form about one questionnaire would count each form twice."""
    asked = {part.read[1]: str(part.columns["questionnaire"][0]) for part in parts if len(part.answers)}
    groups = list(dict.fromkeys(table.sheet for table in tables if table.beside and table.sheet in asked))
    for code in dict.fromkeys(asked[sheet] for sheet in groups):
        together = [sheet for sheet in groups if asked[sheet] == code]
        if len(together) > 1:
            raise fault(
                "returns.repeat_several", file=file.path, groups=", ".join(together), questionnaire=code
            )


def _log_fonts(sheets: Sequence[Sheet], tables: Sequence[FormTable], parts: Sequence[Part]) -> None:
    """Texts typed with old fonts, counted by column, go into the log of the file's first table."""
    headings = {(table.sheet, c.letter): c.heading for table in tables for c in table.columns}
    for sheet in sheets if parts else ():
        for column, counts in sheet.fonts.items():
            letter = column_letter(column)
            heading = headings.get((sheet.name, letter), letter)
            parts[0].conversions.extend((sheet.file, sheet.name, heading, *pair) for pair in counts.items())


def _together(
    instrument: Instrument, parts: Sequence[Part], registers: Mapping[str, UnitRegister]
) -> Returns:
    """Parts one after another, with forms and rows numbered through."""
    forms = np.cumsum([0, *(part.forms for part in parts)])
    unresolved: Counter[tuple[str, str]] = Counter()
    for first, part in zip(forms, parts, strict=False):
        part.columns["form"] = part.columns["form"] + first
        unresolved.update(part.unresolved)
    return Returns(
        instrument,
        _rows(instrument, parts),
        np.concatenate([np.zeros((0, len(instrument.items)), np.int8), *(part.answers for part in parts)]),
        _cells(parts),
        _frame([line for part in parts for line in part.conversions], "file sheet column conversion cells"),
        proposals(unresolved, registers),
        _frame([part.read for part in parts], "file sheet rows forms evaluations"),
    )


def _rows(instrument: Instrument, parts: Sequence[Part]) -> pd.DataFrame:
    """The tidy rows of all parts; what is kept beside the columns of every round is text, weights apart."""
    kept = {f.code: "float64" if f.role == "weight" else "object" for f in kept_fields(instrument)}
    columns = {
        name: np.concatenate([np.array([], dtype=kind), *(part.columns[name] for part in parts)])
        for name, kind in (ROW_COLUMNS | kept).items()
    }
    return pd.DataFrame(columns).astype(ROW_COLUMNS | kept)


def _cells(parts: Sequence[Part]) -> pd.DataFrame:
    """The faulty cells of all parts, their rows numbered through."""
    starts = np.cumsum([0, *(len(part.answers) for part in parts)]).tolist()
    numbered = [
        (row + start, *said) for start, part in zip(starts, parts, strict=False) for row, *said in part.cells
    ]
    return _frame(numbered, "row item text fault")


def _frame(rows: Sequence[tuple[object, ...]], columns: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())
