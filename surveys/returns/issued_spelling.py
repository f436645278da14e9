"""Form codes as they were issued, where the study says that they have a check character: case and hyphens do not count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from surveys.definitions.study.records import StudyDefinition
from surveys.vocabulary.check_characters import characters_of


def issued_by_characters(study: StudyDefinition) -> Mapping[str, str]:
    """The characters of each issued code → the code; nothing where the codes of a study have no check character."""
    if not study.fieldwork.check_character:
        return {}
    return {characters_of(form.form_code): form.form_code for form in study.issued}


def as_issued(codes: np.ndarray, known: Mapping[str, str]) -> np.ndarray:
    """Codes (text, object [n]) as they were issued, where they are those of an issued one; the others as they are.

    >>> as_issued(np.array(["so1070012p", "X"], object), {"SO1070012P": "SO-1-07-0012-P"}).tolist()
    ['SO-1-07-0012-P', 'X']
    """
    if not known:
        return codes
    place, different = pd.factorize(codes)
    return np.array([known.get(characters_of(code), code) for code in different], object)[place]
