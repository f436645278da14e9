"""A round is scored within the memory of a small machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peak_memory import TOLD, peak_memory

SAMPLE = Path(__file__).parents[3] / "data-sample" / "ha-noi-2023"
MOST = 500  # MB


@pytest.mark.long
@pytest.mark.skipif(
    not TOLD.exists(), reason="only Linux tells what processes hold, shared pages counted once"
)
def test_the_sample_is_scored_in_less_than_500_mb(tmp_path: Path) -> None:
    """All processes together, the programs that read files among them: one alone holds more than 50 MB."""
    assert 100 < peak_memory(["-m", "surveys", "score", str(SAMPLE), "--out", str(tmp_path / "out")]) < MOST
