"""What is said beside a result: codes of the wording with their parameters, which become words only where they are shown."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from surveys.problems import PLACEHOLDER, Language, number_read, phrase, wording

#: Every remark on a score, and on a change between two rounds.
REMARKS = (
    "score.suppressed", "score.no_forms", "score.no_group", "score.no_child", "score.missing_group", "score.renormalised",
    "score.renormalised_below", "score.incomplete_below", "score.missing_child",
    "score.items_without_answer", "score.items_not_shown", "score.items_not_shown_below", "score.complementary", "score.external",
    "score.external_page", "score.no_external", "score.pooled_by_items",
    "score.census", "score.single_cluster", "rank.unranked", "rank.untold",
    "index.no_council", "index.provisional", "index.self_late", "index.explained_late", "index.no_survey",
    "index.survey_error_only", "index.given_above", "index.no_self",
    "answers.hidden_in_units", "tables.hidden_below", "tables.no_test", "tables.rough",
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
    "plan.by_margin", "plan.by_difference", "plan.by_change", "plan.by_slovin", "plan.by_whole", "plan.by_fixed_valid",
    "plan.by_fixed_issued", "plan.shared_out", "plan.allocated_proportional", "plan.allocated_equal", "plan.allocated_neyman",
    "plan.allocated_power", "plan.of_block", "plan.of_share", "plan.of_mean", "plan.counted", "plan.as_printed",
    "plan.assured",
    "plan.design_effect", "plan.previous",
    "plan.population", "plan.population_unknown", "plan.raised", "plan.lowered", "plan.everybody", "plan.fewer_than_wanted",
    "plan.expected", "plan.issued_for", "plan.list_short",
)  # fmt: skip


#: What stands between the remarks of one note.
_BETWEEN = "; "


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
    return _BETWEEN.join(dict.fromkeys(phrase(code, language, **dict(params)) for code, params in remarks))


@lru_cache(maxsize=65536)
def reworded(note: str, from_: Language, to: Language) -> str:
    """A printed note in another language; what in it is no remark stays as it is. No parameter that holds "; " is found again.

    >>> reworded("không có phiếu của nhóm dan; theo lời kể", "vi", "en")
    'no forms of group dan; theo lời kể'
    """
    if from_ == to or not note:
        return note
    parts, said = note.split(_BETWEEN), list[str]()
    while parts:
        found, taken = _first_remark(parts, from_)
        said.append(phrase(found.code, to, **dict(found.params)) if found else parts[0])
        del parts[:taken]
    return _BETWEEN.join(said)


def _first_remark(parts: list[str], language: Language) -> tuple[Remark | None, int]:
    """The remark with which a note begins, and of how many of its parts it is made: as many as a wording has."""
    for wanted, pattern, code in _patterns(language):
        if wanted <= len(parts) and (met := pattern.fullmatch(_BETWEEN.join(parts[:wanted]))):
            said, text = met.groupdict(), wording()[code][language]
            numbers = {
                name: number_read(said[name] or "", language) for name in said if f"{{{name}:number}}" in text
            }
            return remark(code, **{name: value or "" for name, value in {**said, **numbers}.items()}), wanted
    return None, 1


@cache
def _patterns(language: Language) -> tuple[tuple[int, re.Pattern[str], str], ...]:
    """Of how many parts each remark is made, what matches it, and its code; those that say most themselves first."""
    texts = {code: wording()[code][language] for code in REMARKS if code != "compare.said"}
    longest = sorted(texts, key=lambda code: len(PLACEHOLDER.sub("", texts[code])), reverse=True)
    return tuple((texts[code].count(_BETWEEN) + 1, _pattern(texts[code]), code) for code in longest)


def _pattern(text: str) -> re.Pattern[str]:
    """What matches a wording with any parameters that hold no semicolon."""
    pieces = PLACEHOLDER.split(text)  # literal, name, literal, name, …
    found = "".join(f"(?P<{piece}>[^;]+?)" if k % 2 else re.escape(piece) for k, piece in enumerate(pieces))
    return re.compile(found.replace("⟦", "(?:").replace("⟧", ")?"))
