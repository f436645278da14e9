"""A package against the same round scored again: what differs is named, with its place and both values."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

import surveys as sv
from surveys.handed_over import verify
from surveys.handover.file_differences import file_differences
from surveys.handover.package import deliver, deliver_screening, package
from surveys.handover.scored_again import differences
from surveys.problems import Problem
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import edit
from tests.surveys.handover.small_round import under

FIRST = Path(__file__).parents[3] / "data-sample/first-survey"
Told = set[tuple[object, ...]]


@pytest.fixture
def out(small_round: ScoredRound, tmp_path: Path) -> Path:
    deliver(small_round, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture(scope="module")
def again(small_round: ScoredRound) -> dict[str, bytes]:
    return package(small_round)


def cells(problems: list[Problem]) -> Told:
    """Code, file, row and column, and the values where there are two."""
    return {
        (
            p.code,
            p.file,
            p.row,
            p.column,
            *(value for name, value in p.params if name in ("expected", "found")),
        )
        for p in problems
    }


def rewrite(out: Path, change: dict[str, object]) -> None:
    """Other sections in both manifests."""
    for path in (out / "run.json", out / "council/run.json"):
        run = json.loads(path.read_bytes())
        path.write_text(json.dumps(run | change, ensure_ascii=False), encoding="utf-8")


def test_the_same_round_differs_in_nothing(out: Path, again: Mapping[str, bytes]) -> None:
    assert list(differences(out, again)) == []
    assert list(differences(out / "council", again)) == []


def test_a_number_is_named_with_row_column_and_both_values(out: Path, again: Mapping[str, bytes]) -> None:
    edit(out / "weights.csv", lambda rows: rows[4].update(weight="1.75"))
    edit(out / "council/scores.csv", lambda rows: rows[0].update(points="0.7000"))
    assert cells(list(differences(out, again))) == {
        ("again.value", "weights.csv", 6, "weight", "1.5000000000", "1.75"),
        ("again.value", "council/scores.csv", 2, "points", "1.2667", "0.7000"),
    }
    assert cells(list(differences(out / "council", again))) == {
        ("again.value", "scores.csv", 2, "points", "1.2667", "0.7000")
    }


def test_rows_missing_and_added_move_no_others(out: Path, again: Mapping[str, bytes]) -> None:
    edit(out / "units.csv", lambda rows: rows.pop(0))
    edit(out / "forms.csv", lambda rows: rows.insert(3, rows[3] | {"form_code": "H99"}))
    edit(out / "scores.csv", lambda rows: rows.append(rows[0] | {"unit_code": "moi"}))
    found = list(differences(out, again))
    assert cells(found) == {
        ("again.row_missing", "units.csv", None, ""),
        ("again.row_extra", "forms.csv", 5, ""),
        ("again.row_extra", "scores.csv", len(again["scores.csv"].splitlines()) + 1, ""),
    }
    assert {dict(p.params)["key"] for p in found if p.file in ("units.csv", "scores.csv")} == {
        "so · noi-vu", "so · moi · 0 · heads"
    }  # fmt: skip


def test_units_swapped_are_found_in_every_table(out: Path, again: Mapping[str, bytes]) -> None:
    """Two units change places in the council's tables: both rows of both tables, by their keys."""

    def swapped(rows: list[dict[str, str]]) -> None:
        other = {"noi-vu": "tru", "tru": "noi-vu"}
        for row in rows:
            row["unit_code"] = other.get(row["unit_code"], row["unit_code"])

    for name in ("scores.csv", "units.csv"):
        edit(out / "council" / name, swapped)
    found = cells(list(differences(out / "council", again)))
    assert ("again.value", "units.csv", 2, "percent", "", "42.22") in found
    assert ("again.value", "units.csv", 4, "percent", "42.22", "") in found
    assert {("again.value", "scores.csv", row) for row in (8, 9)} <= {each[:3] for each in found}


def test_thousands_of_differences_are_counted(out: Path, again: Mapping[str, bytes]) -> None:
    edit(out / "weights.csv", lambda rows: [row.update(weight="1", g="0.75") for row in rows])
    found = list(differences(out, again))
    rows = len(again["weights.csv"].splitlines()) - 1
    assert [p.code for p in found] == ["again.value"] * 20 + ["verify.further"]
    assert dict(found[-1].params) == {"number": str(2 * rows - 20)}


def test_files_on_one_side_only_are_named(out: Path, again: Mapping[str, bytes]) -> None:
    (out / "tree.csv").unlink()
    (out / "council/rejected.csv").unlink()
    (out / "council/added.csv").write_text("a\r\n")
    (out / "notes.txt").write_text("held against the checksums, not against the round")
    assert cells(list(differences(out, again))) == {
        ("again.file_missing", "tree.csv", None, ""),
        ("again.file_missing", "council/rejected.csv", None, ""),
        ("again.file_extra", "council/added.csv", None, ""),
    }


def test_settings_and_counts_are_named_by_their_keys(out: Path, again: Mapping[str, bytes]) -> None:
    run = json.loads(again["run.json"])
    minimum, counts = run["settings"]["minimum"], run["counts"]
    changed = {
        "settings": run["settings"] | {"minimum": minimum | {"forms": 1}},
        "counts": {key: value for key, value in counts.items() if key != "valid"},
    }
    rewrite(out, changed)
    assert cells(list(differences(out, again))) == {
        ("again.value", "run.json", None, "settings.minimum.forms", str(minimum["forms"]), "1"),
        ("again.value", "run.json", None, "counts.valid", str(counts["valid"]), "–"),
    }


def test_inputs_say_which_of_both_differs(out: Path, again: Mapping[str, bytes]) -> None:
    (study,) = json.loads(again["run.json"])["inputs"]
    other = study | {"sha256": "0" * 64}
    more = {"path": "returns/khác.csv", "bytes": 1, "sha256": "1" * 64}
    rewrite(out, {"inputs": [other, more]})
    assert cells(list(differences(out, again))) == {
        ("again.input", "study.toml", None, "", study["sha256"], "0" * 64),
        ("again.input_lacking", "returns/khác.csv", None, ""),
    }
    rewrite(out, {"inputs": []})
    assert cells(list(differences(out, again))) == {("again.input_added", "study.toml", None, "")}


def test_other_programs_alone_are_warnings(out: Path, again: Mapping[str, bytes]) -> None:
    run = json.loads(again["run.json"])
    rewrite(out, {"python": "3.9.1", "packages": run["packages"] | {"numpy": "1.0"}})
    found = list(differences(out, again))
    assert {p.severity for p in found} == {"warning"}
    assert {(p.code, dict(p.params)["name"], dict(p.params)["found"]) for p in found} == {
        ("again.program", "python", "3.9.1"), ("again.program", "numpy", "1.0"),
    }  # fmt: skip


def test_results_that_the_council_lacks_are_compared_by_their_checksums(
    out: Path, again: Mapping[str, bytes]
) -> None:
    run = json.loads(again["run.json"])
    rewrite(out, {"outputs": run["outputs"] | {"forms.csv": "0" * 64}})
    expected = sha256(again["forms.csv"]).hexdigest()
    assert cells(list(differences(out / "council", again))) == {
        ("again.output", "forms.csv", None, "", expected, "0" * 64)
    }


def test_the_workbook_is_compared_cell_by_cell(out: Path, again: Mapping[str, bytes]) -> None:
    path = out / "council/survey-scores.xlsx"
    book = openpyxl.load_workbook(path)
    book["Chi tiết"]["D7"] = 0.7
    book["Phương pháp"]["B5"] = "Khác"
    del book["Phiếu bị loại"]
    book.save(path)
    found = {(p.code, p.sheet, p.row, p.column, dict(p.params).get("found")) for p in differences(out, again)}
    assert found == {
        ("again.value", "Chi tiết", 7, "D", "0.7"),
        ("again.value", "Phương pháp", 5, "B", "Khác"),
        ("again.sheet_missing", "Phiếu bị loại", None, "", None),
    }


def test_the_same_content_written_otherwise_is_told(out: Path, again: Mapping[str, bytes]) -> None:
    path = out / "weights.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    lines = (out / "units.csv").read_bytes().splitlines(keepends=True)
    (out / "units.csv").write_bytes(b"".join([lines[0], *reversed(lines[1:])]))
    assert cells(list(differences(out, again))) == {
        ("again.written_otherwise", "weights.csv", None, ""),
        ("again.written_otherwise", "units.csv", None, ""),
    }


def test_a_row_that_is_too_short_is_told(out: Path, again: Mapping[str, bytes]) -> None:
    path = out / "units.csv"
    path.write_bytes(path.read_bytes() + b"so\r\n")
    assert [p.code for p in differences(out, again)] == ["again.row_extra"]


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("units.csv", b'a,"b', "again.unreadable"),
        ("units.csv", b"\xff\xfe", "again.unreadable"),
        ("units.csv", b"", "again.header"),
        ("units.csv", b"a,b\r\n", "again.header"),
        ("datapackage.json", b"{", "again.unreadable"),
        ("datapackage.json", b"[" * 100_000, "again.unreadable"),
        ("council/survey-scores.xlsx", b"PK", "returns.kind_unknown"),
    ],
)
def test_what_cannot_be_read_is_told(
    path: str, content: bytes, code: str, out: Path, again: Mapping[str, bytes]
) -> None:
    (out / path).write_bytes(content)
    assert {(p.code, p.file) for p in differences(out, again)} == {(code, path)}


def test_definitions_are_compared_key_by_key() -> None:
    ours, theirs = b'[instrument]\ncode = "a"\n', b'[instrument]\ncode = "b"\n'
    assert cells(list(file_differences("instrument/instrument.toml", ours, theirs))) == {
        ("again.value", "instrument/instrument.toml", None, "instrument.code", "a", "b")
    }
    assert [p.code for p in file_differences("a.toml", ours, ours + b"# c\n")] == ["again.written_otherwise"]
    assert [p.code for p in file_differences("a.toml", ours, b"[")] == ["toml.syntax"]


def test_another_title_is_one_difference_of_the_descriptor(small_round: ScoredRound, out: Path) -> None:
    study = replace(small_round.study, label_vi="Đợt khác")
    found = cells(list(differences(out, package(under(study, small_round)))))
    assert ("again.value", "datapackage.json", None, "title", "Đợt khác", "Đợt nhỏ 2023") in found
    assert {each[1] for each in found} == {
        "run.json", "datapackage.json", "council/datapackage.json", "council/exchange.json", "council/survey-scores.xlsx"
    }  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first survey scored and screened."""
    folder = tmp_path_factory.mktemp("first")
    result = sv.load(FIRST).score()
    result.write(folder / "results")
    deliver_screening(result.screened, folder / "screened")
    return folder


@pytest.mark.long
def test_the_council_scores_its_own_copy_again(first: Path) -> None:
    study = sv.load(FIRST)
    assert verify(first / "results", study=study, fingerprint=sv.fingerprint(first / "results/council")) == ()
    assert verify(first / "results/council", study=str(FIRST)) == ()
    assert verify(first / "screened", study=FIRST) == ()


@pytest.mark.long
def test_other_settings_are_found_by_scoring_again(first: Path, tmp_path: Path) -> None:
    """Results that the program itself made under another minimum, so that nothing in them contradicts anything."""
    copy = tmp_path / "study"
    shutil.copytree(FIRST, copy)
    text = (copy / "study.toml").read_text("utf-8")
    (copy / "study.toml").write_text(f"{text}\n[minimum]\nforms = 30\n", encoding="utf-8")
    sv.load(copy).score().write(tmp_path / "results")
    for folder in (tmp_path / "results", tmp_path / "results/council"):
        assert [p for p in verify(folder) if p.severity == "error"] == []
        found = verify(folder, study=FIRST)
        assert ("again.input", "study.toml") in {(p.code, p.file) for p in found}
        assert {("again.value", "run.json"), ("again.value", "scores.csv")} <= {
            (p.code, p.file) for p in found
        }
    rows = list(csv.DictReader(io.StringIO((first / "results/scores.csv").read_text("utf-8-sig"))))
    ours = next(row["points"] for row in rows if row["group"] == "all")  # of a unit with 29 forms
    told = [dict(p.params) for p in verify(tmp_path / "results", study=FIRST) if p.file == "scores.csv"]
    assert {"expected": ours, "found": ""} in told


@pytest.mark.long
def test_a_study_that_cannot_be_scored_tells_its_errors(first: Path, tmp_path: Path) -> None:
    nowhere = verify(first / "results", study=tmp_path / "nowhere")
    assert nowhere[0].code == "again.not_scored"
    assert len(nowhere) > 1
    copy = tmp_path / "study"
    shutil.copytree(FIRST, copy)
    for returns in (copy / "returns").iterdir():
        returns.write_bytes(b"")
    found = verify(first / "results/council", study=copy)
    assert (found[0].code, found[0].file) == ("again.not_scored", str(copy))
    assert any(p.file.startswith("returns/") and p.severity == "error" for p in found[1:])


@pytest.mark.long
@pytest.mark.parametrize(
    "manifest",
    [
        b"[" * 100_000,
        b"{}",
        {"engine": 5, "packages": [1], "inputs": {"a": 1}, "outputs": "x", "settings": None},
        {"outputs": {"scores.csv": 5, "": None, "\0": []}, "inputs": [1, {"path": 1}]},
        {"content": ["scores"]},
        {"content": "screening"},
    ],
    ids=range(6),
)
def test_a_manifest_that_is_none_ends_in_faults(
    manifest: bytes | dict[str, object], first: Path, tmp_path: Path
) -> None:
    """However the record of the run was changed."""
    shutil.copytree(first / "results", tmp_path / "out")
    run = json.loads((tmp_path / "out/run.json").read_bytes())
    changed = manifest if isinstance(manifest, bytes) else json.dumps(run | manifest).encode()
    for part in ("", "council/"):
        (tmp_path / "out" / part / "run.json").write_bytes(changed)
    for folder in (tmp_path / "out", tmp_path / "out/council"):
        found = verify(folder, study=FIRST, fingerprint="ab" * 32)
        assert {p.severity for p in found} >= {"error"}
        assert all(p.text("vi") for p in found)


def test_what_is_no_round_is_not_scored(tmp_path: Path) -> None:
    assert [p.code for p in verify(tmp_path, study=FIRST)] == ["verify.not_a_package"]
    table = FIRST.parent / "published/par_index_can_tho_2022.csv"
    sv.audit(table, "par-index/2022").write(tmp_path / "audit")
    assert [p.code for p in verify(tmp_path / "audit", study=FIRST)] == ["again.no_round"]
