"""An instrument that is written is read back as it was, whatever its texts are; what could not be is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.definitions.check import check
from surveys.definitions.instrument.parts import TABLES
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Identity, Instrument, Item
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.instrument.writing import COLUMNS, differences_text, instrument_files
from surveys.problems import LANGUAGES, SurveyError

ROOT = Path(__file__).parents[3]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


def written(instrument: Instrument, folder: Path) -> Instrument:
    """The instrument that is read from what is written of one."""
    folder.mkdir(exist_ok=True)
    for name, content in instrument_files(instrument).items():
        (folder / name).write_bytes(content)
    return load_instrument(folder)


def said(instrument: Instrument) -> Instrument:
    """All that an instrument says, wherever it stands."""
    return replace(instrument, folder="", based_on="")


@pytest.mark.parametrize("name", [*shipped(), str(ROOT / "data-sample/first-survey/instrument")])
def test_an_edition_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    instrument = load_instrument(name)
    assert said(written(instrument, tmp_path)) == said(instrument)
    told = {problem.code for problem in check(tmp_path)}
    assert told == {problem.code for problem in check(name)}


def test_the_columns_are_those_of_the_records() -> None:
    for name, record in TABLES.items():
        assert sorted(COLUMNS[name]) == sorted(field.name for field in fields(record))


@pytest.mark.parametrize("language", LANGUAGES)
def test_comments_change_nothing(language: str, tmp_path: Path) -> None:
    instrument = load_instrument("ha-noi/2025")
    for name, content in instrument_files(instrument, language).items():  # type: ignore[arg-type]
        (tmp_path / name).write_bytes(content)
    assert said(load_instrument(tmp_path)) == said(instrument)


@pytest.mark.long
@settings(deadline=None, max_examples=150)
@given(label=TEXTS, text=TEXTS, alias=TEXTS, heading=TEXTS, weight=st.floats(0, 1e6))
def test_odd_texts_are_read_back_or_refused(
    tmp_path_factory: pytest.TempPathFactory, label: str, text: str, alias: str, heading: str, weight: float
) -> None:
    sample = load_instrument(ROOT / "data-sample/first-survey/instrument")
    first, *items = sample.items
    field, *others = sample.fields
    odd = replace(
        sample,
        label_vi=label,
        items=(replace(first, text_vi=text, aliases=(alias,) if alias else (), weight=weight), *items),
        fields=(replace(field, headers=(heading,)), *others),
    )
    folder = tmp_path_factory.mktemp("odd")
    problems = faults_of(odd, folder)
    if not problems:
        assert said(load_instrument(folder)) == said(odd)
    assert not problems & {"toml.syntax", "table.malformed", "table.cells", "table.lost_letters"}


def faults_of(instrument: Instrument, folder: Path) -> set[str]:
    """Why an instrument cannot be written, or not be read again."""
    try:
        written(instrument, folder)
    except SurveyError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"aliases": ("một; hai",)}, "aliases"),
        ({"text_vi": " Thông tin"}, "text_vi"),
        ({"text_vi": "Thông tin\0"}, "text_vi"),
        ({"text_vi": "Th\u00f4ng tin\r\nrõ"}, "text_vi"),
        ({"text_en": "Ti?p c?n"}, "text_en"),
        ({"text_vi": "Tie\u0302\u0301p"}, "text_vi"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(changes: dict[str, object], key: str) -> None:
    sample = load_instrument(ROOT / "data-sample/first-survey/instrument")
    first, *items = sample.items
    odd: Item = replace(first, **changes)  # type: ignore[arg-type]
    with pytest.raises(SurveyError) as refused:
        instrument_files(replace(sample, items=(odd, *items)))
    (problem,) = refused.value.problems
    assert problem.code == "definition.not_writable"
    assert dict(problem.params)["record"] == first.code
    assert dict(problem.params)["key"] == key


def test_differences_are_an_edition(tmp_path: Path) -> None:
    (tmp_path / "instrument.toml").write_text(
        differences_text(Identity("sipas", "2026", "sipas/2023", "Chỉ số hài lòng 2026")), "utf-8"
    )
    found, base = load_instrument(tmp_path), load_instrument("sipas/2023")
    assert (found.name, found.based_on) == ("sipas/2026", "sipas/2023")
    assert (found.nodes, found.items, found.rules) == (base.nodes, base.items, base.rules)
