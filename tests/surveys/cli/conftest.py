"""One small simulated round, scored once by the command line itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.cli import main


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "round"
    assert main(["simulate", "ha-noi/2023", "--seed", "11", "--scale", "0.25", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def scored(simulated: Path) -> Path:
    out = simulated.parent / "results"
    assert main(["score", str(simulated / "study.toml"), "--out", str(out)]) == 0
    return out


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in one line each, so that a test can look for their words."""
    monkeypatch.setenv("COLUMNS", "500")
