"""Second data entries: paired by their codes, told where no first entry has that code, and never further forms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import forms, told, trial

HEADINGS = "Mã phiếu,Đơn vị,Ngày trả lời,A1,A2,B1\n"


def entered(
    folder: Path,
    first: Sequence[str],
    second: Sequence[str],
    key: str = "",
    last: int = 5,
    settings: str = "",
) -> Path:
    """Two entries of forms with these codes; all say 5, but for the last answer of the second entries."""

    def file(codes: Sequence[str], answer: int) -> str:
        return HEADINGS + "".join(f'"{code}",Xã An Bình,2025-10-05,5,5,{answer}\n' for code in codes)

    returns = "".join(
        f'\n[[returns]]\npath = "{name}"\nquestionnaire = "p1"\nentry = "{entry}"\n{more}\n'
        for name, entry, more in (("a.csv", "first", ""), ("b.csv", "second", key))
    )
    return trial(folder, {"a.csv": file(first, 5), "b.csv": file(second, last)}, returns, settings)


def test_a_second_entry_without_a_first_is_told_and_no_further_form(tmp_path: Path) -> None:
    path = entered(tmp_path, ["P1", "P2"], ["P1", "P9"])
    assert forms(path) == {
        ("a.csv", 2): "valid", ("a.csv", 3): "valid", ("b.csv", 2): "second_entry", ("b.csv", 3): "second_entry",
    }  # fmt: skip
    (warning,) = told(path, "double_entry.no_first")
    assert (warning.file, warning.row, dict(warning.params)["codes"]) == ("b.csv", 3, "P9")
    assert sv.load(path).screen().screening.funnel["returned"].sum() == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("0021", "21"), ("0021", "21.0"), ("AB 07", "AB07"), ("AB-7", "ab-7"), ("120000", "1.2E+05"), ("123456", "1.23E+05"),
        ("12E05", "1200000"),
    ],
)  # fmt: skip
def test_codes_that_a_spreadsheet_changed_are_proposed_and_paired_where_the_study_says_so(
    tmp_path: Path, first: str, second: str
) -> None:
    path = entered(tmp_path, [first, "X9"], [second], last=1)
    assert forms(path)["a.csv", 2] == "valid"
    screened = sv.load(path).screen()
    assert screened.returns.seconds[["second_code", "proposed_code"]].to_numpy().tolist() == [[second, first]]
    screened.write(tmp_path / "out")
    listed = (tmp_path / "out/review/second-entries.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert listed.startswith(f"{second},{first},b.csv,2,")
    path = entered(tmp_path, [first, "X9"], [second], 'match_codes = "alike"', last=1)
    assert forms(path) == {("a.csv", 2): "review", ("a.csv", 3): "valid", ("b.csv", 2): "second_entry"}
    assert [p.row for p in told(path, "double_entry.codes_matched")] == [2]


@pytest.mark.parametrize(
    ("first", "second"),
    [(["021", "21"], ["0021"]), (["0021"], ["21", "021"]), (["A1", "B1"], ["C1"]), (["AB7"], ["AB70"])],
    ids=["two firsts", "two seconds", "none", "another code"],
)
def test_nothing_is_proposed_where_two_fit_or_none(
    tmp_path: Path, first: list[str], second: list[str]
) -> None:
    path = entered(tmp_path, first, second, 'match_codes = "alike"', last=1)
    seconds = sv.load(path).screen().returns.seconds
    assert seconds["proposed_code"].tolist() == [""] * len(second)
    assert set(forms(path).values()) == {"valid", "second_entry"}


def test_codes_that_differ_by_zeros_in_one_entry_are_two_forms(tmp_path: Path) -> None:
    path = entered(tmp_path, ["021", "21"], ["021", "21"], 'match_codes = "alike"')
    assert list(forms(path).values()) == ["valid", "valid", "second_entry", "second_entry"]
    assert told(path, "double_entry.no_first") == []


def test_a_person_says_which_form_a_second_entry_is_of(tmp_path: Path) -> None:
    path = entered(tmp_path, ["0021", "P2"], ["21", "P3"], last=1)
    sv.load(path).screen().write(tmp_path / "out")
    review = tmp_path / "out/review/second-entries.csv"
    lines = review.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = "21,0021,b.csv,2,x,Chi,,"
    lines[2] = "P3,,b.csv,3,P2,Chi,xem phiếu giấy,"
    review.write_text("\n".join(lines), encoding="utf-8")
    made = sv.load(path).confirm(review, path / "ma.csv")
    assert (made.key, made.decisions) == ("entry_codes", 2)
    path = entered(
        tmp_path, ["0021", "P2"], ["21", "P3"], last=1, settings='\n[files]\nentry_codes = "ma.csv"\n'
    )
    assert list(forms(path).values()) == ["review", "review", "second_entry", "second_entry"]
    assert told(path, "double_entry.no_first") == []
