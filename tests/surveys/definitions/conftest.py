"""A small instrument and a small study that are right in every respect, to be copied and spoiled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = Path(__file__).parent / "small"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of the small study; its instrument stands in ``instrument/``."""
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


@pytest.fixture
def edit(small: Path) -> Callable[[str, str, str], None]:
    """Replace the one occurrence of a text in a file of the small study."""

    def replace(name: str, old: str, new: str) -> None:
        text = (small / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (small / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace
