"""One file to be read: its bytes, what the study says about it, and the bounds within which it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from surveys.definitions.study.limits import LIMITS, Limits
from surveys.problems import Problem, SurveyError, fault, nearest
from surveys.returns.files.sheets import Kind, first_line, note
from surveys.vocabulary.composition import composed

_SMALLEST_BOUND = 50_000_000  # bytes that any file may have once unpacked


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a file: where it lies, how messages call it, the sheet that is wanted (all when empty), the encoding and
    the delimiter that the study declares (empty: told from the content), and the bounds."""

    path: str
    file: str
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file to be read: its bytes, its kind, and what is asked of it."""

    raw: bytes
    kind: Kind
    wanted: Wanted

    @property
    def file(self) -> str:
        return self.wanted.file

    @property
    def limits(self) -> Limits:
        return self.wanted.limits

    @property
    def most_unpacked(self) -> int:
        """Bytes that the file may have once unpacked."""
        return min(self.limits.expanded, max(self.limits.ratio * len(self.raw), _SMALLEST_BOUND))

    def damaged(self, reason: str | BaseException, sheet: str = "") -> SurveyError:
        """The fault that the file is damaged, with the reason or the first line of a library's error."""
        return fault("returns.file_damaged", file=self.file, sheet=sheet, reason=first_line(reason))

    def too_costly(self) -> SurveyError:
        """The fault that reading the file takes more memory than it may."""
        return fault("returns.file_memory", file=self.file, limit=self.limits.memory_bytes)

    @contextmanager
    def reading(self, sheet: str = "") -> Iterator[None]:
        """Turn whatever a library raises within into the fault that the file is damaged; none of it may reach the user. A
        panic of a library written in Rust is no ``Exception``."""
        try:
            yield
        except (SurveyError, KeyboardInterrupt, SystemExit):
            raise
        except MemoryError:
            raise self.too_costly() from None
        except BaseException as error:
            raise self.damaged(error, sheet) from None

    def check_size(self, rows: int, columns: int, sheet: str = "") -> None:
        """Raise the fault that a sheet is too large when it is."""
        if rows > self.limits.rows or columns > self.limits.columns or rows * columns > self.limits.cells:
            raise self.too_large(rows, columns, sheet)

    def too_large(self, rows: int, columns: int, sheet: str = "") -> SurveyError:
        """The fault that a sheet is too large."""
        place = {"file": self.file, "sheet": sheet}
        return fault("returns.sheet_too_large", **place, rows=rows, columns=columns, limit=self.limits.cells)

    def note(self, code: str, sheet: str = "", **params: object) -> Problem:
        """A warning about the file."""
        return note(self.file, sheet, code, None, "", **params)

    def choose(self, names: Sequence[str]) -> list[str]:
        """The sheet that is wanted, or all; a fault with the names there are when it is not among them. A name that is
        written with other code points for the same letters is the same name."""
        wanted = self.wanted.sheet
        if not wanted:
            return list(names)
        found = (
            [wanted] if wanted in names else [name for name in names if composed(name) == composed(wanted)]
        )
        if len(found) != 1:
            accepted = tuple(map(composed, names))
            near = nearest(composed(wanted), accepted)
            params = {"accepted": ", ".join(accepted), "nearest": near}
            raise fault("returns.sheet_missing", file=self.file, sheet=wanted, **params)
        return found
