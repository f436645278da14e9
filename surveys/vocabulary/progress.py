"""How a long run tells where it is: a stage by its name, then its steps."""

from __future__ import annotations

from collections.abc import Callable

#: Hears of each step of a stage: what is worked on, how many are done, how many there are.
Step = Callable[[str, int, int], None]
#: Begins a stage and returns what hears of its steps.
Stages = Callable[[str], Step]


def unheard(_stage: str) -> Step:
    """Stages that nobody listens to."""
    return lambda _label, _done, _total: None
