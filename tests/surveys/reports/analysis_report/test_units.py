"""Single units: each on half a page in the order of the league, many in reports of their own; what may be said of one."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from surveys.problems import LANGUAGES, Language, phrase
from surveys.reports.analysis_report.labels import labels_of
from surveys.reports.analysis_report.parts import Block, Heading, Number, ReportTable, numbers_in
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.units import unit_report, unit_reports, units
from surveys.reports.analysis_report.told import shown
from surveys.reports.unit_parts import UnitParts
from tests.surveys.reports.analysis_report.compared_rounds import compared
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.test_reported_round import read

SMALL = ["tied", "one", "incomplete", "lonely", "renormalised", "named", "small", "first-survey"]
LARGE = [pytest.param(key, marks=pytest.mark.long) for key in ("sipas", "papi", "ha-noi")]


def told(round_: ReportedRound) -> list[Block]:
    return list(units(round_))


def half_pages(blocks: list[Block]) -> dict[str, list[Block]]:
    """Key of the heading of a unit → what stands below it."""
    found: dict[str, list[Block]] = {}
    for block in blocks:
        if isinstance(block, Heading):
            found[block.key] = []
        elif found:
            found[list(found)[-1]].append(block)
    return {key: own for key, own in found.items() if key.startswith("unit-")}


def said(blocks: list[Block], language: Language = "vi") -> str:
    return " ".join(paragraphs(blocks, language)).replace("\xa0", " ")


def comma(text: str) -> str:
    return text.replace(".", ",")


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_every_unit_has_its_half_page_in_the_order_of_the_league(results: Results, key: str) -> None:
    rows = rows_of(results(key) / "council" / "units.csv")
    ordered = []
    for block in dict.fromkeys(row["block"] for row in rows):
        own = [row for row in rows if row["block"] == block]
        ordered += sorted(own, key=lambda row: int(row["rank"] or len(rows) + 1))
    pages = half_pages(told(read(results(key), "vi")))
    assert list(pages) == [f"unit-{row['block']}-{row['unit_code']}" for row in ordered]
    for row in rows:
        text = said(pages[f"unit-{row['block']}-{row['unit_code']}"])
        if not row["percent"]:
            assert "không có kết quả được công bố: " in text
            continue
        assert f"{comma(row['percent'])} %" in text
        low, high = ("points_low", "points_high") if "points" in row else ("ci_low", "ci_high")
        for name in (low, high):
            assert comma(row[name]) in text
        if row["rank"] and sum(one["rank"] != "" and one["block"] == row["block"] for one in rows) > 1:
            assert f"xếp thứ {row['rank']} trong " in text


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_numbers_of_a_half_page_are_of_the_unit_or_of_the_whole_block(results: Results, key: str) -> None:
    """Cells of the unit itself; what is worked out is of the unit, or the mean or a count of the block."""
    for heading, blocks in half_pages(told(read(results(key), "vi"))).items():
        for number in numbers_of(blocks):
            at, of = number.source.key, number.source
            if of.table == "report":
                kinds = {"mean", "lost", "share", "sum", "count"}
                assert at[0] in kinds, number
                assert at[0] in ("mean", "count") or f"unit-{at[2]}-{at[3]}" == heading, number
            else:
                assert f"unit-{at[0]}-{at[1]}" == heading, number


def numbers_of(blocks: list[Block]) -> list[Number]:
    texts = [
        block.text
        for block in blocks
        if not isinstance(block, (Heading, ReportTable)) and hasattr(block, "text")
    ]
    cells = [cell for block in blocks if isinstance(block, ReportTable) for row in block.rows for cell in row]
    return [number for text in (*texts, *cells) for number in numbers_in(text)]


def test_ties_are_told_in_the_report_and_not_in_a_sheet_that_goes_to_one_unit(results: Results) -> None:
    round_ = read(results("tied"), "vi")
    pages = half_pages(told(round_))
    assert "xếp thứ 2 trong 4 đơn vị được xếp hạng (đồng hạng, 2 đơn vị); xét sai số" in said(
        pages["unit-xa-u0002"]
    )
    assert "đồng hạng" not in said(pages["unit-xa-u0001"])
    alone = UnitParts(round_.unit_figures["xa", "u0002"], "vi", 0.95, 2)
    assert "đồng hạng" not in shown(alone.result, "vi")


def test_a_rank_that_holds_is_told_as_such_and_another_with_its_set(results: Results) -> None:
    pages = half_pages(told(read(results("tied"), "vi")))
    assert "xét cả sai số điều tra, thứ hạng này không thay đổi" in said(pages["unit-xa-u0001"])
    assert "thứ hạng nằm trong khoảng từ 2 đến 3" in said(pages["unit-xa-u0003"])


def test_units_without_a_result_say_why_and_show_what_they_have(results: Results) -> None:
    pages = half_pages(told(read(results("incomplete"), "vi")))
    why = phrase("score.incomplete_below", "vi", nodes="1")
    assert said(pages["unit-xa-u0002"]).startswith(
        f"Xã số 2 không có kết quả được công bố: {phrase('handover.status.incomplete', 'vi')}; {why}."
    )
    (table,) = (block for block in pages["unit-xa-u0002"] if isinstance(block, ReportTable))
    assert [shown(row[2], "vi") != "–" for row in table.rows] == [False, False, True]
    assert not [block for block in pages["unit-xa-u0003"] if isinstance(block, ReportTable)]
    assert phrase("sheet.forms.none", "vi") in said(pages["unit-xa-u0003"])


@pytest.mark.parametrize("key", ["incomplete", "small"])
def test_shares_of_what_was_lost_need_every_sub_criterion(results: Results, key: str) -> None:
    scores = rows_of(results(key) / "council" / "scores.csv")
    for (_, unit), figures in read(results(key), "vi").unit_figures.items():
        leaves = [r for r in scores if r["unit_code"] == unit and r["node_code"].count(".") == 1]
        lost = {
            r["node_code"]: Fraction(r["max_points"]) - Fraction(r["points"]) for r in leaves if r["points"]
        }
        for loss in figures.losses:
            assert Fraction(loss.lost) == lost[loss.node.code]
            if len(lost) < len(leaves):
                assert not loss.share
            else:
                share = 100 * lost[loss.node.code] / sum(lost.values())
                assert abs(Fraction(loss.share) - share) <= Fraction(1, 200)


def test_forms_are_summed_over_the_questionnaires_of_a_group(results: Results) -> None:
    funnel = rows_of(results("small") / "funnel.csv")
    for (block, unit), figures in read(results("small"), "vi").unit_figures.items():
        own = [row for row in funnel if (row["block"], row["unit_code"]) == (block, unit)]
        for column in ("returned", "valid"):
            assert figures.of_forms(column).text == str(sum(int(row[column]) for row in own))
            for group in figures.forms:
                of_group = sum(int(row[column]) for row in own if row["group"] == group.code)
                assert figures.of_forms(column, group).text == str(of_group)


def test_changes_within_the_noise_are_called_that(results: Results) -> None:
    """The verdicts of the table of changes, in words."""
    round_ = compared(results("small-before"), results("small"), "vi")
    pages, changes = half_pages(told(round_)), round_.changes
    assert changes is not None
    kinds = set()
    for row in changes.to_dict("records"):
        if (row["node_code"], row["group"], row["part"]) != ("0", "all", "survey"):
            continue
        text = said(pages[f"unit-xa-{row['unit_code']}"])
        percents = [comma(f"{100 * Decimal(row[name]):.2f}") for name in ("score_old", "score_new")]
        sure = float(row["p_adjusted"]) <= 0.05
        kind = ("tăng" if float(row["change"]) > 0 else "giảm") if sure else "chênh lệch"
        kinds.add(kind)
        assert all(f"{percent} %" in text for percent in percents)
        if sure:
            assert f"phần điều tra xã hội học {kind} từ {percents[0]} %" in text
            assert "vượt sai số điều tra" in text
        else:
            assert "nằm trong sai số điều tra" in text
    assert kinds == {"tăng", "giảm", "chênh lệch"}


def test_without_an_earlier_round_nothing_is_said_of_one(results: Results) -> None:
    assert "đợt trước" not in " ".join(texts_of(told(read(results("small"), "vi")), "vi"))


# --- many units --------------------------------------------------------------------------------------------------------------


def test_many_units_have_reports_of_their_own(results: Results) -> None:
    round_ = read(results("many"), "vi")
    number = len(rows_of(results("many") / "council" / "units.csv"))
    assert number > round_.results.settings.report.units_within
    assert paragraphs(told(round_), "vi") == [phrase("report.units.apart", "vi", units=number)]
    assert not half_pages(told(round_))
    reports = dict(unit_reports(round_))
    assert list(reports) == list(round_.unit_figures)
    report = reports["xa", "u0007"]
    assert not report.has_contents
    assert not report.is_signed
    assert "Xã số 7" in report.subject
    for other in ("Xã số 8", "u0008"):
        assert not any(other in text for text in texts_of(report.blocks, "vi"))
    assert labels_of(report).headings


def test_few_units_have_none(results: Results) -> None:
    assert not list(unit_reports(read(results("small"), "vi")))


def test_the_report_of_a_unit_holds_every_sub_criterion_and_its_changes(results: Results) -> None:
    round_ = compared(results("small-before"), results("small"), "vi")
    report = unit_report(round_, "xa", "u0001")
    assert [section.key for section in report.sections] == [
        "summary",
        "losses",
        "forms",
        "changes",
        "details",
    ]
    table = next(block for block in report.sections[-1].blocks if isinstance(block, ReportTable))
    assert [shown(row[0], "vi").split(". ")[0] for row in table.rows[1:]] == [
        "1",
        "1.1",
        "1.2",
        "2",
        "2.1",
        "2.2",
    ]
    with pytest.raises(KeyError):
        unit_report(round_, "xa", "nowhere")


def test_a_unit_of_which_nothing_is_shown_has_a_report_too(results: Results) -> None:
    report = unit_report(read(results("incomplete"), "vi"), "xa", "u0003")
    assert any("không có kết quả được công bố" in text for text in texts_of(report.blocks, "vi"))


def test_hidden_values_of_one_unit_change_no_half_page_of_another(results: Results) -> None:
    """Cells that the council's table hides hold nothing: whatever else is changed of that unit, the others stay as they are."""
    round_ = read(results("incomplete"), "vi")
    scores = round_.results.scores
    gone = (scores.frame["unit_code"] == "u0003").to_numpy()
    kept = replace(scores, frame=scores.frame[~gone], lines=scores.lines[~gone])
    table = round_.results.units
    here = (table.frame["unit_code"] == "u0003").to_numpy()
    rest = replace(table, frame=table.frame[~here], lines=table.lines[~here])
    other = replace(round_, results=replace(round_.results, scores=kept, units=rest))
    before, after = half_pages(told(round_)), half_pages(told(other))
    for key, blocks in after.items():
        assert list(texts_of(blocks, "vi")) == list(texts_of(before[key], "vi"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [key for key in SMALL if key != "named"])
def test_every_phrase_is_filled_in(results: Results, key: str, language: Language) -> None:
    for text in texts_of(told(read(results(key), language)), language):
        assert not re.search(r"[⟦⟧]|{\w+}", text)
