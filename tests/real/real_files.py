"""Real returns stand beside the project, not in it: where they are absent these tests are skipped, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "real"


def real_file(name: str) -> Path:
    """A real file, or a skip with its reason."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"../shared/real/{name} is not here; it may not be kept in the project")
    return path
