"""Unit names: the register, what is proposed, and the review file there and back."""

from __future__ import annotations

import pytest

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import ReturnFile, UnitDecision
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns
from surveys.returns.register import Register, proposals
from surveys.review.unit_names import read_review, write_decisions, write_review

HEAD = "Mã phiếu,Đơn vị,F0,1.1a,1.1b,1.2,K1,K2\n"


@pytest.fixture
def reviewed(study, tmp_path):  # type: ignore[no-untyped-def]
    lines = [
        f"P{k},{unit},1,5,5,5,1,1\n"
        for k, unit in enumerate(["So Noi vu", "So Noi vu", "Abc", "Sở Tài Chánh"])
    ]
    (tmp_path / "r.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    round_ = study(ReturnFile("r.csv", "so-5"))
    write_review(read_returns(round_), tmp_path / "review.csv")
    return round_, tmp_path / "review.csv"


def decide(path, decisions: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    """Fill the decision beside the first row of each text."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for text, decision in decisions.items():
        k = next(k for k, line in enumerate(lines) if f",{text}," in line)
        lines[k] += decision
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")


def test_the_review_file_is_for_excel_and_decides_nothing(reviewed):
    raw = reviewed[1].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").splitlines()
    assert lines[0] == "block,text,forms,proposed_code,proposed_name,similarity,decision"
    assert lines[1] == "so,So Noi vu,2,SNV,Sở Nội vụ,1.0,"
    assert read_review(reviewed[1], reviewed[0]) == ()


def test_decisions_are_read_back(reviewed, tmp_path):
    round_, path = reviewed
    decide(path, {"So Noi vu": "x", "Abc": "không", "Sở Tài Chánh": "STC"})
    decisions = read_review(path, round_)
    assert set(decisions) == {
        UnitDecision("so", "So Noi vu", "SNV"),
        UnitDecision("so", "Abc", ""),
        UnitDecision("so", "Sở Tài Chánh", "STC"),
    }
    write_decisions(decisions, tmp_path / "unit_decisions.csv")
    assert (tmp_path / "unit_decisions.csv").read_text(encoding="utf-8-sig").splitlines()[
        0
    ] == "block,text,unit_code"


def test_a_decision_for_no_unit_of_the_register_is_a_fault(reviewed):
    decide(reviewed[1], {"Abc": "SXD"})
    with pytest.raises(SurveyError) as caught:
        read_review(reviewed[1], reviewed[0])
    assert [(p.code, p.column) for p in caught.value.problems] == [("returns.decision_unknown", "decision")]


def test_two_decisions_for_one_spelling_are_a_fault(reviewed):
    round_, path = reviewed
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    both = [line + "x" if ",So Noi vu," in line else line for line in lines]
    path.write_text("\r\n".join(both), encoding="utf-8-sig")
    with pytest.raises(SurveyError) as caught:
        read_review(path, round_)
    assert {p.code for p in caught.value.problems} == {"returns.decided_twice"}


def test_two_units_of_one_name_are_not_told_apart():
    district = Unit("1", "huyen", "Huyện Kỳ Anh", aliases=("Kỳ Anh",))
    town = Unit("2", "huyen", "Thị xã Kỳ Anh", aliases=("Kỳ Anh",))
    register = Register((district, town))
    assert register.resolve("Kỳ Anh") == ""
    assert register.resolve("thị xã kỳ anh") == "2"
    assert {code for code, _, _ in register.nearest("Kỳ Anh")} == {"1", "2"}


def test_a_kind_is_added_but_never_taken_away():
    register = Register((Unit("TH", "truong", "Kinh Bắc", kind="TH"),))
    assert register.resolve("TH Kinh Bắc") == "TH"
    assert register.resolve("THCS Kinh Bắc") == ""


def test_a_unit_that_has_ended_is_not_matched_and_its_successors_are_proposed():
    units = (
        Unit("BD", "x", "Quận Ba Đình", valid_to="2025-06-30", successors=("P1", "P2")),
        Unit("P1", "x", "Phường Ba Đình", valid_from="2025-07-01"),
        Unit("P2", "x", "Phường Ngọc Hà", valid_from="2025-07-01"),
    )
    assert Register(units, day="2023-10-01").resolve("Quận Ba Đình") == "BD"
    after = Register(units, day="2025-10-01")
    assert after.resolve("Quận Ba Đình") == ""
    assert [code for code, _, _ in after.nearest("Quận Ba Đình")][:2] == ["P1", "P2"]


def test_spellings_beyond_any_list_of_units_are_listed_without_proposals(monkeypatch):
    monkeypatch.setattr("surveys.returns.register.COMPARED", 2)
    units = (Unit("SNV", "so", "Sở Nội vụ"), Unit("STC", "so", "Sở Tài chính"))
    register = {"so": Register(units)}
    found = proposals({("so", "Sơ A"): 1, ("so", "Sở Nội vu"): 5, ("so", "Sở Tài chinh"): 3}, register)
    assert list(dict.fromkeys(found["text"])) == ["Sở Nội vu", "Sở Tài chinh", "Sơ A"]
    assert found.loc[found["text"] == "Sơ A", ["forms", "proposed_code", "decision"]].values.tolist() == [
        [1, "", ""]
    ]
    assert found["proposed_code"].iloc[0] == "SNV"


def test_a_unit_text_that_is_a_formula_stays_text_in_the_review_file(study, tmp_path):
    (tmp_path / "r.csv").write_text(f"{HEAD}P1,=1+1,1,5,5,5,1,1\n", encoding="utf-8")
    round_ = study(ReturnFile("r.csv", "so-5"))
    write_review(read_returns(round_), tmp_path / "review.csv")
    assert ",'=1+1," in (tmp_path / "review.csv").read_text(encoding="utf-8-sig")
    decide(tmp_path / "review.csv", {"'=1+1": "SNV"})
    assert read_review(tmp_path / "review.csv", round_) == (UnitDecision("so", "=1+1", "SNV"),)
