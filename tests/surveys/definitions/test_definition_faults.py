"""Every fault of a definition or a study is named by its code, file, row, column and parameters."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest

from surveys.definitions.check import check
from surveys.problems import LANGUAGES, Problem

TOML, TREE, ITEMS, UNITS = (
    f"instrument/{n}" for n in ("instrument.toml", "tree.csv", "items.csv", "units.csv")
)
STUDY = "study.toml"


@dataclass(frozen=True)
class Case:
    """Replace ``old`` by ``new`` in ``file``: ``code`` is reported there, with nothing else but ``also``."""

    code: str
    file: str
    old: str
    new: str
    row: int | None = None
    column: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def model(outcome: str, nodes: str) -> str:
    """A model of drivers before the parts of the small instrument."""
    labels = 'label_vi = "D"\nlabel_en = "D"'
    return f'[[drivers]]\ncode = "d"\noutcome = "{outcome}"\nnodes = [{nodes}]\n{labels}\n\n[[parts]]'


#: The end of the heading of drawn.csv, and a row of it.
DRAWN = "weight\nC1,huyen-5,huyen,ba-dinh,citizens,h1,ba-dinh,ba-dinh/v1,v1,0.5,2\n"
#: A second block whose citizens are asked, before the groups of units of the small instrument.
COMMUNES = """[[blocks]]
code = "xa"
label_vi = "Khối xã"
label_en = "Communes"

[[questionnaires]]
code = "xa-5"
block = "xa"
group = "citizens"
label_vi = "Mẫu xã"
label_en = "Commune form"

[[unit_groups]]
code = "upper\""""

CASES = (
    # --- tables
    Case("table.unknown_column", TREE, "max_points", "max_point", 1, "max_point",
         {"name": "max_point", "nearest": "max_points"}),
    Case("table.missing_column", UNITS, "name_vi", "name_en2", 1, "name_vi", {"name": "name_vi"},
         ("table.unknown_column", "record.missing")),
    Case("table.duplicate_column", "frames.csv", "block,unit,group,population", "block,unit,group,population,unit", 1,
         "unit", {"name": "unit"}, ("table.cells",)),
    Case("table.cells", "frames.csv", "huyen,dong-da,citizens,800", "huyen,dong-da,citi", 4, "",
         {"found": "3", "expected": "4"}),
    Case("table.lost_letters", UNITS, "Quận Đống Đa", "Qu?n Đ?ng Đa", 3, "name_vi", {"text": "Qu?n Đ?ng Đa"}),
    Case("table.malformed", "unit_decisions.csv", "huyen,Không rõ,", 'huyen,"Không rõ,', 3, ""),
    Case("table.no_rows", UNITS, (Path(__file__).parent / "small/instrument/units.csv").read_text(encoding="utf-8")
         .split("\n", 1)[1], "", None, "", {}, ("reference.unit",)),
    # --- groups of units
    Case("unit_group.order", TOML, "percentile = 0.5", "percentile = 1", None, "unit_groups[1].percentile",
         {"value": "1.0", "before": "1.0"}),
    Case("unit_group.last", TOML, "percentile = 0\n", "percentile = 0.25\n", None, "unit_groups[2].percentile",
         {"value": "0.25"}),
    # --- classes of results
    Case("class.order", STUDY, "percent_from = 80", "percent_from = 0", None, "classes[2].percent_from",
         {"value": "0.0", "before": "0.0"}),
    Case("class.last", STUDY, "percent_from = 0\n", "percent_from = 50\n", None, "classes[2].percent_from",
         {"value": "50.0"}),
    Case("record.out_of_range", STUDY, "percent_from = 80", "percent_from = 101", None, "classes[1].percent_from"),
    Case("record.unknown_key", STUDY, "assessments = ", "assessed = ", None, "files.assessed",
         {"nearest": "assessments"}, ("council.not_of_kind",)),
    # --- parts of the index
    Case("part.reserved", TOML, 'code = "satisfaction"', 'code = "survey"', None, "parts[1].code", {"value": "survey"}),
    Case("part.twice", TOML, '[[parts]]', '[[parts]]\ncode = "b"\nnodes = ["0"]\nlabel_vi = "B"\nlabel_en = "B"\n\n[[parts]]',
         None, "parts[2].nodes", {"node": "3", "part": "b"}),
    Case("reference.node", TOML, 'nodes = ["3"]', 'nodes = ["33"]', None, "parts[1].nodes", {"value": "33"}),
    Case("incomplete.label_en", TOML, 'label_en = "Satisfaction"', 'label_en = ""', None, "parts[1].label_en"),
    # --- drivers of the overall judgement
    Case("drivers.scored", TOML, "[[parts]]", model("2a", '"1", "2"'), None, "drivers[1].outcome", {"item": "2a", "node": "2"}),
    Case("drivers.scale", TOML, "[[parts]]", model("S0", '"1", "2"'), None, "drivers[1].outcome",
         {"item": "S0", "scale": "used"}),
    Case("drivers.count", TOML, "[[parts]]", model("S0", '"1"'), None, "drivers[1].nodes",
         {"found": "1", "fewest": "2", "most": "15"}, ("drivers.scale",)),
    Case("drivers.twice", TOML, "[[parts]]", model("S0", '"0", "1"'), None, "drivers[1].nodes", {"node": "1", "other": "0"},
         ("drivers.scale",)),
    Case("drivers.twice", TOML, "[[parts]]", model("S0", '"1", "1"'), None, "drivers[1].nodes", {"node": "1", "other": "1"},
         ("drivers.scale",)),
    Case("drivers.no_items", TOML, "[[parts]]", model("S0", '"1", "4"'), None, "drivers[1].nodes", {"node": "4"},
         ("drivers.scale",)),
    Case("drivers.not_asked", TOML, "[[parts]]", model("1b", '"1", "2"'), None, "drivers[1].nodes",
         {"node": "2", "questionnaire": "huyen-1", "item": "1b"}, ("drivers.scored",)),
    Case("reference.item", TOML, "[[parts]]", model("S1", '"1", "2"'), None, "drivers[1].outcome", {"value": "S1"}),
    Case("reference.node", TOML, "[[parts]]", model("2a", '"1", "22"'), None, "drivers[1].nodes", {"value": "22"},
         ("drivers.scored",)),
    # --- agencies and targets
    Case("agencies.lead_coordinates", "agencies.csv", "Sở Nội vụ; Thanh tra", "Sở Nội vụ; sở tư pháp", 3, "coordinating",
         {"agency": "Sở Tư pháp"}),
    Case("agencies.overlap", "agencies.csv", "2024-01-01,,QĐ", "2023-12-31,,QĐ", 4, "valid_from", {"node": "1", "first": "3"}),
    Case("agencies.overlap", "agencies.csv", ",,2023-12-31", ",,", 4, "valid_from", {"node": "1", "first": "3"}),
    Case("agencies.overlap", "agencies.csv", "2024-01-01,,QĐ", ",,QĐ", 4, "valid_from", {"node": "1", "first": "3"}),
    Case("record.not_date", STUDY, "on = 2023-12-31", 'on = "31/12/2023"', None, "agencies.on"),
    Case("record.order", "agencies.csv", ",,2023-12-31", ",2024-01-01,2023-12-31", 3, "valid_from",
         {"low": "2024-01-01", "high": "2023-12-31"}),
    Case("reference.node", "agencies.csv", "huyen,,1,,Sở", "huyen,,1.1,,Sở", 3, "node", {"value": "1.1"}),
    Case("reference.item", "agencies.csv", "1,1b", "1,1z", 5, "item", {"value": "1z"}),
    Case("reference.item_of_node", "agencies.csv", "1,1b", "1,2a", 5, "item", {"value": "2a", "accepted": "1a, 1b"}),
    Case("reference.unit", "agencies.csv", "ba-dinh", "ba-dinh2", 5, "unit", {"value": "ba-dinh2"}),
    Case("reference.block", "agencies.csv", "huyen,,1,,Sở", "xa,,1,,Sở", 3, "block", {"value": "xa"}),
    Case("record.missing", "agencies.csv", "Thanh tra,,2024", ",,2024", 4, "lead"),
    Case("record.missing", "targets.csv", "huyen,ba-dinh,0", ",ba-dinh,0", 5, "block"),
    Case("record.not_accepted", "targets.csv", "class,tot", "class,tốt", 3, "target", {"value": "tốt", "accepted": "tot, yeu"}),
    Case("record.not_accepted", "targets.csv", "unit_group,upper", "unit_group,uper", 4, "target", {"nearest": "upper"}),
    Case("record.not_accepted", "targets.csv", ",,0,,percent", ",,0,,per_cent", 2, "measure", {"nearest": "percent"}),
    Case("record.not_accepted", "targets.csv", ">=", "≥", 3, "sign", {"value": "≥"}),
    Case("record.not_number", "targets.csv", "points,0.8", "points,>0.8", 6, "target", {"value": ">0.8"}),
    Case("record.out_of_range", "targets.csv", "points,0.8", "points,-0.8", 6, "target", {"value": "-0.8", "high": "1.0"}),
    Case("record.out_of_range", "targets.csv", "points,0.8", "points,1.01", 6, "target", {"value": "1.01", "high": "1.0"}),
    Case("record.out_of_range", "targets.csv", "percent,80", "percent,101", 7, "target", {"value": "101.0", "high": "100"}),
    Case("record.not_whole", "targets.csv", "top,1", "top,1.5", 5, "target", {"value": "1.5"}),
    Case("record.not_positive", "targets.csv", "top,1", "top,0", 5, "target", {"value": "0"}),
    Case("record.not_date", "targets.csv", "0.8,,2024-12-31", "0.8,,31/12/2024", 6, "due", {"value": "31/12/2024"}),
    Case("record.duplicate", "targets.csv", "huyen,,4,,points,0.9", "huyen,,1,,points,0.9", 8, "node", {"first": "6"}),
    Case("reference.item_of_node", "targets.csv", "1,1b", "4,1b", 7, "item", {"value": "1b"}),
    Case("targets.root_only", "targets.csv", "1,,points", "1,,rank", 6, "measure", {"node": "1", "root": "0"},
         ("record.not_whole",)),
    Case("targets.item_percent", "targets.csv", "1,1b,percent", "1,1b,points", 7, "measure", {"item": "1b"}),
    # --- the analysis report
    Case("report.section_twice", STUDY, '"league", "method"', '"league", "league"', None, "report.sections",
         {"value": "league"}),
    Case("report.no_sections", STUDY, '["summary", "league", "method"]', "[]", None, "report.sections"),
    Case("record.not_accepted", STUDY, '"league", "method"', '"leage", "method"', None, "report.sections[2]",
         {"value": "leage", "nearest": "league"}),
    # --- names of the council's system
    Case("record.not_accepted", STUDY, "[council.columns.scores]", "[council.columns.score]", None,
         "council.columns.score", {"value": "score", "nearest": "scores"}),
    Case("record.not_accepted", STUDY, 'percent = "TyLe"', 'percents = "TyLe"', None,
         "council.columns.scores.percents", {"value": "percents", "nearest": "percent"}),
    Case("council.not_of_kind", STUDY, 'assessments = "assessments.csv"\n', "", None,
         "council.columns.scores.council_points", {"value": "council_points"}),
    Case("council.name", STUDY, '"TyLe"', '"=TyLe"', None, "council.columns.scores.percent", {"value": "=TyLe"}),
    Case("council.name", STUDY, '"TyLe"', '" "', None, "council.columns.scores.percent"),
    Case("council.name_twice", STUDY, '"TyLe"', '"MaDonVi "', None, "council.columns.scores.unit_code",
         {"value": "MaDonVi"}),
    # --- values
    Case("record.missing", "decisions.csv", ",NVA,", ",,", 2, "reviewer"),
    Case("record.missing", TOML, 'edition = "2023"\n', "", None, "identity.edition"),
    Case("record.missing", STUDY, "[study]", "[study.of]", None, "study.code", {}, ("record.unknown_key",)),
    Case("record.unknown_key", TOML, "total_points", "total_point", None, "identity.total_point",
         {"value": "total_point", "nearest": "total_points"}),
    Case("record.unknown_key", TOML, "[scoring]", "[scorings]", None, "scorings", {"nearest": "scoring"}),
    Case("record.unknown_key", STUDY, "issued = ", "issue = ", None, "files.issue", {"nearest": "issued"},
         ("incomplete.issued",)),
    Case("record.unknown_key", STUDY, "minimum_items", "minimum_item", None, "rules[2].minimum_item",
         {"nearest": "minimum_items"}),
    Case("record.moved_key", STUDY, 'unweighted = false', 'publisher_vi = "Viện"', None, "output.publisher_vi",
         {"value": "publisher_vi", "now": "[publisher] name_vi"}),
    Case("record.not_accepted", TREE, ",external,", ",extern,", 5, "measured_by",
         {"value": "extern", "nearest": "external"}),
    Case("record.not_accepted", STUDY, '"renormalise"', '"renormalize"', None, "inference.on_missing_group",
         {"accepted": "incomplete, renormalise", "nearest": "renormalise"}),
    Case("record.not_accepted", STUDY, 'mode = "paper"', 'mode = "papers"', None, "returns[1].mode",
         {"nearest": "paper"}),
    Case("record.not_accepted", TOML, 'role = "cluster"', 'role = "clusters"', None, "fields[4].role",
         {"nearest": "cluster"}, ("reference.field",)),
    Case("record.not_accepted", STUDY, 'severity = "off"', 'severity = "of"', None, "rules[1].severity",
         {"nearest": "off"}),
    Case("record.not_number", "frames.csv", "800", "tám trăm", 4, "population", {"value": "tám trăm"}),
    Case("record.not_finite", "frames.csv", "800", "nan", 4, "population", {"value": "nan"}),
    Case("record.not_finite", TREE, "weighted,survey,1,1.5", "weighted,survey,inf,1.5", 4, "weight", {"value": "inf"}),
    Case("record.not_whole", STUDY, "forms = 5", "forms = 5.5", None, "minimum.forms", {"value": "5.5"}),
    Case("record.not_boolean", ITEMS, "1b,1,huyen-1,agree,1", "1b,1,huyen-1,agree,có", 3, "reverse", {"value": "có"}),
    Case("record.not_text", TOML, 'edition = "2023"', "edition = 2023", None, "identity.edition", {"value": "2023"}),
    Case("record.not_text", STUDY, 'issued = "issued.csv"', "issued = 3", None, "files.issued", {"value": "3"}),
    Case("record.not_list", STUDY, 'margins = ["sex"]', 'margins = "sex"', None, "weights[1].margins",
         {"value": "sex"}),
    Case("record.list_length", STUDY, "bounds = [0.3, 3.0]", "bounds = [0.3, 1.0, 3.0]", None, "weights[1].bounds",
         {"limit": "2"}),
    Case("record.not_table", STUDY, "[output]\nunweighted", "[[output]]\nunweighted", None, "output"),
    Case("record.not_tables", TOML, '[[blocks]]\ncode = "huyen"', '[blocks]\ncode = "huyen"', None, "blocks", {},
         ("reference.block",)),
    Case("record.missing", STUDY, "trim = [0.2, 5.0]", "trim = [0.2]", None, "weights[1].trim[2]"),
    Case("record.malformed", ITEMS, "S0=yes", "S0", 5, "asked_when", {"value": "S0", "form": "S0=1|2"}),
    Case("record.malformed", TREE, "deputies:1;citizens:2", "deputies:1;citizens:hai", 3, "groups",
         {"value": "citizens:hai"}),
    Case("record.bad_code", UNITS, "dong-da,", "đống-đa,", 3, "code", {"value": "đống-đa"}, ("reference.unit",)),
    Case("record.out_of_range", TOML, "values = [1.0, 1.0]", "values = [1.0, 1.2]", None,
         "scales.agree.levels[3].values", {"value": "1.2", "low": "0", "high": "1"}),
    Case("record.out_of_range", "externals.csv", "citizens,0.83", "citizens,83", 2, "score", {"value": "83.0"}),
    Case("record.out_of_range", "externals.csv", ",84.1,", ",184.1,", 2, "satisfaction_percent"),
    Case("record.out_of_range", "assessments.csv", "0.75", "1.25", 2, "final", {"high": "1.0"}),
    Case("record.out_of_range", "assessments.csv", "0.8,2023", "1.8,2023", 3, "self_assessed", {"high": "1.0"}),
    Case("record.out_of_range", "assessments.csv", "0.5,", "-0.5,", 2, "first_appraisal", {"low": "0"}),
    Case("record.not_date", "assessments.csv", "2024-01-04", "04/01/2024", 2, "explained_on"),
    Case("record.not_date", STUDY, '"2024-01-06"', '"6/1/2024"', None, "assessment.explained_by"),
    Case("record.out_of_range", STUDY, "level = 0.95", "level = 95", None, "inference.level"),
    Case("record.out_of_range", STUDY, "deputies = 3", "deputies = 0", None, "minimum.by_group.deputies"),
    Case("record.out_of_range", STUDY, "[output]", "[output]\npoints_decimals = 16", None, "output.points_decimals"),
    Case("record.negative", "frames.csv", "deputies,95", "deputies,-95", 2, "population", {"value": "-95.0"}),
    Case("record.negative", "margins.csv", "female,1100", "female,-1100", 3, "population", {}, ("margins.total",)),
    Case("record.negative", "externals.csv", "0.02", "-0.02", 3, "se", {"value": "-0.02"}),
    Case("record.negative", TREE, "external,1,0.5", "external,-1,0.5", 5, "weight", {"value": "-1.0"},
         ("tree.idle_weights",)),
    Case("record.negative", TREE, "external,1,0.5", "external,1,-0.5", 5, "max_points", {}, ("tree.points_sum",)),
    Case("record.negative", ITEMS, "agree,1,1,", "agree,1,-1,", 3, "weight", {}, ("tree.idle_weights",)),
    Case("record.not_positive", "externals.csv", ",300,", ",0,", 2, "n", {"value": "0.0"}),
    Case("record.order", STUDY, '"2023-12-15"', '"2023-09-15"', None, "fieldwork.start",
         {"low": "2023-10-01", "high": "2023-09-15"}),
    Case("record.order", ITEMS, "1b,1,huyen-1,agree,1,1,,", "1b,1,huyen-1,agree,1,1,3,1", 3, "minimum",
         {"low": "3.0", "high": "1.0"}),
    Case("record.order", TREE, "2,0,criterion,weighted,survey,1,1.5,,", "2,0,criterion,weighted,survey,1,1.5,2,1.5", 4, "low", {},
         ("tree.idle_range",)),
    Case("record.not_date", STUDY, '"2023-10-01"', '"01/10/2023"', None, "fieldwork.start", {"value": "01/10/2023"}),
    Case("record.not_date", TOML, 'document = "KH 243/KH-UBND 2023"', 'document = "KH"\ndate = "05/10/2023"', None,
         "sources[1].date", {"value": "05/10/2023"}),
    Case("record.order", STUDY, "end = 2023-12-31", "end = 2022-12-31", None, "period.start",
         {"low": "2023-01-01", "high": "2022-12-31"}),
    Case("record.not_date", STUDY, "date = 2024-01-05", 'date = "05/01/2024"', None, "document.date",
         {"value": "05/01/2024"}),
    Case("record.not_date", STUDY, "date = 2023-10-05", 'date = "5/10/2023"', None, "basis[1].date",
         {"value": "5/10/2023"}),
    Case("record.missing", STUDY, 'title_vi = "Kế hoạch"\n', "", None, "basis[1].title_vi"),
    Case("record.duplicate", STUDY, "[[signatures]]", """[[basis]]
title_vi = "Kế hoạch"
number = "243/KH"
date = 2023-10-05
issuer_vi = "Ủy ban"

[[signatures]]""", None, "basis[2].number", {"value": "243/KH/2023-10-05/Ủy ban/Kế hoạch", "first": "basis[1]"}),
    Case("record.not_date", UNITS, "Ba Đình,,2025-06-30", "Ba Đình,,2025-06-31", 2, "valid_to",
         {"value": "2025-06-31"}),
    Case("record.not_date", "decisions.csv", "2023-12-20", "20-12-2023", 2, "date"),
    Case("record.duplicate", ITEMS, "1b,1,", "1a,1,", 3, "code", {"value": "1a", "first": "2"},
         ("reference.item",)),
    Case("record.duplicate", TOML, 'code = "village"', 'code = "sex"', None, "fields[4].code",
         {"value": "sex", "first": "fields[3]"}, ("reference.field",)),
    Case("record.duplicate", "issued.csv", "C2,", "C1,", 4, "form_code", {"value": "C1", "first": "3"}),
    Case("record.duplicate", "frames.csv", "dong-da", "ba-dinh", 4, "unit", {"first": "3"}, ("frames.gap",)),
    Case("record.duplicate", "margins.csv", "female", "male", 3, "category", {"first": "2"}),
    Case("record.duplicate", "externals.csv", "huyen,dong-da", "huyen,ba-dinh", 3, "node"),
    Case("record.duplicate", STUDY, "returns/huyen-5.csv\"\nquestionnaire = \"huyen-5\"",
         "returns/huyen-1.csv\"\nquestionnaire = \"huyen-1\"", None, "returns[2].path"),
    Case("record.duplicate", STUDY, '"straight_line"\nseverity = "flag"\nminimum_items = 10',
         '"duplicate_code"\nseverity = "flag"', None, "rules[2].rule", {"first": "rules[1]"}),
    # --- references
    Case("reference.block", TOML, 'block = "huyen"\ngroup = "citizens"', 'block = "huyện"\ngroup = "citizens"', None,
         "questionnaires[2].block", {"value": "huyện", "accepted": "huyen", "nearest": "huyen"},
         ("tree.group_not_asked", "tree.answers_unused")),
    Case("reference.group", TREE, "deputies:1;citizens:2", "deputies:1;citizen:2", 3, "groups",
         {"value": "citizen", "nearest": "citizens"}, ("tree.group_not_asked", "tree.answers_unused")),
    Case("reference.questionnaire", ITEMS, "1b,1,huyen-1,", "1b,1,huyen-2,", 3, "questionnaires",
         {"value": "huyen-2", "accepted": "huyen-1, huyen-5"}),
    Case("reference.questionnaire", TOML, "minimum_share = 0.6", 'questionnaires = ["huyen-9"]', None,
         "rules[2].questionnaires"),
    Case("reference.scale", ITEMS, "huyen-1,agree", "huyen-1,agrees", 3, "scale", {"nearest": "agree"}),
    Case("reference.node", ITEMS, "2a,2,", "2a,22,", 5, "node", {"value": "22"}, ("tree.nothing_below",)),
    Case("reference.node", "assessments.csv", "ba-dinh,4", "ba-dinh,44", 2, "node", {}, ("assessments.no_self",)),
    Case("reference.item", ITEMS, "S0=yes", "S1=yes", 5, "asked_when", {"value": "S1", "nearest": ""}),
    Case("reference.unit", "frames.csv", "ba-dinh", "ba-dịnh", 3, "unit", {"nearest": "ba-dinh"}, ("frames.gap",)),
    Case("reference.unit", STUDY, 'unit = "me-linh"', 'unit = "melinh"', None, "units.exclusions[1].unit",
         {"nearest": "me-linh"}, ("frames.gap", "assessments.no_self")),
    Case("reference.unit", "unit_decisions.csv", ",ba-dinh", ",badinh", 2, "unit_code", {"nearest": "ba-dinh"}),
    Case("reference.unit", "issued.csv", "huyen-5,ba-dinh", "huyen-5,ba dinh", 3, "unit"),
    Case("reference.source", ITEMS, ",,S0=yes,0,Dịch vụ tốt,Service is good,,plan",
         ",,S0=yes,0,Dịch vụ tốt,Service is good,,plans", 5, "source", {"value": "plans", "nearest": "plan"}),
    Case("reference.ladder", TOML, 'ladder = "quarters"', 'ladder = "quarter"', None, "scoring.ladder",
         {"accepted": "quarters, steep", "nearest": "quarters"}),
    Case("reference.level", ITEMS, "S0=yes", "S0=yes|maybe", 5, "asked_when",
         {"value": "maybe", "accepted": "yes, no"}),
    Case("reference.field", STUDY, 'clusters = ["village"]', 'clusters = ["villages"]', None, "weights[1].clusters",
         {"nearest": "village"}),
    Case("reference.field", "margins.csv", "sex,female", "six,female", 3, "variable", {"nearest": "sex"},
         ("margins.one_category", "margins.total")),
    Case("reference.category", "margins.csv", "female", "femal", 3, "category",
         {"accepted": "male, female", "nearest": "female"}),
    Case("reference.column", STUDY, 'sex = "Giới"', 'sexx = "Giới"', None, "returns[2].columns", {"nearest": "sex"}),
    Case("reference.own_unit", TOML, 'own_unit = "own_unit"', 'own_unit = "unit"', None,
         "questionnaires[1].own_unit", {"accepted": "own_unit"}),
    Case("reference.node_group", "externals.csv", "3,citizens,0.83", "3,deputies,0.83", 2, "group",
         {"accepted": "citizens"}),
    # --- the instrument as a whole
    Case("instrument.unknown", STUDY, '"./instrument"', '"ha-noi/2033"', None, "study.instrument",
         {"value": "ha-noi/2033", "nearest": "ha-noi/2023"}),
    Case("questionnaire.no_items", TOML, "[[sources]]", '[[questionnaires]]\ncode = "huyen-9"\nblock = "huyen"\n'
         'group = "heads"\nlabel_vi = "Mẫu 9"\nlabel_en = "Form 9"\n\n[[sources]]', None, "questionnaires[3].code",
         {"value": "huyen-9"}, ("reference.group",)),
    Case("group.reserved", TOML, 'code = "deputies"', 'code = "all"', None, "groups[1].code", {"value": "all"},
         ("reference.group", "incomplete.group")),
    Case("scale.no_levels", TOML, "[[scales.used.levels]]\ncode = \"yes\"\nlabel_vi = \"Có\"\nlabel_en = \"Yes\"\n\n"
         "[[scales.used.levels]]\ncode = \"no\"\nlabel_vi = \"Không\"\nlabel_en = \"No\"\n", "", None,
         "scales.used.levels", {}, ("reference.level",)),
    Case("scale.many_levels", TOML, "[[scales.used.levels]]\ncode = \"yes\"", "".join(
         f'[[scales.used.levels]]\ncode = "x{k}"\nlabel_vi = "Thôn {k}"\nlabel_en = "Village {k}"\n\n' for k in range(126))
         + "[[scales.used.levels]]\ncode = \"yes\"", None, "scales.used.levels", {"found": "128", "most": "127"}),
    Case("scale.values_count", TOML, "values = [0.5, 0.2]", "values = [0.5]", None, "scales.agree.levels[2].values",
         {"found": "1", "expected": "2"}),
    Case("scale.chosen_unclear", TOML, "values = [0.5, 0.2]", "values = [0.5, 0.2]\nchosen = true", None,
         "scales.agree.levels", {"scale": "agree", "levels": "1, 2, 3"}),
    Case("scale.ambiguous_text", TOML, 'aliases = ["Rất đồng ý"]', 'aliases = ["BÌNH  THƯỜNG"]', None, "scales.agree",
         {"value": "bình thường", "meanings": "2, 3"}),
    Case("field.no_headers", TOML, 'headers = ["Thôn"]', "headers = []", None, "fields[4].headers"),
    Case("field.ambiguous_category", TOML, 'female = ["Nữ", "2"]', 'female = ["Nữ", "nam"]', None,
         "fields[3].categories", {"value": "nam"}),
    Case("tree.rule", TOML, 'numerator = "value"', 'numerator = "value"\nrule = "mean_of_item"', None, "scoring.rule",
         {"value": "mean_of_item", "nearest": "mean_of_items"}),
    Case("tree.item_rule", TREE, "1,0,criterion,mean", "1,0,criterion,sum", 3, "rule",
         {"accepted": "mean, pooled, weighted, rescale, shares"}),
    Case("tree.child_rule", TREE, "unit,sum,", "unit,rescale,", 2, "rule",
         {"value": "rescale", "accepted": "sum, mean, mean_of_items, weighted, pooled"}),
    Case("tree.unknown_parent", TREE, "2,0,", "2,9,", 4, "parent", {"value": "9", "accepted": "0, 1, 2, 3, 4"},
         ("tree.points_sum",)),
    Case("tree.own_parent", TREE, "2,0,", "2,2,", 4, "parent", {"value": "2"},
         ("tree.points_sum", "tree.items_and_children")),
    Case("tree.parent_after_child", TREE, "1,0,", "1,4,", 3, "parent", {"value": "4", "node": "1"},
         ("tree.points_sum", "tree.child_rule")),
    Case("tree.no_root", TREE, "0,,unit", "0,4,unit", 2, "parent", {},
         ("tree.parent_after_child", "tree.child_rule", "tree.points_sum", "targets.root_only")),
    Case("tree.group_twice", TREE, "deputies:1;citizens:2", "deputies:1;citizens:2;deputies", 3, "groups",
         {"value": "deputies"}),
    Case("tree.group_weights", TREE, "deputies:1;citizens:2", "deputies:-1;citizens:2", 3, "groups", {"node": "1"}),
    Case("tree.groups_missing", TREE, "deputies:1;citizens:2", "", 3, "groups", {"found": "citizens, deputies"}),
    Case("tree.group_not_asked", TREE, "citizens,huyen,", "citizens;deputies,huyen,", 4, "groups",
         {"node": "2", "group": "deputies", "block": "huyen"}),
    Case("tree.answers_unused", TREE, "deputies:1;citizens:2", "deputies:1", 3, "groups",
         {"node": "1", "group": "citizens", "block": "huyen", "item": "1a"}),
    Case("tree.items_and_children", TREE, "3,0,", "3,2,", 4, "code", {"node": "2"}, ("tree.points_sum",)),
    Case("tree.not_survey", TREE, "2,0,criterion,weighted,survey", "2,0,criterion,weighted,external", 4, "measured_by",
         {"node": "2", "value": "external"}),
    Case("tree.survey_without_items", TREE, "unit,sum,total", "unit,sum,survey", 2, "measured_by", {"node": "0"}),
    Case("tree.nothing_below", ITEMS, "2a,2,", "2a,,", 4, "measured_by", {"node": "2", "value": "survey"}),
    Case("tree.rescale_maximum", TREE, "2,0,criterion,weighted,survey,1,1.5,,",
         "2,0,criterion,rescale,survey,1,1.5,0.5,2", 4, "max_points", {"value": "1.5", "high": "2.0"}),
    Case("record.missing", TREE, "2,0,criterion,weighted,survey,1,1.5,,", "2,0,criterion,rescale,survey,1,1.5,,1.5", 4,
         "low"),
    Case("tree.weights", ITEMS, "2a,2,huyen-5,agree,0,1,", "2a,2,huyen-5,agree,0,0,", 4, "rule", {"node": "2"}),
    Case("tree.points_sum", TREE, "external,1,0.5", "external,1,0.75", 2, "max_points",
         {"node": "0", "found": "4.25", "expected": "4"}),
    Case("tree.idle_weights", ITEMS, "1b,1,huyen-1,agree,1,1,", "1b,1,huyen-1,agree,1,2,", 3, "rule",
         {"node": "1", "rule": "mean"}),
    Case("tree.idle_range", TREE, "1,0,criterion,mean,survey,1,1,,", "1,0,criterion,mean,survey,1,1,0,1", 3, "low",
         {"node": "1", "rule": "mean"}),
    Case("tree.points_rounded", TREE, "external,1,0.5", "external,1,0.47", 2, "max_points",
         {"node": "0", "found": "3.97", "expected": "4"}),
    Case("tree.total_points", TOML, "total_points = 4", "total_points = 5", None, "identity.total_points",
         {"found": "4", "expected": "5"}),
    Case("tree.no_points", TREE, "external,1,0.5", "external,1,", 5, "max_points", {"node": "3", "parent": "0"}),
    Case("item.on_no_questionnaire", ITEMS, "2a,2,huyen-5,", "2a,2,,", 5, "questionnaires", {"item": "2a"}),
    Case("item.filter_after", ITEMS, "1b,1,huyen-1,agree,1,1,,,,0", "1b,1,huyen-1,agree,1,1,,,2a=1,0", 3, "asked_when",
         {"item": "1b", "filter": "2a"}, ("item.filter_elsewhere",)),
    Case("item.filter_elsewhere", ITEMS, "S0,,huyen-5", "S0,,huyen-1", 5, "asked_when",
         {"item": "2a", "filter": "S0"}),
    Case("unit.ambiguous_name", UNITS, "Đống Đa,,", "ba đình;Đống Đa,,", 3, "name_vi",
         {"value": "ba đình", "first": "ba-dinh"}),
    Case("rule.unknown", STUDY, '"straight_line"', '"straight_lines"', None, "rules[2].rule",
         {"value": "straight_lines", "nearest": "straight_line"}),
    Case("rule.unknown", STUDY, '"straight_line"\nseverity = "flag"', '"straight_lines"', None, "rules[2].rule",
         {"value": "straight_lines", "nearest": "straight_line"}, ("record.missing",)),
    Case("rule.unknown", TOML, '"too_few_answers"\nseverity = "reject"', '"too_few_answer"', None, "rules[2].rule",
         {"value": "too_few_answer", "nearest": "too_few_answers"}, ("record.missing", "incomplete.rules")),
    # --- the study as a whole
    Case("study.file_missing", STUDY, '"issued.csv"', '"issue.csv"', None, "files.issued", {"value": "issue.csv"}),
    Case("file.outside", STUDY, '"issued.csv"', '"../issued.csv"', None, "files.issued", {"path": "../issued.csv"}),
    Case("file.outside", STUDY, '"returns/huyen-1.csv"', '"/etc/hostname"', None, "returns[1].path",
         {"path": "/etc/hostname"}),
    Case("file.outside", STUDY, '"returns/huyen-1.csv"', "'C:\\phieu.csv'", None, "returns[1].path"),
    Case("file.outside", STUDY, '"./instrument"', '"../instrument"', None, "study.instrument"),
    Case("study.file_missing", STUDY, '"returns/huyen-1.csv"', '"returns/huyen-2.csv"', None, "returns[1].path",
         {"value": "returns/huyen-2.csv"}),
    Case("study.file_missing", STUDY, '"returns/huyen-1.csv"', f'"{"x" * 5000}.csv"', None, "returns[1].path"),
    Case("study.timezone", STUDY, "Asia/Ho_Chi_Minh", "Asia/Ha_Noi", None, "fieldwork.timezone",
         {"value": "Asia/Ha_Noi"}),
    Case("study.form_code", STUDY, 'timezone =', 'form_codes = ["H-###", " H##"]\ntimezone =', None, "fieldwork.form_codes[1]",
         {"value": " H##"}),
    Case("study.form_code", STUDY, 'timezone =', 'form_codes = [""]\ntimezone =', None, "fieldwork.form_codes[0]"),
    Case("study.form_code_wide", STUDY, 'timezone =', 'form_codes = ["##########"]\ntimezone =', None,
         "fieldwork.form_codes[0]", {"value": "##########"}),
    Case("study.encoding", STUDY, '"utf-8"', '"utf-9"', None, "returns[2].encoding", {"value": "utf-9"}),
    Case("study.recode", STUDY, 'encoding = "utf-8"', 'recode = { agre = { 4 = 1 } }', None, "returns[2].recode.agre",
         {"value": "agre", "nearest": "agree"}),
    Case("record.not_accepted", STUDY, 'encoding = "utf-8"', 'recode = { agree = { 4 = 77 } }', None,
         "returns[2].recode.agree.4", {"value": "77"}),
    Case("study.header", STUDY, 'encoding = "utf-8"', 'header = "q{itm}"', None, "returns[2].header",
         {"value": "q{itm}"}),
    Case("record.missing", STUDY, '"Mới thành lập"', '" "', None, "units.exclusions[1].reason"),
    Case("weights.no_field", STUDY, 'distance = "logit"', 'base = "given"', None, "weights[1].weight"),
    Case("weights.around_one", STUDY, "trim = [0.2, 5.0]", "trim = [1.2, 5.0]", None, "weights[1].trim",
         {"low": "1.2"}),
    Case("weights.around_one", STUDY, "bounds = [0.3, 3.0]", "bounds = [-0.3, 3.0]", None, "weights[1].bounds"),
    Case("weights.logit_bounds", STUDY, "bounds = [0.3, 3.0]\n", "", None, "weights[1].bounds"),
    Case("weights.no_margin", STUDY, 'group = "citizens"', 'group = "deputies"', None, "weights[1].margins",
         {"value": "sex", "group": "deputies"}),
    Case("issued.no_unit", "issued.csv", "C2,huyen-5,dong-da", "C2,huyen-5,", 4, "unit", {"questionnaire": "huyen-5"}),
    Case("frames.no_unit", "frames.csv", "huyen,ba-dinh,citizens", "huyen,,citizens", 3, "unit",
         {"group": "citizens"}),
    Case("record.not_accepted", "instrument/instrument.toml", 'male = "Male"', 'man = "Male"', None, "fields[3].names_en",
         {"value": "man"}),
    Case("field.reserved", "instrument/instrument.toml", 'code = "village"', 'code = "group"', None, "fields[4].code",
         {"value": "group"}, ("reference.field",)),
    Case("planned.of_matrix", "planned.csv", "huyen,,deputies", "huyen,ba-dinh,deputies", 2, "unit",
         {"group": "deputies", "block": "huyen"}),
    # --- the plan of the sample
    Case("plan.needs", STUDY, "margin = 0.1\n", "", None, "plan[1].margin", {"method": "margin", "key": "margin"}),
    Case("plan.needs", STUDY, 'method = "whole"', 'method = "total"', None, "plan[2].total", {"method": "total"}),
    Case("plan.needs_deviation", STUDY, "margin = 0.1", 'margin = 0.1\nmeasure = "mean"', None, "plan[1].deviation"),
    Case("record.not_accepted", STUDY, "margin = 0.1", 'margin = 0.1\nmeasure = "mean"\ndeviation = 0.2\ninterval = "exact"',
         None, "plan[1].interval", {"value": "exact"}),
    Case("plan.certain_share", STUDY, "margin = 0.1", "margin = 0.1\nshare = 1", None, "plan[1].share", {"value": "1"}),
    Case("plan.difference_too_large", STUDY, 'method = "margin"\nmargin = 0.1', 'method = "change"\ndifference = 0.6', None,
         "plan[1].difference", {"value": "0.6", "share": "0.5"}),
    Case("plan.idle", STUDY, 'method = "margin"', 'method = "slovin"\nmargin_assurance = 0.9', None,
         "plan[1].margin_assurance", {"key": "margin_assurance"}),
    Case("plan.idle", STUDY, "margin = 0.1", "margin = 0.1\nforms = 20", None, "plan[1].forms", {"key": "forms"}),
    Case("plan.unit_of_matrix", STUDY, 'method = "whole"', 'method = "whole"\nblock = "huyen"\nunit = "ba-dinh"', None,
         "plan[2].unit", {"questionnaire": "huyen-1"}),
    Case("plan.total_of_unit", STUDY, "margin = 0.1", 'margin = 0.1\nunit = "ba-dinh"\nof = "block"', None, "plan[1].unit",
         {"method": "margin"}),
    Case("reference.unit", STUDY, "margin = 0.1", 'margin = 0.1\nunit = "badinh"', None, "plan[1].unit", {"value": "badinh"}),
    Case("reference.unit", STUDY, "margin = 0.1", "margin = 0.1\ndeviations = { badinh = 0.2 }", None,
         "plan[1].deviations.badinh", {"value": "badinh"}),
    Case("record.missing", STUDY, 'method = "whole"', 'method = "whole"\nunit = "ba-dinh"', None, "plan[2].block", {},
         ("plan.unit_of_matrix",)),
    Case("record.not_whole", STUDY, "margin = 0.1", "margin = 0.1\nminimum = 2.5", None, "plan[1].minimum"),
    Case("record.order", STUDY, "margin = 0.1", "margin = 0.1\nminimum = 20\nmaximum = 10", None, "plan[1].minimum"),
    Case("record.out_of_range", STUDY, "response = 0.8", "response = 80", None, "plan[1].response", {"value": "80.0"}),
    Case("record.not_accepted", STUDY, 'method = "whole"', 'method = "all"', None, "plan[2].method"),
    Case("record.not_accepted", STUDY, "margin = 0.1", 'margin = 0.1\nquestionnaire = "huyen-1"', None, "plan[1].questionnaire",
         {"accepted": "huyen-5"}),
    Case("record.duplicate", STUDY, 'group = "deputies"\nmethod = "whole"',
         'block = "huyen"\ngroup = "citizens"\nmethod = "whole"', None, "plan[2].group", {"first": "plan[1]"}),
    Case("plan.no_frame", "frames.csv", "huyen,,deputies,95\n", "", None, "plan[2].method",
         {"group": "deputies", "method": "whole"}, ("incomplete.frame", "weights.census_without_frame")),
    Case("study.file_missing", STUDY, "households.csv", "household.csv", None, "lists[1].path", {"nearest": "households.csv"}),
    Case("file.outside", STUDY, "households.csv", "../households.csv", None, "lists[1].path"),
    Case("lists.no_form", STUDY, "group = 'citizens'\nseed", 'group = "deputies"\nseed', None, "lists[1].group",
         {"value": "deputies", "accepted": "citizens"}),
    Case("lists.no_plan", STUDY, "group = 'citizens' # plan", 'group = "deputies"', None, "lists[1].group",
         {"group": "citizens"}),
    Case("lists.which_block", TOML, "[[unit_groups]]\ncode = \"upper\"", COMMUNES, None, "lists[1].block",
         {"group": "citizens", "accepted": "huyen, xa"},
         ("questionnaire.no_items", "tree.group_not_asked", "incomplete.units", "tree.points_sum")),
    Case("lists.stages", STUDY, "take = [2]", "take = [2, 3]", None, "lists[1].take", {"found": "2", "wanted": "1"}),
    Case("lists.stages", STUDY, "take = [2]", 'take = [2]\ndraw = ["simple"]', None, "lists[1].draw",
         {"found": "1", "wanted": "2"}),
    Case("lists.too_deep", STUDY, '["village" ]\ntake = [2]', '["a", "b", "c", "d"]\ntake = [1, 1, 1, 1]',
         None, "lists[1].clusters", {"found": "4", "most": "3"}),
    Case("lists.heading_twice", STUDY, '["village" ]', '["unit"]', None, "lists[1].clusters[1]",
         {"value": "unit", "other": "unit"}),
    Case("lists.no_measure", STUDY, "take = [2]", 'take = [2]\ndraw = ["sampford", "sampford"]', None, "lists[1].draw",
         {"accepted": "systematic, simple"}),
    Case("record.out_of_range", STUDY, "take = [2]", "take = [0]", None, "lists[1].take[1]"),
    Case("record.out_of_range", "drawn.csv", "weight\n", DRAWN.replace("0.5", "1.5"), 2, "probability"),
    Case("reference.questionnaire", "drawn.csv", "weight\n", DRAWN.replace("huyen-5", "huyen-6"), 2, "questionnaire",
         {"value": "huyen-6"}),
    Case("reference.unit", "drawn.csv", "weight\n", DRAWN.replace("ba-dinh,c", "bdinh,c"), 2, "unit", {"value": "bdinh"}),
    Case("record.duplicate", "drawn.csv", "weight\n", DRAWN + DRAWN.partition("\n")[2], 3, "form_code", {"value": "C1"}),
    Case("planned.issued", "planned.csv", "citizens,20,30", "citizens,20,19", 3, "issued", {"forms": "20", "value": "19"}),
    Case("frames.gap", "frames.csv", "huyen,dong-da,citizens,800\n", "", None, "unit",
         {"group": "citizens", "units": "dong-da"}, ("margins.total",)),
    Case("margins.one_category", "margins.csv", "huyen,citizens,,sex,female,1100", "", 2, "category",
         {"variable": "sex"}, ("margins.total",)),
    Case("margins.mixed", "margins.csv", "female,1100\n", "female,1100\nhuyen,citizens,ba-dinh,sex,male,1200\n", 4, "unit",
         {"variable": "sex"}, ("margins.one_category",)),
    Case("weights.census_without_frame", STUDY, 'frames = "frames.csv"\n', "", None, "weights[2].census",
         {"group": "deputies"}, ("incomplete.frame", "plan.no_frame")),
    Case("weights.idle_bounds", STUDY, 'margins = ["sex"]\ndistance = "logit"\n', "", None, "weights[1].bounds",
         {"group": "citizens"}),
    Case("weights.idle_weight", STUDY, 'clusters = ["village"]', 'weight = "village"', None, "weights[1].weight",
         {"group": "citizens"}),
    Case("margins.total", "margins.csv", "female,1100", "female,1000", 2, "population",
         {"variable": "sex", "found": "1900", "expected": "2000", "reference": "frames"}),
    Case("externals.no_uncertainty", "externals.csv", ",300,", ",,", 2, "se", {"node": "3"}),
    Case("externals.assessed", "externals.csv", "ba-dinh,3", "ba-dinh,0", 2, "node", {"node": "0"}),
    Case("assessments.not_assessed", "assessments.csv", "ba-dinh,4", "ba-dinh,2", 2, "node",
         {"node": "2", "value": "survey"}, ("assessments.no_self",)),
    Case("assessments.twice", "assessments.csv", "dong-da,0", "ba-dinh,0", 2, "node",
         {"node": "4", "parent": "0", "first": "3"}, ("assessments.no_self",)),
    Case("assessments.not_summed", TREE, "0,,unit,sum", "0,,unit,mean", None, "node",
         {"node": "4", "parent": "0", "rule": "mean"}),
    Case("assessments.excluded", "assessments.csv", "dong-da,0", "me-linh,0", 3, "unit", {"unit": "me-linh"},
         ("assessments.no_self",)),
    Case("assessments.self_late", "assessments.csv", "2023-11-30", "2023-12-01", 3, "self_assessed_on",
         {"unit": "dong-da", "nodes": "0", "date": "2023-12-01", "by": "2023-11-30"}),
    Case("assessments.explained_late", STUDY, '"2024-01-06"', '"2024-01-03"', 2, "explained_on", {"by": "2024-01-03"},
         ("explanations.late",)),
    Case("assessments.no_self", "assessments.csv", "0.8,2023", ",2023", 3, "self_assessed",
         {"unit": "dong-da", "count": "1", "nodes": "4"}),
    Case("validity.parameter_range", TOML, "minimum_share = 0.6", "minimum_share = 60", None, "rules[2]",
         {"parameter": "minimum_share"}),
    # --- what is incomplete
    Case("decisions.not_issued", "decisions.csv", "C1,", "C9,", 2, "form_code", {"value": "C9"}),
    Case("decisions.by_row", "decisions.csv", "C1,", "staff.csv#12,", 2, "form_code", {"value": "staff.csv#12"}),
    Case("incomplete.label_vi", STUDY, 'label_vi = "Đợt nhỏ"\n', "", None, "study.label_vi", {"name": "nho-2023"}),
    Case("incomplete.label_vi", TREE, "Dịch vụ,Service", ",Service", 4, "label_vi", {"name": "2"}),
    Case("incomplete.label_en", TOML, 'label_en = "Neutral"\n', "", None, "scales.agree.levels[2].label_en",
         {"name": "2"}),
    Case("incomplete.english", TOML, 'label_en = "Small instrument"\n', "", None, "identity.label_en", {"name": "nho"}),
    Case("incomplete.text_vi", ITEMS, "Dịch vụ tốt", "", 5, "text_vi", {"name": "2a"}),
    Case("incomplete.text_en", ITEMS, "Service is good", "", 5, "text_en", {"name": "2a"}),
    Case("incomplete.source", ITEMS, "Service is good,,plan", "Service is good,,", None, "source", {"names": "2a"}),
    Case("incomplete.source", TOML, 'minimum_share = 0.6\nsource = "plan"', "minimum_share = 0.6", None,
         "rules.source", {"names": "too_few_answers"}),
    Case("incomplete.source_date", TOML, 'document = "KH 243/KH-UBND 2023"',
         'document = "KH"\nnumber = "243/KH-UBND"\nissuer = "UBND"', None, "sources[1].date", {"number": "243/KH-UBND"}),
    Case("incomplete.source_issuer", TOML, 'document = "KH 243/KH-UBND 2023"',
         'document = "KH"\nnumber = "243/KH-UBND"\ndate = 2023-10-05', None, "sources[1].issuer",
         {"number": "243/KH-UBND"}),
    Case("incomplete.rules", TOML, 'rule = "near_duplicate"\nseverity = "off"', 'rule = "too_fast"\nseverity = "off"', None,
         "rules", {"rules": "near_duplicate"}),
    Case("incomplete.group", TOML, '[[groups]]\ncode = "citizens"',
         '[[groups]]\ncode = "heads"\nlabel_vi = "Trưởng phòng"\nlabel_en = "Heads"\n\n[[groups]]\ncode = "citizens"',
         None, "groups[2].code", {"name": "heads"}),
    Case("incomplete.block", TOML, '[[groups]]\ncode = "deputies"',
         '[[blocks]]\ncode = "xa"\nlabel_vi = "Xã"\nlabel_en = "Communes"\n\n[[groups]]\ncode = "deputies"',
         None, "blocks[2].code", {"name": "xa"}, ("incomplete.units",)),
    Case("incomplete.scale", ITEMS, "S0,,huyen-5,used", "S0,,huyen-5,agree", None, "scales.used", {"name": "used"},
         ("reference.level",)),
    Case("incomplete.value_order", TOML, "values = [0.0, 0.0]", "values = [0.6, 0.0]", None, "scales.agree.levels",
         {"name": "agree", "ladder": "quarters"}),
    Case("incomplete.satisfied", TOML, "satisfied = true\n", "", None, "scales.agree.levels", {"name": "agree"}),
    Case("incomplete.same_text", ITEMS, "Có nhũng nhiễu", "Văn bản  phù hợp", 3, "text_vi",
         {"name": "1b", "first": "1a"}),
    # --- published figures
    Case("headlines.nothing", "headlines.csv", "2022,,,7,30", "2022,,,,", 4, "value"),
    Case("headlines.no_measure", "headlines.csv", "84.0,percent", "84.0,", 3, "measure"),
    Case("headlines.no_points", TREE, "0,,unit,sum,total,1,4", "0,,unit,sum,total,1,", 2, "measure", {"node": "0"},
         ("tree.no_points",)),
    Case("record.out_of_range", "headlines.csv", "3.10,points", "4.10,points", 2, "value", {"high": "4.0"}),
    Case("record.out_of_range", "headlines.csv", "84.0,percent", "100.5,percent", 3, "value", {"high": "100.0"}),
    Case("record.out_of_range", "headlines.csv", "84.0,percent", "8.4,score", 3, "value", {"high": "1.0"}),
    Case("record.out_of_range", "headlines.csv", "points,2,30", "points,31,30", 2, "rank", {"high": "30"}),
    Case("record.out_of_range", "headlines.csv", ",,2022,3.10", ",,202,3.10", 2, "year"),
    Case("record.not_number", "headlines.csv", "3.10", "3.1o", 2, "value", {"value": "3.1o"}),
    Case("record.duplicate", "headlines.csv", "dong-da,,2022", "ba-dinh,,2022", 4, "document"),
    Case("reference.node", "headlines.csv", "dong-da,3,", "dong-da,9,", 3, "node"),
    Case("reference.unit", "headlines.csv", "ba-dinh", "ba-din", 2, "unit", {"nearest": "ba-dinh"}),
    # --- explanations of units
    Case("explanations.lacks", "explanations.csv", ",partly,NVA,", ",partly,,", 2, "reviewer"),
    Case("explanations.lacks", "explanations.csv", ",Bổ sung báo cáo,", ",,", 2, "explanation"),
    Case("explanations.lacks", "explanations.csv", "2024-01-04,received", ",late", 2, "received_on"),
    Case("explanations.nothing_received", "explanations.csv", ",none,pending,,,", ",none,rejected,A,B,2024-01-12", 3, "decision"),
    Case("explanations.late", "explanations.csv", "2024-01-04,received", "2024-01-07,received", 2, "received_on",
         {"value": "2024-01-07", "limit": "2024-01-06"}),
    Case("explanations.not_late", "explanations.csv", "2024-01-04,received", "2024-01-06,late", 2, "received_on",
         {"value": "2024-01-06", "limit": "2024-01-06"}),
    Case("record.order", "explanations.csv", "2024-01-12", "2024-01-02", 2, "received_on"),
    Case("record.duplicate", "explanations.csv", "huyen,dong-da,", "huyen,ba-dinh,", 3, "node"),
    Case("record.not_accepted", "explanations.csv", ",partly,", ",partially,", 2, "decision", {"nearest": "partly"}),
    Case("reference.unit", "explanations.csv", "dong-da", "dong-daa", 3, "unit", {"nearest": "dong-da"}),
    Case("reference.node", "explanations.csv", "ba-dinh,,", "ba-dinh,9.9,", 2, "node"),
    Case("incomplete.issued", STUDY, 'issued = "issued.csv"\n', "", None, "files.issued"),
    Case("incomplete.no_code_field", "instrument/instrument.toml", 'role = "form_code"', 'role = "operator"', 2, "form_code"),
    Case("incomplete.fieldwork", STUDY, 'end = "2023-12-15"\n', "", None, "fieldwork"),
    Case("incomplete.publication", STUDY, '[publisher]\nname_vi = "Viện"', "[publisher]", None, "",
         {"sections": "[publisher]"}),
    Case("incomplete.publication", STUDY, "end = 2023-12-31\n", "", None, "", {"sections": "[period]"}),
    Case("incomplete.citation", STUDY, 'number = "243/KH"\ndate = 2023-10-05\n', "", None, "basis[1]",
         {"title": "Kế hoạch", "keys": "number, date"}),
    Case("incomplete.frame", "frames.csv", "huyen,,deputies,95\n", "", None, "files.frames",
         {"block": "huyen", "group": "deputies"}, ("weights.census_without_frame", "plan.no_frame")),
)  # fmt: skip


def matching(found: tuple[Problem, ...], case: Case) -> list[Problem]:
    return [
        p
        for p in found
        if p.code == case.code
        and (case.row is None or p.row == case.row)
        and (case.column is None or p.column == case.column)
        and case.params.items() <= dict(p.params).items()
    ]


def test_the_small_study_is_right(small: Path) -> None:
    assert check(small) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.column or case.file}")
def test_fault_is_named_with_its_place(
    case: Case, small: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit(case.file, case.old, case.new)
    found = check(small)
    assert matching(found, case), [p.text("en") for p in found]
    assert {p.code for p in found} == {case.code, *case.also}
    for problem in found:
        assert all(problem.text(language) for language in LANGUAGES)


def test_all_faults_are_reported_at_once(small: Path, edit: Callable[[str, str, str], None]) -> None:
    edit(TREE, "external,1,0.5", "external,-1,0.5")
    edit(ITEMS, "2a,2,huyen-5,agree,0,1,", "2a,2,huyen-5,agrees,2,-1,")
    edit(UNITS, "Ba Đình,,2025-06-30", "Ba Đình,,30/6/2025")
    edit(STUDY, "Asia/Ho_Chi_Minh", "Asia/Hue")
    edit("frames.csv", "deputies,95", "deputies,-95")
    files = {problem.file for problem in check(small)}
    assert files == {STUDY, "frames.csv", TREE, ITEMS, UNITS}


def test_agencies_in_charge_for_a_time_need_a_day(small: Path, edit: Callable[[str, str, str], None]) -> None:
    edit(STUDY, "on = 2023-12-31", "")
    edit(STUDY, "date = 2024-01-05", "")
    assert check(small) == ()  # the period ends
    edit(STUDY, "end = 2023-12-31", "")
    (fault,) = [problem for problem in check(small) if problem.severity == "error"]
    assert (fault.code, fault.file, fault.row, fault.column) == (
        "agencies.no_date",
        "agencies.csv",
        3,
        "valid_from",
    )


def test_an_index_without_points_has_no_targets_in_points(
    small: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit(TOML, "total_points = 4\n", "")
    edit(TREE, "0,,unit,sum,total,1,4,", "0,,unit,mean_of_items,total,1,,")
    edit(TREE, "1,0,criterion,mean,survey,1,1,", "1,0,criterion,mean,survey,1,,")
    found = [problem for problem in check(small) if problem.code == "targets.no_points"]
    assert [(p.file, p.row, p.column, dict(p.params)) for p in found] == [
        ("targets.csv", 6, "measure", {"node": "1"})
    ]


def test_every_wording_of_this_room_is_tried_by_some_test() -> None:
    folder = resources.files("surveys") / "wording"
    worded = set(tomllib.loads((folder / "definitions.toml").read_text(encoding="utf-8")))
    here = {case.code for case in CASES}
    elsewhere = {
        "file.not_a_file", "file.unreadable", "file.not_nfc", "toml.syntax", "toml.nested", "table.empty", "toml.long_word",
        "toml.number",
        "table.ambiguous_number",
        "table.mixed_numbers", "table.grouped_numbers", "table.codes_as_numbers", "table.too_wide", "table.too_many_faults",
        "table.ignored_column",
        "instrument.file_missing", "check.nothing_here", "incomplete.sources", "incomplete.units",
        "incomplete.returns", "incomplete.no_rules", "record.wrong",
        "field.measure", "field.bands", "study.age_without_start",  # in tests/trouble/test_columns.py
        "rule.no_person_field",  # in tests/trouble/test_identity.py
        "agencies.no_date", "targets.no_points", "plan.which_questionnaire",
        "edition.without_base", "edition.circle", "edition.nothing_to_take", "edition.no_difference",  # in test_based_on.py
    }  # fmt: skip  # in test_definition_texts.py, test_definition_folders.py and tests/indices/test_published.py
    assert worded == (here | elsewhere) - {"file.outside", "validity.parameter_range"}
