"""The tables of one file of returns: opened, read by its reader, and the vocabulary under which its headings are matched."""

from __future__ import annotations

from pathlib import Path

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.problems import fault
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.mapping_file import Decided
from surveys.returns.unit_register import registers


class Vocabularies:
    """The vocabularies of the files of a study; files about which the study says the same share one."""

    def __init__(self, study: StudyDefinition) -> None:
        self.study = study
        self.registers = registers(study)
        self._made: dict[tuple[object, ...], Vocabulary] = {}

    def of(self, file: ReturnFile, questionnaire: str, decided: Decided | None = None) -> Vocabulary:
        """The headings that a file of one questionnaire (any when empty) can have, and what its mapping decides."""
        key = (questionnaire, file.header, file.columns, decided)
        if key not in self._made:
            instrument = self.study.instrument
            block = instrument.questionnaire[questionnaire].block if questionnaire else ""
            columns = (dict.fromkeys(decided.absent, "") if decided else {}) | dict(file.columns)
            targets = decided.targets if decided else None
            self._made[key] = Vocabulary(
                instrument, questionnaire, file.header, columns, self.registers.get(block), targets
            )
        return self._made[key]

    def of_table(self, file: ReturnFile, table: FormTable, decided: Decided | None = None) -> Vocabulary:
        """The vocabulary of the questionnaire of a table: as the study says, the only one there is, the one its sheet is named
        after, or the only one that has all the items it names. Raises SurveyError when none of these tells."""
        return self.of(file, file.questionnaire or self._questionnaire(file, table), decided)

    def _questionnaire(self, file: ReturnFile, table: FormTable) -> str:
        instrument = self.study.instrument
        if len(instrument.questionnaires) == 1:
            return instrument.questionnaires[0].code
        if table.sheet in instrument.questionnaire:
            return table.sheet
        everything = Vocabulary(instrument)
        named = {t.code for column in table.columns for t in everything.targets(column) if t.kind == "item"}
        fitting = [
            q.code
            for q in instrument.questionnaires
            if named and named <= {item.code for item in instrument.items_of(q.code)}
        ]
        if len(fitting) != 1:
            accepted = ", ".join(fitting or instrument.questionnaire)
            raise fault("returns.questionnaire_unclear", file=file.path, sheet=table.sheet, accepted=accepted)
        return fitting[0]


def inside(study: StudyDefinition, name: str) -> Path:
    """The path of a file that the study names; a fault when it leaves the folder of the study."""
    path = (study.folder / name).resolve()
    if not path.is_relative_to(Path(study.folder).resolve()):
        raise fault("file.outside", file=name, path=name)
    return path
