"""Fixtures: every shipped edition, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.questionnaires.shelf import EDITIONS, Edition, read_edition

PUBLISHED = Path(__file__).parents[2] / "data-sample" / "published"


@pytest.fixture(scope="session", params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> Edition:
    """Every shipped edition in turn."""
    return read_edition(request.param)


@pytest.fixture(scope="session")
def shelf() -> dict[str, Edition]:
    """All shipped editions by name."""
    return {name: read_edition(name) for name in EDITIONS}


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of published tables."""
    return PUBLISHED
