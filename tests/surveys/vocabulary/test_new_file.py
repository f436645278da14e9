"""A file is written whole and only where nothing is, also on disks without links and when the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from surveys.problems import SurveyError
from surveys.vocabulary.new_file import write_new


def refused(path: Path) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        write_new(path, b"new")
    return [problem.code for problem in caught.value.problems]


def no_link(*_: object) -> None:
    raise OSError(95, "Operation not supported")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    write_new(tmp_path / "a.csv", b"first")
    assert refused(tmp_path / "a.csv") == ["file.exists"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"first"}


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = os.fsync

    def someone_else(descriptor: int) -> None:
        flush(descriptor)
        (tmp_path / "a.csv").write_bytes(b"theirs")

    monkeypatch.setattr(os, "fsync", someone_else)
    assert refused(tmp_path / "a.csv") == ["file.exists"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"theirs"}


def test_nothing_is_left_of_a_file_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path / "a.csv", b"new")
    assert list(tmp_path.iterdir()) == []
