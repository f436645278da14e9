"""A bounded part of the campaign of kills; by hand it is longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="programs are copied, and known by /proc"),
]
ROOT = Path(__file__).parents[2]


def campaign(*arguments: str) -> str:
    """Run in a program of its own, which has no other threads when it is copied."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.kills", *arguments],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout.endswith("0 faults\n"), found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout


def test_kills_at_calls() -> None:
    printed = campaign("calls", "--every", "41")
    assert all(
        f"{name}, when it writes: calls" in printed for name in ("score", "confirm", "simulate", "compare")
    )


def test_kills_at_calls_where_folders_cannot_be_exchanged() -> None:
    campaign("calls", "--every", "41", "--two-steps", "--only", "score", "--only", "map")


def test_kills_at_random_moments() -> None:
    printed = campaign("moments", "--count", "8")
    assert "SIGKILL: dead" in printed
