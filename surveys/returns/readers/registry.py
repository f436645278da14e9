"""The readers of returns, and which of them reads a file: the one that recognises its content best, or the one that the study
names.

Every module beside this one that can recognise files is a reader, and its name is the reader's: ``recognise(sheets, vocabulary)``
scores how surely a file is of its source (0 not at all, 100 by an unmistakable signature), and ``read(sheets, vocabulary)`` names
the columns of its tables.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from surveys.problems import fault, nearest
from surveys.returns import readers
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary

#: Readers of tables whose cells someone may have typed; the others read what a product exported from its own form.
MADE_BY_HAND = frozenset({"native", "handmade", "statistical", "tidy"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A source of returns. ``ends_lines``: whether it writes a line end after the last row of a text file."""

    name: str
    recognise: Callable[[Sequence[Sheet], Vocabulary], int]
    read: Callable[[Sequence[Sheet], Vocabulary], list[FormTable]]
    ends_lines: bool = True


def _found() -> Iterator[Reader]:
    for _, name, _ in pkgutil.iter_modules(readers.__path__):
        module = importlib.import_module(f"{readers.__name__}.{name}")
        if hasattr(module, "recognise"):
            yield Reader(name, module.recognise, module.read, getattr(module, "ENDS_LINES", True))


READERS: tuple[Reader, ...] = tuple(_found())


def choose(sheets: Sequence[Sheet], vocabulary: Vocabulary, named: str = "", file: str = "") -> Reader:
    """The reader called ``named``, or the one most sure of these sheets (the first of equals). ``file`` is for messages.

    Raises :class:`~surveys.problems.SurveyError` when there is no reader of that name.
    """
    if named:
        known = {reader.name: reader for reader in READERS}
        if named not in known:
            raise fault(
                "returns.reader_unknown", file=file, reader=named, nearest=nearest(named, known),
                accepted=", ".join(known),
            )  # fmt: skip
        return known[named]
    return max(READERS, key=lambda reader: reader.recognise(sheets, vocabulary))
