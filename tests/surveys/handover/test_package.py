"""The package: what is in it, that two runs give the same bytes, and that no name or clock gets in."""

from __future__ import annotations

import csv
import getpass
import hashlib
import io
import json
import re
import socket
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from surveys.handed_over import verify
from surveys.handover import official_columns
from surveys.handover.council_frames import rejected_forms
from surveys.handover.official_columns import COLUMNS, TABLES, OfficialColumn, OfficialTable
from surveys.handover.package import deliver, deliver_screening, package, screening
from surveys.handover.seal import package_name
from surveys.problems import LANGUAGES, wording
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary.formula_guard import guarded
from tests.surveys.handover.small_round import ITEM_SCORES, limits, renormalised, under
from tests.test_wording import VIETNAMESE


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def _records(content: bytes) -> list[dict[str, str]]:
    rows = _read(content)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_the_columns_are_those_of_the_delivery() -> None:
    """The columns as the specification lists them, in that order."""
    assert ",".join(official_columns.SCORES.names) == (
        "edition,block,unit_code,unit_name,node_code,node_level,group,n_valid,n_eff,score,se,ci_low,ci_high,df,prior_df,variance_borrowed,"
        "satisfaction_percent,satisfaction_ci_low,satisfaction_ci_high,max_points,points,status,note"
    )
    assert ",".join(official_columns.FORMS.names) == (
        "form_code,questionnaire,block,unit_code,group,mode,source_file,source_row,disposition,reasons,submission,"
        "form_id,decided_by,decided_on,decision_reason"
    )
    assert ",".join(official_columns.FUNNEL.names) == (
        "block,unit_code,group,questionnaire,issued,returned,valid,review,rejected,left_out"
    )


def test_two_runs_give_the_same_bytes(small_round: ScoredRound, tmp_path: Path) -> None:
    deliver(small_round, out=tmp_path / "one")
    deliver(small_round, out=tmp_path / "two")
    one, two = (_files(tmp_path / name) for name in ("one", "two"))
    assert one == two
    assert len(one) > 20


def test_row_order_of_the_reasons_does_not_matter_to_the_counts(small_round: ScoredRound) -> None:
    forms = _records(package(small_round)["forms.csv"])
    assert [f["reasons"] for f in forms if f["disposition"] == "rejected"] == [
        "duplicate_code;too_few_answers"
    ]
    assert [f["reasons"] for f in forms if f["disposition"] == "review"] == ["near_duplicate"]
    assert forms[0]["reasons"] == "straight_line"
    assert forms[0]["disposition"] == "valid"


def test_csv_is_rfc_4180(small_round: ScoredRound) -> None:
    for path, content in package(small_round).items():
        if path.endswith(".csv"):
            assert content.startswith(b"\xef\xbb\xbf"), path
            assert content.endswith(b"\r\n"), path
            assert b"\n" not in content.replace(b"\r\n", b""), path
            assert len({len(row) for row in _read(content)}) == 1, path


def test_numbers_are_rounded_once_and_half_up(small_round: ScoredRound) -> None:
    rows = _records(package(small_round)["scores.csv"])
    found = {(r["unit_code"], r["node_code"], r["group"]): r for r in rows}
    # noi-vu, by hand: node 1 = ((0.8+0.6)/2 + (0.6+0.4)/2)/2 = 0.6; node 2 = 1/3; total = 0.6 + 2/3 = 1.26666… of 3
    total = found["noi-vu", "0", "all"]
    assert (total["points"], total["score"], total["max_points"]) == ("1.2667", "0.4222222222", "3")
    assert (total["satisfaction_percent"], total["satisfaction_ci_high"]) == (
        "66.67",
        "70.13",
    )  # 66.665 and 70.125
    assert found["y-te", "1.b", "citizens"]["score"] == "0.6666666667"
    assert found["tru", "1", "citizens"]["score"] == ""
    assert found["tru", "1", "citizens"]["status"] == "suppressed"
    units = _records(package(small_round)["units.csv"])
    assert [u["percent"] for u in units] == ["42.22", "63.06", "79.17"]
    assert units[0]["probability_top_quarter"] == "0.3334"  # 0.33335, to two decimals more than a percentage


def test_decimals_are_the_study_s(small_round: ScoredRound) -> None:
    study = replace(
        small_round.study, output=replace(small_round.study.output, points_decimals=2, score_decimals=3)
    )
    rows = _records(package(under(study, small_round))["scores.csv"])
    assert (rows[2]["points"], rows[2]["score"]) == ("1.27", "0.422")


def test_formulas_are_harmless_and_numbers_plain(small_round: ScoredRound) -> None:
    files = package(small_round)
    units = _records(files["units.csv"])
    assert units[2]["unit_name"] == "'=Trụ sở, “khu A”"
    assert [r["form_code"] for r in _records(files["forms.csv"])][-1] == "'-13"
    for begin in "=+-@\t\r":
        assert guarded(begin + "1") == "'" + begin + "1"


def test_the_council_gets_no_points_of_incomplete_nodes(small_round: ScoredRound) -> None:
    files = package(small_round)
    scores = {(r["unit_code"], r["node_code"]): r for r in _records(files["council/scores.csv"])}
    assert set(scores) == {(unit, node) for unit in ITEM_SCORES for node in ("0", "1", "2")}
    assert scores["tru", "1"]["points"] == ""
    assert scores["tru", "1"]["status"] == "incomplete"
    assert scores["tru", "2"]["points"] == "2.0000"
    units = {r["unit_code"]: r for r in _records(files["council/units.csv"])}
    assert (units["tru"]["points"], units["tru"]["percent"], units["tru"]["rank"]) == ("", "", "")
    assert units["tru"]["note"] == "có thành phần chưa đầy đủ: 1"
    assert units["noi-vu"]["percent"] == "42.22"


def test_the_council_gets_them_where_the_study_renormalises(small_round: ScoredRound) -> None:
    files = package(under(renormalised(small_round.study), small_round))
    scores = {(r["unit_code"], r["node_code"]): r for r in _records(files["council/scores.csv"])}
    assert scores["tru", "1"]["points"] == "0.3750"  # (0.5 + 0.25)/2 of the heads alone


def test_printed_parts_that_miss_the_printed_total_say_by_how_much(small_round: ScoredRound) -> None:
    """With no decimals: 0.6 and 0.666… print 1 and 1, 1.2666… prints 1; 0.79166… and 1.1 print 1 and 1, 1.89166… 2."""
    study = replace(small_round.study, output=replace(small_round.study.output, points_decimals=0))
    book = openpyxl.load_workbook(
        io.BytesIO(package(under(study, small_round))["council/survey-scores.xlsx"])
    )
    explained = {row[0].value: row[1].value for row in book["Phương pháp"].iter_rows(min_row=5)}
    assert "nhiều nhất 1." in explained["Làm tròn"]


def without_points(scored: ScoredRound) -> ScoredRound:
    """The same round of an index without points: the total is the mean of its two parts."""
    instrument = scored.study.instrument
    rules = {"0": "mean"}
    nodes = tuple(replace(n, max_points=None, rule=rules.get(n.code, n.rule)) for n in instrument.nodes)
    table = scored.scores.table.assign(max_points=float("nan"), points=float("nan"))
    parts = table[table["node_code"].isin(["1", "2"]) & table["score"].notna()]
    means = parts.groupby(["unit_code", "group"])["score"].mean()
    root = table["node_code"] == "0"
    keys = table.loc[root, ["unit_code", "group"]].itertuples(index=False, name=None)
    table.loc[root, "score"] = [means.get(key, float("nan")) for key in keys]
    table.loc[root, ["ci_low", "ci_high"]] = [limits(score) for score in table.loc[root, "score"]]
    totals = table.loc[root & (table["group"] == "all"), ["score", "ci_low", "ci_high"]].to_numpy() * 100
    units = scored.scores.units.assign(points=float("nan"), max_points=float("nan"))
    units[["percent", "ci_low", "ci_high"]] = totals
    study = replace(scored.study, instrument=replace(instrument, nodes=nodes))
    return replace(under(study, scored), scores=replace(scored.scores, table=table, units=units))


def test_an_index_without_points_hands_over_percentages_of_every_node(
    small_round: ScoredRound, tmp_path: Path
) -> None:
    """noi-vu by hand: node 1 = 0.6, node 2 = 1/3, total (0.6 + 1/3)/2."""
    deliver(without_points(small_round), tmp_path / "out")
    assert [p.code for p in verify(tmp_path / "out")] == []
    scores = _records((tmp_path / "out" / "council" / "scores.csv").read_bytes())
    found = {r["node_code"]: r["percent"] for r in scores if r["unit_code"] == "noi-vu"}
    assert found == {"0": "46.67", "1": "60.00", "2": "33.33"}
    for table in ("scores", "units", "groups"):
        names = _read((tmp_path / "out" / "council" / f"{table}.csv").read_bytes())[0]
        assert not {"max_points", "points", "points_low", "points_high"} & set(names), table
    both = {r["node_code"]: (r["ci_low"], r["ci_high"]) for r in scores if r["unit_code"] == "noi-vu"}
    assert both["1"] == ("57.79", "62.17")
    units = _records((tmp_path / "out" / "council" / "units.csv").read_bytes())
    assert (units[0]["percent"], units[0]["ci_low"], units[0]["ci_high"]) == ("46.67", "44.49", "48.86")
    assert [
        (r["percent"], r["status"]) for r in scores if r["unit_code"] == "tru" and r["node_code"] == "1"
    ] == [("", "incomplete")]


def test_rejected_forms_have_reasons_and_nothing_personal(small_round: ScoredRound) -> None:
    content = package(small_round)["council/rejected.csv"]
    assert _read(content)[0] == [
        "form_code", "questionnaire", "block", "group", "unit_code", "evaluations", "of_evaluations", "reasons", "reasons_vi",
        "decided_by", "decided_on", "decision_reason",
    ]  # fmt: skip
    (form,) = _records(content)
    assert (form["form_code"], form["unit_code"]) == ("C-noi-vu-0", "noi-vu")
    assert (form["evaluations"], form["of_evaluations"], form["reasons"]) == (
        "1",
        "1",
        "duplicate_code;too_few_answers",
    )


def test_nodes_have_limits_in_points_and_groups_their_own_results(small_round: ScoredRound) -> None:
    """noi-vu, node 2: limits of 1/3 on the logit scale, times 2 points; node 1: heads (0.8 + 0.6)/2, citizens (0.6 + 0.4)/2."""
    files = package(small_round)
    scores = {(r["unit_code"], r["node_code"]): r for r in _records(files["council/scores.csv"])}
    low, high = limits(1 / 3)
    two = scores["noi-vu", "2"]
    assert (two["points_low"], two["points_high"]) == (f"{2 * low:.4f}", f"{2 * high:.4f}")
    assert [scores["noi-vu", node]["measured_by"] for node in "012"] == ["total", "survey", "survey"]
    groups = {(r["unit_code"], r["node_code"], r["group"]): r for r in _records(files["council/groups.csv"])}
    assert {node for _, node, _ in groups} == {"0", "1", "2"}
    assert [groups["noi-vu", "1", g]["percent"] for g in ("heads", "citizens")] == ["70.00", "50.00"]
    assert [groups["noi-vu", "1", g]["n_valid"] for g in ("heads", "citizens")] == ["6", "7"]
    hidden = groups["tru", "1", "citizens"]
    assert (hidden["status"], hidden["percent"], hidden["points"]) == ("suppressed", "", "")


def test_forms_and_evaluations_are_counted_apart(small_round: ScoredRound) -> None:
    """Heads: 6 of 8 forms, each on three units. Citizens: 7 + 1 rejected, 6 + 1 under review, 2, of 30 forms on one unit."""
    rows = _records(package(small_round)["council/forms.csv"])
    counts = ("issued", "returned", "valid", "review", "rejected", "left_out")
    forms = {r["questionnaire"]: [int(r[name]) for name in counts] for r in rows if r["counted"] == "forms"}
    assert forms == {"so-2": [8, 6, 6, 0, 0, 0], "so-5": [30, 17, 15, 1, 1, 0]}
    sums = dict.fromkeys(("so-2", "so-5"), 0)
    for row in rows:
        if row["counted"] == "evaluations":
            sums[row["questionnaire"]] += int(row["valid"])
            assert row["unit_name"]
    assert sums == {"so-2": 18, "so-5": 15}


def test_one_row_a_rejected_form() -> None:
    """A form on three units of which two are rejected names them; one rejected as a whole names none; of whom nobody decided
    nothing is said."""
    columns = [
        "form_code",
        "block",
        "group",
        "questionnaire",
        "unit_code",
        "form_id",
        "disposition",
        "reasons",
    ]
    evaluations = [
        ("F1", "so", "heads", "so-2", "y-te", 7, "rejected", "decision;too_few_answers"),
        ("F1", "so", "heads", "so-2", "noi-vu", 7, "rejected", "too_few_answers"),
        ("F1", "so", "heads", "so-2", "tru", 7, "valid", ""),
        ("A9", "so", "heads", "so-2", "y-te", 3, "rejected", "duplicate_code"),
        ("A9", "so", "heads", "so-2", "tru", 3, "rejected", "duplicate_code"),
        ("A9", "so", "heads", "so-2", "noi-vu", 3, "left_out", ""),
    ]
    frame = pd.DataFrame(evaluations, columns=columns)
    frame = frame.assign(decided_by="", decided_on="", decision_reason="")
    frame.loc[0, ["decided_by", "decided_on", "decision_reason"]] = ["Lan", "2023-12-20", "ghi sai"]
    found = rejected_forms(frame).to_dict("list")
    assert found["form_code"] == ["A9", "F1"]
    assert found["unit_code"] == ["", "noi-vu;y-te"]
    assert (found["evaluations"], found["of_evaluations"]) == ([2, 2], [2, 3])
    assert found["reasons"] == ["duplicate_code", "too_few_answers;decision"]
    assert found["decided_by"] == ["", "Lan"]
    shuffled = frame.sample(frac=1, random_state=1)
    assert rejected_forms(shuffled).equals(rejected_forms(frame))


def test_the_workbook_has_plain_numbers_under_its_headings(small_round: ScoredRound) -> None:
    content = package(small_round)["council/survey-scores.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "Tổng hợp", "Chi tiết", "Theo nhóm đối tượng", "Số phiếu", "Phiếu bị loại", "Phương pháp", "Nhận dạng",
    ]  # fmt: skip
    sheet = book["Chi tiết"]
    headings = [c.value for c in sheet[4]]
    assert headings[:5] == ["Tên đơn vị", "Tiêu chí thành phần", "Điểm tối đa", "Điểm", "Tỷ lệ điểm (%)"]
    assert headings[-2:] == ["Mã đơn vị", "Mã tiêu chí"]
    row = [c.value for c in sheet[7]]  # node 1 of noi-vu
    assert row == ["Sở Nội vụ", "Một", 1, 0.6, 60, 57.79, 62.17, 13, "đủ", None, "noi-vu", "1"]
    points = sheet.cell(8, 4)
    assert (points.value, points.number_format) == (0.6667, "[$-42A]0.0000")
    assert sheet.cell(13, 4).value is None
    assert sheet["A12"].value == "=Trụ sở, “khu A”"
    assert sheet["A12"].data_type == "s"
    summary = book["Tổng hợp"]
    # noi-vu is second: its fields, their sum, percent, limits of the percentage, ranks from and to
    assert [c.value for c in summary[15]][:10] == [
        2,
        "Sở Nội vụ",
        0.6,
        0.6667,
        1.2667,
        42.22,
        40.05,
        44.43,
        1,
        3,
    ]
    identity = {row[0].value: row[1].value for row in book["Nhận dạng"].iter_rows(min_row=5)}
    assert identity["Mã đợt điều tra"] == "nhỏ-2023"
    explained = {row[0].value: row[1].value for row in book["Phương pháp"].iter_rows(min_row=5)}
    # y-te: 0.79166… and 2 · 0.55 are printed 0.7917 and 1.1000, their sum 1.89166… 1.8917; tru is withheld; noi-vu:
    # 0.6000 + 0.6667 = 1.2667
    assert "nhiều nhất" not in explained["Làm tròn"]
    digest = hashlib.sha256(package(small_round)["council/scores.csv"]).hexdigest()
    assert identity["SHA-256 của scores.csv"] == digest


def test_official_files_are_in_the_language_of_the_study(small_round: ScoredRound, tmp_path: Path) -> None:
    study = replace(small_round.study, output=replace(small_round.study.output, language="en"))
    english = under(study, small_round)
    files = package(english)
    book = openpyxl.load_workbook(io.BytesIO(files["council/survey-scores.xlsx"]))
    assert book.sheetnames == ["Summary", "Detail", "Groups", "Forms", "Rejected forms", "Method", "Identity"]
    sheet = book["Detail"]
    assert [c.value for c in sheet[4]][:3] == ["Unit name", "Sub-criterion", "Maximum points"]
    assert [c.value for c in sheet[7]][:3] == ["Sở Nội vụ", "One", 1]
    assert [c.value for c in sheet[7]][-4:] == ["ok", None, "noi-vu", "1"]
    assert sheet["D7"].number_format == "[$-409]0.0000"
    assert book["Summary"]["A12"].value == "Departments"
    assert _records(files["council/scores.csv"])[1]["node_name"] == "One"
    assert json.loads(files["run.json"])["settings"]["output"]["language"] == "en"
    assert json.loads(files["datapackage.json"])["title"] == "Small round 2023"
    deliver(english, tmp_path / "out")
    assert verify(tmp_path / "out") == ()


def test_checksums_and_descriptor_are_those_of_the_files(small_round: ScoredRound, tmp_path: Path) -> None:
    deliver(small_round, out=tmp_path / "out")
    for folder in (tmp_path / "out", tmp_path / "out" / "council"):
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        listed = {line[66:]: line[:64] for line in lines}
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {
            "SHA256SUMS"
        }
        assert set(listed) == present
        assert all(hashlib.sha256((folder / p).read_bytes()).hexdigest() == listed[p] for p in listed)
        descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        assert descriptor["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
        for resource in descriptor["resources"]:
            content = (folder / resource["path"]).read_bytes()
            assert resource["bytes"] == len(content)
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert [f["name"] for f in resource["schema"]["fields"]] == _read(content)[0]
            assert re.fullmatch(r"[a-z0-9._-]+", resource["name"])


def test_every_value_satisfies_its_schema(small_round: ScoredRound) -> None:
    files = package(small_round)
    descriptor = json.loads(files["datapackage.json"])
    for resource in descriptor["resources"]:
        table = pd.read_csv(
            io.BytesIO(files[resource["path"]]), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
        for field in resource["schema"]["fields"]:
            values, limits = table[field["name"]], field.get("constraints", {})
            given = values[values != ""]
            assert len(given) == len(values) or not limits.get("required"), (resource["path"], field)
            assert given.isin(limits.get("enum", list(given))).all(), (resource["path"], field)
            if field["type"] != "string":
                numbers = pd.to_numeric(given)
                assert (numbers >= limits.get("minimum", -1e99)).all(), (resource["path"], field)
                assert (numbers <= limits.get("maximum", 1e99)).all(), (resource["path"], field)
        key = resource["schema"].get("primaryKey")
        assert key is None or not table.duplicated(key).any()


def test_the_manifest_names_inputs_and_settings_but_no_place_or_person(small_round: ScoredRound) -> None:
    files = package(small_round)
    manifest = json.loads(files["run.json"])
    assert files["council/run.json"] == files["run.json"]
    study_toml = (small_round.study.folder / "study.toml").read_bytes()
    assert manifest["inputs"] == [
        {"path": "study.toml", "bytes": len(study_toml), "sha256": hashlib.sha256(study_toml).hexdigest()}
    ]
    assert manifest["counts"]["valid"] == 33
    assert manifest["counts"]["rejected"] == manifest["counts"]["review"] == 1
    assert manifest["warnings"] == {"file.too_large": 1}
    assert manifest["settings"]["minimum"] == {"forms": 5, "by_group": []}
    books = [files.pop(path) for path in list(files) if path.endswith(".xlsx")]
    parts = []  # packed bytes may spell anything
    for content in books:
        with ZipFile(io.BytesIO(content)) as book:
            parts += [book.read(name) for name in book.namelist()]
    everything = b"".join([*files.values(), *parts]).decode()
    for secret in (
        str(small_round.study.folder),
        str(Path.home()) + "/",
        socket.gethostname(),
        f"/{getpass.getuser()}/",
    ):
        assert secret not in everything


def test_the_workbook_has_no_clock(small_round: ScoredRound) -> None:
    with ZipFile(io.BytesIO(package(small_round)["council/survey-scores.xlsx"])) as book:
        assert {info.date_time[0] for info in book.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_screening_alone_has_forms_funnel_and_review_files(small_round: ScoredRound, tmp_path: Path) -> None:
    files = screening(small_round.screened)
    assert {"forms.csv", "funnel.csv", "review/forms.csv", "run.json", "SHA256SUMS"} <= set(files)
    assert not any(path.startswith("council/") for path in files)
    deliver_screening(small_round.screened, out=tmp_path / "out")
    assert verify(tmp_path / "out") == ()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_every_table_and_column_is_explained_in_both_languages(table: OfficialTable) -> None:
    assert table.vi
    assert table.en
    for column in table.columns:
        assert all((column.vi, column.en, column.about_vi, column.about_en)), column.name


@pytest.mark.parametrize("record", [*TABLES.values(), *COLUMNS.values()], ids=lambda r: r.name)
def test_english_words_are_english(record: OfficialTable | OfficialColumn) -> None:
    english = [getattr(record, name, "") for name in ("en", "about_en", "sheet_en")]
    assert not VIETNAMESE.search(" ".join(english))


def test_every_column_of_the_codebook_stands_in_a_table() -> None:
    assert {name for table in TABLES.values() for name in table.names} == set(COLUMNS)


def test_wording_has_the_same_placeholders_in_both_languages() -> None:
    for code, texts in wording().items():
        if code.startswith(("handover.", "verify.")):
            found = {language: sorted(re.findall(r"\{(\w+)\}", texts[language])) for language in LANGUAGES}
            assert found["vi"] == found["en"], code


@pytest.mark.parametrize(
    ("code", "name"), [("Hà Nội 2023", "ha-noi-2023"), ("Đắk Nông", "dak-nong"), ("???", "study")]
)
def test_package_names_are_ascii(code: str, name: str) -> None:
    assert package_name(code) == name


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
