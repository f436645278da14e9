"""The survey-scoring engine: definitions and returns in, official scores out.

    import surveys as sv

    study = sv.load("data-sample/ha-noi-2023")
    result = study.score()
    result.units
    result.write("results")

Each name is loaded when it is first used, so that ``import surveys`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surveys.door import audit, check, compare, instruments, load, ready, simulate, verify
    from surveys.problems import Problem, SurveyError
    from surveys.result import Result, RoundComparison, Screening
    from surveys.study import Study

_ROOMS = {
    "surveys.door": ("audit", "check", "compare", "instruments", "load", "ready", "simulate", "verify"),
    "surveys.problems": ("Problem", "SurveyError"),
    "surveys.result": ("Result", "RoundComparison", "Screening"),
    "surveys.study": ("Study",),
}
__all__ = [
    "Problem", "Result", "RoundComparison", "Screening", "Study", "SurveyError", "audit", "check", "compare",
    "instruments", "load", "ready", "simulate", "verify",
]  # fmt: skip


def __getattr__(name: str) -> object:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
