"""The exchange format: what is in it, that it says the same as the tables, and that nothing of it can be changed unseen."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.definitions.study.council_names import CouncilSystem
from surveys.handover.package import deliver, package
from surveys.handover.verification import verify_folder
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import reseal
from tests.surveys.handover.small_round import under

SYSTEM = CouncilSystem(
    (
        ("scores", (("unit_code", "MaDonVi"), ("node_code", "MaTieuChi"), ("points", "Diem"), ("percent", "Tỷ lệ, %"))),
        ("units", (("rank", "Hang"), ("unit_name", "TenDonVi"))),
    )
)  # fmt: skip


def named(scored: ScoredRound) -> ScoredRound:
    """The round of a council with a system of its own."""
    return under(replace(scored.study, council=SYSTEM), scored)


def records_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_exchange_file_says_what_the_tables_say(small_round: ScoredRound) -> None:
    files = package(small_round)
    document = json.loads(files["council/exchange.json"], parse_float=str, parse_int=str)
    assert list(document) == ["format", "study", "instrument", "language", "index", "tables"]
    assert document["format"] == "surveys/exchange/1"
    assert document["index"] == {"points": True, "council": False, "classes": False, "scored": True}
    assert list(document["tables"]) == ["scores", "units", "groups", "forms", "rejected"]
    for name, rows in document["tables"].items():
        expected = records_of(files[f"council/{name}.csv"])
        shown = [{key: "" if value is None else value for key, value in row.items()} for row in rows]
        plain = [{key: text.replace("'=", "=") for key, text in row.items()} for row in expected]
        assert shown == plain, name


def test_numbers_are_numbers_with_the_printed_digits_and_rows_are_lines(small_round: ScoredRound) -> None:
    """noi-vu, node 1: 0.6 of 1 point prints 0.6000; tru has no rank; a name that looks like a formula is text as it is."""
    lines = package(small_round)["council/exchange.json"].decode().splitlines()
    (row,) = (
        line for line in lines if '"noi-vu"' in line and '"node_code": "1"' in line and '"points_low"' in line
    )
    assert '"points": 0.6000, ' in row
    assert '"percent": 60.00, ' in row
    assert '"n_valid": 13, ' in row
    assert any('"unit_name": "=Trụ sở, “khu A”"' in line and '"rank": null' in line for line in lines)


def test_the_council_s_system_gets_its_own_columns(small_round: ScoredRound) -> None:
    files = package(named(small_round))
    rows = records_of(files["council/import-scores.csv"])
    assert list(rows[0]) == ["MaDonVi", "MaTieuChi", "Diem", "Tỷ lệ, %"]
    assert list(rows[1].values()) == ["noi-vu", "1", "0.6000", "60.00"]
    units = json.loads(files["council/import-units.json"])
    assert units[0] == {"Hang": 2, "TenDonVi": "Sở Nội vụ"}
    assert units[2] == {"Hang": None, "TenDonVi": "=Trụ sở, “khu A”"}
    assert files["council/import-units.csv"].startswith("\ufeffHang,TenDonVi\r\n".encode())
    imports = {path for path in files if "import-" in path}
    assert imports == {f"council/import-{t}.{kind}" for t in ("scores", "units") for kind in ("csv", "json")}


def test_a_package_with_them_verifies_and_is_replaced(small_round: ScoredRound, tmp_path: Path) -> None:
    deliver(named(small_round), tmp_path / "out")
    assert verify_folder(tmp_path / "out") == ()
    assert verify_folder(tmp_path / "out" / "council") == ()
    deliver(small_round, tmp_path / "out")
    assert not list((tmp_path / "out" / "council").glob("import-*"))
    assert verify_folder(tmp_path / "out") == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "row"),
    [
        ("exchange.json", '"points": 0.6000', '"points": 0.7000', 10),
        ("exchange.json", "0.6000", "0.6", 10),
        ("exchange.json", "}\n", "} \n", 17),
        ("import-scores.csv", "0.6000", "0.7000", 3),
        ("import-units.json", "Sở Y tế", "Sở Y", 3),
    ],
)
def test_a_change_is_named_with_its_line(
    name: str, old: str, new: str, row: int, small_round: ScoredRound, tmp_path: Path
) -> None:
    deliver(named(small_round), tmp_path / "out")
    path = tmp_path / "out" / "council" / name
    content = path.read_bytes().decode()
    assert old in content
    path.write_bytes(content.replace(old, new, 1).encode())
    reseal(tmp_path / "out")
    told = [p for p in verify_folder(tmp_path / "out") if p.code == "verify.exchange"]
    assert [(p.file, p.row) for p in told] == [(f"council/{name}", row)]


def test_files_that_are_missing_or_too_many_are_told(small_round: ScoredRound, tmp_path: Path) -> None:
    deliver(small_round, tmp_path / "out")
    council = tmp_path / "out" / "council"
    (council / "exchange.json").unlink()
    (council / "import-groups.csv").write_bytes(b"a\r\n")
    reseal(tmp_path / "out")
    found = {(p.code, p.file) for p in verify_folder(tmp_path / "out")}
    assert ("verify.file_missing", "council/exchange.json") in found
    assert ("verify.file_unknown", "council/import-groups.csv") in found
