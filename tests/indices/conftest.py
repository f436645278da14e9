"""Simulated rounds, each made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.indices.simulated import Played, play


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Played]:
    """A round by edition and seed."""

    @cache
    def made(name: str, seed: int) -> Played:
        return play(name, seed, tmp_path_factory.mktemp("round") / "round")

    return made
