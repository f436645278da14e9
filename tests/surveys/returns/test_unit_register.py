"""The register of units: which texts are one of its units, and what is proposed for the others."""

from __future__ import annotations

from surveys.definitions.instrument.records import Unit
from surveys.returns.units.unit_register import UnitRegister, proposals


def test_two_units_of_one_name_are_not_told_apart():
    district = Unit("1", "huyen", "Huyện Kỳ Anh", aliases=("Kỳ Anh",))
    town = Unit("2", "huyen", "Thị xã Kỳ Anh", aliases=("Kỳ Anh",))
    register = UnitRegister((district, town))
    assert register.resolve("Kỳ Anh") == ""
    assert register.resolve("thị xã kỳ anh") == "2"
    assert {code for code, _, _ in register.nearest("Kỳ Anh")} == {"1", "2"}


def test_a_kind_is_added_but_never_taken_away():
    register = UnitRegister((Unit("TH", "truong", "Kinh Bắc", kind="TH"),))
    assert register.resolve("TH Kinh Bắc") == "TH"
    assert register.resolve("THCS Kinh Bắc") == ""


def test_a_unit_that_has_ended_is_not_matched_and_its_successors_are_proposed():
    units = (
        Unit("BD", "x", "Quận Ba Đình", valid_to="2025-06-30", successors=("P1", "P2")),
        Unit("P1", "x", "Phường Ba Đình", valid_from="2025-07-01"),
        Unit("P2", "x", "Phường Ngọc Hà", valid_from="2025-07-01"),
    )
    assert UnitRegister(units, day="2023-10-01").resolve("Quận Ba Đình") == "BD"
    after = UnitRegister(units, day="2025-10-01")
    assert after.resolve("Quận Ba Đình") == ""
    assert [code for code, _, _ in after.nearest("Quận Ba Đình")][:2] == ["P1", "P2"]


def test_spellings_beyond_any_list_of_units_are_listed_without_proposals(monkeypatch):
    monkeypatch.setattr("surveys.returns.units.unit_register.COMPARED", 2)
    units = (Unit("SNV", "so", "Sở Nội vụ"), Unit("STC", "so", "Sở Tài chính"))
    register = {"so": UnitRegister(units)}
    found = proposals({("so", "Sơ A"): 1, ("so", "Sở Nội vu"): 5, ("so", "Sở Tài chinh"): 3}, register)
    assert list(dict.fromkeys(found["text"])) == ["Sở Nội vu", "Sở Tài chinh", "Sơ A"]
    assert found.loc[found["text"] == "Sơ A", ["forms", "proposed_code", "decision"]].values.tolist() == [
        [1, "", ""]
    ]
    assert found["proposed_code"].iloc[0] == "SNV"
