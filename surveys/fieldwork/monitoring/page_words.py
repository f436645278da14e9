"""What the page of a monitored round calls things, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.monitoring.monitored_round import MonitoredRound
from surveys.handover.official_columns import TABLES
from surveys.handover.result_frames import printed
from surveys.handover.words import engine_words, names_in, unit_name
from surveys.problems import Language, phrase, wording
from surveys.reports.html.markup import read
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import (
    CELL_REACHED,
    IMPOSSIBLE,
    LIKELY,
    MISSED,
    OUTLOOKS,
    UNCERTAIN,
    UNKNOWN,
    UNLIKELY,
)

#: A row of printed text by column.
Row = Mapping[str, str]
#: Sign and shade of each outlook: never told by the colour alone.
SIGNS = {
    CELL_REACHED: ("✓", "h4"),
    LIKELY: ("▲", "h3"),
    UNKNOWN: ("·", "h2"),
    UNCERTAIN: ("?", "h1"),
    UNLIKELY: ("▼", "h0"),
    IMPOSSIBLE: ("✕", "h0"),
    MISSED: ("✕", "h0"),
}


@dataclass(frozen=True)
class PageWords:
    """A monitored round in one language."""

    round_: MonitoredRound
    language: Language

    def said(self, code: str, **params: object) -> str:
        return phrase(code, self.language, **params)

    def day(self, day: str) -> str:
        """A day as it is written; what is said where there is none."""
        return written_date(day, self.language) if day else self.said("monitor.page.no_day")

    def read(self, text: str) -> str:
        """A printed number as people read it."""
        return read(text, self.language)

    @cached_property
    def tables(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of the tables as they are printed in their files, by name."""
        done = self.round_
        frames = {
            "cells": done.cells, "days": done.by_day, "interviewers": done.interviewers, "modes": done.modes,
            "questionnaires": done.questionnaires,
        }  # fmt: skip
        return {name: self._rows(name, frame) for name, frame in frames.items()}

    def _rows(self, name: str, frame: object) -> tuple[Row, ...]:
        texts = printed(TABLES[f"monitor-{name}"], frame, self.study.output)  # type: ignore[arg-type]
        return tuple(dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True))

    @property
    def study(self) -> StudyDefinition:
        return self.round_.study

    @property
    def rates_several(self) -> bool:
        """Whether some form of the round is about several units, so that forms and evaluations are different numbers."""
        asked = {row["questionnaire"] for row in self.tables["questionnaires"]}
        return any(q.matrix for q in self.study.instrument.questionnaires if q.code in asked)

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, str]]:
        return names_in(self.study, self.language)

    def block(self, code: str) -> str:
        return self._names["block"].get(code, code)

    def group(self, code: str) -> str:
        """A group; what all groups together are called."""
        return (
            self.said("monitor.page.all_groups")
            if code == ALL_GROUPS
            else self._names["group"].get(code, code)
        )

    def questionnaire(self, code: str) -> str:
        """A questionnaire behind its code."""
        name = self._names["questionnaire"].get(code, "")
        return f"{code} – {name}" if name and name != code else code

    def unit(self, row: Row) -> str:
        """The unit of a row; what is said of forms of no known unit."""
        return self._units.get((row["block"], row["unit_code"]), row["unit_code"]) or self.said(
            "monitor.page.no_unit"
        )

    @cached_property
    def _units(self) -> Mapping[tuple[str, str], str]:
        return {(unit.block, unit.code): unit_name(unit, self.language) for unit in self.study.units}

    def mode(self, code: str) -> str:
        """A way of answering; what is said where it is not known."""
        known = f"export.mode.{code}"
        return self.said(known) if known in wording() else code or self.said("monitor.page.no_mode")

    @cached_property
    def outlooks(self) -> Mapping[str, str]:
        """Outlooks in words."""
        return engine_words("outlook", self.language)

    def outlook(self, word: str) -> str:
        """An outlook behind its sign; empty where nothing is wanted."""
        return f"{SIGNS[word][0]} {self.outlooks[word]}" if word else ""

    @cached_property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Shades and signs with what they mean; what means the same once."""
        return tuple((SIGNS[word][1], self.outlook(word)) for word in OUTLOOKS)


def aim(row: Row) -> tuple[str, str]:
    """Column and outlook of what a cell is to reach: its plan, or its minimum where none is planned.

    >>> aim({"planned": "", "minimum": "5", "outlook_plan": "", "outlook_minimum": "likely"})
    ('minimum', 'likely')
    """
    return ("planned", row["outlook_plan"]) if row["planned"] else ("minimum", row["outlook_minimum"])
