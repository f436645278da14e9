"""What an XLSForm consists of: rows of questions, lists of options, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.fieldwork.forms.xlsform.both_languages import Texts

#: How XLSForm calls the languages; the same text stands behind every translated heading.
VIETNAMESE, ENGLISH = "Tiếng Việt (vi)", "English (en)"
_NONE = Texts()


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One row of the sheet ``survey``; what is empty stays empty."""

    type: str
    name: str = ""
    label: Texts = _NONE
    hint: Texts = _NONE
    required: bool = False
    required_message: Texts = _NONE
    relevant: str = ""
    constraint: str = ""
    constraint_message: Texts = _NONE
    appearance: str = ""
    choice_filter: str = ""
    calculation: str = ""


@dataclass(frozen=True, slots=True)
class ListedOption:
    """One option of a list."""

    name: str
    label: Texts


@dataclass(frozen=True, slots=True)
class XlsForm:
    """A form: its rows, its lists of options by name, and its settings."""

    survey: Sequence[SurveyRow]
    choices: Mapping[str, Sequence[ListedOption]]
    settings: Mapping[str, str]
