"""The small round and its delivered package as fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.handover.package import package
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.small_round import small_round

__all__ = ["delivered", "out", "small_round"]


@pytest.fixture(scope="module")
def delivered(small_round: ScoredRound) -> dict[str, bytes]:
    return package(small_round)


@pytest.fixture
def out(delivered: dict[str, bytes], tmp_path: Path) -> Path:
    """A delivered package of one's own, to be damaged."""
    for path, content in delivered.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_bytes(content)
    return tmp_path / "out"
