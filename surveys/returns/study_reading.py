"""The return files of a study while they are read: what is known of all of them, and what is found on the way."""

from __future__ import annotations

from collections import Counter

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import Problems, fault
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.issued_spelling import issued_by_characters
from surveys.returns.mapping.mapping_file import Decided
from surveys.returns.units.unit_register import registers


class StudyReading:
    """Registers and vocabularies of a study; files about which the study says the same share a vocabulary. ``unresolved``:
    (block, unit as written) → forms."""

    def __init__(self, study: StudyDefinition) -> None:
        self.study = study
        self.registers = registers(study)
        self.problems = Problems()
        self.unresolved: Counter[tuple[str, str]] = Counter()
        self.issued = issued_by_characters(study)
        self._vocabularies: dict[tuple[object, ...], Vocabulary] = {}

    def vocabulary(self, file: ReturnFile, questionnaire: str, decided: Decided | None = None) -> Vocabulary:
        """The headings that a file of one questionnaire (any when empty) can have, and what its mapping decides."""
        key = (questionnaire, file.header, file.columns, decided)
        if key not in self._vocabularies:
            instrument = self.study.instrument
            block = instrument.questionnaire[questionnaire].block if questionnaire else ""
            columns = (dict.fromkeys(decided.absent, ()) if decided else {}) | file.headings()
            self._vocabularies[key] = Vocabulary(
                instrument, questionnaire, file.header, columns, self.registers.get(block), decided
            )
        return self._vocabularies[key]

    def questionnaire(self, file: ReturnFile, table: FormTable) -> str:
        """The questionnaire of a table: as the study says, the one that its forms say they answer, the only one there is, the one
        its sheet is named after, or the only one that has all the items it names. Raises SurveyError when none of these tells."""
        instrument = self.study.instrument
        if table.questionnaire in instrument.questionnaire:
            if file.questionnaire not in ("", table.questionnaire):
                self.problems.add(
                    "returns.questionnaire_said", severity="warning", file=file.path, sheet=table.sheet,
                    said=table.questionnaire, questionnaire=file.questionnaire,
                )  # fmt: skip
            return file.questionnaire or table.questionnaire
        if file.questionnaire or len(instrument.questionnaires) == 1:
            return file.questionnaire or instrument.questionnaires[0].code
        if table.sheet in instrument.questionnaire:
            return table.sheet
        everything = Vocabulary(instrument, header=file.header, columns=file.headings())
        named = {t.code for column in table.columns for t in everything.targets(column) if t.kind == "item"}
        asked = {q: {item.code for item in instrument.items_of(q)} for q in instrument.questionnaire}
        fitting = [q for q, items in asked.items() if named and named <= items]
        if len(fitting) != 1:
            accepted = ", ".join(fitting or asked)
            raise fault("returns.questionnaire_unclear", file=file.path, sheet=table.sheet, accepted=accepted)
        return fitting[0]
