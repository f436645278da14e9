"""What it takes, as short tables for people: a block each; for few units also their shortest ways, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from surveys.handover.official_columns import TABLES
from surveys.handover.reach_folder import Reach
from surveys.handover.result_frames import printed
from surveys.handover.words import engine_words, words_of
from surveys.problems import Language, numbers_shown, phrase
from surveys.reports.summaries import Summary
from surveys.vocabulary.statuses import REACHED
from surveys.vocabulary.ways import ANY

_KEY = ["block", "unit_code", "measure", "wanted"]
_NUMBERS = ("rank", "now", "needed", "probability", "distance")
_OF_STEPS = ("points", "raised_to", "gain")
#: Sub-criteria of a way that stand in a line; and ways that are shown step by step.
_IN_A_LINE, _STEP_BY_STEP = 3, 2


def reach_summaries(reach: Reach, language: Language) -> Iterator[Summary]:
    """For each block the units in the order of the register: where they are, what is needed, and the shortest way."""
    for block, rows in reach.reach.groupby("block", sort=False):
        yield _of_block(reach, str(block), rows, language)
    steps = reach.ways[reach.ways["way"] == ANY]
    by_unit = list(steps.groupby(_KEY, sort=False))
    if len(by_unit) <= _STEP_BY_STEP:
        for _, rows in by_unit:
            yield _steps(reach, rows, language)


def _of_block(reach: Reach, block: str, rows: pd.DataFrame, language: Language) -> Summary:
    table, texts = TABLES["reach"], printed(TABLES["reach"], rows, reach.round.output)
    measures, statuses = (engine_words(kind, language) for kind in ("measure", "reach_status"))
    ways = _shortest(reach)
    found = [ways.get(key, []) for key in rows[_KEY].itertuples(index=False, name=None)]
    lines = zip(
        rows["unit_name"],
        (
            f"{measures[m]} {numbers_shown(str(w), language)}"
            for m, w in zip(rows["measure"], rows["wanted"], strict=True)
        ),
        *(texts[name] for name in _NUMBERS),
        (_line(nodes) or statuses[status] for nodes, status in zip(found, rows["status"], strict=True)),
        strict=True,
    )
    headings = (
        *(table.column[name].heading(language) for name in ("unit_name", "wanted", *_NUMBERS)),
        phrase("summary.reach.shortest", language),
    )
    numeric = (False, False, *(True for _ in _NUMBERS), False)
    there = int((rows["status"] == REACHED).sum())
    said = phrase("summary.reach.there", language, there=there, units=len(rows))
    name = words_of("block", reach.round.instrument, language).get(block, block)
    return Summary(phrase("summary.reach", language, block=name), headings, numeric, tuple(lines), (said,))


def _shortest(reach: Reach) -> dict[tuple[str, ...], list[str]]:
    """Unit and wanted place → the sub-criteria of the shortest way."""
    steps = reach.ways[reach.ways["way"] == ANY]
    found: dict[tuple[str, ...], list[str]] = {}
    for key, node in zip(steps[_KEY].itertuples(index=False, name=None), steps["node_code"], strict=True):
        found.setdefault(key, []).append(node)
    return found


def _line(nodes: list[str]) -> str:
    """How many sub-criteria a way has, and the first of them; empty without any.

    >>> _line(["2.4.1", "5.5.2", "8.6", "1.5"]), _line([])
    ('4: 2.4.1, 5.5.2, 8.6 …', '')
    """
    more = " …" if len(nodes) > _IN_A_LINE else ""
    return f"{len(nodes)}: {', '.join(nodes[:_IN_A_LINE])}{more}" if nodes else ""


def _steps(reach: Reach, rows: pd.DataFrame, language: Language) -> Summary:
    """The steps of one way."""
    table, first = TABLES["ways"], rows.iloc[0]
    texts = printed(table, rows, reach.round.output)
    nodes = words_of("node", reach.round.instrument, language)
    marks, yes_no, measures = (engine_words(kind, language) for kind in ("mark", "yes_no", "measure"))
    answered = (
        phrase("summary.reach.respondents", language, number=number, forms=forms) if number else ""
        for number, forms in zip(texts["respondents"], texts["of_forms"], strict=True)
    )
    lines = zip(
        (f"{code} {nodes[code]}" for code in rows["node_code"]),
        (marks[mark] for mark in rows["mark"]),
        *(texts[name] for name in _OF_STEPS),
        answered,
        (yes_no.get(word, "") for word in rows["larger_than_noise"]),
        strict=True,
    )
    names = ("node_code", "mark", *_OF_STEPS, "respondents", "larger_than_noise")
    headings = tuple(table.column[name].heading(language) for name in names)
    numeric = (False, False, True, True, True, True, False)
    title = phrase(
        "summary.reach.steps",
        language,
        unit=first["unit_name"],
        measure=measures[first["measure"]],
        wanted=first["wanted"],
    )
    return Summary(title, headings, numeric, tuple(lines))
