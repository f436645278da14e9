"""Which questionnaire the forms of a file answer, where its content leaves no doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.definitions.instrument.records import Field
from surveys.definitions.study.records import ReturnFile
from surveys.problems import Problems, SurveyError, fault
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import Layout, lay_out
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.submission_names import with_submissions
from surveys.returns.mapping.mapping_file import Decided
from surveys.returns.rows.table_rows import only_forms
from surveys.returns.study_reading import StudyReading

#: Share of the form codes or units of a file, above which they tell its questionnaire: single forms go astray.
NEARLY_ALL = 0.9


def questionnaire_of(
    tables: Sequence[FormTable], file: ReturnFile, reading: StudyReading, decided: Decided | None
) -> str:
    """The code of the only questionnaire that all tables can be of, or that their forms say they answer; empty where each sheet
    tells by its name.

    A questionnaire fits where every question of it has its column. Of several that fit it is the one with the most questions,
    then the one of which nearly all form codes were issued, then the one of whose block nearly all units are. Where none fits
    it is the one with the most questions in the file: reading tells what is missing. Raises SurveyError when several are left,
    ``add.no_questions`` when no column is a question of any.
    """
    codes = list(reading.study.instrument.questionnaire)
    said = {table.questionnaire for table in tables}
    if len(said) == 1 and said <= set(codes):
        return said.pop()
    if all(table.sheet in codes for table in tables):
        return ""
    readings = {code: [_Candidate(table, file, code, reading, decided) for table in tables] for code in codes}
    asking = {code: made for code, made in readings.items() if any(one.items for one in made)}
    if not asking:
        raise fault("add.no_questions", file=file.path)
    fitting = {code: made for code, made in asking.items() if all(one.fits for one in made)} or asking
    most = max(_items(made) for made in fitting.values())
    fitting = {code: made for code, made in fitting.items() if _items(made) == most}
    for told_by in (_Candidate.issued, _Candidate.units):
        if len(fitting) > 1:
            counts = {code: sum(told_by(one) for one in made) for code, made in fitting.items()}
            nearly = NEARLY_ALL * sum(counts.values())
            fitting = {code: made for code, made in fitting.items() if counts[code] > nearly} or fitting
    if len(fitting) != 1:
        raise fault("add.questionnaire", file=file.path, accepted=", ".join(fitting))
    return next(iter(fitting))


def _items(made: Sequence[_Candidate]) -> int:
    return sum(one.items for one in made)


class _Candidate:
    """A table under the headings of one questionnaire."""

    def __init__(
        self, table: FormTable, file: ReturnFile, code: str, reading: StudyReading, decided: Decided | None
    ) -> None:
        self.code, self.reading = code, reading
        self.vocabulary: Vocabulary = reading.vocabulary(file, code, decided)
        found = Problems()
        try:
            forms = only_forms(with_submissions(table, self.vocabulary), file, self.vocabulary)
            self.layout: Layout | None = lay_out(forms, self.vocabulary, found)
        except SurveyError:
            self.layout = None
        self.fits = self.layout is not None and not found.errors
        self.items = len(self.layout.item_codes) + len(self.layout.options) if self.layout else 0

    def issued(self) -> int:
        """How many form codes of the table were issued for this questionnaire."""
        issued = {form.form_code for form in self.reading.study.issued if form.questionnaire == self.code}
        return sum(text in issued for text in self._texts("form_code"))

    def units(self) -> int:
        """How many units, in a column or in the headings, are of this questionnaire's block."""
        register = self.vocabulary.register
        named = {unit for _, unit in self.layout.held if unit} if self.layout else set()
        texts = (*self._texts("unit"), *named)
        return sum(bool(register.resolve(text)) for text in texts) if register else 0

    def _texts(self, role: str) -> tuple[str, ...]:
        """The different texts of the columns of a role."""
        fields: Mapping[str, Field] = {field.code: field for field in self.vocabulary.instrument.fields}
        columns: Mapping[str, Column] = self.layout.fields if self.layout else {}
        held = (column for code, column in columns.items() if fields[code].role == role)
        return tuple(text for column in held for text in column.distinct.texts)
