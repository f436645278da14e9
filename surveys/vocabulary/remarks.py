"""What is said beside a result: codes of the wording with their parameters, which become words only where they are shown."""

from __future__ import annotations

from typing import NamedTuple

from surveys.problems import Language, phrase

#: Every remark on a score, and on a change between two rounds.
REMARKS = (
    "score.suppressed", "score.no_forms", "score.no_group", "score.no_child", "score.missing_group", "score.renormalised",
    "score.renormalised_below", "score.incomplete_below", "score.missing_child",
    "score.items_without_answer", "score.items_not_shown", "score.items_not_shown_below", "score.complementary", "score.external",
    "score.external_page", "score.no_external", "score.pooled_by_items",
    "score.census", "score.single_cluster", "rank.unranked", "rank.untold",
    "index.no_council", "index.provisional", "index.self_late", "index.explained_late", "index.no_survey",
    "index.survey_error_only", "index.given_above", "index.no_self",
    "tables.hidden_below", "tables.no_test", "tables.rough",
    "drivers.not_counted", "drivers.no_association", "drivers.small_sample", "drivers.no_rows", "drivers.flat_outcome",
    "drivers.flat_factors", "drivers.flat_node", "drivers.few_rows", "drivers.collinear",
    "compare.no_predecessor", "compare.no_value", "compare.no_error",
    "compare.rank_without_difference", "compare.provisional", "compare.assessed", "compare.merged_unit.note",
    "compare.published", "compare.said", "compare.unit_divided", "compare.unit_merged",
    "compare.unit_gone", "compare.node_gone", "compare.weights_changed.note", "compare.new_node.note",
    "compare.children_changed.note",
    "compare.below_changed.note", "compare.rule_changed.note", "compare.items_changed.note", "compare.scale_changed.note",
    "reach.unranked", "reach.no_place", "reach.not_additive", "reach.by_answers", "reach.out_of_reach", "reach.within_noise",
    "reach.unequal_steps", "reach.more_than_forms", "reach.census_now", "reach.no_error", "reach.fewer_than_census",
    "gaps.maximum_changed", "gaps.target.rank", "gaps.target.rank_up", "gaps.target.top", "gaps.target.unit_group",
    "gaps.target.class",
)  # fmt: skip


class Remark(NamedTuple):
    """A code of the wording with its parameters."""

    code: str
    params: tuple[tuple[str, str], ...] = ()


Remarks = tuple[Remark, ...]  # a cell of the column ``note``; empty where nothing is said


def remark(code: str, **params: object) -> Remark:
    """A remark whose parameters are turned into text.

    >>> remark("score.no_forms", group="staff")
    Remark(code='score.no_forms', params=(('group', 'staff'),))
    """
    return Remark(code, tuple((name, str(value)) for name, value in params.items()))


def in_words(remarks: Remarks, language: Language) -> str:
    """The remarks of one result in words, each different text once.

    >>> in_words((remark("score.no_forms", group="staff"), remark("score.no_external")), "en")
    'no forms of group staff; the result of the external survey is missing'
    """
    return "; ".join(dict.fromkeys(phrase(code, language, **dict(params)) for code, params in remarks))
