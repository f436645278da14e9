"""A package read back: the council's tables as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.handover.package_reading import CouncilContent, read_council, typed_frame
from surveys.vocabulary.council_tables import IndexKind
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.notebook_display import Shown


@dataclass(frozen=True, repr=False)
class Package(Shown):
    """What the council got (``surveys.read_package``): numbers as printed, counts and ranks as whole numbers, text as it was; a
    number that is not given is missing, a text empty."""

    content: CouncilContent

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per block × unit × node: points, percentage, interval, number of forms, status."""
        return typed_frame(self.content.tables["scores"])

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row per unit: total, percentage, interval, rank and set of ranks, status."""
        return typed_frame(self.content.tables["units"])

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row per block × unit × node × respondent group."""
        return typed_frame(self.content.tables["groups"])

    @cached_property
    def forms(self) -> pd.DataFrame:
        """Issued, returned, valid, under review, rejected: evaluations per cell, forms per questionnaire."""
        return typed_frame(self.content.tables["forms"])

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """One row per form of which an evaluation is rejected, with the reasons and who decided."""
        return typed_frame(self.content.tables["rejected"])

    @property
    def study(self) -> Mapping[str, Any]:
        """Code and labels of the round: ``code``, ``label_vi``, ``label_en``."""
        return dict(self.content.head["study"])

    @property
    def instrument(self) -> str:
        """Code and edition of the instrument."""
        return str(self.content.head["instrument"])

    @property
    def kind(self) -> IndexKind:
        """Whether the index has points, the council's half, classes, and anything scored."""
        return self.content.kind

    @property
    def run(self) -> Mapping[str, Any]:
        """The record of the run (``run.json``); empty where an exchange file was read alone."""
        return self.content.run

    def facts(self) -> Mapping[str, object]:
        statuses = self.units["status"].value_counts()
        return {
            "study": self.study["code"],
            "instrument": self.instrument,
            "units": ", ".join(f"{count} {status}" for status, count in statuses.items()),
            **{name: f"{len(table):,}" for name, table in self.content.tables.items() if name != "units"},
        }


def read_package(path: str | Path) -> Package:
    """The council's tables from a folder of results, a council folder (or a copy made by ``hand_over``), or an ``exchange.json``.

    Raises SurveyError with everything that is wrong where the folder does not verify, the file is damaged, or either is of
    another version of the program; who made it is for :func:`surveys.verify` to say.
    """
    place = Path(path)
    return Package(unreplaced(place, lambda: read_council(place)) if place.is_dir() else read_council(place))
