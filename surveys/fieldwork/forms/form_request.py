"""What is asked of every writer of forms: which questionnaires of which study, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from surveys.definitions.instrument.records import Questionnaire
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Language

#: The ways in which a questionnaire goes out; each writes into a folder of its name.
FormKind = Literal["xlsform", "pdf", "google", "microsoft"]
FORM_KINDS: tuple[FormKind, ...] = get_args(FormKind)


@dataclass(frozen=True, slots=True)
class FormRequest:
    """``questionnaires`` of a study in ``language``: that of a form with one language, and in which a form with both begins.
    ``personal``: one form for each that was issued, with its code."""

    study: StudyDefinition
    questionnaires: tuple[Questionnaire, ...]
    language: Language
    personal: bool = False
