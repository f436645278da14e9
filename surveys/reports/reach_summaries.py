"""What it takes, as short tables for people: a block each, and the shortest way of every unit in one line."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.official_columns import TABLES
from surveys.handover.reach_folder import Reach
from surveys.handover.result_frames import printed
from surveys.handover.words import engine_words, words_of
from surveys.problems import Language, phrase
from surveys.reports.summaries import Summary
from surveys.vocabulary.statuses import REACHED
from surveys.vocabulary.ways import ANY

_KEY = ["block", "unit_code", "measure", "wanted"]
_NUMBERS = ("rank", "now", "needed", "probability", "distance")
#: Sub-criteria of a way that stand in a line; there may be more.
_MOST = 4


def reach_summaries(reach: Reach, language: Language) -> Iterator[Summary]:
    """For each block the units in the order of the register: where they are, what is needed, and the shortest way."""
    blocks = words_of("block", reach.round.instrument, language)
    measures, statuses = (engine_words(kind, language) for kind in ("measure", "reach_status"))
    ways = _shortest(reach)
    table = TABLES["reach"]
    for block, rows in reach.reach.groupby("block", sort=False):
        texts = printed(table, rows, reach.round.output)
        keys = rows[_KEY].itertuples(index=False, name=None)
        lines = zip(
            rows["unit_name"],
            (f"{measures[m]} {w}" for m, w in zip(rows["measure"], rows["wanted"], strict=True)),
            *(texts[name] for name in _NUMBERS),
            (statuses[status] for status in rows["status"]),
            (ways.get(key, "") for key in keys),
            strict=True,
        )
        headings = (
            *(table.column[name].heading(language) for name in ("unit_name", "wanted", *_NUMBERS, "status")),
            phrase("summary.reach.shortest", language),
        )
        numeric = (False, False, *(True for _ in _NUMBERS), False, False)
        there = int((rows["status"] == REACHED).sum())
        said = phrase("summary.reach.there", language, there=there, units=len(rows))
        title = phrase("summary.reach", language, block=blocks.get(str(block), str(block)))
        yield Summary(title, headings, numeric, tuple(lines), (said,))


def _shortest(reach: Reach) -> dict[tuple[str, ...], str]:
    """Unit and wanted place → the sub-criteria of the shortest way with what each gains."""
    steps = reach.ways[reach.ways["way"] == ANY]
    gains = printed(TABLES["ways"], steps, reach.round.output)["gain"]
    found: dict[tuple[str, ...], list[str]] = {}
    for key, node, gain in zip(
        steps[_KEY].itertuples(index=False, name=None), steps["node_code"], gains, strict=True
    ):
        found.setdefault(key, []).append(f"{node} +{gain}")
    return {key: _line(parts) for key, parts in found.items()}


def _line(parts: list[str]) -> str:
    """
    >>> _line(["2.4.1 +0.1000", "5.5.2 +0.0800"])
    '2.4.1 +0.1000; 5.5.2 +0.0800'
    """
    more = len(parts) - _MOST
    return "; ".join([*parts[:_MOST], *([f"… (+{more})"] if more > 0 else [])])
