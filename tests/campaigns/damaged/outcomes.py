"""How a damaged file ended: compared with what the whole file said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from surveys.problems import Problem

#: Codes of faults of files whose reading program died, ran too long, or asked for too much.
_STOPPED = {"returns.file_fatal": "crash", "returns.file_slow": "slow", "returns.file_memory": "memory"}
#: How a case can end. ``fault``: an error that names the file; ``crash``, ``slow``, ``memory``: one because the library that read
#: it died or was stopped; ``same``: the same numbers and words; ``told``: others, and a warning that the whole file does not
#: have; ``words``: the same numbers, another text, without a word; ``silent``: other numbers without a word. ``death`` and
#: ``hang`` are of the program that runs the cases.
ENDS = ("fault", "crash", "slow", "memory", "same", "told", "words", "silent", "death", "hang")


#: Code, unit and answers of a form.
Form = tuple[str, str, tuple[int, ...]]


@dataclass(frozen=True)
class Outcome:
    """What reading gave: ``faults``, or numbers and words by what they are about, and ``forms`` of returns in the order of the
    file. ``told``: warnings, and whatever else the user is shown to look at; ``screened``: what more is told when the forms are
    screened, which is asked only where it decides."""

    faults: tuple[Problem, ...] = ()
    numbers: Mapping[str, object] = field(default_factory=dict)
    words: object = ()
    told: frozenset[Hashable] = frozenset()
    forms: tuple[Form, ...] = ()
    screened: Callable[[], frozenset[Hashable]] = frozenset


@dataclass(frozen=True)
class End:
    """``detail``: code of the fault, or what of the numbers differs; ``wrong``: what must not be (empty: nothing)."""

    end: str
    detail: str = ""
    wrong: str = ""


def end_of(before: Outcome, after: Outcome) -> End:
    """How a case ended."""
    if after.faults:
        first = next((p for p in after.faults if p.code in _STOPPED), after.faults[0])
        return End(_STOPPED.get(first.code, "fault"), first.code)
    other = [name for name in before.numbers if before.numbers[name] != after.numbers.get(name)]
    same = not other and before.words == after.words
    if same:
        return End("same")
    detail = " ".join(other) or "words"
    if after.told - before.told:
        return End("told", detail)
    return End("silent" if other else "words", detail)


def unnamed(problems: Iterable[Problem], files: Collection[str]) -> str:
    """The problems that name none of the files, or have no wording; empty when there are none."""
    found = [p for p in problems if p.file not in files or not (p.text("vi") and p.text("en"))]
    return "; ".join(f"{p.code} names {p.file!r}" for p in found[:3])
