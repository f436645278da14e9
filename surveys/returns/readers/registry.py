"""The readers of returns, and which of them reads a file: the one that recognises its content best, or the one that the
study names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surveys.problems import fault, nearest
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Table
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import (
    google_forms,
    handmade,
    kobo,
    limesurvey,
    microsoft_forms,
    native,
    odk,
    qualtrics,
    statistical,
    surveymonkey,
    tidy,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A source of returns. ``recognise`` scores how surely a file is of this source (0 not at all, 100 by an unmistakable
    signature); ``read`` names the columns of its tables."""

    name: str
    recognise: Callable[[Sequence[Sheet], Vocabulary], int]
    read: Callable[[Sequence[Sheet], Vocabulary], list[Table]]


READERS: tuple[Reader, ...] = tuple(
    Reader(module.NAME, module.recognise, module.read)
    for module in (
        native,
        google_forms,
        handmade,
        kobo,
        limesurvey,
        microsoft_forms,
        odk,
        qualtrics,
        statistical,
        surveymonkey,
        tidy,
    )
)


def choose(sheets: Sequence[Sheet], vocabulary: Vocabulary, named: str = "", file: str = "") -> Reader:
    """The reader called ``named``, or the one most sure of these sheets (the first of equals). ``file`` is for messages.

    Raises :class:`~surveys.problems.SurveyError` when there is no reader of that name.
    """
    if named:
        known = {reader.name: reader for reader in READERS}
        if named not in known:
            raise fault(
                "returns.reader_unknown", file=file, reader=named, nearest=nearest(named, known) or "–",
                accepted=", ".join(known),
            )  # fmt: skip
        return known[named]
    return max(READERS, key=lambda reader: reader.recognise(sheets, vocabulary))
