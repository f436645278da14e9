"""Groups of respondents: who can be compared, means of the block, and differences against scipy's and statsmodels' tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from surveys.problems import LANGUAGES, Language, phrase
from surveys.reports.analysis_report.parts import Block, Paragraph, numbers_in
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.groups import asked_alike, groups
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.test_fields import mean_of
from tests.surveys.reports.analysis_report.test_reported_round import read


class Compared(NamedTuple):
    unit: str
    node: str
    first: str
    second: str
    difference: float
    p: float


def told(round_: ReportedRound) -> list[Block]:
    return list(groups(round_))


def counts(blocks: list[Block]) -> dict[tuple[str, ...], str]:
    texts = (block.text for block in blocks if isinstance(block, Paragraph))
    return {number.source.key: number.text for text in texts for number in numbers_in(text)}


def asked_by_hand(folder: Path, round_: ReportedRound, block: str) -> dict[tuple[str, str], frozenset[str]]:
    """(node, group) → the questions the group is asked there."""
    forms = {q.code: q.group for q in round_.instrument.questionnaires if q.block == block}
    found: dict[tuple[str, str], set[str]] = {}
    for item in round_.instrument.items:
        for form in item.questionnaires:
            if form in forms and item.node:
                found.setdefault((item.node, forms[form]), set()).add(item.code)
    return {key: frozenset(items) for key, items in found.items()}


def comparisons(folder: Path, round_: ReportedRound, block: str) -> Iterator[Compared]:
    """Every pair of groups of a unit that was asked the same and has results of its own, by Welch's test."""
    asked = asked_by_hand(folder, round_, block)
    cells: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows_of(folder / "scores.csv"):
        own = row["block"] == block and (row["node_code"], row["group"]) in asked
        if own and row["status"] == "ok" and row["score"]:
            cells.setdefault((row["unit_code"], row["node_code"]), []).append(row)
    for (unit, node), rows in cells.items():
        for one, other in combinations(rows, 2):
            if asked[node, one["group"]] != asked[node, other["group"]]:
                continue
            v1, v2 = (float(row["se"]) ** 2 for row in (one, other))
            if not (v1 and v2):
                continue
            df = (v1 + v2) ** 2 / (v1**2 / float(one["df"]) + v2**2 / float(other["df"]))
            gap = float(one["score"]) - float(other["score"])
            p = 2 * stats.t.sf(abs(gap) / sqrt(v1 + v2), df)
            yield Compared(unit, node, one["group"], other["group"], gap, float(p))


def test_groups_are_compared_where_they_were_asked_the_same(results: Results) -> None:
    """The small round asks citizens everything and staff the first field."""
    instrument = read(results("small"), "vi").instrument
    found = asked_alike(instrument, "xa")
    assert {node: set(of_group) for node, of_group in found.items()} == {
        "1.1": {"dan", "cb"}, "1.2": {"dan", "cb"},
    }  # fmt: skip
    (item, *rest) = (item for item in instrument.items if item.node == "1.1")
    shorter = replace(item, questionnaires=("p1",))
    others = tuple(one for one in instrument.items if one is not item)
    changed = replace(instrument, items=(shorter, *others))
    assert len(rest) == 1  # the second question of the sub-criterion still goes to both
    assert set(asked_alike(changed, "xa")) == {"1.2"}


def test_means_are_over_the_units_that_have_results_of_the_group(results: Results) -> None:
    folder = results("incomplete")
    table = tables(told(read(folder, "en")), "en")["table-groups-xa"]
    rows = rows_of(folder / "council" / "groups.csv")
    for line, node in zip(table, ("1.1", "1.2"), strict=True):
        expected = []
        for group in ("dan", "cb"):
            shown = [
                r["percent"] for r in rows if (r["node_code"], r["group"]) == (node, group) and r["percent"]
            ]
            expected.append(mean_of(shown))
        assert line[1:3] == expected
        apart = abs(Fraction(expected[0]) - Fraction(expected[1]))
        assert Fraction(line[3]) == apart


@pytest.mark.parametrize(
    "key", ["small", "tied", "incomplete", pytest.param("ha-noi", marks=pytest.mark.long)]
)
def test_differences_are_those_of_welch_and_holm(results: Results, key: str) -> None:
    folder, round_ = results(key), read(results(key), "en")
    blocks = told(round_)
    said, shown = counts(blocks), tables(blocks, "en")
    for block in round_.blocks:
        found = list(comparisons(folder, round_, block))
        rejected = multipletests([one.p for one in found], method="holm")[0]
        sure = [one for one, is_sure in zip(found, rejected, strict=True) if is_sure]
        assert said["count", "groups_tested", block] == str(len(found))
        assert said.get(("count", "groups_apart", block), "0") == str(len(sure))
        if not sure:
            assert f"table-group-largest-{block}" not in shown
            continue
        check_pairs(shown[f"table-group-pairs-{block}"], found, sure, round_)
        ordered = sorted(sure, key=lambda one: -abs(one.difference))[:20]
        assert [(line[0], line[1].split(". ")[0]) for line in shown[f"table-group-largest-{block}"]] == [
            (round_.names.unit(block, one.unit), one.node) for one in ordered
        ]
        often = Counter(one.unit for one in sure).most_common(1)[0][1]
        first = next(key for key in said if key[:3] == ("count", "groups_apart", block) and len(key) == 4)
        assert said[first] == str(often)


def check_pairs(
    table: list[list[str]], found: list[Compared], sure: list[Compared], round_: ReportedRound
) -> None:
    numbers = {line[0]: [int(cell.replace(",", "")) for cell in line[1:]] for line in table}
    for first, second in {(one.first, one.second) for one in found}:
        of_pair = [one for one in found if (one.first, one.second) == (first, second)]
        own = [one for one in sure if (one.first, one.second) == (first, second)]
        up = sum(one.difference > 0 for one in own)
        name = f"{round_.names.group(first)} – {round_.names.group(second)}"
        assert numbers[name] == [len(of_pair), up, len(own) - up, len(of_pair) - len(own)]


@pytest.mark.long
def test_the_largest_differences_are_those_of_the_printed_percentages(results: Results) -> None:
    """The higher group stands first; the interval holds the difference."""
    table = tables(told(read(results("ha-noi"), "en")), "en")["table-group-largest-so"]
    for line in table:
        high, low = (Fraction(re.search(r"\(([\d.]+)\)$", cell)[1]) for cell in line[2:4])  # type: ignore[index]
        assert Fraction(line[4]) == high - low > 0
        lower, upper = map(float, line[5].split(" – "))
        assert lower < float(line[4]) < upper
        assert lower > 0  # nothing within the noise is among them


def test_differences_within_the_noise_are_called_that(results: Results) -> None:
    said = " ".join(paragraphs(told(read(results("incomplete"), "vi")), "vi"))
    tested = phrase("report.groups.tested.none", "vi", tests=6, level=95, untested="").replace(" %", "\xa0%")
    assert tested in said


def test_one_group_alone_has_no_section(results: Results) -> None:
    assert not told(read(results("first-survey"), "vi"))


def test_what_is_hidden_of_a_group_is_not_compared(results: Results) -> None:
    """Two units have too few forms of staff: their citizens stand alone."""
    folder = results("incomplete")
    round_ = read(folder, "vi")
    assert counts(told(round_))["count", "groups_tested", "xa"] == "6"  # three units in two sub-criteria
    scores = round_.tables["scores"]
    frame = scores.frame.copy()
    hidden = (frame["group"] == "cb") & (frame["status"] != "ok")
    assert hidden.any()
    frame.loc[hidden, ["score", "se", "df"]] = ["0.9999", "0.0001", "50"]
    other = replace(round_, tables={**round_.tables, "scores": replace(scores, frame=frame)})
    assert list(texts_of(told(other), "vi")) == list(texts_of(told(round_), "vi"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["small", "tied", "one", "lonely", "incomplete", "renormalised"])
def test_every_phrase_is_filled_in(results: Results, key: str, language: Language) -> None:
    for text in texts_of(told(read(results(key), language)), language):
        assert not re.search(r"[⟦⟧]|{\w+}", text)
