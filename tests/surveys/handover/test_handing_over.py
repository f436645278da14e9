"""What is handed over: the council's folder byte for byte, a record outside its fingerprint, nothing in the place of others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.handed_over import hand_over, verify
from surveys.handover.fingerprint import fingerprint
from surveys.handover.handing_over import read_results
from surveys.handover.manifest import COUNCIL, MANIFEST, RECORD, SIGNATURE, SUMS
from surveys.handover.package import deliver
from surveys.problems import SurveyError
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.small_round import under


@pytest.fixture
def results(small_round: ScoredRound, tmp_path: Path) -> Path:
    deliver(small_round, tmp_path / "results")
    return tmp_path / "results"


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(results: Path, out: Path, *, record: bool = False) -> list[str]:
    """Codes of why a hand-over was refused; nothing is changed by it."""
    parent = results.parent
    before = content(parent)
    with pytest.raises(SurveyError) as error:
        hand_over(results, out, record=record)
    assert content(parent) == before
    return [problem.code for problem in error.value.problems]


def test_the_councils_folder_is_handed_over_byte_for_byte(results: Path, tmp_path: Path) -> None:
    told = hand_over(results, tmp_path / "out")
    assert content(tmp_path / "out") == content(results / COUNCIL)
    assert told == fingerprint(tmp_path / "out") == fingerprint(results)
    assert verify(tmp_path / "out", fingerprint=told) == ()


def test_a_record_stands_in_the_sums_and_outside_the_fingerprint(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = hand_over(results, out, record=True)
    made = content(out)
    assert {path: made[path] for path in content(results / COUNCIL) if path != SUMS} == {
        path: council for path, council in content(results / COUNCIL).items() if path != SUMS
    }
    assert set(made) - set(content(results / COUNCIL)) == {RECORD}
    assert RECORD in made[SUMS].decode()
    assert told == fingerprint(out) == fingerprint(results)
    assert verify(out) == ()
    (out / RECORD).write_bytes(made[RECORD][:-1])
    assert [problem.code for problem in verify(out)] == ["verify.file_changed"]


def test_the_same_results_give_the_same_hand_over(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(results, tmp_path / "one", record=True)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setattr("time.time", lambda: 4e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2096, 10, 2, 7, 6, 40, 1, 276, 0))
    hand_over(results, tmp_path / "other", record=True)
    assert content(tmp_path / "one") == content(tmp_path / "other")


def test_an_earlier_hand_over_is_replaced_while_nobody_signed_or_changed_it(
    results: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    hand_over(results, out, record=True)
    hand_over(results, out)
    assert RECORD not in content(out)
    (out / SIGNATURE).write_bytes(b"signed")
    assert refused(results, out) == ["handover.out_is_signed"]
    (out / SIGNATURE).unlink()
    (out / "note.txt").write_bytes(b"of mine")
    assert refused(results, out) == ["handover.out_has_added_files"]
    (out / "note.txt").unlink()
    (out / "units.csv").write_bytes(b"edited")
    assert refused(results, out) == ["handover.out_has_edited_files"]


def test_results_and_hand_overs_do_not_replace_each_other(
    small_round: ScoredRound, results: Path, tmp_path: Path
) -> None:
    other, out = tmp_path / "other", tmp_path / "out"
    deliver(small_round, other)
    assert refused(results, other) == ["handover.out_is_other"]
    hand_over(results, out)
    with pytest.raises(SurveyError) as error:
        deliver(small_round, out)
    assert [problem.code for problem in error.value.problems] == ["handover.out_is_other"]
    (out / SIGNATURE).write_bytes(b"signed")
    with pytest.raises(SurveyError) as error:
        deliver(small_round, out)
    assert "handover.out_is_signed" in [problem.code for problem in error.value.problems]


@pytest.mark.parametrize("part", [COUNCIL, SIGNATURE])
def test_results_that_were_signed_are_not_scored_over(
    part: str, small_round: ScoredRound, results: Path
) -> None:
    path = results / (SIGNATURE if part == SIGNATURE else f"{COUNCIL}/{SIGNATURE}")
    path.write_bytes(b"signed")
    with pytest.raises(SurveyError) as error:
        deliver(small_round, results)
    assert [problem.code for problem in error.value.problems] == ["handover.out_is_signed"]
    assert path.read_bytes() == b"signed"


def test_no_folder_is_handed_over_into_the_other(results: Path, tmp_path: Path) -> None:
    for out in (results, results / COUNCIL, results / "new", tmp_path, results / ".." / "results"):
        assert refused(results, out) == ["handover.out_within"]
    if hasattr(os, "symlink"):
        os.symlink(results, tmp_path / "link", target_is_directory=True)
        assert refused(results, tmp_path / "link" / "x") == ["handover.out_within"]


def test_what_does_not_verify_is_not_handed_over(results: Path, tmp_path: Path) -> None:
    assert refused(results / COUNCIL, tmp_path / "out") == ["handover.no_council"]
    assert refused(tmp_path / "none", tmp_path / "out") == ["verify.no_folder"]
    (results / "units.csv").write_bytes((results / "units.csv").read_bytes().replace(b"ok", b"ko"))
    assert "verify.file_changed" in refused(results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_said_of_it_is_counted_in_its_tables(small_round: ScoredRound, results: Path) -> None:
    """By hand: six heads rate three units (eight were asked), fifteen valid forms of citizens, one rejected, one waits."""
    handed = read_results(results)
    assert dict(handed.counts) == {
        "issued": 3 * 8 + 3 * 10, "returned": 3 * 6 + 17, "valid": 33, "review": 1, "rejected": 1, "left_out": 0,
    }  # fmt: skip
    assert (handed.units, handed.ranked) == (3, 2)
    assert handed.forms == 6 + 17
    assert handed.facts.identity["publisher"] == "Viện"


def test_a_manifest_that_is_none_is_told(
    small_round: ScoredRound, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.handover.round_results.verified_tables", lambda _, **__: ((), {}))
    for text in ('{"format": "surveys/run/1"}', '{"format": "surveys/run/1", "settings": 3}'):
        (results / MANIFEST).write_text(text)
        with pytest.raises(SurveyError) as error:
            read_results(results)
        assert [problem.code for problem in error.value.problems] == ["verify.no_manifest"]


def test_official_files_in_english_have_a_record_in_english(
    small_round: ScoredRound, results: Path, tmp_path: Path
) -> None:
    study = small_round.study
    english = replace(study, output=replace(study.output, language="en"))
    deliver(under(english, small_round), tmp_path / "english")
    assert read_results(tmp_path / "english").facts.output.language == "en"
    assert read_results(results).facts.output.language == "vi"
