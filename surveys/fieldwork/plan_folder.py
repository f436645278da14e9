"""The plan of a round as tables that show and write themselves: forms of each cell, the forms with their codes, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.definitions.record_building import types_of
from surveys.definitions.study.records import Issued, PlannedCell, StudyDefinition
from surveys.definitions.study.sample_plan import DrawnElement
from surveys.fieldwork.form_codes import form_code, prefixes, unit_numbers
from surveys.fieldwork.forms.printed.labels import FormLabel, labels_pdf
from surveys.fieldwork.plan_workbook import plan_workbook
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables
from surveys.handover.words import label_of, unit_name, words_of
from surveys.problems import Problem, phrase
from surveys.sampling.plan.round_plan import RoundPlan
from surveys.vocabulary.columns import LABEL_COLUMNS, PLAN_COLUMNS
from surveys.vocabulary.notebook_display import Shown

#: The labels to print, where they are asked for.
LABELS = "labels.pdf"


@dataclass(frozen=True, repr=False, eq=False)
class SamplePlanTables(Shown):
    """The plan of a round (``surveys.plan``). ``made``: what it was made of."""

    study: StudyDefinition
    made: RoundPlan

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is to be said of the plan and of its lists."""
        return self.made.warnings

    @cached_property
    def cells(self) -> pd.DataFrame:
        """A row for each cell: population, valid forms wanted, forms issued, margin of error expected (in percent), and why."""
        names = {(u.block, u.code): unit_name(u, self.study.output.language) for u in self.study.units}
        rows = [
            (
                of.cell.block, of.cell.questionnaire, of.cell.unit, names.get((of.cell.block, of.cell.unit), ""),
                of.cell.group, of.plan.method, of.cell.population, of.forms, of.issued, 100 * of.margin, of.remarks,
            )
            for of in self.made.cells
        ]  # fmt: skip
        found = pd.DataFrame(rows, columns=list(PLAN_COLUMNS))
        numbers = ["population", "margin_percent"]
        return found.assign(**{name: found[name].astype(float).replace(np.inf, np.nan) for name in numbers})

    @cached_property
    def planned(self) -> pd.DataFrame:
        """Valid forms wanted and forms issued of each cell, as ``[files] planned`` reads them."""
        columns = {"unit_code": "unit"}
        found: pd.DataFrame = self.cells.rename(columns=columns)[list(types_of(PlannedCell))]
        return found.groupby(["block", "unit", "group"], sort=False, as_index=False).sum()

    @cached_property
    def issued(self) -> pd.DataFrame:
        """A row for each form with its code, as ``[files] issued`` reads them; the mode where its questionnaire has only one."""
        names, numbers = prefixes(self.study.instrument), unit_numbers(self.study.units)
        mode = {q.code: q.modes[0] if len(q.modes) == 1 else "" for q in self.study.instrument.questionnaires}
        drawn = {
            (str(block), str(unit), str(group)): rows["element"].tolist()
            for (block, unit, group), rows in self.made.drawn.drawn.groupby(
                ["block", "unit", "group"], sort=False
            )
        }
        rows = []
        for each in self.made.cells:
            of, number = each.cell, numbers[each.cell.block, each.cell.unit]
            form = of.questionnaire
            elements = drawn.get((of.block, of.unit, of.group), [""] * each.issued)
            rows += [
                (form_code(names[form], number, k), form, of.unit, mode[form], "", element)
                for k, element in enumerate(elements, 1)
            ]
        return pd.DataFrame(rows, columns=list(types_of(Issued)))

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """The elements drawn from lists, each with its form, inclusion probability and weight."""
        elements = self.made.drawn.drawn
        form = {(q.block, q.group): q.code for q in self.study.instrument.questionnaires}
        form |= {(c.cell.block, c.cell.group): c.cell.questionnaire for c in self.made.cells}
        codes = self.issued[self.issued["drawn"] != ""]
        code_of = dict(
            zip(zip(codes["questionnaire"], codes["drawn"], strict=True), codes["form_code"], strict=True)
        )
        pairs = zip(elements["block"], elements["group"], strict=True)
        questionnaires = [form[block, group] for block, group in pairs]
        return elements.assign(
            questionnaire=questionnaires,
            form_code=[code_of[pair] for pair in zip(questionnaires, elements["element"], strict=True)],
        )[list(types_of(DrawnElement))]

    @property
    def replacements(self) -> pd.DataFrame:
        """Who takes the place of drawn elements that cannot be reached, in their order."""
        return self.made.drawn.replacements

    @cached_property
    def labels(self) -> pd.DataFrame:
        """A row for each form with what its label says."""
        language, instrument = self.study.output.language, self.study.instrument
        forms, groups = (
            words_of("questionnaire", instrument, language),
            words_of("group", instrument, language),
        )
        block = {q.code: q.block for q in instrument.questionnaires}
        group = {q.code: groups[q.group] for q in instrument.questionnaires}
        names = {(u.block, u.code): unit_name(u, language) for u in self.study.units}
        places = dict(zip(self.drawn["form_code"], self.drawn["place"], strict=True))
        rows = [
            (
                code,
                form,
                forms[form],
                unit,
                names.get((block[form], unit), ""),
                group[form],
                places.get(code, ""),
            )
            for code, form, unit in self.issued[["form_code", "questionnaire", "unit"]].itertuples(
                index=False
            )
        ]
        return pd.DataFrame(rows, columns=list(LABEL_COLUMNS))

    def write(self, out: str | Path, labels: bool = False) -> None:
        """Write the tables and their workbook at ``out``, with ``labels`` as a PDF too: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, or when the package for the PDF is not
        installed; OSError when the disk refuses.
        """
        output, title = self.study.output, label_of(self.study, self.study.output.language)
        others = {book_name("plan"): plan_workbook(self.study, self.made, self.issued)}
        if labels:
            others[LABELS] = labels_pdf(self._printed_labels(), title, output.language)
        frames = {
            "plan": self.cells, "planned": self.planned, "issued": self.issued, "labels": self.labels,
            "drawn": self.drawn, "replacements": self.replacements,
        }  # fmt: skip
        seeds = {f"{of.block}/{of.group}": of.seed for of in self.study.lists}
        deliver_tables(TableFolder.of_study("plan", self.study, frames, others, seeds=seeds), Path(out))

    def _printed_labels(self) -> list[FormLabel]:
        whole = phrase("plan.book.whole_block", self.study.output.language)
        return [
            FormLabel(code, (unit or whole, form, place))
            for code, form, unit, place in self.labels[
                ["form_code", "questionnaire_name", "unit_name", "place"]
            ].itertuples(index=False)
        ]

    def facts(self) -> Mapping[str, object]:
        return {
            "cells": f"{len(self.made.cells):,}",
            "valid forms wanted": f"{sum(cell.forms for cell in self.made.cells):,}",
            "issued": f"{sum(cell.issued for cell in self.made.cells):,} forms",
            "drawn": f"{len(self.made.drawn.drawn):,} elements of lists",
        }
