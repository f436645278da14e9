"""The guide says what is true: its files are those of the sample, its commands run, its settings are accepted."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from surveys.cli import main
from surveys.cli.fieldwork_commands import app
from surveys.definitions.check import check
from surveys.definitions.declared_rules import OFF, faulty_parameters
from surveys.definitions.instrument import parts as instrument
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Rule
from surveys.definitions.record_building import build, entries, from_table
from surveys.definitions.study import reading as study
from surveys.definitions.study.council_names import CouncilSystem, check_council
from surveys.definitions.study.records import Exclusion
from surveys.handover.exchange import FORMAT
from surveys.problems import Place, Problems, wording
from surveys.vocabulary.council_tables import COUNCIL_COLUMNS, OF_CLASSES, OF_COUNCIL, OF_POINTS, IndexKind
from surveys.vocabulary.validity_rules import SEVERITIES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*/*.md"))
FIRST = [ROOT / "docs/vi/01-cuoc-dieu-tra-dau-tien.md", ROOT / "docs/en/01-a-first-survey.md"]
EXCHANGE = [ROOT / "docs/vi/12-dinh-dang-trao-doi.md", ROOT / "docs/en/12-exchange-format.md"]
EDITIONS = [ROOT / "docs/vi/11-phien-ban.md", ROOT / "docs/en/11-editions.md"]
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def blocks(page: Path, kind: str) -> list[tuple[str, str]]:
    """(title, text) of the fenced blocks of one kind."""
    return [(title, text) for found, title, text in BLOCK.findall(page.read_text("utf-8")) if found == kind]


@pytest.mark.parametrize("page", FIRST, ids=lambda page: page.parent.name)
def test_the_files_shown_are_those_of_the_first_survey(page: Path) -> None:
    shown = {title: text for kind in ("toml", "csv") for title, text in blocks(page, kind) if title}
    assert set(shown) == {
        "study.toml", *(f"instrument/{name}" for name in ("instrument.toml", "tree.csv", "items.csv", "units.csv"))
    }  # fmt: skip
    for name, text in shown.items():
        assert text == (ROOT / "data-sample/first-survey" / name).read_text("utf-8"), name


@pytest.mark.long
@pytest.mark.parametrize("page", FIRST, ids=lambda page: page.parent.name)
def test_the_commands_of_the_first_chapter_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("khai-bao.xlsx", "returns/google-forms.xlsx"):
        shutil.copy(ROOT / "data-sample/first-survey" / file, tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = [line.split() for _, text in blocks(page, "sh") for line in text.splitlines()]
    assert [command[1] for command in commands] == ["new", "add", "check", "score", "verify"]
    for command in commands:
        assert main(command[1:]) == 0, command
    assert re.search(r"Mẫu phiếu người dân +170 +155 +3 +12\n", capsys.readouterr().out)

    results = Path(commands[3][-1])
    rows = list(csv.DictReader((results / "review/units.csv").read_text("utf-8-sig").splitlines()))
    decided: set[str] = set()
    for row in rows:
        if row["text"] not in decided:
            row["decision"] = row["proposed_code"]
            decided.add(row["text"])
    (added,) = (text.split() for _, text in blocks(page, "console") if "surveys add" in text)
    with Path("filled.csv").open("w", encoding="utf-8-sig", newline="") as filled:
        writer = csv.DictWriter(filled, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert main(["add", "filled.csv", *added[3:]]) == 0
    assert main(commands[3][1:]) == 0
    assert re.search(r"Mẫu phiếu người dân +170 +158 +12\n", capsys.readouterr().out)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_settings_shown_are_toml_and_links_lead_somewhere(page: Path) -> None:
    for _, text in blocks(page, "toml"):
        tomllib.loads(text)
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_settings_shown_are_accepted(page: Path) -> None:
    problems = Problems()
    records = {name: part.record for name, part in {**instrument.SECTIONS, **study.SECTIONS}.items()}
    for title, text in blocks(page, "toml"):
        for section, content in () if title else tomllib.loads(text).items():
            if section == "files":
                assert set(content) <= set(study.FILES)
            elif section == "rules":
                assert all(rule["severity"] in (*SEVERITIES, OFF) for rule in content)
                problems.extend(
                    faulty_parameters(Rule(r.pop("rule"), "flag", _parameters(r)) for r in content)
                )
            else:
                record, tables = records[section], content if isinstance(content, list) else [content]
                if section == "units":
                    record, tables = Exclusion, content["exclusions"]
                for raw, place in entries({section: tables}, section, Place(problems, page.name)):
                    build(record, from_table(record, raw, place), place)
    assert not list(problems)


def _parameters(rule: dict[str, object]) -> tuple[tuple[str, object], ...]:
    return tuple((key, value) for key, value in rule.items() if key not in ("severity", "source"))


@pytest.mark.parametrize("page", EDITIONS, ids=lambda page: page.parent.name)
def test_the_edition_of_the_guide_is_an_edition(page: Path, tmp_path: Path) -> None:
    ((_, differences),), ((_, rows),) = blocks(page, "toml"), blocks(page, "csv")
    (tmp_path / "instrument.toml").write_text(differences, "utf-8")
    (tmp_path / "tree.csv").write_text(rows, "utf-8")
    assert [problem.text("en") for problem in check(tmp_path)] == []
    edition, base = (
        load_instrument(tmp_path),
        load_instrument(tomllib.loads(differences)["identity"]["based_on"]),
    )
    changed = [node.code for node in edition.nodes if node != base.node[node.code]]
    assert (edition.name, changed) == ("ha-noi/2026", ["2.4.1"])
    assert [item.code for item in base.items if item.code not in edition.item] == ["2.4.1b"]
    severity = {rule.rule: rule.severity for rule in edition.rules}
    assert severity.pop("too_fast") == "flag"
    assert severity == {rule.rule: rule.severity for rule in base.rules if rule.rule != "too_fast"}


COMMAND = re.compile(
    r"(?:(?<=`)|(?<=“)|(?<=\n)|(?<=chạy )|(?<=[Rr]un )|(?<=Xem: )|(?<=See: ))surveys ([a-z][a-z_-]*)"
)


def test_every_command_that_is_named_is_a_command() -> None:
    """In the guide, the README, the reference and every message."""
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    written = [*PAGES, ROOT / "README.md", *(ROOT / "docs").glob("*/*/*.md")]
    pages = {str(page.relative_to(ROOT)): page.read_text("utf-8") for page in written}
    pages |= {code: "\n".join(words.values()) for code, words in wording().items()}
    named = {(place, command) for place, text in pages.items() for command in COMMAND.findall(f"\n{text}")}
    assert {command for _, command in named} >= {"confirm", "map", "screen", "score", "check", "verify"}
    assert sorted((place, command) for place, command in named if command not in known) == []


@pytest.mark.parametrize("page", EXCHANGE, ids=lambda page: page.parent.name)
def test_the_exchange_format_lists_the_columns_that_there_are(page: Path) -> None:
    listed = {
        title: [name.strip() for name in text.replace("\n", " ").split(",")]
        for title, text in blocks(page, "text")
    }
    kinds = {"points": OF_POINTS, "council": OF_COUNCIL, "classes": OF_CLASSES}
    assert listed == {name: list(columns) for name, columns in {**COUNCIL_COLUMNS, **kinds}.items()}
    text = page.read_text("utf-8")
    assert text.count(FORMAT) == 2
    ((_, example),) = blocks(page, "json")
    document = json.loads(example)
    assert set(document["tables"]["scores"][0]) <= set(COUNCIL_COLUMNS["scores"])
    ((_, names),) = blocks(page, "toml")
    system = CouncilSystem(
        tuple((t, tuple(c.items())) for t, c in tomllib.loads(names)["council"]["columns"].items())
    )
    problems = Problems()
    check_council(system, IndexKind(), Place(problems, page.name))
    assert not problems
