"""Verification finds what was changed: by checksum, and by contradiction where the checksums were made anew."""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from surveys.handed_over import verify
from surveys.handover.manifest import digests_of, read_sums, sums_bytes
from surveys.handover.package import deliver, package
from surveys.problems import LANGUAGES, Problem
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import edit, forge
from tests.surveys.handover.small_round import under


def _codes(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.code for problem in problems}


def test_a_package_as_delivered_is_right(out: Path) -> None:
    assert verify(out) == ()
    assert verify(out / "council") == ()
    assert verify(str(out)) == ()


def test_it_is_right_wherever_it_is_copied(out: Path, tmp_path: Path) -> None:
    shutil.copytree(out, tmp_path / "elsewhere" / "copy")
    assert verify(tmp_path / "elsewhere" / "copy") == ()


def test_what_is_no_package_says_so(tmp_path: Path) -> None:
    assert _codes(verify(tmp_path / "nowhere")) == {"verify.no_folder"}
    assert _codes(verify(tmp_path)) == {"verify.not_a_package"}


def test_files_missing_extra_and_changed_are_named(out: Path) -> None:
    (out / "weights.csv").unlink()
    (out / "extra.csv").write_text("x")
    (out / "council" / "rejected.csv").unlink()
    found = {(p.code, p.file) for p in verify(out)}
    assert {
        ("verify.file_missing", "weights.csv"),
        ("verify.file_extra", "extra.csv"),
        ("verify.file_missing", "council/rejected.csv"),
    } <= found


def test_a_deleted_council_folder_is_missed_even_with_new_checksums(out: Path) -> None:
    shutil.rmtree(out / "council")
    files = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    files.pop("SHA256SUMS")
    (out / "SHA256SUMS").write_bytes(sums_bytes(digests_of(files)))
    assert ("verify.file_missing", "council/scores.csv") in {(p.code, p.file) for p in verify(out)}


@pytest.mark.long
def test_every_single_digit_of_every_file_matters(out: Path) -> None:
    """Change one digit of every file: the file is named with both checksums."""
    chosen = random.Random(20231001)
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        content = path.read_bytes()
        digits = [k for k, byte in enumerate(content) if 48 <= byte <= 57]
        for k in chosen.sample(digits, min(1, len(digits))):
            changed = bytearray(content)
            changed[k] = 48 + (changed[k] - 47) % 10
            path.write_bytes(bytes(changed))
            found = verify(out)
            name = path.relative_to(out).as_posix()
            if not name.endswith("SHA256SUMS"):
                assert ("verify.file_changed", name) in {(p.code, p.file) for p in found}, (name, k)
            assert found, (name, k)
            assert all(p.text(language) for p in found for language in LANGUAGES)
        path.write_bytes(content)
    assert verify(out) == ()


#: File, column, and the fault that a changed digit there is, although every checksum was made anew.
CONTRADICTIONS = [
    ("scores.csv", "score", "verify.parent"),
    ("scores.csv", "points", "verify.points_of_score"),
    ("scores.csv", "max_points", "verify.points_of_score"),
    ("scores.csv", "n_valid", "verify.n_over_groups"),
    ("scores.csv", "node_code", "verify.node_unknown"),
    ("units.csv", "points", "verify.not_the_total"),
    ("units.csv", "percent", "verify.percent_of_points"),
    ("units.csv", "rank", "verify.rank_range"),
    ("units.csv", "max_points", "verify.not_the_total"),
    ("funnel.csv", "returned", "verify.funnel"),
    ("funnel.csv", "valid", "verify.forms_in_funnel"),
    ("funnel.csv", "review", "verify.forms_in_funnel"),
    ("funnel.csv", "rejected", "verify.forms_in_funnel"),
    ("weights.csv", "weight", "verify.g"),
    ("weights.csv", "base_weight", "verify.g"),
    ("weights.csv", "g", "verify.g"),
    ("weight-diagnostics.csv", "weight_total", "verify.weight_diagnostics"),
    ("weight-diagnostics.csv", "forms", "verify.weight_diagnostics"),
    ("council/scores.csv", "points", "verify.council"),
    ("council/scores.csv", "n_valid", "verify.council"),
    ("council/scores.csv", "percent", "verify.percent_of_score"),
    ("council/scores.csv", "ci_low", "verify.percent_of_score"),
    ("council/scores.csv", "ci_high", "verify.percent_of_score"),
    ("council/units.csv", "ci_high", "verify.council"),
    ("council/scores.csv", "max_points", "verify.council"),
    ("council/units.csv", "points", "verify.council"),
    ("council/units.csv", "percent", "verify.council"),
    ("council/units.csv", "rank", "verify.council"),
]


@pytest.mark.parametrize("table", ["council/scores.csv", "council/units.csv"])
def test_an_official_result_without_a_value_is_a_fault(table: str, out: Path) -> None:
    """As if the column of values had been left empty, with checksums made anew."""

    def blank(records: list[dict[str, str]]) -> None:
        for record in records:
            record["percent"] = ""

    edit(out / table, blank)
    forge(out)
    found = [p for p in verify(out) if p.code == "verify.result_missing"]
    assert {(p.file, p.column, p.severity) for p in found} == {(table, "percent", "error")}


@pytest.mark.long
@pytest.mark.parametrize(("file", "column", "code"), CONTRADICTIONS)
def test_a_changed_number_contradicts_the_others(out: Path, file: str, column: str, code: str) -> None:
    """One digit in a row, in several rows in turn; checksums, sizes and descriptors made anew."""
    original = (out / file).read_bytes()
    rows = list(csv.DictReader(io.StringIO(original.decode(), newline="")))
    tellable = [k for k, row in enumerate(rows) if not _may_differ(file, column, row)]
    assert tellable
    for k in tellable[:: max(1, len(tellable) // 3)]:

        def change(records: list[dict[str, str]], k: int = k) -> None:
            records[k][column] = _other_digit(records[k][column])

        edit(out / file, change)
        forge(out)
        found = verify(out)
        assert found, (file, k, rows[k])
        assert not any(p.code == "verify.file_changed" for p in found)
        if k == tellable[0]:
            assert code in _codes(found)
            assert any(p.row is not None and p.column and dict(p.params) for p in found)
        (out / file).write_bytes(original)


def _other_digit(text: str) -> str:
    """The first digit after the point, or the last one, changed by more than rounding."""
    k = text.index(".") + 1 if "." in text else len(text) - 1
    return text[:k] + str((int(text[k]) + 3) % 10) + text[k + 1 :]


def _may_differ(file: str, column: str, row: dict[str, str]) -> bool:
    """Cells that no other number contradicts: blanks; a group's n below the valid forms of its cell (people skip
    questions); the maximum of a result that is not shown; a node's code that is still one of the tree."""
    if not any(c.isdigit() for c in row[column]):
        return True
    return file == "scores.csv" and (
        (column == "n_valid" and (row["status"] != "ok" or row["group"] != "all"))
        or (column == "max_points" and row["score"] == "")
        or (column == "node_code" and row["node_code"] != "0")
    )


def test_rounding_is_no_fault(small_round: ScoredRound, tmp_path: Path) -> None:
    """Printed with two decimals, parents differ from the sums of their parts by rounding only."""
    study = replace(
        small_round.study, output=replace(small_round.study.output, points_decimals=2, score_decimals=2)
    )
    deliver(under(study, small_round), out=tmp_path / "coarse")
    assert verify(tmp_path / "coarse") == ()


def test_what_is_wrong_is_said_with_place_expected_and_found(out: Path) -> None:
    def change(records: list[dict[str, str]]) -> None:
        assert (records[2]["node_code"], records[2]["group"], records[2]["points"]) == ("0", "all", "1.2667")
        records[2]["points"] = "1.2767"

    edit(out / "scores.csv", change)
    forge(out)
    found = [p for p in verify(out) if p.code == "verify.sum"]
    assert len(found) == 1
    assert (found[0].file, found[0].row, found[0].column) == ("scores.csv", 4, "points")
    # by hand: 0.6000 of node 1 and 0.6667 of node 2
    assert dict(found[0].params) == {"node": "0", "expected": "1.2667", "found": "1.2767"}


def test_ranks_follow_the_points(out: Path) -> None:
    def change(records: list[dict[str, str]]) -> None:
        records[0]["rank"], records[1]["rank"] = records[1]["rank"], records[0]["rank"]

    edit(out / "units.csv", change)
    forge(out)
    found = [p for p in verify(out) if p.code == "verify.rank_order"]
    # y-te (row 3) has 1.8917 points and now rank 2; noi-vu has 1.2667 and rank 1; the third is incomplete, hence not ranked
    assert [(p.file, p.row, dict(p.params)["found"], dict(p.params)["expected"]) for p in found] == [
        ("units.csv", 2, "1", "2 … 2"),
        ("units.csv", 3, "2", "1 … 1"),
    ]


def test_a_removed_row_is_missed(out: Path) -> None:
    edit(out / "scores.csv", lambda records: records.pop(4))
    edit(out / "forms.csv", lambda records: records.pop(0))
    edit(out / "council" / "rejected.csv", lambda records: records.pop(0))
    edit(out / "units.csv", lambda records: records.pop(1))
    forge(out)
    assert {
        "verify.row_missing",
        "verify.forms_in_funnel",
        "verify.rejected_missing",
        "verify.units_missing",
    } <= _codes(verify(out))


def test_a_disposition_that_was_turned_is_found(out: Path) -> None:
    edit(out / "forms.csv", lambda records: records[-2].update(disposition="valid"))
    forge(out)
    assert {"verify.forms_in_funnel", "verify.rejected_extra"} <= _codes(verify(out))


def test_a_suppressed_result_must_not_show_a_number(out: Path) -> None:
    def change(records: list[dict[str, str]]) -> None:
        next(r for r in records if r["status"] == "suppressed")["score"] = "0.5000000000"

    edit(out / "scores.csv", change)
    forge(out)
    assert "verify.suppressed_shown" in _codes(verify(out))


def test_limits_on_the_wrong_side_are_found(out: Path) -> None:
    def change(records: list[dict[str, str]]) -> None:
        records[0]["ci_low"], records[0]["ci_high"] = records[0]["ci_high"], records[0]["ci_low"]

    edit(out / "scores.csv", change)
    forge(out)
    assert {"verify.limit_above", "verify.limit_below"} <= _codes(verify(out))


DAMAGES = ["empty", "binary", "header", "ragged", "quote", "words", "json"]


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_of_any_kind_is_a_fault_not_a_crash(out: Path, damage: str) -> None:
    """Each kind on the files that decide most, and on a share of the others so that every file is damaged."""
    files = sorted(p for p in out.rglob("*") if p.is_file())
    chosen = files[DAMAGES.index(damage) :: len(DAMAGES)]
    for path in {
        *chosen,
        out / "scores.csv",
        out / "datapackage.json",
        out / "council" / "survey-scores.xlsx",
    }:
        content = path.read_bytes()
        text = content.decode("utf-8", errors="replace")
        path.write_bytes({
            "empty": b"",
            "binary": bytes(range(256)) * 3,
            "header": text.replace("_", "-", 2).encode(),
            "ragged": (text + "a,b\r\n").encode(),
            "quote": (text + '"open').encode(),
            "words": text.replace("1", "mot").encode(),
            "json": b"[1, 2, {",
        }[damage])  # fmt: skip
        found = verify(out)
        if path.read_bytes() != content:
            assert found, path
        assert all(p.text(language) for p in found for language in LANGUAGES)
        path.write_bytes(content)


def test_a_pooled_parent_lies_between_its_parts(small_round: ScoredRound, tmp_path: Path) -> None:
    """`pooled` cannot be re-added without the answers; outside the range of its items it is wrong all the same."""
    nodes = tuple(
        replace(n, rule="pooled") if n.code == "1" else n for n in small_round.study.instrument.nodes
    )
    study = replace(small_round.study, instrument=replace(small_round.study.instrument, nodes=nodes))
    deliver(under(study, small_round), out=tmp_path / "within")
    assert verify(tmp_path / "within") == ()
    table = small_round.scores.table.copy()
    chosen = (table["node_code"] == "1") & (table["group"] == "heads") & (table["unit_code"] == "noi-vu")
    table.loc[chosen, ["score", "ci_low", "ci_high", "points"]] = [
        0.81,
        0.8,
        0.82,
        0.81,
    ]  # its items: 0.8 and 0.6
    scores = replace(small_round.scores, table=table)
    deliver(replace(under(study, small_round), scores=scores), out=tmp_path / "outside")
    faults = [p for p in verify(tmp_path / "outside") if p.code == "verify.parent"]
    assert {dict(p.params)["node"] for p in faults} >= {"1"}


def test_shares_of_an_item_add_up_to_one(small_round: ScoredRound, tmp_path: Path) -> None:
    shares = pd.DataFrame(
        {
            "edition": "nhỏ/2023", "block": "so", "unit_code": "y-te", "node_code": "2", "item_code": "2.a",
            "level_code": ["1", "2", "3"], "group": "heads", "n_valid": 6,
            "share": [1 / 3, 1 / 3, 1 / 3], "se": 0.1, "ci_low": 0.1, "ci_high": 0.6, "status": "ok",
        }
    ).assign(note=pd.Series([(), (), ()], dtype=object))  # fmt: skip
    scores = replace(small_round.scores, shares=shares)
    assert "shares.csv" in package(replace(small_round, scores=scores))
    deliver(replace(small_round, scores=scores), out=tmp_path / "out")
    assert verify(tmp_path / "out") == ()
    edit(tmp_path / "out" / "shares.csv", lambda records: records[1].update(share="0.4333333333"))
    forge(tmp_path / "out")
    assert _codes(verify(tmp_path / "out")) == {"verify.shares_sum"}


def test_unweighted_results_stand_beside_the_weighted_ones(small_round: ScoredRound, tmp_path: Path) -> None:
    table = small_round.scores.table
    names = ["score", "se", "ci_low", "ci_high"]
    unweighted = table[["block", "unit_code", "node_code", "group", *names]].assign(
        **{f"unweighted_{name}": table[name] for name in names}
    )
    scores = replace(small_round.scores, unweighted=unweighted)
    deliver(replace(small_round, scores=scores), out=tmp_path / "out")
    assert verify(tmp_path / "out") == ()
    edit(
        tmp_path / "out" / "unweighted.csv",
        lambda records: records[1].update(score="0.1000000000", unweighted_ci_low="0.9000000000"),
    )
    forge(tmp_path / "out")
    assert _codes(verify(tmp_path / "out")) == {"verify.not_the_total", "verify.limit_above"}


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        *(
            (b"\n", end.encode(), 1)
            for end in ("\v", "\f", "\r\n", "\r", "\x1c", "\x1e", "\x85", "\u2028", " \n", "\n\n")
        ),
        (b"  ", b" *", 1),
        (b"  ", b"\t", 1),
        (b"", b"\xef\xbb\xbf", 1),
        (b"", b"\n", 1),
    ],
)
def test_checksums_are_as_they_were_written_to_the_byte(old: bytes, new: bytes, row: int, out: Path) -> None:
    sums = out / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(old, new, 1))
    found = [(p.file, p.row) for p in verify(out) if p.code == "verify.sums_unreadable"]
    assert found == [("SHA256SUMS", row + (new == b"\n\n"))]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [*lines[1:], lines[0]],
        lambda lines: [lines[0], *lines],
        lambda lines: [lines[0].upper(), *lines[1:]],
        lambda lines: [*lines, "# checked"],
        lambda lines: [*lines[:-1], lines[-1] + " "],
    ],
    ids=["order", "twice", "capitals", "remark", "space at the end"],
)
def test_lines_of_checksums_in_another_order_or_form_are_told(
    change: Callable[[list[str]], list[str]], out: Path
) -> None:
    lines = (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    (out / "SHA256SUMS").write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    assert "verify.sums_unreadable" in _codes(verify(out)) or "verify.file_missing" in _codes(verify(out))


def test_a_last_line_that_is_not_ended_is_told(out: Path) -> None:
    sums = out / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes()[:-1])
    assert _codes(verify(out)) == {"verify.sums_unreadable"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
@pytest.mark.parametrize(
    "name", ["scores.csv", "run.json", "datapackage.json", "survey-scores.xlsx", "added.csv"]
)
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(name: str, out: Path) -> None:
    path = out / "council" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    (out / "council/link.csv").symlink_to(out / "nowhere")
    found = {(p.code, p.file) for p in verify(out)}
    code = "verify.file_extra" if name == "added.csv" else "verify.file_missing"
    assert {(code, f"council/{name}"), ("verify.file_extra", "council/link.csv")} <= found
    assert {(code, name), ("verify.file_extra", "link.csv")} <= {
        (p.code, p.file) for p in verify(out / "council")
    }


OTHER_NAMES = (
    "notes.txt",
    "Scores.csv",
    "council/scores.CSV",
    "council/council/run.json",
    "review/phie\u0302\u0301u.csv",
)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_files_that_no_run_writes_are_told_even_with_checksums(name: str, out: Path) -> None:
    """In another spelling or case, deeper down: programs and people would take it for a part of the package."""
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("x")
    forge(out)
    assert ("verify.file_unknown", name) in {(p.code, p.file) for p in verify(out)}


def test_links_empty_folders_and_special_files_are_told_and_not_read(out: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_bytes((out / "scores.csv").read_bytes())
    (out / "scores.csv").unlink()
    (out / "scores.csv").symlink_to(tmp_path / "elsewhere.csv")
    (out / "council" / "deep").mkdir()
    (out / "link").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(out / "pipe.csv")
    found = {p.file for p in verify(out) if p.code == "verify.not_a_file"}
    assert found == {"scores.csv", "council/deep/", "link", "pipe.csv"}


@pytest.mark.parametrize(
    "path", ["../scores.csv", "/etc/passwd", "council/../scores.csv", "sco\\res.csv", "./scores.csv"]
)
def test_checksums_name_files_of_the_folder(path: str, out: Path) -> None:
    sums = read_sums(out / "SHA256SUMS")
    (out / "SHA256SUMS").write_bytes(sums_bytes({**sums, path: sums["scores.csv"]}))
    assert ("verify.file_missing", path) in {(p.code, p.file) for p in verify(out)}


def test_a_file_in_which_a_key_stands_twice_is_told(out: Path) -> None:
    """The first value is read by some programs, the last by others."""
    path = out / "council" / "run.json"
    path.write_bytes(
        path.read_bytes().replace(b'"content": "scores"', b'"content": "x",\n  "content": "scores"')
    )
    (out / "run.json").write_bytes(path.read_bytes())
    assert ("verify.form_of_json", "council/run.json") in {(p.code, p.file) for p in verify(out)}


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        (b"noi-vu", b'"noi-vu"', 2),
        (b"\r\n", b"\n", 1),
        (b"'=Tr", b"=Tr", 4),
    ],
    ids=["quotes", "line ends", "formula"],
)
def test_a_table_in_another_form_is_told(old: bytes, new: bytes, row: int, out: Path) -> None:
    path = out / "units.csv"
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    found = {(p.code, p.row) for p in verify(out) if p.file == "units.csv"}
    assert ("verify.form_of_csv", row) in found


def test_digits_that_were_cut_off_are_told(out: Path) -> None:
    """Two decimals in every row would let rounding explain much."""

    def cut(records: list[dict[str, str]]) -> None:
        for record in records:
            record["points"] = record["points"] and f"{float(record['points']):.2f}"

    edit(out / "scores.csv", cut)
    forge(out)
    assert "verify.decimals" in _codes(verify(out))


@pytest.mark.parametrize("table", ["scores.csv", "council/scores.csv", "council/units.csv"])
def test_an_official_table_with_a_heading_alone_is_refused(table: str, out: Path) -> None:
    edit(out / table, lambda records: records.clear())
    forge(out)
    found = [(p.code, p.severity) for p in verify(out) if p.file == table]
    assert ("verify.no_rows", "error") in found
