"""Two spellings of one text are one text: where two things would share it, ``check`` names them.

The readers of returns compare by the same folding, so that whatever passes here is told apart there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from surveys.definitions.check import check

Edit = Callable[[str, str, str], None]

TOML, ITEMS, UNITS = (f"instrument/{name}" for name in ("instrument.toml", "items.csv", "units.csv"))
#: Pairs that differ in the place of the tone mark, the kind of dash or quote, case, spacing or the form of Unicode.
SPELLINGS = (
    ("Khoẻ – kém", "Khỏe - kém"),
    ("Thuỷ lợi", "Thủy lợi"),
    ("Hoà giải “cơ sở”", 'HÒA GIẢI  "cơ sở"'),
    ("Đồng ý\u00a0một phần", "đồng y\u0301 một phần"),
    ("Tốt—xấu", "Tốt - xấu"),
)


def faults(folder: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity) for problem in check(folder) if problem.code != "file.not_nfc"]


def in_toml(text: str) -> str:
    return text.replace('"', '\\"')


def in_csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_levels(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, "Bình thường", in_toml(one))
    edit(TOML, "Đồng ý hoàn toàn", in_toml(other))
    assert faults(small) == [("scale.ambiguous_text", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_a_level_and_the_alias_of_another(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, "Bình thường", in_toml(one))
    edit(TOML, "Rất đồng ý", in_toml(other))
    assert faults(small) == [("scale.ambiguous_text", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_a_level_and_a_non_answer(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, "Bình thường", in_toml(one))
    edit(TOML, "Không biết", in_toml(other))
    assert faults(small) == [("scale.ambiguous_text", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_options_of_a_choice(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, 'label_vi = "Có"', f'label_vi = "{in_toml(one)}"')
    edit(TOML, 'label_vi = "Không"', f'label_vi = "{in_toml(other)}"')
    assert faults(small) == [("scale.ambiguous_text", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_categories_of_a_field(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, '"Nam"', f'"{in_toml(one)}"')
    edit(TOML, '"Nữ"', f'"{in_toml(other)}"')
    assert faults(small) == [("field.ambiguous_category", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_headings_of_fields(small: Path, edit: Edit, one: str, other: str) -> None:
    edit(TOML, 'headers = ["Thôn"]', f'headers = ["{in_toml(one)}"]')
    edit(TOML, 'headers = ["Mã phiếu"]', f'headers = ["{in_toml(other)}"]')
    assert faults(small) == [("record.duplicate", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
@pytest.mark.parametrize(
    ("first", "second"),
    [("Quận Ba Đình", "Quận Đống Đa"), (",Ba Đình,", ",Đống Đa,"), ("Quận Ba Đình", ",Đống Đa,")],
    ids=["names", "aliases", "a-name-and-an-alias"],
)
def test_two_units(small: Path, edit: Edit, one: str, other: str, first: str, second: str) -> None:
    for old, new in ((first, one), (second, other)):
        edit(UNITS, old, f",{in_csv(new)}," if old.startswith(",") else in_csv(new))
    assert faults(small) == [("unit.ambiguous_name", "error")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
@pytest.mark.parametrize(
    "second", ["Có nhũng nhiễu", ",Nhũng nhiễu,"], ids=["two-texts", "a-text-and-an-alias"]
)
def test_two_items_of_a_questionnaire(small: Path, edit: Edit, one: str, other: str, second: str) -> None:
    edit(ITEMS, "Văn bản phù hợp", in_csv(one))
    edit(ITEMS, second, f",{in_csv(other)}," if second.startswith(",") else in_csv(other))
    assert faults(small) == [("incomplete.same_text", "warning")]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_decisions_on_a_spelling(small: Path, edit: Edit, one: str, other: str) -> None:
    edit("unit_decisions.csv", "Q. Ba Dinh", in_csv(one))
    edit("unit_decisions.csv", "Không rõ,", f"{in_csv(other)},me-linh")
    (fault,) = (problem for problem in check(small) if problem.code != "file.not_nfc")
    assert (fault.code, fault.severity, fault.file) == (
        "returns.decided_twice",
        "error",
        "unit_decisions.csv",
    )
    assert (fault.row, fault.column, dict(fault.params)["other"]) == (3, "text", "2")


def test_decisions_on_spellings_that_agree_or_differ_in_a_letter(small: Path, edit: Edit) -> None:
    edit("unit_decisions.csv", "Không rõ,", "q ba dinh,ba-dinh")
    assert faults(small) == []
    edit("unit_decisions.csv", "q ba dinh,ba-dinh", "q ba dinh,")
    assert faults(small) == [("returns.decided_twice", "error")]
    edit("unit_decisions.csv", "q ba dinh,", "Q. Ba Đinh,")
    assert faults(small) == []


def test_letters_and_tones_tell_texts_apart(small: Path, edit: Edit) -> None:
    edit(TOML, "Bình thường", "Hoa")
    edit(TOML, "Đồng ý hoàn toàn", "Hòa")
    edit(UNITS, "Quận Ba Đình", "Quận Ba Dình")
    assert faults(small) == []
