"""What comes in after a study was begun, entered into its folder: returns, mappings, decisions, tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

from surveys.definitions.check import examined
from surveys.definitions.study.reading import STUDY_FILE, read_study
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.text_files import is_file, on_disk
from surveys.fieldwork.entries.additions import Additions, EnteredFile, WhatWasSaid
from surveys.fieldwork.entries.file_kinds import KINDS, known_file
from surveys.fieldwork.entries.study_text import StudyText
from surveys.fieldwork.entries.writing import laid_out, write
from surveys.problems import Problem, Problems, SurveyError, fault
from surveys.returns.return_files import begun
from surveys.vocabulary.changed_file import changing


@dataclass(frozen=True)
class Added:
    """What became of each file that was given, in the order in which they were entered, and what was noticed of them."""

    files: tuple[EnteredFile, ...]
    warnings: tuple[Problem, ...] = ()


def add(  # noqa: PLR0913
    files: str | Path | Iterable[str | Path],
    study: str | Path,
    *,
    kind: str = "",
    questionnaire: str = "",
    mode: str = "",
    entry: str = "",
    replace: bool = False,
) -> Added:
    """Enter files into a study: each is told by its content, copied into the study's folder where it does not lie there yet, and
    named in ``study.toml``, in which every other byte stays.

    ``kind``: what the files are, in place of what their content says; ``questionnaire`` and ``mode``: of files of returns, and
    which ``entry`` of the same paper forms they are (``first``, or ``second`` to be compared with it); ``replace``: they may take
    the place of earlier ones. The study with the files is read before anything is written. Raises
    SurveyError with every fault that they bring into it, or with what keeps one from being entered; then nothing is written.

    >>> import shutil, tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "study"
    >>> _ = shutil.copytree("data-sample/first-survey", folder)
    >>> _ = (folder / "new.csv").write_text("form_code,questionnaire,unit\\nP1,xa-1,x1\\n")
    >>> [(file.kind, file.path, file.state) for file in add(folder / "new.csv", folder).files]
    [('issued', 'new.csv', 'entered')]
    """
    toml = _study_toml(Path(study))
    paths = [Path(file) for file in ([files] if isinstance(files, (str, Path)) else files)]
    with changing(toml) as file:
        problems = Problems()
        draft = read_study(toml, problems)
        if draft is None or draft.study is None:
            raise SurveyError(problems)
        text = StudyText(toml.name, file.content)
        made = Additions(draft.study, text, WhatWasSaid(questionnaire, mode, entry, replace))
        made.take([known_file(path, kind) for path in dict.fromkeys(paths)])
        if not made.is_new:
            return Added(tuple(made.entered))
        with laid_out(draft, toml, made) as trial:
            found = _found(trial)
        errors = [problem for problem in found if problem.severity == "error"]
        brought = set(errors) - set(_found(toml)) if errors else set()
        names = {entered.path for entered in made.entered}
        warnings = tuple(p for p in found if p.severity == "warning" and p.file in names)
        if brought:
            given = {entered.path: entered.given for entered in made.entered}  # which nobody has copied yet
            told = (*(problem for problem in errors if problem in brought), *warnings, *_guesses(made))
            raise SurveyError([replaced(one, file=given.get(one.file, one.file)) for one in told])
        write(draft.folder, made, file)
    return Added(tuple(made.entered), (*warnings, *_unused(draft.study, made, toml.name)))


def _guesses(made: Additions) -> list[Problem]:
    """As what tables were taken of which not every heading is known."""
    return [
        Problem("add.taken_for", "warning", file, params=(("kind", kind), ("accepted", ", ".join(KINDS))))
        for file, kind in made.guessed.items()
    ]


def _unused(study: StudyDefinition, made: Additions, file: str) -> list[Problem]:
    """Populations that come in while the weights of groups say that every form counts the same, and probabilities of a draw that
    the weights of the drawn groups do not take."""
    new = {one.kind for one in made.entered if one.state != "known"}
    equal = [plan.group for plan in study.weights if plan.base == "equal"]
    given = {(plan.block, plan.group) for plan in study.weights if plan.base == "given"}
    drawn = [of.group for of in study.lists if not {(of.block, of.group), ("", of.group)} & given]
    found = {
        "add.equal_weights": equal if "frames" in new else [],
        "add.draw_unused": drawn if "drawn" in new else [],
    }
    return [
        Problem(code, "warning", file, params=(("groups", ", ".join(groups)),))
        for code, groups in found.items()
        if groups
    ]


def _study_toml(study: Path) -> Path:
    """The file of a study that is given as that or as its folder."""
    path = on_disk(study if study.suffix == ".toml" else study / STUDY_FILE)
    if not is_file(path):
        raise fault("file.missing", file=str(path))
    return path


def _found(toml: Path) -> tuple[Problem, ...]:
    """What is wrong or lacking in the definitions of a study and in its returns as they are read and screened."""
    problems, draft = examined(toml)
    definition = None if draft is None else draft.study
    if definition is not None and definition.returns:
        from surveys.result import found_in_returns

        problems.extend(found_in_returns(definition, begun(definition), weighted=False))
    return tuple(dict.fromkeys(problems))
