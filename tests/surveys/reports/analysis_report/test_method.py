"""The method annex: all that editions use is told in words, before and after the survey, with the numbers of the definitions."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import surveys as sv
from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.publication import CitedDocument, Publication
from surveys.definitions.study.records import Inference, Minimum, StudyDefinition, WeightPlan
from surveys.handover.workbook_facts import rule_in_force
from surveys.problems import LANGUAGES, Language, wording
from surveys.reports.analysis_report.method.facts import MethodFacts, facts_of_study
from surveys.reports.analysis_report.method.formulas import NAMED_LEVELS
from surveys.reports.analysis_report.method.screened import validity
from surveys.reports.analysis_report.parts import Block, Heading, Number, NumberSource, ReportTable
from surveys.reports.analysis_report.sections.method import blocks_of, method, method_of_study
from surveys.vocabulary.combination_names import AGGREGATIONS, CHILD_RULES, ITEM_RULES
from surveys.vocabulary.validity_rules import SEVERITIES, VALIDITY_RULES, ValidityRule
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.rounds import SAMPLES
from tests.surveys.reports.analysis_report.test_reported_round import read

SAMPLE = SAMPLES / "ha-noi-2023"
#: Words of the engine's own with an underscore; formulas have indices of one letter, and the range of an item.
CODE = re.compile(r"[A-Za-z]{2,}_[A-Za-z_]{2,}")
EDITIONS = sorted(shipped())


@cache
def study_of(edition: str) -> StudyDefinition:
    """A study of an edition that says nothing of its own."""
    instrument = load_instrument(edition)
    rules = with_standing(instrument.rules, (q.code for q in instrument.questionnaires))
    return StudyDefinition("s", "Đợt", "Study", instrument, Path("."), instrument.units, rules=rules)


@cache
def facts(language: Language) -> MethodFacts:
    return facts_of_study(sample(), language)


def blocks(study: StudyDefinition, language: Language) -> tuple[Block, ...]:
    return tuple(blocks_of(facts_of_study(study, language)))


def told(study: StudyDefinition, language: Language) -> str:
    return "\n".join(texts_of(blocks(study, language), language))


@cache
def sample() -> StudyDefinition:
    return sv.load(SAMPLE).definition


# --- nothing is left in codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("edition", "language"), [*product(EDITIONS, LANGUAGES)])
def test_every_edition_is_told_in_words(edition: str, language: Language) -> None:
    study = study_of(edition)
    text = told(study, language).replace("a_min", "").replace("a_max", "")
    assert CODE.findall(text) == []
    assert "{" not in text
    assert "⟦" not in text
    assert {node.level for node in study.instrument.nodes} <= set(NAMED_LEVELS)
    numbers = {len(table.columns) == len(row) for table in _tables(study, language) for row in table.rows}
    assert numbers == {True}
    assert all(
        sum(c.share for c in table.columns) == pytest.approx(1.0) for table in _tables(study, language)
    )


def _tables(study: StudyDefinition, language: Language) -> list[ReportTable]:
    return [block for block in blocks(study, language) if isinstance(block, ReportTable)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_rule_item_and_node_has_its_row(edition: str) -> None:
    study = study_of(edition)
    rows = tables(blocks(study, "vi"), "vi")
    assert len(rows["table-method-rules"]) == len(study.rules)
    asked = {q.code for q in study.instrument.questionnaires}
    scored = [item.code for item in study.instrument.items if item.node and asked & set(item.questionnaires)]
    listed = [row[0] for row in rows["table-method-items"] if row[2]]
    assert sorted(listed) == sorted(scored)
    assert [row[0] for row in rows["table-method-tree"]] == _in_order(study)
    assert len(rows["table-method-questionnaires"]) == len(study.instrument.questionnaires)


def _in_order(study: StudyDefinition, above: str = "") -> list[str]:
    """The nodes as a tree is printed, worked out anew."""
    below = [node.code for node in study.instrument.nodes if node.parent == above]
    return [code for node in below for code in (node, *_in_order(study, node))]


@pytest.mark.parametrize("rule", VALIDITY_RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_is_told_with_each_of_its_choices(rule: ValidityRule) -> None:
    for parameter in rule.parameters:
        choices: tuple[object, ...] = parameter.words
        if parameter.kind is bool:
            choices = (True, False)
        elif parameter.kind is tuple:
            choices = ((), ("sex", "area"))
        elif not choices:
            choices = (7,)
        for value, severity in product(choices, SEVERITIES):
            rules = (rule_in_force(rule.name, severity, {parameter.name: value}, ()),)
            for language in LANGUAGES:
                found = tables(validity(replace(facts(language), rules=rules)), language)
                (row,) = found["table-method-rules"]
                assert CODE.findall(" ".join(row)) == []
                if value == 7 and parameter.name not in ("minimum_share", "share"):
                    assert "7" in row[2]
                if value == ("sex", "area"):
                    assert {"vi": "Giới tính, Khu vực", "en": "Sex, Area"}[language] in row[2]


def choices_of(record: type, name: str) -> tuple[str, ...]:
    return get_args(get_type_hints(record)[name])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("report.method.base", choices_of(WeightPlan, "base")),
        ("report.method.distance", choices_of(WeightPlan, "distance")),
        ("report.method.lonely", choices_of(WeightPlan, "lonely")),
        ("report.method.interval", choices_of(Inference, "interval")),
        ("report.method.variances", choices_of(Inference, "variances")),
        ("report.method.small_sample", choices_of(Inference, "small_sample")),
        ("report.method.on_missing", choices_of(Inference, "on_missing_group")),
        ("report.method.over_items", ITEM_RULES),
        ("report.method.over_children", CHILD_RULES),
        ("report.method.combined.items", ITEM_RULES),
        ("report.method.combined.children", CHILD_RULES),
        ("report.method.done", SEVERITIES),
    ],
)
def test_whatever_a_definition_may_say_has_words(key: str, words: tuple[str, ...]) -> None:
    assert words
    assert [word for word in words if f"{key}.{word}" not in wording()] == []


@pytest.mark.parametrize(
    "plan", [*product(choices_of(WeightPlan, "base"), choices_of(WeightPlan, "distance"))]
)
def test_a_plan_of_weights_is_told(plan: tuple[Any, Any]) -> None:
    base, distance = plan
    of_citizens = WeightPlan(
        "citizens", base=base, distance=distance, margins=("sex",), bounds=(0.4, 2.5), trim=(0.3, 3.0),
        strata=("area",), clusters=("age_group",), weight="age_group",
    )  # fmt: skip
    study = replace(sample(), weights=(of_citizens,))
    rows = tables(blocks(study, "vi"), "vi")["table-method-weights"]
    row = next(row for row in rows if row[1] == "Người dân")
    assert "Giới tính" in row[4]
    assert "từ 0,4 đến 2,5" in row[4]
    assert "từ 0,3 đến 3 lần trung bình" in row[4]
    assert row[3] == "Tầng: từng đơn vị theo Khu vực; cụm: Nhóm tuổi"
    assert ("Nhóm tuổi" in row[2]) == (base == "given")
    others = {row[2] for row in rows if row[1] != "Người dân"}
    assert others == {"w = N/n"}
    groups = [name for row in rows for name in row[1].split("; ")]
    assert len(groups) == 10  # five groups in each of two blocks, together where their plans are alike


@pytest.mark.parametrize("chosen", AGGREGATIONS)
def test_the_aggregation_of_a_whole_index_is_told(chosen: str) -> None:
    study = study_of("sipas/2023")
    study = replace(
        study, instrument=replace(study.instrument, scoring=replace(study.instrument.scoring, rule=chosen))
    )
    over_items, over_children = AGGREGATIONS[chosen]
    said = paragraphs(blocks(study, "en"), "en")
    starts = {
        key: wording()[key]["en"].partition(" (")[0]
        for key in wording()
        if ".over_" in key and "method" in key
    }
    found = {key for key, start in starts.items() if any(text.startswith(f"{start} (") for text in said)}
    expected = {f"over_items.{over_items}", "over_items.shares", f"over_children.{over_children}"}
    alike = {f"report.method.{key}" for key in expected}
    assert {starts[key] for key in found} == {starts[key] for key in alike}
    columns = [len(t.columns) for t in _tables(study, "en") if t.key == "table-method-tree"]
    assert columns == [6 if chosen == "weighted" else 5]  # weights stand there where they count


# --- numbers of the definitions, read a second time -----------------------------------------------------------------------


def test_population_and_forms_are_those_of_the_files_of_the_study() -> None:
    found = tables(blocks(sample(), "vi"), "vi")["table-method-sample"]
    population: Counter[tuple[str, str]] = Counter()
    for row in rows_of(SAMPLE / "frames.csv"):
        if row["unit"] != "hoa-lac":
            population[row["block"], row["group"]] += int(row["population"])
    issued = Counter(row["questionnaire"] for row in rows_of(SAMPLE / "issued.csv"))
    instrument = tomllib.loads(
        (SAMPLES.parent / "questionnaires" / "ha-noi" / "2023" / "instrument.toml").read_text(
            encoding="utf-8"
        )
    )
    expected = [
        [
            f"{population[q['block'], q['group']]:,}".replace(",", "."),
            f"{issued[q['code']]:,}".replace(",", "."),
        ]
        for q in instrument["questionnaires"]
    ]
    assert [row[3:] for row in found] == expected
    assert len(found) == 10


def test_the_halves_of_an_index_have_the_points_of_its_plan() -> None:
    said = paragraphs(blocks(sample(), "vi"), "vi")  # plan 243/KH-UBND: 68 points of the council, 32 surveyed
    halves = "tổng điểm tối đa 100, gồm 68 điểm do Hội đồng thẩm định đánh giá và 32 điểm xác định qua điều tra xã hội học."
    assert [text.partition(": ")[2] for text in said if "tổng điểm tối đa" in text] == [halves, halves]
    assert any(
        "Sở, cơ quan tương đương sở (22 đơn vị); Quận, huyện, thị xã (30 đơn vị)" in text for text in said
    )
    (papi,) = [
        text for text in paragraphs(blocks(study_of("papi/2021"), "vi"), "vi") if "tổng điểm tối đa" in text
    ]
    assert papi == "Tỉnh, thành phố: tổng điểm tối đa 80."


def test_thresholds_are_those_of_the_instrument() -> None:
    rows = {row[1]: (row[2], row[4]) for row in tables(blocks(sample(), "vi"), "vi")["table-method-rules"]}
    assert rows["Trả lời quá ít câu hỏi"] == (
        "Dưới 66,7\xa0% số câu phải trả lời; “không biết” được coi là đã trả lời",
        "Loại phiếu",
    )
    assert rows["Trả lời quá nhanh"] == ("Dưới 2 giây mỗi câu", "Chờ xem xét, chưa tính")


def test_numbers_of_the_study_are_told() -> None:
    study = replace(
        sample(),
        minimum=Minimum(7, (("deputies", 3),)),
        inference=Inference(level=0.9, interval="wilson", on_missing_group="renormalise", variances="own"),
        publication=Publication(basis=(CitedDocument("Kế hoạch", number="1/KH"),)),
    )
    said = "\n".join(paragraphs(blocks(study, "vi"), "vi"))
    assert "ít hơn 7 phiếu hợp lệ (riêng Đại biểu Hội đồng nhân dân: 3 phiếu)" in said
    assert "Khoảng tin cậy 90\xa0% theo Wilson" in said
    assert "điểm tính trên các nhóm còn lại" in said
    assert "chỉ tính từ chính ô đó" in said
    assert "Căn cứ: Kế hoạch; số 1/KH." in said


def test_values_of_answers_are_those_of_the_scales() -> None:
    scales = {row[0]: row[1] for row in tables(blocks(sample(), "en"), "en")["table-method-scales"]}
    assert scales["Agreement"].endswith("Neither agree nor disagree (0.5); Agree (0.75); Strongly agree (1)")
    said = "\n".join(paragraphs(blocks(sample(), "vi"), "vi"))
    assert "câu hỏi đảo chiều (5.2.4a, 5.2.4b, 5.3.3a, 5.3.3b, 5.7.3a, 5.7.3b): x = 1 − a" in said
    assert "a_min" not in said
    satisfied = "\n".join(paragraphs(blocks(study_of("sipas/2023"), "vi"), "vi"))
    assert "chọn mức được tính là hài lòng (“Hài lòng”; “Rất hài lòng”)" in satisfied


def test_an_item_with_a_range_has_its_formula() -> None:
    study = study_of("papi/2021")
    first, *others = study.instrument.items
    ranged = replace(study.instrument, items=(replace(first, maximum=0.5), *others))
    (text,) = [t for t in paragraphs(blocks(replace(study, instrument=ranged), "vi"), "vi") if "a_min" in t]
    assert f"riêng {first.code}: x = (a − a_min)/(a_max − a_min)" in text


# --- before and after ------------------------------------------------------------------------------------------------------


def test_a_document_before_the_survey_tells_of_no_results() -> None:
    report = method_of_study(sample(), "vi")
    assert report.fingerprint == ""
    assert [section.key for section in report.sections] == ["method"]
    text = "\n".join(texts_of(report.blocks, "vi"))
    assert "SHA-256" not in text
    assert "Python" not in text
    assert sample().label_vi in report.subject


@pytest.mark.long
def test_the_annex_says_what_was_said_before_the_survey(results: Results) -> None:
    round_ = read(results("ha-noi"), "vi")
    before, after = blocks(sample(), "vi"), tuple(method(round_))
    of_after, of_before = tables(after, "vi"), tables(before, "vi")
    (population,) = [key for key in of_after if of_after[key] != of_before[key]]
    differing = [
        (now[3], then[3])
        for now, then in zip(of_after[population], of_before[population], strict=True)
        if now != then
    ]
    assert differing == [("30.580", "35.157")]  # of the enterprises three departments have no form
    lines, earlier = paragraphs(after, "vi"), paragraphs(before, "vi")
    more = [text for text in lines if text not in earlier]
    gone = [text for text in earlier if text not in lines]
    assert [text[:14] for text in gone] == ["Chỉ so sánh nh", "Kết quả được t"]
    assert round_.results.fingerprint in more[-1]
    assert [h.text for h in after if isinstance(h, Heading)] == [
        h.text for h in before if isinstance(h, Heading) and h.text != "So sánh với đợt trước"
    ]


def test_a_study_without_units_frames_and_issued_forms_is_told_all_the_same() -> None:
    study = replace(study_of("ha-noi/2023"), units=())
    said = paragraphs(blocks(study, "vi"), "vi")
    assert "Sở, cơ quan tương đương sở (0 đơn vị); Quận, huyện, thị xã (0 đơn vị)" in said[0]
    assert {tuple(row[3:]) for row in tables(blocks(study, "vi"), "vi")["table-method-sample"]} == {
        ("–", "–")
    }
    assert not any("Phiếu được thu từ ngày" in text for text in said)


def test_decisions_of_people_are_counted_by_what_they_are_about() -> None:
    made = tuple(
        (about, Number(str(k), NumberSource("run", ("decisions", about), "decisions")))
        for k, about in enumerate(
            ("decisions", "unit_decisions", "adjudication", "entry_codes", "explanations"), 1
        )
    )
    with_decisions = replace(facts("vi"), programs=replace(facts("vi").programs, decisions=made))
    assert paragraphs(validity(with_decisions), "vi")[-1] == (
        "Quyết định đã ghi trong đợt này: về phiếu: 1; về cách viết tên đơn vị: 2; phân xử hai lần nhập liệu: 3; "
        "về mã phiếu của lần nhập thứ hai: 4; về giải trình của đơn vị: 5."
    )
