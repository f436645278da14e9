"""The record of a run against the tables beside it: counts of forms and results, decisions, the tree and its instrument, words of
codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from surveys.definitions.instrument.records import Instrument, ScorePlan
from surveys.definitions.record_building import build
from surveys.definitions.study.index_kind import kind_of_parts
from surveys.definitions.study.records import Output
from surveys.handover.manifest import CARRIED, MANIFEST
from surveys.handover.official_columns import TREE
from surveys.handover.read_back import PrintedTable, PrintedTables
from surveys.handover.result_frames import printed, tree_frame
from surveys.handover.words import rule_words
from surveys.problems import Place, Problem, Problems
from surveys.vocabulary.council_tables import FORMS
from surveys.vocabulary.formula_guard import guarded
from surveys.vocabulary.statuses import DISPOSITIONS, NO_FORMS, REJECTED


def record_of_run(
    run: Mapping[str, Any], package: PrintedTables, instrument: Instrument | None
) -> Iterator[Problem]:
    """Faults between a ``run.json`` and the tables that are there."""
    counts = run.get("counts")
    known = counts if isinstance(counts, Mapping) else {}
    if "forms" in package:
        yield from _forms(known, package["forms"])
    if "council-rejected" in package:
        rejected = int(np.nansum(package["council-rejected"].number("evaluations")))
        yield from _differs("counts.rejected", known.get(REJECTED), rejected)
        yield from _reasons_in_words(package["council-rejected"])
    if "council-forms" in package:
        yield from _counts_of_council(known, package["council-forms"])
    if "scores" in package:
        found = dict(sorted(Counter(package["scores"].text("status").tolist()).items()))
        yield from _differs("results", run.get("results"), found)
        rows = {name: len(package[name]) if name in package else 0 for name in CARRIED}
        yield from _differs("carried", run.get("carried"), rows)
    yield from _decisions(run)
    if "explanations" in package:
        numbers = {
            entry.get("about"): entry.get("decisions")
            for entry in run.get("decisions", ())
            if isinstance(entry, Mapping)
        }
        yield from _differs(
            "decisions.explanations", numbers.get("explanations"), len(package["explanations"])
        )
    if "tree" in package and instrument is not None:
        yield from _tree(run, package["tree"], instrument)
    if instrument is not None and isinstance(kind := run.get("index"), Mapping):
        expected = kind_of_parts(instrument.nodes, (), assessed=False)
        for name in ("points", "scored"):
            yield from _differs(f"index.{name}", kind.get(name), getattr(expected, name))


def _forms(counts: Mapping[str, Any], forms: PrintedTable) -> Iterator[Problem]:
    """Evaluations, what became of them, and the rules that they met."""
    found = Counter(forms.text("disposition").tolist())
    yield from _differs("counts.evaluations", counts.get("evaluations"), len(forms))
    for name in (*DISPOSITIONS, *NO_FORMS):
        yield from _differs(f"counts.{name}", counts.get(name), found.get(name, 0))
    met = Counter(rule for rules in forms.text("reasons") for rule in rules.split(";") if rule)
    said = counts.get("reasons")
    said = said if isinstance(said, Mapping) else {}
    for rule in sorted(met.keys() | said.keys()):
        number = said.get(rule, 0)
        if not isinstance(number, int) or number < met[rule] or (number > 0) != (met[rule] > 0):
            yield from _differs(f"counts.reasons.{rule}", number, met[rule])


def _counts_of_council(counts: Mapping[str, Any], forms: PrintedTable) -> Iterator[Problem]:
    """Forms, and what became of the evaluations, as the council has them counted."""
    whole = forms.text("counted") == FORMS
    yield from _differs("counts.forms", counts.get("forms"), int(np.nansum(forms.number("returned")[whole])))
    for name in DISPOSITIONS:
        yield from _differs(f"counts.{name}", counts.get(name), int(np.nansum(forms.number(name)[~whole])))


def _reasons_in_words(rejected: PrintedTable) -> Iterator[Problem]:
    """The reasons of a rejected form are named by their words."""
    wanted = np.array([guarded(rule_words(names, "vi")) for names in rejected.text("reasons")], dtype=object)
    yield from rejected.faults(
        "verify.of_tree", rejected.text("reasons_vi") != wanted, "reasons_vi", expected=wanted
    )


def _decisions(run: Mapping[str, Any]) -> Iterator[Problem]:
    """Every file in which people decided is among the inputs, with the same checksum."""
    inputs, decisions = (
        [e for e in run.get(name, ()) if isinstance(e, Mapping)] for name in ("inputs", "decisions")
    )
    known = {(entry.get("path"), entry.get("bytes"), entry.get("sha256")) for entry in inputs}
    for k, entry in enumerate(decisions, start=1):
        if (entry.get("path"), entry.get("bytes"), entry.get("sha256")) not in known:
            params = (("path", str(entry.get("path"))),)
            yield Problem("verify.decisions_no_input", file=MANIFEST, column=f"decisions[{k}]", params=params)


def _tree(run: Mapping[str, Any], tree: PrintedTable, instrument: Instrument) -> Iterator[Problem]:
    """The tree is that of the instrument, with the rules that the run applied."""
    scoring = run.get("scoring", {})
    plan = build(ScorePlan, scoring, Place(Problems(), MANIFEST)) if isinstance(scoring, Mapping) else None
    used = replace(instrument, scoring=plan or instrument.scoring)
    texts = printed(TREE, tree_frame(used), Output())
    if len(tree) != len(texts["code"]):
        params = (("expected", str(len(texts["code"]))), ("found", str(len(tree))))
        yield Problem("verify.tree_rows", file=tree.path, params=params)
        return
    for column in TREE.columns:
        wanted = np.array(texts[column.name], dtype=object)
        if not column.is_number:
            wanted = np.array([guarded(text) for text in wanted], dtype=object)
        other = tree.text(column.name) != wanted
        yield from tree.faults("verify.of_instrument", other, column.name, expected=wanted)


def _differs(column: str, found: object, expected: object) -> Iterator[Problem]:
    if found != expected:
        params = (("found", str(found)), ("expected", str(expected)))
        yield Problem("verify.run_count", file=MANIFEST, column=column, params=params)
