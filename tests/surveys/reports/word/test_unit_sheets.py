"""The sheets that units get: their own numbers as the package prints them, the average of the block, and nothing of any other
unit."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

import surveys as sv
from surveys.analysis.counted_units import FEWEST
from surveys.cli import main
from surveys.handover.round_results import RoundResults, read_results_of_round
from surveys.handover.verification import verified_tables
from surveys.problems import phrase
from surveys.reports.unit_figures import unit_figures
from surveys.vocabulary.csv import csv_bytes
from tests.surveys.handover.forging import reseal

FIRST = Path(__file__).parents[4] / "data-sample" / "first-survey"
Rows = list[dict[str, str]]
Key = tuple[str, str]


# --- the rounds ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of six communes: an index with points, of one half."""
    folder = tmp_path_factory.mktemp("first") / "results"
    sv.load(FIRST).score().write(folder)
    return folder


@pytest.fixture(scope="session")
def first_sheets(first: Path) -> Path:
    out = first.parent / "sheets"
    assert sv.unit_sheets(first, out) == 6
    return out


def simulated(folder: Path, edition: str, scale: float, language: str = "vi") -> tuple[Path, Path]:
    """A simulated round, its results and the sheets of its units."""
    sv.simulate(edition, 11, folder / "round", scale=scale)
    study = sv.load(folder / "round")
    study.replace(output={"language": language}).score().write(folder / "results")
    sv.unit_sheets(folder / "results", folder / "sheets")
    return folder / "results", folder / "sheets"


@pytest.fixture(scope="module", params=["ha-noi/2023", "sipas/2023", "papi/2021"])
def round_(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both halves; an index without points; many units. Small enough that some results are hidden."""
    return simulated(tmp_path_factory.mktemp("round"), request.param, 0.15)


# --- plain readers ------------------------------------------------------------------------------------------------------


def rows_of(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def by_unit(rows: Rows) -> dict[Key, Rows]:
    found: dict[Key, Rows] = defaultdict(list)
    for row in rows:
        found[row["block"], row["unit_code"]].append(row)
    return found


def tables_of(path: Path) -> list[list[list[str]]]:
    """Every table with lines of a document: its rows of texts."""
    document = docx.Document(str(path))
    return [
        [[cell.text for cell in row.cells] for row in table.rows]
        for table in document.tables
        if table.style is not None and table.style.name == "Bảng báo cáo"
    ]


def text_of(path: Path) -> str:
    """Everything that can be read in a document, its header and properties included, spaces at which no line ends as others."""
    document = docx.Document(str(path))
    parts = [document.element.body, document.sections[0].header._element]
    said = [node.text or "" for part in parts for node in part.iter() if node.tag.endswith("}t")]
    about = (document.core_properties.title or "", document.core_properties.author or "")
    return "\n".join([*said, *about]).replace("\N{NO-BREAK SPACE}", " ")


def sheets_in(folder: Path) -> Iterator[tuple[Key, Path]]:
    for path in sorted(folder.glob("*/*.docx")):
        yield (path.parent.name, path.stem), path


def shown(number: str) -> str:
    """A printed number as a Vietnamese document has it."""
    return number.replace(".", ",") or "–"


def of_annex(path: Path) -> list[list[str]]:
    """The rows of the table of all nodes, which is the last one."""
    return tables_of(path)[-1][1:]


# --- the numbers --------------------------------------------------------------------------------------------------------


def check_numbers(results: Path, sheets: Path) -> None:
    """Every number of every sheet against the council's tables, cell by cell."""
    scores, units = by_unit(rows_of(results / "council/scores.csv")), rows_of(results / "council/units.csv")
    assert {key for key, _ in sheets_in(sheets)} == {(unit["block"], unit["unit_code"]) for unit in units}
    averages = averages_of(rows_of(results / "council/scores.csv"), rows_of(results / "tree.csv"))
    for key, path in sheets_in(sheets):
        rows = scores[key]
        expected = [
            [name_of(row, rows[0]), *numbers_of(row), shown(averages[key[0], row["node_code"]])]
            for row in rows
        ]
        assert of_annex(path) == expected, path


def name_of(row: dict[str, str], total: dict[str, str]) -> str:
    return row["node_name"] if row is total else f"{row['node_code']}. {row['node_name']}"


def numbers_of(row: dict[str, str]) -> list[str]:
    """The numbers of a node in the order of the sheet, without the average."""
    if "points" not in row:
        interval = interval_of(row["ci_low"], row["ci_high"])
        return [shown(row["percent"]), interval]
    interval = interval_of(row["points_low"], row["points_high"])
    halves = ("self_assessed", "council_points", "survey_points")
    if "council_points" in row:
        return [*(shown(row[name]) for name in ("max_points", *halves, "points")), interval]
    return [shown(row["max_points"]), shown(row["points"]), interval, shown(row["percent"])]


def interval_of(low: str, high: str) -> str:
    return f"{shown(low)} – {shown(high)}" if low and high else "–"


def averages_of(scores: Rows, tree: Rows) -> dict[Key, str]:
    """(block, node) → mean as text, by exact fractions: over units whose result, and every result below it, is there, without one
    or two that do not stand in the mean above."""
    parents = {row["code"]: row["parent"] for row in tree}
    means: dict[Key, str] = {}
    counted: dict[Key, list[str]] = {}
    for block in {row["block"] for row in scores}:
        value: dict[str, dict[str, str]] = defaultdict(dict)
        for row in scores:
            if row["block"] == block:
                value[row["unit_code"]][row["node_code"]] = (
                    row["points"] if "points" in row else row["percent"]
                )
        for node in next(iter(value.values())):
            below = [other for other in next(iter(value.values())) if node in above(other, parents)]
            units = [u for u, own in value.items() if all(own[each] for each in (node, *below))]
            over = counted.get((block, parents[node]), [])
            if len([unit for unit in units if unit not in over]) in (1, 2):
                units = [unit for unit in units if unit in over]
            counted[block, node] = units if len(units) >= 3 else []
            means[block, node] = mean_of([value[unit][node] for unit in units]) if len(units) >= 3 else ""
    return means


def above(node: str, parents: dict[str, str]) -> list[str]:
    parent = parents.get(node, "")
    return [parent, *above(parent, parents)] if parent else []


def mean_of(texts: list[str]) -> str:
    """The mean of decimals to as many digits as they have, halves up."""
    digits = len(texts[0].partition(".")[2])
    units = sum(Fraction(text) for text in texts) / len(texts) * 10**digits
    rounded = (units + Fraction(1, 2)).__floor__()
    return str(Decimal(rounded).scaleb(-digits).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def test_the_numbers_are_those_of_the_package(first: Path, first_sheets: Path) -> None:
    check_numbers(first, first_sheets)


@pytest.mark.long
def test_the_numbers_of_simulated_rounds_are_those_of_the_package(round_: tuple[Path, Path]) -> None:
    check_numbers(*round_)


def test_forms_are_those_of_the_funnel(first: Path, first_sheets: Path) -> None:
    counted = by_unit(rows_of(first / "funnel.csv"))
    for key, path in sheets_in(first_sheets):
        (row,) = counted[key]
        found = next(table for table in tables_of(path) if table[-1][0] == phrase("sheet.forms.all", "vi"))
        numbers = [row[name] for name in ("returned", "valid", "review", "rejected")]
        assert found[1] == ["Người dân", "–", *numbers]  # no list of forms that were handed out
        assert found[2][1:] == found[1][1:]


def test_total_and_rank_stand_in_words(first: Path, first_sheets: Path) -> None:
    units = {(row["block"], row["unit_code"]): row for row in rows_of(first / "council/units.csv")}
    for key, path in sheets_in(first_sheets):
        row, text = units[key], text_of(path)
        points = {"points": shown(row["points"]), "most": "10", "percent": shown(row["percent"])}
        limits = {"low": shown(row["points_low"]), "high": shown(row["points_high"])}
        ranks = {"rank": row["rank"], "ranked": 6, "low": row["rank_low"], "high": row["rank_high"]}
        assert phrase("sheet.total.points", "vi", **points) in text
        assert phrase("sheet.interval.points", "vi", **limits) in text
        assert phrase("sheet.rank.told", "vi", **ranks) in text
        assert phrase("sheet.mark", "vi") in text


def test_the_sub_criteria_in_which_most_was_lost(first: Path, first_sheets: Path) -> None:
    """By hand: maximum − points of the lowest nodes, the largest first, and its share of all that was lost."""
    parents = {row["parent"] for row in rows_of(first / "tree.csv") if row["level"] != "item"}
    scores = by_unit(rows_of(first / "council/scores.csv"))
    for key, path in sheets_in(first_sheets):
        leaves = [row for row in scores[key] if row["node_code"] not in parents]
        lost = [(Fraction(row["max_points"]) - Fraction(row["points"]), row) for row in leaves]
        told = sorted(lost, key=lambda pair: -pair[0])[:5]
        heading = phrase("sheet.column.lost", "vi")
        found = next(table for table in tables_of(path) if heading in table[0])
        assert [row[0] for row in found[1:]] == [f"{r['node_code']}. {r['node_name']}" for _, r in told]
        assert [row[3] for row in found[1:]] == [shown(f"{float(points):.4f}") for points, _ in told]
        shares = [float(100 * points / sum(p for p, _ in lost)) for points, _ in told]
        assert [float(row[4].replace(",", ".")) for row in found[1:]] == pytest.approx(shares, abs=0.0051)


# --- nothing of others ----------------------------------------------------------------------------------------------------


def check_privacy(results: Path, sheets: Path) -> None:
    """No name, code, total or rank set of another unit in any sheet, nor any of its numbers that is not a number of the unit or
    an average."""
    units = rows_of(results / "council/units.csv")
    scores = by_unit(rows_of(results / "council/scores.csv"))
    label = json.loads((results / "run.json").read_bytes())["study"]["label_vi"]
    for key, path in sheets_in(sheets):
        text = text_of(path).replace(label, "")
        own = next(unit for unit in units if (unit["block"], unit["unit_code"]) == key)
        nodes = " ".join(row["node_name"] for row in scores[key])
        words = set(re.findall(r"[\w.-]+", text))
        numbers = {cell for table in tables_of(path) for row in table for cell in row}
        known = {cell for row in of_annex(path) for cell in row} | lost_by(scores[key])
        for other in units:
            if other is own:
                continue
            name, code = other["unit_name"], other["unit_code"]
            assert name not in text.replace(own["unit_name"], "") or name in nodes, (path, name)
            assert code not in words or code in own["unit_code"] or code in nodes, (path, code)
            for row in scores[other["block"], code]:
                for column in ("points", "points_low", "points_high"):
                    value = shown(row.get(column, ""))
                    if len(value) > 5 and len(set(value)) > 4 and value in numbers:
                        assert value in known, (path, value)


def lost_by(rows: Rows) -> set[str]:
    """Points that a unit lost, as a sheet shows them."""
    pairs = ((row["max_points"], row["points"]) for row in rows if row.get("points"))
    return {shown(str(Decimal(most) - Decimal(points))) for most, points in pairs}


def test_nothing_of_other_units_stands_in_a_sheet(first: Path, first_sheets: Path) -> None:
    check_privacy(first, first_sheets)


@pytest.mark.long
def test_nothing_of_other_units_stands_in_a_sheet_of_simulated_rounds(round_: tuple[Path, Path]) -> None:
    check_privacy(*round_)


def changed_units(results: RoundResults, units: dict[str, dict[str, Any]]) -> RoundResults:
    """The results with other values of the rows of some units: unit → node → columns."""
    frame = results.scores.frame.copy()
    for unit, nodes in units.items():
        for node, columns in nodes.items():
            here = (frame["unit_code"] == unit) & (frame["node_code"] == node)
            assert here.any()
            for column, value in columns.items():
                frame.loc[here, column] = value
    return replace(results, scores=replace(results.scores, frame=frame))


def test_what_is_hidden_of_a_unit_enters_no_average_not_even_by_its_total(first: Path) -> None:
    """A criterion of x2 is hidden while its total is shown: the total would give it back, so x2 counts in neither."""
    results = read_results_of_round(first)
    gap = dict.fromkeys(("points", "points_low", "points_high", "percent"), "")
    hidden = changed_units(results, {"x2": {"1": gap}})
    totals = {key[1]: figures.total.points for key, figures in unit_figures(results).items()}
    found = unit_figures(hidden)["xa", "x1"]
    assert found.averaged == 5
    one = next(
        node for node in found.nodes if node.code == "2"
    )  # which x2 shows, and would show by the difference
    others = [
        node.points
        for key, f in unit_figures(results).items()
        for node in f.nodes
        if node.code == "2" and key[1] != "x2"
    ]
    assert one.average == mean_of(others)
    assert found.total.average == mean_of([points for unit, points in totals.items() if unit != "x2"])
    for points in ("0.0001", "9.9999"):
        other = changed_units(hidden, {"x2": {"0": {"points": points}}})
        assert unit_figures(other)["xa", "x1"] == found
        assert unit_figures(other)["xa", "x2"].total.average == found.total.average


def test_remarks_name_groups_as_people_do(first: Path) -> None:
    results = read_results_of_round(first)
    general = phrase("index.survey_error_only", "vi")
    note = f"{phrase('score.missing_group', 'vi', groups='citizens, nhom-la')}; {general}"
    found = unit_figures(changed_units(results, {"x2": {"1": {"note": note}}}))["xa", "x2"]
    (said,) = (node.note for node in found.nodes if node.code == "1")
    assert said == phrase("score.missing_group", "vi", groups="Người dân, nhom-la")


@pytest.mark.parametrize("shown_units", [1, 2, 3])
def test_from_fewer_than_three_units_no_average_is_told(first: Path, shown_units: int) -> None:
    results = read_results_of_round(first)
    gap = dict.fromkeys(("points", "points_low", "points_high", "percent"), "")
    nodes = results.scores.frame["node_code"].unique()
    few = changed_units(results, {f"x{k}": dict.fromkeys(nodes, gap) for k in range(shown_units + 1, 7)})
    for figures in unit_figures(few).values():
        told = {node.average != "" for node in figures.nodes}
        assert told == {shown_units >= FEWEST}
        assert figures.averaged == (shown_units if shown_units >= FEWEST else 0)


# --- the earlier round --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def earlier(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same communes, of which those who answered late in the fieldwork are not counted."""
    folder = tmp_path_factory.mktemp("earlier")
    study = sv.load(FIRST).replace(fieldwork={"end": "2026-10-20"})
    study.score().write(folder / "results")
    return folder / "results"


def test_changes_are_those_of_the_comparison(first: Path, earlier: Path, tmp_path: Path) -> None:
    sv.unit_sheets(first, tmp_path / "out", earlier)
    changes = sv.compare(earlier, first).changes
    for (_, unit), path in sheets_in(tmp_path / "out"):
        own = changes[(changes["unit_code"] == unit) & (changes["group"] == "all")].set_index("node_code")
        heading = phrase("sheet.column.verdict", "vi")
        found = next(table for table in tables_of(path) if heading in table[0])[1:]
        total = own.loc["0"]
        texts = [f"{100 * total[name]:.2f}".replace(".", ",") for name in ("score_old", "score_new")]
        assert found[0][1:3] == texts
        change = f"{abs(100 * total['change']):.2f}".replace(".", ",")
        assert found[0][3].lstrip("+\N{MINUS SIGN}").startswith(f"{change} (")
        verdict = "chance" if total["p_adjusted"] > 0.05 else "up" if total["change"] > 0 else "down"
        assert found[0][4] == phrase(f"sheet.verdict.{verdict}", "vi")
        assert len(found) == 1 + sum(own["node_level"] == "criterion")
    assert json.loads((tmp_path / "out/run.json").read_bytes())["previous"] == sv.fingerprint(earlier)


@pytest.mark.long
def test_rounds_that_cannot_be_compared_say_why(first: Path, tmp_path: Path) -> None:
    other, _ = simulated(tmp_path, "sipas/2023", 0.1)
    sv.unit_sheets(first, tmp_path / "out", other)
    with pytest.raises(sv.SurveyError) as error:
        sv.compare(other, first)
    for _, path in sheets_in(tmp_path / "out"):
        told = [problem for problem in error.value.problems if problem.severity == "error"]
        assert {problem.code for problem in told} == {"compare.no_common_node", "compare.no_common_unit"}
        why = " ".join(problem.message("vi") for problem in told)
        assert phrase("sheet.changes.refused", "vi", why=why) in text_of(path)


# --- the folder -----------------------------------------------------------------------------------------------------------


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def codes(error: pytest.ExceptionInfo[sv.SurveyError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_the_same_results_give_the_same_bytes_and_replace_each_other(
    first: Path, first_sheets: Path, tmp_path: Path
) -> None:
    sv.unit_sheets(first, tmp_path / "out")
    assert content(tmp_path / "out") == content(first_sheets)
    sv.unit_sheets(first, tmp_path / "out")
    assert content(tmp_path / "out") == content(first_sheets)
    assert sv.verify(tmp_path / "out") == ()


def test_a_sheet_that_was_changed_is_found_and_not_replaced(first: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sv.unit_sheets(first, out)
    (out / "xa/x1.docx").write_bytes((out / "xa/x2.docx").read_bytes())
    assert [(problem.code, problem.file) for problem in sv.verify(out)] == [
        ("verify.file_changed", "xa/x1.docx")
    ]
    before = content(out)
    with pytest.raises(sv.SurveyError) as error:
        sv.unit_sheets(first, out)
    assert codes(error) == ["handover.out_has_edited_files"]
    assert content(out) == before


def test_other_contents_are_not_replaced(first: Path, tmp_path: Path) -> None:
    sv.hand_over(first, tmp_path / "handed")
    sv.unit_sheets(first, tmp_path / "sheets")
    with pytest.raises(sv.SurveyError) as error:
        sv.unit_sheets(first, tmp_path / "handed")
    assert codes(error) == ["handover.out_is_other"]
    with pytest.raises(sv.SurveyError) as error:
        sv.hand_over(first, tmp_path / "sheets")
    assert codes(error) == ["handover.out_is_other"]


def test_sheets_lie_outside_of_results(first: Path, tmp_path: Path) -> None:
    shutil.copytree(first, tmp_path / "results")
    before = content(tmp_path)
    for out in (tmp_path / "results/sheets", tmp_path / "results", tmp_path):
        with pytest.raises(sv.SurveyError) as error:
            sv.unit_sheets(tmp_path / "results", out)
        assert codes(error) == ["handover.out_within"]
    assert content(tmp_path) == before


def test_results_that_do_not_verify_give_no_sheets(first: Path, tmp_path: Path) -> None:
    shutil.copytree(first, tmp_path / "results")
    scores = tmp_path / "results/council/scores.csv"
    scores.write_bytes(scores.read_bytes().replace(b",ok,", b",ok, ", 1))
    with pytest.raises(sv.SurveyError):
        sv.unit_sheets(tmp_path / "results", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_code_that_leads_out_of_the_folder_is_refused(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results whose tables somebody forged, down to what verification looks at."""
    shutil.copytree(first, tmp_path / "results")
    for path in (tmp_path / "results").rglob("*.csv"):
        path.write_bytes(path.read_bytes().replace(b",x1,", b",../x1,"))
    reseal(tmp_path / "results")
    monkeypatch.setattr(
        "surveys.handover.round_results.verified_tables", lambda at, **_: ((), verified_tables(at)[1])
    )
    with pytest.raises(sv.SurveyError) as error:
        sv.unit_sheets(tmp_path / "results", tmp_path / "out")
    assert codes(error) == ["sheets.unit_code"]


def test_without_the_package_it_is_said_what_to_install(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "docx", None)
    with pytest.raises(sv.SurveyError) as error:
        sv.unit_sheets(first, tmp_path / "out")
    assert codes(error) == ["word.not_installed"]
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_comes_next(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    out = tmp_path / "out"
    assert main(["handover", str(first), "--per-unit", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert phrase("cli.handover.sheets", "vi", out=out, number=6) in said
    assert phrase("cli.next.explain", "vi", path=out / "explanations.xlsx") in said
    for wrong in (["--record", "--per-unit"], ["--previous", str(first)]):
        assert main(["handover", str(first), *wrong, "--out", str(tmp_path / "other")]) == 1
        assert phrase("cli.handover.mixed", "vi") in capsys.readouterr().err


# --- the answers ------------------------------------------------------------------------------------------------------------


def answered(sheets: Path, folder: Path) -> Path:
    """The workbook beside the sheets, filled in for one unit, with a row about a single node below the table."""
    book = openpyxl.load_workbook(sheets / "explanations.xlsx")
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    said = {
        2: {"explanation": "Phiếu ít; xem kèm", "received_on": "05/11/2026", "status": "đã nhận"},
        8: {"block": "xa", "unit": "x2", "node": "1", "explanation": "Đổi trụ sở", "received_on": "06/11/2026",
            "decision": "một phần", "reviewer": "Trần B", "reason": "đúng một phần", "date": "12/11/2026"},
    }  # fmt: skip
    for row, cells in said.items():
        for name, value in cells.items():
            sheet.cell(row, heads.index(name) + 1, value)
    book.save(folder / "filled.xlsx")
    return folder / "filled.xlsx"


def test_answers_come_back_into_the_round(
    first_sheets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the workbook beside the sheets to the file of the study and to the results of the next run."""
    study, settings = tmp_path / "study", tmp_path / "study/study.toml"
    shutil.copytree(FIRST, study)
    out = study / "explanations.csv"
    arguments = ["confirm", str(answered(first_sheets, tmp_path)), "--study", str(study), "--out", str(out)]
    assert main(arguments) == 0
    assert [row["unit"] for row in rows_of(out)] == ["x1", "x2"]
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}\n[files]\nexplanations = "explanations.csv"\n', encoding="utf-8")
    assert main(["score", str(study), "--out", str(tmp_path / "results")]) == 0
    assert phrase("cli.next.explanations", "vi", number=1) in capsys.readouterr().out
    found = rows_of(tmp_path / "results/review/explanations.csv")
    assert [(row["unit_name"], row["node_code"], row["decision_word"]) for row in found] == [
        ("Xã An Bình", "", phrase("handover.explanation_decision.pending", "vi")),
        ("Xã Đông Hòa", "1", phrase("handover.explanation_decision.partly", "vi")),
    ]
    assert sv.verify(tmp_path / "results") == ()
    run = json.loads((tmp_path / "results/run.json").read_bytes())
    assert [(e["about"], e["decisions"]) for e in run["decisions"]] == [("explanations", 2)]
    council = content(tmp_path / "results/council")
    assert not any("Đổi trụ sở".encode() in file for file in council.values())


def test_the_table_to_fill_in_has_a_row_a_unit(first: Path, first_sheets: Path) -> None:
    units = [(row["unit_code"], row["unit_name"]) for row in rows_of(first / "council/units.csv")]
    found = rows_of(first_sheets / "explanations.csv")
    assert [(row["unit"], row["unit_name"]) for row in found] == units
    assert {row["decision"] for row in found} == {""}
    assert (
        csv_bytes(list(found[0]), (row.values() for row in found))
        == (first_sheets / "explanations.csv").read_bytes()
    )
