"""The questionnaires of a study as forms to load, to paste and to print: made from the one definition that reads them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.definitions.instrument.records import Questionnaire
from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_request import FORM_KINDS, FormKind, FormRequest
from surveys.handover.folder import ready, write_folder
from surveys.handover.manifest import FORMS, MANIFEST, digests_of, made_from, plain_manifest
from surveys.handover.seal import sealed
from surveys.problems import fault, language_named, nearest
from surveys.study import Study, load

#: Kinds of which there is one form for each that was issued.
_PERSONAL: tuple[FormKind, ...] = ("pdf",)


@dataclass(frozen=True)
class FormsWritten:
    """How many questionnaires there are, and how many files of each kind of form."""

    questionnaires: int
    files: Mapping[FormKind, int]


def forms(
    study: Study | str | Path,
    out: str | Path,
    *,
    to: Sequence[str] | None = None,
    questionnaires: Sequence[str] = (),
    language: str | None = None,
    personal: bool = False,
) -> FormsWritten:
    """Write the questionnaires of a study as forms at ``out``, a folder for each kind of form; all of it, or nothing.

    ``to``: kinds of forms (``FORM_KINDS``), by default all; ``questionnaires``: codes, by default all of the instrument;
    ``language``: in which the forms begin, or the only one where a form has one (by default that of the official files);
    ``personal``: one printed form for each that was issued. Raises SurveyError when a kind, a questionnaire or a language is not
    known, when the study cannot be read, when ``out`` must not be replaced, or when the package that makes a kind of form is not
    installed; then nothing is written.
    """
    place, kinds = Path(out), _kinds(FORM_KINDS if to is None else to, personal)
    ready(place, FORMS)
    definition = (study if isinstance(study, Study) else load(study)).definition
    asked = _questionnaires(definition, questionnaires)
    request = FormRequest(definition, asked, language_named(language) or definition.output.language, personal)
    made = {kind: _WRITERS[kind](request) for kind in kinds}
    write_folder(
        place, _folder(definition, {path: each for files in made.values() for path, each in files.items()})
    )
    return FormsWritten(len(asked), {kind: len(files) for kind, files in made.items()})


def _folder(study: StudyDefinition, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The forms with the record of what they were made from, and their checksums."""
    outputs = digests_of({path: files[path] for path in sorted(files)})
    return sealed({**files, MANIFEST: plain_manifest(FORMS, **made_from(study), outputs=outputs)})


def _kinds(named: Sequence[str], personal: bool) -> tuple[FormKind, ...]:
    """The kinds that are named, in their order."""
    for name in named:
        if name not in FORM_KINDS:
            accepted = ", ".join(FORM_KINDS)
            raise fault("forms.kind", value=name, accepted=accepted, nearest=nearest(name, FORM_KINDS))
    kinds = tuple(kind for kind in FORM_KINDS if kind in named)
    if not personal:
        return kinds
    if not set(kinds) & set(_PERSONAL):
        raise fault("forms.not_personal", kinds=", ".join(kinds), accepted=", ".join(_PERSONAL))
    return tuple(kind for kind in kinds if kind in _PERSONAL)


def _questionnaires(study: StudyDefinition, named: Sequence[str]) -> tuple[Questionnaire, ...]:
    known = study.instrument.questionnaire
    for code in named:
        if code not in known:
            near = nearest(code, known)
            raise fault("forms.questionnaire", value=code, accepted=", ".join(known), nearest=near)
    return tuple(q for q in study.instrument.questionnaires if not named or q.code in named)


def _xlsform(request: FormRequest) -> dict[str, bytes]:
    from surveys.fieldwork.forms.xlsform.files import xlsform_files

    return xlsform_files(request)


def _pdf(request: FormRequest) -> dict[str, bytes]:
    from surveys.fieldwork.forms.printed.files import pdf_files

    return pdf_files(request)


def _google(request: FormRequest) -> dict[str, bytes]:
    from surveys.fieldwork.forms.online.google_files import google_files

    return google_files(request)


def _microsoft(request: FormRequest) -> dict[str, bytes]:
    from surveys.fieldwork.forms.online.microsoft_files import microsoft_files

    return microsoft_files(request)


#: What writes each kind of form: path in the folder → bytes. Loaded when it is asked for.
_WRITERS: Mapping[FormKind, Callable[[FormRequest], dict[str, bytes]]] = {
    "xlsform": _xlsform,
    "pdf": _pdf,
    "google": _google,
    "microsoft": _microsoft,
}
