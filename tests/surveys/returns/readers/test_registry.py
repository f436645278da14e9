"""The readers: every module of the folder that recognises files is one, and no two have the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from surveys.problems import SurveyError
from surveys.returns import readers
from surveys.returns.readers import registry


def test_every_product_has_one_reader() -> None:
    names = [reader.name for reader in registry.READERS]
    assert sorted(names) == [
        "google_forms", "handmade", "kobo", "limesurvey", "microsoft_forms", "native", "odk", "qualtrics",
        "statistical", "surveymonkey", "tidy",
    ]  # fmt: skip


def test_a_module_is_all_that_a_new_product_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new_product.py").write_text(
        "def recognise(sheets, vocabulary): return 0\ndef read(sheets, vocabulary): return []\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(readers, "__path__", [*readers.__path__, str(tmp_path)])
    names = [reader.name for reader in registry._found()]
    monkeypatch.delitem(sys.modules, f"{readers.__name__}.new_product")
    assert "new_product" in names
    assert "native" in names


def test_an_unknown_reader_is_named_with_the_nearest() -> None:
    with pytest.raises(SurveyError) as caught:
        registry.choose([], None, "limesurvy", "a.csv")  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert (problem.code, dict(problem.params)["nearest"]) == ("returns.reader_unknown", "limesurvey")
