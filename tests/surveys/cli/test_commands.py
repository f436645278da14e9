"""Every command from outside: exit code, what is written, and what is said; messages by their code, never by prose."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import surveys as sv
from surveys.cli import entry, main, process
from surveys.cli.terminal import Terminal
from surveys.definitions.instrument.shelf import shipped
from surveys.problems import LANGUAGES, Language, Problem, phrase, wording
from surveys.review.columns_and_words import FORMS

COMMANDS = (
    "check", "screen", "score", "verify", "simulate", "list", "explain", "audit", "map", "compare", "confirm", "sign",
    "handover", "export", "gaps", "reach", "drivers", "tables", "report", "method", "forms", "add", "plan", "new",
    "monitor", "codebook",
)  # fmt: skip
Captured = pytest.CaptureFixture[str]


def _said(code: str, language: Language, **params: object) -> str:
    return phrase(code, language, **params)


def test_score_writes_a_package_that_verifies(scored: Path, capsys: Captured) -> None:
    assert {"scores.csv", "units.csv", "forms.csv", "funnel.csv", "weights.csv", "council"} <= {
        p.name for p in scored.iterdir()
    }
    capsys.readouterr()
    assert main(["verify", str(scored)]) == 0
    out, err = capsys.readouterr()
    listed = [line for line in sums_of(scored / "council") if line.endswith((".csv", ".json"))]
    digits = sha256("".join(f"{line}\n" for line in listed).encode()).hexdigest()
    told = " ".join(re.findall("....", digits))
    said = [
        _said("cli.verify.done", "vi", folder=scored), _said("cli.fingerprint", "vi", fingerprint=told),
        _said("cli.verify.unproved.origin", "vi"),
    ]  # fmt: skip
    assert out == "\n".join([*said, ""])
    assert err == ""
    assert main(["verify", str(scored / "council"), "--fingerprint", told.upper().replace(" ", "-")]) == 0
    out = capsys.readouterr().out
    assert told in out
    assert _said("cli.verify.proved.fingerprint", "vi") in out
    assert _said("cli.verify.unproved.scoring", "vi") in out


@pytest.mark.long
def test_verify_scores_the_study_again(
    simulated: Path, scored: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["verify", str(scored / "council"), "--study", str(simulated), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert _said("cli.verify.proved.study", "en", study=simulated) in out
    assert _said("cli.verify.unproved.returns", "en") in out
    shutil.copytree(simulated, tmp_path / "copy")
    returns = next((tmp_path / "copy/returns").glob("so-2*.csv"))
    lines = returns.read_bytes().splitlines(keepends=True)
    returns.write_bytes(b"".join(lines[:-1]))
    assert main(["verify", str(scored), "--study", str(tmp_path / "copy"), "--lang", "en"]) == 1
    err = capsys.readouterr().err
    assert f"returns/{returns.name}" in err
    assert re.search(r"column returned: “\d+”, but scoring again gives “\d+”", err)
    assert len(err.splitlines()) < 800


def test_verify_tells_both_fingerprints_where_they_differ(scored: Path, capsys: Captured) -> None:
    other = "0123 " * 16
    assert main(["verify", str(scored), "--fingerprint", other]) == 1
    err = capsys.readouterr().err
    assert other.strip() in err
    assert sv.fingerprint(scored) in err
    assert main(["verify", str(scored), "--fingerprint", other[:-5]]) == 1
    assert _said("fingerprint.length", "vi", expected=64, groups=16, found=60) in capsys.readouterr().err


def sums_of(folder: Path) -> list[str]:
    return (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()


@pytest.mark.long
def test_score_twice_gives_the_same_bytes(
    simulated: Path, scored: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["--lang=vi", "score", str(simulated), "--out", str(tmp_path / "again")]) == 0
    out = capsys.readouterr().out
    files = {p.relative_to(scored) for p in scored.rglob("*") if p.is_file()}
    assert files == {
        p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*") if p.is_file()
    }
    for path in files:
        assert (scored / path).read_bytes() == (tmp_path / "again" / path).read_bytes(), path
    assert _said("summary.funnel", "vi") in out
    assert _said("cli.written", "vi", out=tmp_path / "again") in out


def test_the_funnel_shown_is_the_funnel_written(simulated: Path, scored: Path, capsys: Captured) -> None:
    assert main(["screen", str(simulated), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    with open(scored / "funnel.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = ("issued", "returned", "valid", "review", "rejected")
    totals = [sum(int(row[name]) for row in rows) for name in counts]
    line = next(line for line in shown.splitlines() if _said("summary.total", "en") in line)
    forms, *evaluations = (int(word.replace(",", "")) for word in line.split()[1:])
    assert evaluations == totals
    assert forms < totals[1]  # a matrix form has many evaluations


@pytest.mark.long
def test_verify_names_what_was_changed(scored: Path, tmp_path: Path, capsys: Captured) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(scored, copy)
    text = (copy / "units.csv").read_text(encoding="utf-8")
    (copy / "units.csv").write_text(text.replace(",1,", ",2,", 1), encoding="utf-8")
    assert main(["verify", str(copy), "--lang", "en"]) == 1
    err = capsys.readouterr().err
    assert "units.csv" in err
    assert "Traceback" not in err


def test_screen_writes_forms_and_review_files(simulated: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["screen", str(simulated), "--out", str(tmp_path / "out")]) == 0
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "review" / "forms.csv").is_file()


def test_review_files_are_added_to_the_study_however_it_is_named(
    simulated: Path, tmp_path: Path, capsys: Captured
) -> None:
    named = simulated / "study.toml"
    assert main(["screen", str(named), "--out", str(tmp_path / "out")]) == 0
    review = tmp_path / "out" / "review" / "forms.xlsx"
    assert _said("cli.next.confirm", "vi", path=review, study=named) in capsys.readouterr().out


@pytest.mark.long
def test_review_files_are_filled_in_confirmed_and_read_back(
    simulated: Path, tmp_path: Path, capsys: Captured
) -> None:
    """The whole way of a decision: review file, confirm, study.toml, screen."""
    study = tmp_path / "round"
    shutil.copytree(simulated, study)
    assert main(["screen", str(study), "--out", str(tmp_path / "before")]) == 0
    review = tmp_path / "before" / "review" / "forms.csv"
    rows = list(csv.DictReader(io.StringIO(review.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows
    chosen = rows[0]
    chosen |= {"decision": "loại", "reviewer": "Nguyễn Văn A", "reason": "trùng phiếu giấy"}
    _write(review, rows)
    assert main(["confirm", str(review), "--study", str(study), "--out", str(study / "decisions.csv")]) == 0
    _declare(study, 'decisions = "decisions.csv"')
    assert main(["screen", str(study), "--out", str(tmp_path / "after")]) == 0
    forms = list(
        csv.DictReader(io.StringIO((tmp_path / "after" / "forms.csv").read_text(encoding="utf-8-sig")))
    )
    decided = [f for f in forms if (f["form_code"], f["unit_code"]) == (chosen["form_code"], chosen["unit"])]
    assert {f["disposition"] for f in decided} == {"rejected"}
    assert all("decision" in f["reasons"].split(";") for f in decided)


@pytest.mark.long
def test_unit_names_are_confirmed_and_read_back(simulated: Path, tmp_path: Path, capsys: Captured) -> None:
    study = tmp_path / "round"
    shutil.copytree(simulated, study)
    assert main(["screen", str(study), "--out", str(tmp_path / "before")]) == 0
    review = tmp_path / "before" / "review" / "units.csv"
    rows = list(csv.DictReader(io.StringIO(review.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows
    rows[0]["decision"] = "x"
    _write(review, rows)
    assert main(["confirm", str(review), "--study", str(study), "--out", str(study / "names.csv")]) == 0
    _declare(study, 'unit_decisions = "names.csv"')
    assert main(["screen", str(study), "--out", str(tmp_path / "after")]) == 0
    left = tmp_path / "after" / "review" / "units.csv"
    text = left.read_text(encoding="utf-8-sig") if left.exists() else ""
    assert f"{rows[0]['text']}," not in text


@pytest.mark.long
def test_a_review_file_without_or_with_wrong_decisions_is_refused(
    simulated: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["screen", str(simulated), "--out", str(tmp_path / "out")]) == 0
    review = tmp_path / "out" / "review" / "forms.csv"
    arguments = ["confirm", str(review), "--study", str(simulated), "--out", str(tmp_path / "decisions.csv")]
    capsys.readouterr()
    assert main(arguments) == 1
    assert _said("review.empty", "vi", column_name="decision") in capsys.readouterr().err
    rows = list(csv.DictReader(io.StringIO(review.read_bytes().decode("utf-8-sig"), newline="")))
    rows[0] |= {"decision": "maybe"}
    _write(review, rows)
    assert main(arguments) == 1
    message = _said("review.decision", "vi", value="maybe", accepted=", ".join(FORMS.accepted))
    assert message in capsys.readouterr().err
    assert not (tmp_path / "decisions.csv").exists()


def test_check_finds_a_shipped_instrument_correct_and_a_broken_study_wrong(capsys: Captured) -> None:
    assert main(["check", "ha-noi/2023"]) == 0
    broken = Path(__file__).parents[3] / "data-sample" / "broken" / "study"
    assert main(["check", str(broken)]) == 1
    assert "study.toml" in capsys.readouterr().err


def test_explain_tells_type_default_meaning_and_example(capsys: Captured) -> None:
    assert main(["explain", "too_few_answers.minimum_share"]) == 0
    out = capsys.readouterr().out
    for part in ("0.6667", "0.0 … 1.0", "Tỷ lệ câu phải có trả lời.", "minimum_share = 0.5"):
        assert part in out
    assert main(["explain", "minimum_shar", "--lang", "en"]) == 1
    assert "Nearest: minimum_share." in capsys.readouterr().err


def test_list_names_every_instrument_and_its_sources(capsys: Captured) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in shipped())
    assert _said("summary.sources", "vi", instrument="ha-noi/2023") not in out
    assert main(["list", "ha-noi/2023"]) == 0
    cited = " ".join(capsys.readouterr().out.split())
    assert all(part in cited for part in ("243/KH-UBND", "05/10/2023", "Phụ lục 2"))
    assert main(["list", "papi/2021"]) == 0
    said = capsys.readouterr().out
    assert "sipas" not in said.split(_said("summary.sources", "vi", instrument="papi/2021"))[0]
    assert _said("cli.list.based_on", "vi", instrument="papi/2021", base="papi/2018") in said


def test_an_unknown_instrument_is_answered_with_the_nearest(tmp_path: Path, capsys: Captured) -> None:
    assert main(["list", "ha-noy/2023"]) == 1
    assert "ha-noi/2023" in capsys.readouterr().err
    assert main(["simulate", "papi/2022", "--seed", "1", "--out", str(tmp_path / "x")]) == 1
    assert "papi/2021" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_audit_reads_a_published_table(capsys: Captured) -> None:
    published = Path(__file__).parents[3] / "data-sample" / "published"
    assert main(["audit", str(published / "papi_ha_noi_2023.csv"), "--instrument", "papi/2021"]) == 0
    table = str(published / "par_index_can_tho_2022.csv")
    capsys.readouterr()
    assert main(["audit", table, "--instrument", "par-index/2022"]) == 1
    err = capsys.readouterr().err
    assert "3,2047" in err  # printed for 2.4, whose children sum to 3.2407: two digits swapped
    assert "3,2407" in err


def test_findings_of_an_audit_are_written_also_where_the_table_is_wrong(
    tmp_path: Path, capsys: Captured
) -> None:
    table = Path(__file__).parents[3] / "data-sample" / "published" / "par_index_can_tho_2022.csv"
    out = tmp_path / "findings"
    assert main(["audit", str(table), "--instrument", "par-index/2022", "--out", str(out)]) == 1
    assert "3.2407" in (out / "audit-findings.csv").read_text(encoding="utf-8")
    assert main(["verify", str(out)]) == 0
    (out / "notes.txt").write_text("mine")
    capsys.readouterr()
    assert main(["audit", str(table), "--instrument", "par-index/2022", "--out", str(out)]) == 1
    assert "notes.txt" in capsys.readouterr().err
    assert (out / "notes.txt").read_text() == "mine"


def test_map_writes_a_proposal_and_never_over_a_filled_in_one(
    simulated: Path, tmp_path: Path, capsys: Captured
) -> None:
    returns = next((simulated / "returns").glob("so-2*.csv"))
    arguments = ["map", str(returns), "--study", str(simulated), "--out", str(tmp_path / "mapping.csv")]
    assert main(arguments) == 0
    before = (tmp_path / "mapping.csv").read_bytes()
    assert main(arguments) == 1
    assert _said("file.exists", "vi") in capsys.readouterr().err
    assert (tmp_path / "mapping.csv").read_bytes() == before


@pytest.mark.long
def test_compare_takes_results_and_studies(
    simulated: Path, scored: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["compare", str(scored), str(simulated), "--out", str(tmp_path / "changes")]) == 0
    with open(tmp_path / "changes" / "changes.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changes = [float(row["change"]) for row in rows if row["change"]]
    assert changes
    assert max(map(abs, changes)) <= 1e-9  # a round against itself, once as printed to ten decimals
    assert {row["rank_change"] for row in rows if row["node_code"] == "0" and row["group"] == "all"} <= {
        "0",
        "",
    }
    assert main(["verify", str(tmp_path / "changes")]) == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_in_both_languages(command: str, language: Language, capsys: Captured) -> None:
    assert main([*command.split(), "--help", "--lang", language]) == 0
    out = capsys.readouterr().out
    assert out.startswith(_said("cli.help.usage", language))
    other = next(code for code in LANGUAGES if code != language)
    assert _said("cli.help.usage", other) not in out
    assert "--lang vi|en" in out


def test_every_command_and_parameter_is_explained() -> None:
    from typer.main import get_command

    from surveys.cli.fieldwork_commands import app

    group = get_command(app)
    assert set(group.commands) == set(COMMANDS)  # type: ignore[attr-defined]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for parameter in command.params:
            assert f"cli.{name}.{parameter.name}" in wording(), (name, parameter.name)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["scor", "x"], "cli.usage.no_command"),
        (["qqqqqqq"], "cli.usage.no_command"),
        (["score"], "cli.usage.missing"),
        (["score", "x"], "cli.usage.missing"),
        (["check", "x", "--out", "y"], "cli.usage.no_option"),
        (["simulate", "x", "--seed", "one", "--out", "y"], "cli.usage.value"),
        (["check", "x", "y"], "cli.usage.other"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], code: str, capsys: Captured) -> None:
    for language in LANGUAGES:
        assert main([*arguments, "--lang", language]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(wording()[code][language].partition("{")[0])


@pytest.mark.parametrize("arguments", [["--lang", "fr", "list"], ["list", "--lang"], ["--lang=", "list"]])
def test_an_unknown_language_is_wrong_usage(arguments: list[str], capsys: Captured) -> None:
    assert main(arguments) == 2
    assert "vi, en" in capsys.readouterr().err


def test_the_environment_may_choose_the_language(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("SURVEYS_LANG", "en")
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage")
    assert main(["--help", "--lang", "vi"]) == 0
    assert capsys.readouterr().out.startswith("Cách dùng")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "NOWHERE"],
        ["screen", "NOWHERE"],
        ["score", "NOWHERE", "--out", "OUT"],
        ["verify", "NOWHERE"],
        ["compare", "NOWHERE", "NOWHERE"],
        ["audit", "NOWHERE", "--instrument", "papi/2021"],
        ["audit", "NOWHERE", "--instrument", "NOWHERE"],
        ["confirm", "NOWHERE", "--study", "NOWHERE", "--out", "OUT"],
        ["map", "NOWHERE", "--study", "NOWHERE"],
        ["simulate", "NOWHERE", "--seed", "1", "--out", "OUT"],
        ["list", "NOWHERE"],
    ],
)
def test_what_does_not_exist_is_a_message(arguments: list[str], tmp_path: Path, capsys: Captured) -> None:
    named = {"NOWHERE": str(tmp_path / "nowhere"), "OUT": str(tmp_path / "out")}
    assert main([named.get(word, word) for word in arguments]) == 1
    assert capsys.readouterr().err.strip()
    assert list(tmp_path.iterdir()) == []


def test_out_is_asked_before_the_work(tmp_path: Path, simulated: Path, capsys: Captured) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["score", str(simulated), "--out", str(tmp_path)]) == 1
    assert (tmp_path / "mine.txt").read_text() == "mine"
    message = _said("handover.out_is_foreign", "vi", found="mine.txt")
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "exit_code", "code"),
    [
        (KeyboardInterrupt(), 130, "cli.interrupted"),
        (MemoryError(), 1, "cli.memory"),
        (OSError(28, "No space left on device", "out/scores.csv"), 1, "cli.disk_full"),
        (PermissionError(13, "Permission denied", "out"), 1, "cli.no_permission"),
        (OSError(5, "Input/output error"), 1, "cli.system"),
        (ZeroDivisionError("bug"), 70, "cli.internal"),
    ],
)
def test_faults_of_the_system_are_messages(
    fault: BaseException, exit_code: int, code: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def broken(path: str) -> None:
        raise fault

    monkeypatch.setattr("surveys.study.check", broken)
    assert main(["check", "."]) == exit_code
    out, err = capsys.readouterr()
    assert err.startswith(re.split("[{⟦]", wording()[code]["vi"])[0])
    assert "Traceback" not in out + err


def test_an_interrupt_that_a_library_turns_into_another_exception_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(process, "_asked_by", [])

    def asked_while_a_library_works(path: str) -> None:
        try:
            process._stop(15, None)
        except (
            KeyboardInterrupt
        ):  # as Python does while a class is made, and pydantic while it builds a validator
            raise ValueError("Error building a validator") from None

    monkeypatch.setattr("surveys.study.check", asked_while_a_library_works)
    assert main(["check", "."]) == 130
    assert capsys.readouterr().err.startswith(re.split("[{⟦]", wording()["cli.interrupted"]["vi"])[0])


def test_problems_are_grouped_by_file_with_all_places(capsys: Captured) -> None:
    again = [Problem("verify.blank", file="a.csv", row=row, column="c") for row in (2, 5, 9)]
    other = Problem("verify.file_extra", "warning", file="b.csv")
    Terminal("en").problems([again[0], other, *again[1:], other])
    assert capsys.readouterr().err.splitlines() == [
        "a.csv",
        f"  error: row 2, 5, 9, column c: {_said('verify.blank', 'en')}",
        "b.csv",
        f"  warning: {_said('verify.file_extra', 'en')}",
        _said("cli.problems.number", "en", errors=3, warnings=1),
    ]


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "surveys", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_it_runs_as_a_module_and_on_a_terminal_without_vietnamese() -> None:
    found = _run("--help", PYTHONIOENCODING="ascii")
    assert found.returncode == 0
    assert found.stderr == b""
    assert b"SURVEYS_LANG" in found.stdout


@pytest.mark.long
def test_a_reader_who_goes_away_is_no_fault() -> None:
    command = f'"{sys.executable}" -m surveys list | head -n 1; exit "${{PIPESTATUS[0]}}"'
    found = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert found.returncode == 0
    assert found.stderr == b""


def test_help_loads_none_of_the_heavy_packages() -> None:
    """What makes a start slow is importing; asserted by name, since time depends on the machine."""
    code = "import sys; from surveys.cli import main; main(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(found.stderr.decode().split())
    assert not loaded & {
        "numpy",
        "pandas",
        "scipy",
        "pydantic",
        "pyreadstat",
        "statsmodels",
        "xlsxwriter",
        "matplotlib",
    }


def test_exit_codes_are_those_of_the_help() -> None:
    assert (entry.DONE, entry.WRONG_DATA, entry.WRONG_USAGE) == (0, 1, 2)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows back as a spreadsheet does: semicolons and a byte order mark."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))


def _declare(study: Path, line: str) -> None:
    """Name a file in ``[files]`` of study.toml."""
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert "[files]\n" in text
    (study / "study.toml").write_text(text.replace("[files]\n", f"[files]\n{line}\n", 1), encoding="utf-8")
