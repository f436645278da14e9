"""All return files of a study → one :class:`~surveys.returns.record_set.Returns`. Nothing a file holds is dropped unseen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problems, Severity, SurveyError, fault, the_first
from surveys.returns.answers.settled_codings import settle_codings
from surveys.returns.date_order import settle_times
from surveys.returns.evaluations import evaluations, grouped
from surveys.returns.files.opening import Waiting
from surveys.returns.files.sheets import Sheet, is_filled, ranges
from surveys.returns.headings.columns import column_letter
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import lay_out
from surveys.returns.headings.submission_names import with_submissions
from surveys.returns.in_the_field import InTheField
from surveys.returns.mapping.mapping_file import Decided, read_mapping
from surveys.returns.readers.registry import MADE_BY_HAND, choose
from surveys.returns.record_set import Part, Returns, joined, together
from surveys.returns.return_files import begun, path_in
from surveys.returns.rows.last_row import notes_on_ends
from surveys.returns.rows.row_selection import selected
from surveys.returns.rows.table_rows import only_forms
from surveys.returns.study_reading import StudyReading
from surveys.returns.submissions.adjudication import adjudicate
from surveys.returns.submissions.copies import count_once
from surveys.returns.submissions.second_entries import match_entries
from surveys.returns.submissions.submission_keys import joined_keys
from surveys.returns.table_reading import TableReading
from surveys.returns.units.unit_assignment import assign_units
from surveys.returns.units.unit_register import COMPARED, proposals, undecided
from surveys.vocabulary.progress import Step


def read_returns(
    study: StudyDefinition,
    progress: Step | None = None,
    files: Iterable[Waiting] | None = None,
    field: InTheField | None = None,
) -> Returns:
    """Read every file of returns that the study names; ``files`` are these where they are begun already; ``field``: how, where
    the round is still in the field.

    Cells that are no answer are kept in ``cells`` for the validity rules to judge; unit names that are not exactly in the
    register are kept as written and listed in ``proposals``. ``progress(file, done, files)`` is called after each file.

    Raises :class:`~surveys.problems.SurveyError` with every fault of every file: files that cannot be read, headings that name
    no item or two, items without a column, units in headings that are not in the register, decisions on double entry that
    name no answer, units assigned to forms of another block.
    """
    reading, parts = StudyReading(study), []
    files = begun(study) if files is None else files
    for done, (file, sheets) in enumerate(zip(study.returns, files, strict=True)):
        if progress:
            progress(file.path, done, len(study.returns))
        try:
            parts += _read_file(file, sheets, reading)
        except SurveyError as error:
            reading.problems.extend(p if p.file else replace(p, file=file.path) for p in error.problems)
    if progress:
        progress("", len(study.returns), len(study.returns))
    if field:
        reading.problems = field.softened(reading.problems)
    reading.problems.raise_errors()
    read = together(study.instrument, parts)
    entries, units = Problems(), Problems()
    counted = count_once(field.kept(read) if field else read, reading.problems)
    counted = match_entries(counted, study, reading.problems)
    settled = adjudicate(counted, study.adjudication, entries)
    settled = assign_units(settled, study.decisions, study.units, units)
    decided = Problems()
    for key, found in (("adjudication", entries), ("decisions", units)):
        decided.extend(replace(problem, file=study.file_of(key)) for problem in found)
    decided.raise_errors()
    spellings = len(undecided(reading.unresolved, reading.registers))
    if spellings > COMPARED:
        reading.problems.add(
            "returns.proposals_bounded", severity="warning", spellings=spellings, compared=COMPARED
        )
    warnings = (*study.open_ends, *reading.problems.warnings, *decided.warnings)
    return replace(settled, proposals=proposals(reading.unresolved, reading.registers), warnings=warnings)


def _read_file(file: ReturnFile, waiting: Waiting, reading: StudyReading) -> list[Part]:
    """The evaluations of one file; nothing where it is at fault."""
    instrument, problems = reading.study.instrument, reading.problems
    sheets = [_as_asked(sheet, file, problems) for sheet in _shown(waiting(), file, problems)]
    path = path_in(reading.study, file.mapping) if file.mapping else None
    decided = read_mapping(path, file.mapping, instrument) if path else None
    anyone = reading.vocabulary(file, file.questionnaire, decided)
    reader = choose(sheets, anyone, file.reader, file.path)
    tables = reader.read(sheets, anyone)
    _note_ignored(sheets, tables, problems)
    problems.extend(notes_on_ends(sheets, reader.ends_lines))
    tables = [selected(table, file, anyone, problems) for table in tables]
    if not any(map(len, tables)):
        severity: Severity = "warning" if tables else "error"
        problems.add("returns.no_rows", severity=severity, file=file.path, sheet=file.sheet)
    if decided:
        decided.note_missing(tables, problems)
    laid_out = [found for table in tables for found in _laid_out(file, table, decided, reading)]
    exported = reader.name not in MADE_BY_HAND
    laid_out = [table for table in laid_out if settle_codings(file, table, exported)]
    settle_times(file, laid_out)
    parts = [evaluations(table) for table in laid_out]
    _reject_repeated_groups(tables, parts, file)
    if len(parts) > 1 and all(table.unit for table in tables) and _rate_many(laid_out):
        parts = [_of_one_form(joined(parts))]
    return [_with_fonts(joined(parts), sheets, tables)] if parts else []


def _rate_many(tables: Iterable[TableReading]) -> bool:
    return all(table.questionnaire.matrix for table in tables)


def _of_one_form(part: Part) -> Part:
    """Rows of sheets of one unit each, of which those with one form code are one form."""
    rows = part.rows
    form = grouped(*(rows[name] for name in ("form_code", "unit_code", "unit_text")))
    content = joined_keys(rows["content"], form)
    has_code = (rows["submission"] == rows["content"]) & (rows["form_code"] != rows["submission"])
    own = {"form": form, "content": content, "submission": np.where(has_code, content, rows["submission"])}
    return replace(part, rows={**rows, **own}, lines={**part.lines, "form": form})


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


def _as_asked(sheet: Sheet, file: ReturnFile, problems: Problems) -> Sheet:
    """A sheet with or without its hidden rows; that any are hidden is told, and settings of text files that another has."""
    if sheet.kind != "text":
        unused = {"delimiter": file.delimiter, "encoding": file.encoding if not sheet.variables else ""}
        given = {key: value for key, value in unused.items() if value}
        problems.extend(
            sheet.warning("returns.setting_unused", key=key, value=value) for key, value in given.items()
        )
    rows = [row for row in sheet.hidden_rows if any(map(is_filled, sheet.cells[row]))]
    columns = [column for column in sheet.hidden_columns if any(map(is_filled, sheet.cells[:, column]))]
    out = file.hidden_rows == "leave_out"
    numbers = [row + sheet.first_row for row in rows]
    code = "returns.rows_left_out" if out else "returns.rows_hidden"
    problems.extend(sheet.warning_of_rows(code, numbers, rows_count=len(rows), rows=ranges(numbers)))
    if columns:
        letters = the_first(map(column_letter, columns), 20)
        problems.extend(
            [sheet.warning("returns.columns_hidden", columns_count=len(columns), columns=letters)]
        )
    return sheet.without_rows(rows) if rows and out else sheet


def _note_ignored(sheets: Sequence[Sheet], tables: Sequence[FormTable], problems: Problems) -> None:
    """A warning for every sheet that holds something, of which the reader made no table and said nothing."""
    said = {
        sheet for table in tables for sheet in (table.sheet, table.beside, *(n.sheet for n in table.notes))
    }
    for sheet in sheets if tables else ():
        if sheet.cells.size and sheet.name not in said:
            problems.add("returns.sheet_ignored", severity="warning", file=sheet.file, sheet=sheet.name)


def _laid_out(
    file: ReturnFile, table: FormTable, decided: Decided | None, reading: StudyReading
) -> list[TableReading]:
    """A table under its questionnaire's headings; none when they are at fault."""
    vocabulary = reading.vocabulary(file, reading.questionnaire(file, table), decided)
    found = Problems()
    table = only_forms(with_submissions(table, vocabulary), file, vocabulary)
    layout = lay_out(table, vocabulary, found)
    reading.problems.extend((*table.notes, *found))
    faulty = found.errors or any(note.severity == "error" for note in table.notes)
    return [] if faulty else [TableReading(reading, file, table, layout, vocabulary)]


def _reject_repeated_groups(tables: Sequence[FormTable], parts: Sequence[Part], file: ReturnFile) -> None:
    """Two repeated groups of one form about one questionnaire would count each form twice."""
    groups = {table.sheet for table in tables if table.beside}
    asked: dict[str, list[str]] = {}
    for part in parts if groups else ():
        sheet = str(part.read[0][1])
        for code in dict.fromkeys(part.rows["questionnaire"].tolist()) if sheet in groups else ():
            asked.setdefault(code, []).append(sheet)
    for code, sheets in asked.items():
        if len(sheets) > 1:
            raise fault(
                "returns.repeat_several", file=file.path, groups=", ".join(sheets), questionnaire=code
            )


def _with_fonts(part: Part, sheets: Iterable[Sheet], tables: Sequence[FormTable]) -> Part:
    """Evaluations in whose log texts typed with old fonts are counted by column."""
    log = [
        (sheet.file, sheet.name, _heading(tables, sheet.name, column_letter(column)), name, count)
        for sheet in sheets
        for column, counts in sheet.fonts.items()
        for name, count in counts.items()
    ]
    return replace(part, conversions=[*part.conversions, *log])


def _heading(tables: Sequence[FormTable], sheet: str, letter: str) -> str:
    """The heading of a column; its letter where it has none."""
    columns = (column for table in tables if table.sheet == sheet for column in table.columns)
    return next((column.heading for column in columns if column.letter == letter), letter)
