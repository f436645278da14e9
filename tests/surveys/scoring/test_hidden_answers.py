"""Answers that are not shown are found in nothing that is: random rounds full of small cells, attacked in two ways.

Changed: every answer of a hidden cell is replaced by another. Whatever is published must stay as it was, to the last digit: then
it holds nothing of these answers, by whatever formula. Solved: least squares on the published numbers with every equation that
the definitions and remarks tell; no hidden score may come out.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pytest

import surveys as sv
from surveys.handover.package import package
from surveys.handover.verification import verify_folder
from surveys.problems import phrase

pytestmark = pytest.mark.long

ROUND = Path(__file__).parents[2] / "rounds" / "small"
UNITS = {"p1": "Phòng Một", "p2": "Phòng Hai", "p3": "Phòng Ba"}
STAFF, RATERS, MINIMUM, RATER_ROWS = "abcdefk", "abcdk", 4, 9
MORE_TREE = "4,0,field,,assessment,,4,,,,,Thẩm định,Assessed,TEST\n"
MORE_TREE += "3,,part,shares,survey,,0,,,staff:1;raters:1,,Nhận định,Perceptions,TEST\n"
MORE_ITEMS = "k,3,b-1;b-2,agree,0,1,,,,,Nhận định chung,In general,,TEST\n"
OVERALL = "z,,b-1,agree,0,1,,,,,Nhìn chung,Overall,,TEST\n"
DRIVERS = (
    '\n[[drivers]]\ncode = "d"\noutcome = "z"\nnodes = ["1.1.1", "1.1.2"]\nlabel_vi = "D"\nlabel_en = "D"\n'
)
CLASSES = "".join(
    f'\n[[classes]]\ncode = "{code}"\npercent_from = {least}\nlabel_vi = "{code}"\nlabel_en = "{code}"\n'
    for code, least in (("tot", 70), ("yeu", 0))
)
#: Variations of the small round: policy for missing groups, rule of a whole index.
KINDS = [("incomplete", ""), ("renormalise", ""), ("incomplete", "pooled"), ("renormalise", "mean_of_items")]
#: Agencies that lead parts of every size, some of them hidden; one target of the whole and one of a node.
AGENCIES = "block,unit,node,item,lead\n,,0,,A\n,,1.1.1,,B\n,,2.1.1,,C\n,,4,,C\nb,p2,1.1.2,,D\n"
TARGETS = "block,unit,node,item,measure,target\n,,0,,percent,90\nb,p1,1.1.1,,points,1.2\n"
#: How the line of a sheet begins that names the results it was made from.
MADE_FROM = phrase("sheet.made_from", "vi", fingerprint="")[:20]
Form = dict[str, str]


def a_round(rng: np.random.Generator) -> tuple[list[Form], list[Form]]:
    """Forms of staff and of raters, item (and unit) → answer; many are blank, so that many cells are small. Those about the first
    unit are filled in, so that one total at least can be handed over."""

    def answer(name: str) -> str:
        levels, shares = ["1", "2", "3", "4", "5"], [0.13, 0.19, 0.22, 0.28, 0.18]
        if name == "Phòng Một":
            return str(rng.choice(levels, p=shares))
        return str(rng.choice(["", "9", *levels], p=[0.5, 0.04, *(0.46 * share for share in shares)]))

    staff = [
        {"Đơn vị": name, **{item: answer(name) for item in STAFF}}
        for name, forms in zip(UNITS.values(), (9, 7, 5), strict=True)
        for _ in range(forms)
    ]
    raters = [
        {f"{item} [{name}]": answer(name) for name in UNITS.values() for item in RATERS}
        for _ in range(RATER_ROWS)
    ]
    return staff, raters


def others_in_hidden_cells(
    staff: list[Form], raters: list[Form], rng: np.random.Generator
) -> tuple[list[Form], list[Form], int]:
    """The same forms with another level for each answer to a question with too few of them, and how many were changed."""
    keys = [("staff", item, name) for item in STAFF for name in UNITS.values()]
    keys += [("raters", item, name) for item in RATERS for name in UNITS.values()]
    staff, raters, changed = [dict(f) for f in staff], [dict(f) for f in raters], 0
    for group, item, name in keys:
        forms = [f for f in staff if f["Đơn vị"] == name] if group == "staff" else raters
        column = item if group == "staff" else f"{item} [{name}]"
        given = [f for f in forms if f[column] in "12345" and f[column]]
        if len(given) < MINIMUM:
            for form in given:
                form[column] = str(rng.choice([level for level in "12345" if level != form[column]]))
                changed += 1
    return staff, raters, changed


def written(folder: Path, staff: list[Form], raters: list[Form], kind: tuple[str, str]) -> Path:
    """A study in ``folder`` with these forms."""
    shutil.copytree(ROUND, folder)
    for name, forms in (("staff.csv", staff), ("raters.csv", raters)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, ["Mã phiếu", *forms[0]])
            out.writeheader()
            out.writerows({"Mã phiếu": f"{name[0]}{k:02}", **form} for k, form in enumerate(forms))
    instrument = folder / "instrument"
    for name, more in (("tree.csv", MORE_TREE), ("items.csv", MORE_ITEMS)):
        with (instrument / name).open("a", encoding="utf-8") as file:
            file.write(more)
    declared = (instrument / "instrument.toml").read_text(encoding="utf-8")
    declared = declared.replace("minimum_share = 0.5", "minimum_share = 0.01")
    if kind[1]:
        declared = declared.replace("[identity]", f'[scoring]\nrule = "{kind[1]}"\n\n[identity]', 1)
    declared = declared.replace("total_points = 6", "total_points = 10") + CLASSES
    (instrument / "instrument.toml").write_text(declared, encoding="utf-8")
    tree = (instrument / "tree.csv").read_text(encoding="utf-8")
    (instrument / "tree.csv").write_text(
        tree.replace("0,,unit,sum,total,,6", "0,,unit,sum,total,,10"), encoding="utf-8"
    )
    study = (folder / "study.toml").read_text(encoding="utf-8").replace("forms = 3", f"forms = {MINIMUM}")
    study += f'\n[inference]\non_missing_group = "{kind[0]}"\n\n[output]\nunweighted = true\n'
    study += "".join(f'\n[[weights]]\ngroup = "{group}"\ncensus = true\n' for group in ("staff", "raters"))
    tables = ("assessments", "agencies", "targets")
    study = study.replace("[files]\n", "[files]\n" + "".join(f'{name} = "{name}.csv"\n' for name in tables))
    (folder / "study.toml").write_text(study, encoding="utf-8")
    points = "".join(
        f"b,{unit},4,3.5,3,{final}\n" for unit, final in zip(UNITS, ("3.25", "", "2"), strict=True)
    )
    columns = "block,unit,node,self_assessed,first_appraisal,final\n"
    (folder / "assessments.csv").write_text(columns + points, encoding="utf-8")
    (folder / "agencies.csv").write_text(AGENCIES, encoding="utf-8")
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    frames = (
        (folder / "frames.csv")
        .read_text(encoding="utf-8")
        .replace("staff,5", "staff,8")
        .replace("staff,4", "staff,9")
    )
    (folder / "frames.csv").write_text(frames, encoding="utf-8")
    return folder


def published(files: dict[str, bytes]) -> dict[str, object]:
    """What leaves the institute's own tables: every CSV but the forms and what people decide, and the sheets of the workbook but
    the one with checksums."""
    tables: dict[str, object] = {
        path: content
        for path, content in files.items()
        if path.endswith((".csv", "exchange.json")) and not path.startswith(("forms", "review/"))
    }
    book = openpyxl.load_workbook(io.BytesIO(files["council/survey-scores.xlsx"]))
    for sheet in book.worksheets[:-1]:
        tables[f"workbook/{sheet.title}"] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return tables


def packaged(folder: Path) -> dict[str, bytes]:
    return package(sv.load(folder).score().round)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(filter(None, kind)))
@pytest.mark.parametrize("seed", range(2))
def test_other_answers_in_hidden_cells_change_nothing_that_is_published(
    seed: int, kind: tuple[str, str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    staff, raters = a_round(rng)
    other_staff, other_raters, changed = others_in_hidden_cells(staff, raters, rng)
    assert changed > 15
    one = published(packaged(written(tmp_path / "one", staff, raters, kind)))
    other = published(packaged(written(tmp_path / "other", other_staff, other_raters, kind)))
    assert one.keys() == other.keys()
    assert {
        "scores.csv",
        "shares.csv",
        "answers.csv",
        "days.csv",
        "unweighted.csv",
        "nonresponse-bounds.csv",
        "index.csv",
        "index-units.csv",
        "sums.csv",
        "agencies.csv",
        "targets.csv",
        "council/scores.csv",
        "council/units.csv",
        "council/groups.csv",
        "council/forms.csv",
        "council/exchange.json",
    } <= one.keys()
    assert [path for path in one if one[path] != other[path]] == []


def sheets_of(results: Path, out: Path) -> dict[str, list[str]]:
    """Unit → every text of its sheet but the fingerprint of the results."""
    sv.unit_sheets(results, out)
    found = {}
    for path in sorted(out.glob("*/*.docx")):
        document = docx.Document(str(path))
        texts = [node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t")]
        found[path.stem] = [text for text in texts if not text.startswith(MADE_FROM)]
    return found


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind[0])
def test_other_answers_in_hidden_cells_change_no_sheet_of_a_unit(
    kind: tuple[str, str], tmp_path: Path
) -> None:
    """Neither that of the unit itself nor, by the averages, that of another."""
    rng = np.random.default_rng(7)
    staff, raters = a_round(rng)
    other_staff, other_raters, _ = others_in_hidden_cells(staff, raters, rng)
    shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
    rounds = {"one": (staff, raters), "other": (other_staff, other_raters), "shown": (shown_staff, raters)}
    sheets = {}
    for name, forms in rounds.items():
        sv.load(written(tmp_path / name, *forms, kind)).score().write(tmp_path / f"of-{name}")
        sheets[name] = sheets_of(tmp_path / f"of-{name}", tmp_path / f"sheets-{name}")
    assert len(sheets["one"]) == len(UNITS)
    assert sheets["one"] == sheets["other"]
    assert sheets["one"] != sheets["shown"]  # that this test can fail


def test_other_answers_in_shown_cells_change_the_published_tables(tmp_path: Path) -> None:
    """That the test above can fail."""
    staff, raters = a_round(np.random.default_rng(0))
    one = published(packaged(written(tmp_path / "one", staff, raters, KINDS[0])))
    for form in staff:
        form["a"] = "1" if form["a"] == "5" else form["a"]
    other = published(packaged(written(tmp_path / "other", staff, raters, KINDS[0])))
    assert one["scores.csv"] != other["scores.csv"]
    assert one["answers.csv"] != other["answers.csv"]


@pytest.mark.parametrize("seed", range(3))
def test_answers_of_a_block_are_sums_over_units_that_are_shown(seed: int, tmp_path: Path) -> None:
    """Forms of a group are those of the units whose result of the question is printed: nothing else can have entered."""
    staff, raters = a_round(np.random.default_rng(seed))
    files = packaged(written(tmp_path / "round", staff, raters, KINDS[0]))
    tables = {
        name: list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"))))
        for name in ("scores", "shares", "answers")
    }
    forms: dict[tuple[str, str], int] = defaultdict(int)
    hidden = 0
    for row in tables["scores"]:
        if row["node_level"] == "item" and row["group"] != "all":
            forms[row["node_code"], row["group"]] += int(row["n_valid"]) * (row["score"] != "")
            hidden += int(row["n_valid"]) * (row["score"] == "")
    for row in tables["shares"]:
        if row["level_code"] == "1":
            forms[row["item_code"], row["group"]] += int(row["n_valid"]) * (row["share"] != "")
    assert hidden > 10
    for row in tables["answers"]:
        if row["group"] != "all":
            assert int(row["n_valid"]) == forms[row["item_code"], row["group"]]
            assert (row["share"] == "") == (int(row["n_valid"]) < MINIMUM)


def test_other_answers_in_hidden_cells_change_no_comparison_of_rounds(tmp_path: Path) -> None:
    """Small cells in the earliest round, in the one between, in the latest, and in all; of changes, series and workbook. Answers
    that are shown change them."""
    rng = np.random.default_rng(3)
    rounds = {}
    for name in ("old", "between", "new"):
        staff, raters = a_round(rng)
        other_staff, other_raters, _ = others_in_hidden_cells(staff, raters, rng)
        shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
        rounds[name] = [
            sv.load(written(tmp_path / f"{name}{k}", *forms, KINDS[0])).score()
            for k, forms in enumerate(((staff, raters), (other_staff, other_raters), (shown_staff, raters)))
        ]
    compared = []
    for k, which in enumerate(((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (2, 2, 2))):
        found = [rounds[name][one] for name, one in zip(rounds, which, strict=True)]
        sv.compare(*found).write(tmp_path / f"changes{k}")
        names = ("changes.csv", "series.csv", "comparison.xlsx")
        compared.append([(tmp_path / f"changes{k}" / name).read_bytes() for name in names])
    assert all(one == compared[0] for one in compared[:5])
    assert all(one != other for one, other in zip(compared[0], compared[5], strict=True))


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind[0])
def test_other_answers_in_hidden_cells_change_nothing_of_the_points_lost(
    kind: tuple[str, str], tmp_path: Path
) -> None:
    """Neither losses, shares and sums, nor ranks, medians and best results of the block, nor the change since an earlier
    round."""
    rng = np.random.default_rng(13)
    staff, raters = a_round(rng)
    other_staff, other_raters, _ = others_in_hidden_cells(staff, raters, rng)
    shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
    forms = {"one": (staff, raters), "other": (other_staff, other_raters), "shown": (shown_staff, raters)}
    rounds = {name: sv.load(written(tmp_path / name, *each, kind)).score() for name, each in forms.items()}
    found = {}
    for old, new in (("one", "one"), ("one", "other"), ("other", "one"), ("one", "shown")):
        out = tmp_path / f"gaps-{old}-{new}"
        rounds[new].gaps(rounds[old]).write(out)
        assert sv.verify(out) == ()
        found[old, new] = {path.name: path.read_bytes() for path in sorted(out.glob("*.csv"))}
    assert sorted(found["one", "one"]) == ["gap-sums.csv", "gaps.csv"]
    assert found["one", "one"] == found["one", "other"] == found["other", "one"]
    assert found["one", "one"] != found["one", "shown"]  # that this test can fail


def test_other_answers_in_hidden_cells_change_nothing_of_what_it_takes(tmp_path: Path) -> None:
    """Neither distances and ways, whose marks are of other units, nor the noise of the next round."""
    rng = np.random.default_rng(11)
    staff, raters = a_round(rng)
    other_staff, other_raters, _ = others_in_hidden_cells(staff, raters, rng)
    shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
    forms = {"one": (staff, raters), "other": (other_staff, other_raters), "shown": (shown_staff, raters)}
    found = {}
    for name, each in forms.items():
        result = sv.load(written(tmp_path / name, *each, KINDS[1])).score()
        result.reach("percent", "95").write(tmp_path / f"reach-{name}")
        files = sorted((tmp_path / f"reach-{name}").glob("*.csv"))
        found[name] = {path.name: path.read_bytes() for path in files}
    assert sorted(found["one"]) == ["detectable.csv", "reach.csv", "ways.csv"]
    assert found["one"] == found["other"]
    assert found["one"] != found["shown"]  # that this test can fail


def test_other_answers_in_hidden_cells_change_no_drivers(tmp_path: Path) -> None:
    """Neither those to the nodes, nor those to the overall item in units with too few of them."""
    rng = np.random.default_rng(17)
    staff, raters = a_round(rng)
    for form in staff:
        form["z"] = str(rng.integers(1, 6)) if form["Đơn vị"] == "Phòng Một" or rng.random() < 0.4 else ""
    other_staff, _, _ = others_in_hidden_cells(staff, raters, rng)
    for name in UNITS.values():
        given = [form for form in other_staff if form["Đơn vị"] == name and form["z"]]
        if len(given) < MINIMUM:
            assert given
            for form in given:
                form["z"] = str(6 - int(form["z"]))
    shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
    found = {}
    for name, forms in {"one": staff, "other": other_staff, "shown": shown_staff}.items():
        folder = written(tmp_path / name, forms, raters, KINDS[0])
        for file, more in (("items.csv", OVERALL), ("instrument.toml", DRIVERS)):
            with (folder / "instrument" / file).open("a", encoding="utf-8") as defined:
                defined.write(more)
        result = sv.load(folder).score()
        drivers = result.drivers()
        assert set(drivers.models["status"]) == {"ok"}
        drivers.write(tmp_path / f"drivers-{name}")
        files = sorted((tmp_path / f"drivers-{name}").glob("*.csv"))
        found[name] = {path.name: path.read_bytes() for path in files}
        of_round = package(result.round)
        assert {path: of_round[path] for path in found[name]} == found[name]
        found[name]["answers.csv"] = of_round[
            "answers.csv"
        ]  # the overall item too, which stands under no node
    assert sorted(found["one"]) == ["answers.csv", "driver-models.csv", "drivers.csv"]
    assert found["one"] == found["other"]
    assert found["one"] != found["shown"]  # that this test can fail


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind[0])
def test_other_answers_in_hidden_cells_change_no_cross_table(kind: tuple[str, str], tmp_path: Path) -> None:
    """By unit, by group and both crossed: neither a category, nor a total, a test, a letter or a sheet of the workbook."""
    rng = np.random.default_rng(11)
    staff, raters = a_round(rng)
    other_staff, other_raters, changed = others_in_hidden_cells(staff, raters, rng)
    assert changed > 15
    shown_staff = [{**form, "a": "1" if form["a"] == "5" else form["a"]} for form in staff]
    rounds = {"one": (staff, raters), "other": (other_staff, other_raters), "shown": (shown_staff, raters)}
    tables = {}
    for name, forms in rounds.items():
        made = sv.load(written(tmp_path / name, *forms, kind)).score().tables("unit,group,unit*group")
        made.write(tmp_path / f"tables-{name}")
        files = ("tables.csv", "tests.csv", "profile.csv", "tables.xlsx")
        tables[name] = [(tmp_path / f"tables-{name}" / file).read_bytes() for file in files]
    assert tables["one"] == tables["other"]
    assert tables["one"][0] != tables["shown"][0]  # that this test can fail


# --- least squares ----------------------------------------------------------------------------------------------------

Cell = tuple[str, str, str]  # unit, node, group
Equation = dict[Cell, float]  # Σ coefficient · cell = 0


def equations(rows: dict[Cell, dict[str, str]], tree: list[dict[str, str]]) -> list[Equation]:
    """What definitions and remarks tell of scores: every result shown is a mean of its parts that are shown."""
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for node in tree:
        parts[node["parent"]].append(node)
    found = []
    for cell, row in rows.items():
        if row["score"] == "":
            continue
        unit, code, group = cell
        (node,) = (one for one in tree if one["code"] == code)
        weighted: Equation = {}
        above = next((one for one in tree if one["code"] == node["parent"]), node)
        if group == "all" and (node["level"] == "item" or parts[code][0]["level"] == "item"):
            declared = above["groups"] if node["level"] == "item" else node["groups"]
            pairs = [pair.split(":") for pair in declared.split(";")]
            weighted = {(unit, code, of): float(weight) for of, weight in pairs}
        else:
            for part in parts[code]:
                at = (unit, part["code"], group)
                weight = 1.0
                if part["level"] != "item":
                    weight = float(rows[at]["max_points"] or 0) if at in rows else 0.0
                elif node["rule"] == "pooled":
                    weight = float(rows[at]["n_valid"]) if at in rows else 0.0
                weighted[at] = weight
        entering = {at: w for at, w in weighted.items() if at in rows and w}
        # what is hidden enters nothing, as the remarks say
        entering = {at: w for at, w in entering.items() if rows[at]["score"] != ""}
        if entering:
            total = sum(entering.values())
            found.append({cell: -1.0, **{at: w / total for at, w in entering.items()}})
    return found


@pytest.mark.parametrize("seed", range(3))
def test_least_squares_on_the_published_scores_finds_no_hidden_one(seed: int, tmp_path: Path) -> None:
    staff, raters = a_round(np.random.default_rng(seed))
    files = packaged(written(tmp_path / "round", staff, raters, ("incomplete", "")))
    rows = {
        (row["unit_code"], row["node_code"], row["group"]): row
        for row in csv.DictReader(io.StringIO(files["scores.csv"].decode("utf-8-sig")))
    }
    tree = list(csv.DictReader(io.StringIO(files["tree.csv"].decode("utf-8-sig"))))
    cells = list(rows)
    hidden = [cell for cell in cells if rows[cell]["score"] == "" and int(rows[cell]["n_valid"]) > 0]
    assert len(hidden) > 5
    place = {cell: k for k, cell in enumerate(cells)}
    told = equations(rows, tree)
    system = np.zeros((len(told), len(cells)))
    for k, equation in enumerate(told):
        for cell, weight in equation.items():
            system[k, place[cell]] = weight
    known = np.array([float(rows[cell]["score"] or "nan") for cell in cells])
    shown = ~np.isnan(known)
    rest = -system[:, shown] @ known[shown]
    assert np.abs(rest).max() < 1e-9  # the equations are those of the print, to its last digit
    columns = [place[cell] for cell in hidden]
    starts = np.random.default_rng(1).random((2, len(columns)))
    solutions = [
        start + np.linalg.lstsq(system[:, columns], rest - system[:, columns] @ start, rcond=None)[0]
        for start in starts
    ]
    assert (np.abs(solutions[0] - solutions[1]) > 1e-6).all()


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind[0])
def test_packages_full_of_small_cells_verify(kind: tuple[str, str], tmp_path: Path) -> None:
    staff, raters = a_round(np.random.default_rng(5))
    result = sv.load(written(tmp_path / "round", staff, raters, kind)).score()
    result.write(tmp_path / "out")
    assert [p for p in verify_folder(tmp_path / "out") if p.severity == "error"] == []
    hidden = result.scores[(result.scores["status"] == "suppressed") & (result.scores["n_valid"] > 0)]
    numbers = [
        name for name in hidden if hidden[name].dtype == float and name not in ("max_points", "n_valid")
    ]
    assert hidden[numbers].isna().all().all()
