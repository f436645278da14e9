"""A study: one round as its folder declares it, ready to be checked, screened and scored.

What a stage needs is loaded when it begins: a study is loaded and checked without the libraries that compute, and the first files
of returns are being read while these are loaded (``tests/benchmarks/test_reading_speed.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from surveys.definitions.check import examined, in_order
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition, Target
from surveys.definitions.study.replaced_settings import changed_document
from surveys.problems import Problem, Problems
from surveys.returns.return_files import begun
from surveys.vocabulary.new_file import refuse_existing
from surveys.vocabulary.new_folder import refuse_filled
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.progress import Stages, unheard

if TYPE_CHECKING:
    import pandas as pd

    from surveys.result import Result
    from surveys.review.decisions import Confirmed
    from surveys.screening import Screening
    from surveys.sharing.shared_copy import SharedCopy


@dataclass(frozen=True, repr=False)
class Study(Shown):
    """A study whose folder was read without an error. ``definition`` holds all records.

    >>> study = load("data-sample/ha-noi-2023")
    >>> study.replace(minimum={"forms": 8}).definition.minimum.forms
    8
    """

    path: Path
    definition: StudyDefinition

    @property
    def instrument(self) -> Instrument:
        return self.definition.instrument

    def check(self) -> tuple[Problem, ...]:
        """Everything wrong or lacking in the study's folder as it lies there now, errors first."""
        return check(self.path)

    def replace(self, **sections: object) -> Study:
        """The study with other settings, named as in ``study.toml``; its files stay as they are.

        ``rules`` maps names of rules to the parameters that change (None switches a rule off), ``weights`` maps groups to
        the keys that change, every other section its keys. Raises SurveyError when a setting is not accepted.

        >>> study = load("data-sample/ha-noi-2023")
        >>> lenient = study.replace(rules={"too_fast": None}, weights={"citizens": {"base": "equal"}})
        >>> [rule.rule for rule in lenient.definition.rules if rule.rule == "too_fast"]
        []
        """
        now = self.definition
        changed = load_study(self.path, changed_document(now.document, now.rules, sections))
        names = tuple(dict.fromkeys((*now.changed, *sections)))
        return Study(self.path, replace(changed, changed=names))

    def screen(self, progress: Stages = unheard) -> Screening:
        """Read and screen the returns. Raises SurveyError when a file cannot be read as forms of the study."""
        files = begun(self.definition)
        from surveys.screening import screened

        return screened(self.definition, files, progress)

    def score(self, progress: Stages = unheard) -> Result:
        """Read, screen, weight and score the returns. Raises SurveyError as :meth:`screen` and when weights cannot be made, with
        everything that reading and screening noticed, since that may explain it."""
        files = begun(self.definition)
        from surveys.result import scored

        return scored(self.definition, files, progress)

    def pseudonymise(self, out: str | Path, progress: Stages = unheard) -> SharedCopy:
        """Write a copy of the round at ``out`` in which running numbers stand in place of whatever respondents typed: a study
        folder of its own, whose scores, statuses and funnel are the same. It is still personal data.

        Raises SurveyError as :meth:`screen`, when ``out`` holds anything, and when the copy would not be screened as the round
        is; then nothing is written.
        """
        refuse_filled(Path(out))
        files = begun(self.definition)
        from surveys.screening import screened
        from surveys.sharing.shared_copy import write_pseudonymised

        done = screened(self.definition, files, progress)
        progress("write")
        return write_pseudonymised(done.screened, Path(out))

    def map_columns(self, file: str | Path, out: str | Path) -> pd.DataFrame:
        """Propose which column of an unknown file is which item or field, and write the proposal at ``out`` for a person, as
        a workbook where its name ends in .xlsx, else as CSV.

        Raises SurveyError when the file cannot be read or ``out`` exists already.
        """
        from surveys.returns.mapping.mapping_file import write_mapping
        from surveys.returns.mapping.mapping_proposal import propose_mapping

        target = Path(out)
        refuse_existing(target)
        language = self.definition.output.language
        mapping = propose_mapping(Path(file), self.definition, language)
        write_mapping(mapping, target, self.instrument, language)
        return mapping

    def confirm(self, file: str | Path, out: str | Path) -> Confirmed:
        """Read back a review file that someone filled in (CSV or workbook; both, where they lie beside each other) and write its
        decisions at ``out``.

        Raises SurveyError with every row that cannot be read as a decision, when nothing is decided, or when ``out`` exists;
        then nothing is written.
        """
        from surveys.returns.files.filled_tables import filled_tables
        from surveys.review.decisions import confirm

        problems = Problems()
        return confirm(filled_tables(Path(file), problems), self.definition, Path(out), problems)

    def facts(self) -> Mapping[str, object]:
        return self.definition.facts()


def check(path: str | Path) -> tuple[Problem, ...]:
    """Everything wrong or lacking in an instrument (folder, ``instrument.toml`` or shipped name), or in a study with its
    instrument, its tables and its returns, errors first.

    Files of returns are opened, and what reading, screening and weighting them finds is told as ``screen`` and ``score`` tell it;
    a group of which no form has come in yet is no error. A study without returns is checked by its definitions.

    >>> check("ha-noi/2023")
    ()
    """
    problems, draft = examined(path)
    definition = None if draft is None else draft.study
    if draft is not None and definition is not None and definition.targets:
        from surveys.published.study_targets import audit_targets

        problems.extend(audit_targets(definition.instrument, draft.of(Target)))
    if definition is not None and definition.returns:
        files = begun(definition)
        from surveys.result import found_in_returns

        problems.extend(found_in_returns(definition, files, weighted=not problems.errors))
    return in_order(dict.fromkeys(problems))


def load(path: str | Path) -> Study:
    """The study of a ``study.toml`` or of the folder that holds one.

    Raises SurveyError with every error of the study, its tables and its own instrument; ``check`` also tells what is
    lacking without being wrong.
    """
    return Study(Path(path), load_study(path))
