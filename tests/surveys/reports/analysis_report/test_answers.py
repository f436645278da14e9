"""Answers, respondents and drivers in a report: shares put together a second time from the tables' files; traps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from surveys.problems import Language
from surveys.reports.analysis_report.sections.answers import answers
from surveys.reports.analysis_report.sections.drivers import drivers
from surveys.reports.analysis_report.sections.respondents import respondents
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.sections_read import (
    cells_of,
    edited,
    file_rows,
    rounded,
    sentences,
    without,
)
from tests.surveys.reports.analysis_report.test_reported_round import read

pytestmark = pytest.mark.long
#: Question → group → level → row of its file.
Answers = dict[str, dict[str, dict[str, dict[str, str]]]]


def answers_in(folder: Path) -> Answers:
    found: Answers = defaultdict(lambda: defaultdict(dict))
    for row in file_rows(folder / "answers.csv"):
        found[row["item_code"]][row["group"]][row["level_code"]] = row
    return found


def percent(share: str) -> str:
    return rounded(100 * Decimal(share))


def test_shares_of_the_levels_are_those_of_the_file(results: Results) -> None:
    found = answers_in(results("small"))
    heading, *rows = cells_of(answers(read(results("small"), "vi")), "table-answers-xa")
    assert heading[0] == "Câu hỏi"
    assert heading[-1] == "Số trả lời"
    of_items = [row for row in rows if row[-1]]
    assert [row[0].split(". ")[0] for row in of_items] == list(found)
    for row, groups in zip(of_items, found.values(), strict=True):
        expected = [percent(one["share"]) for one in groups["all"].values()]
        assert row[1:] == [*expected, next(iter(groups["all"].values()))["n_valid"]]


def test_the_most_and_the_least_satisfying_questions(results: Results) -> None:
    """Levels 4 and 5 of the small index are satisfied."""
    found = answers_in(results("small"))
    shares = {
        item: sum((Decimal(of["all"][level]["share"]) for level in "45"), Decimal())
        for item, of in found.items()
    }
    order = sorted(shares, key=lambda item: -shares[item])
    told = sentences(answers(read(results("small"), "vi")))
    for beginning, items in (("Cao nhất: ", order[:3]), ("Thấp nhất: ", order[:-4:-1])):
        (text,) = (one for one in told if one.startswith(beginning))
        named = [f"{item}. Nội dung {item} ({rounded(100 * shares[item])} %)" for item in items]
        assert text == f"{beginning}{'; '.join(named)}."


def apart_by_hand(found: Answers) -> dict[str, Decimal]:
    """Question → the widest gap between the intervals of two groups at one level, of those that have one."""
    gaps: dict[str, Decimal] = {}
    for item, groups in found.items():
        own = {group: levels for group, levels in groups.items() if group != "all"}
        for a in own:
            for b in own:
                for level in own[a]:
                    gap = Decimal(own[a][level]["ci_low"]) - Decimal(own[b][level]["ci_high"])
                    if gap > 0:
                        gaps[item] = max(gap, gaps.get(item, Decimal()))
    return gaps


def test_groups_are_said_to_answer_unequally_where_their_intervals_lie_apart(results: Results) -> None:
    """In the small index, of which all groups answer alike, and with one answer of the staff moved out of the other's reach."""
    folder = results("small")
    found = answers_in(folder)
    several = [item for item, groups in found.items() if len(groups) > 2]
    gaps = apart_by_hand(found)
    told = " ".join(sentences(answers(read(folder, "vi"))))
    if gaps:
        assert f"Trong {len(several)} câu hỏi dùng chung cho nhiều nhóm đối tượng, có {len(gaps)} câu" in told
    else:
        assert f"Trong {len(several)} câu hỏi dùng chung cho nhiều nhóm đối tượng, không câu nào" in told

    def moved(frame: pd.DataFrame) -> pd.DataFrame:
        place = (frame["item_code"] == several[0]) & (frame["group"] == "cb") & (frame["level_code"] == "1")
        frame.loc[place, ["share", "ci_low", "ci_high"]] = ["0.9500000000", "0.9000000000", "0.9900000000"]
        return frame

    _, first, *_ = cells_of(answers(edited(read(folder, "vi"), "answers", moved)), "table-answers-groups-xa")
    assert first[0].startswith(f"{several[0]}. ")
    assert (first[2], first[3], first[4]) == ("Cán bộ", "95,00", "Người dân")


def hidden(item: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """An edit by which a question has no published shares."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        place = frame["item_code"] == item
        frame.loc[place, ["share", "ci_low", "ci_high"]] = ""
        frame.loc[place, "status"] = "suppressed"
        return frame

    return edit


def test_a_hidden_question_is_a_dash_and_said_to_be_hidden(results: Results) -> None:
    round_ = edited(read(results("small"), "vi"), "answers", hidden("2.2a"))
    blocks = list(answers(round_))
    (row,) = (row for row in cells_of(blocks, "table-answers-xa") if row[0].startswith("2.2a. "))
    assert row[1:6] == ["–"] * 5
    assert "Có 1 câu hỏi không công bố tỷ lệ trả lời vì có ít phiếu." in sentences(blocks)
    told = [text for text in sentences(blocks) if text.startswith(("Cao nhất", "Thấp nhất"))]
    assert not any("2.2a" in text for text in told)


def test_all_hidden_leaves_no_sentence_about_answers(results: Results) -> None:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(share="", ci_low="", ci_high="", status="suppressed")

    told = sentences(answers(edited(read(results("small"), "vi"), "answers", edit)))
    assert not any(text.startswith(("Cao nhất", "Thấp nhất", "Tỷ lệ chọn")) for text in told)
    assert any("không câu nào" in text for text in told)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_perceptions_and_expectations_stand_under_their_nodes(results: Results, language: Language) -> None:
    folder = results("sipas")
    found = answers_in(folder)
    round_ = read(folder, language)
    blocks = list(answers(round_))
    told = sentences(blocks, language)
    beside = [node.code for node in round_.instrument.nodes if node.rule == "shares"]
    assert [text for text in told if text in map(round_.names.node, beside)] == [
        round_.names.node(n) for n in beside
    ]
    _, *rows = cells_of(blocks, "table-answers-tinh-of-E", language)
    shares = [percent(one["share"]) for one in found["E.1"]["all"].values()]
    assert rows[0][1:4] == [text.replace(",", "." if language == "en" else ",") for text in shares]


def test_which_wish_comes_first_is_said_only_where_its_interval_stands_apart(results: Results) -> None:
    folder = results("sipas")
    wishes = {item: of["all"]["3"] for item, of in answers_in(folder).items() if item.startswith("E.")}
    order = sorted(wishes, key=lambda item: -Decimal(wishes[item]["share"]))
    alone = all(Decimal(wishes[order[0]]["ci_low"]) > Decimal(wishes[item]["ci_high"]) for item in order[1:])
    (told,) = (text for text in sentences(answers(read(folder, "vi"))) if "“Mong đợi rất nhiều”" in text)
    assert told.index(f"{order[0]}. ") < told.index(f"{order[1]}. ") < told.index(f"{order[2]}. ")
    assert ("chưa kết luận" in told) != alone


# --- respondents -----------------------------------------------------------------------------------------------------------


def test_the_profile_is_told_beside_the_known_population(results: Results) -> None:
    folder = results("ha-noi")
    rows = [row for row in file_rows(folder / "profile.csv") if row["block"] == "huyen"]
    blocks = list(respondents(read(folder, "vi")))
    _, *cells = cells_of(blocks, "table-respondents-huyen")
    shares = [f"{name}_share" for name in ("unweighted", "weighted", "known")]
    counts = [f"{int(row['n_valid']):,}".replace(",", ".") for row in rows]
    expected = [[n, *(percent(row[name]) for name in shares)] for n, row in zip(counts, rows, strict=True)]
    assert [row[1:] for row in cells if row[1]] == expected
    citizens = [row for row in rows if row["group"] == "citizens"]
    farthest = max(
        citizens, key=lambda row: abs(Decimal(row["unweighted_share"]) - Decimal(row["known_share"]))
    )
    difference = 100 * (Decimal(farthest["unweighted_share"]) - Decimal(farthest["known_share"]))
    sign = "+" if difference > 0 else "\N{MINUS SIGN}"
    (told,) = (t for t in sentences(blocks)[4:] if t.startswith("Nhóm Người dân: ") and "25–34" in t)
    assert farthest["category"] == "25-34"
    assert (
        f"({sign}{rounded(abs(difference))} điểm phần trăm); sau khi tính quyền số, cơ cấu khớp với tổng thể."
        in told
    )


def test_an_unknown_population_is_said(results: Results) -> None:
    def unknown(frame: pd.DataFrame) -> pd.DataFrame:
        names = ["population", "known_share", "unweighted_difference", "weighted_difference"]
        return frame.assign(**dict.fromkeys(names, ""))

    blocks = list(respondents(edited(read(results("ha-noi"), "vi"), "respondent-profile", unknown)))
    told = sentences(blocks)
    assert any(text.startswith("Chưa có số liệu tổng thể") and "Người dân" in text for text in told)
    assert not any("khớp với tổng thể" in text for text in told)
    assert "Tổng thể (%)" not in cells_of(blocks, "table-respondents-so")[0]


# --- drivers ---------------------------------------------------------------------------------------------------------------


def test_drivers_are_in_the_order_of_importance(results: Results) -> None:
    folder = results("sipas")
    rows = sorted(file_rows(folder / "drivers.csv"), key=lambda row: -Decimal(row["importance"]))
    blocks = list(drivers(read(folder, "vi")))
    key = f"table-drivers-{'-'.join(rows[0][name] for name in ('block', 'group', 'model'))}"
    _, *cells = cells_of(blocks, key)
    assert [row[0].split(". ")[0] for row in cells] == [row["node_code"] for row in rows]
    assert [row[1] for row in cells] == [row["importance"].replace(".", ",") for row in rows]
    beside = [
        row for row in rows[1:] if Decimal(row["importance_high"]) >= Decimal(rows[0]["importance_low"])
    ]
    told = sentences(blocks)
    assert any(text.startswith("Gắn chặt nhất với đánh giá chung là ") for text in told) == (not beside)
    assert "không phải nguyên nhân" in told[-1]


def test_a_weak_model_is_given_no_reading(results: Results) -> None:
    def weak(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(p_value="0.4000000000")

    told = sentences(drivers(edited(read(results("sipas"), "vi"), "driver-models", weak)))
    assert not any("Gắn chặt nhất" in text or "ưu tiên xem xét" in text for text in told)


def test_a_hidden_model_is_said_to_be_hidden(results: Results) -> None:
    def suppressed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(status="suppressed", r2="", p_value="", note="3 phiếu hợp lệ")

    told = sentences(drivers(edited(read(results("sipas"), "vi"), "driver-models", suppressed)))
    assert "Không phân tích được (ẩn vì ít phiếu): 3 phiếu hợp lệ." in told


def test_sections_without_their_tables_say_nothing(results: Results) -> None:
    round_ = read(results("small"), "vi")
    bare = without(round_, "answers", "respondent-profile", "drivers", "driver-models")
    assert [list(section(bare)) for section in (answers, respondents, drivers)] == [[], [], []]
