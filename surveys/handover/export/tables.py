"""The tables beside an exported sample: its codebook, and what another program needs to work out a score again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from surveys.handover.export.sample import stratum_sizes
from surveys.handover.export.variables import SampleVariable, level_numbers
from surveys.sampling.returned_groups import blocks_of
from surveys.scoring.node_keys import node_keys
from surveys.scoring.plain_errors import plain_errors
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import group_inputs
from surveys.scoring.values import level_values
from surveys.vocabulary.columns import CODEBOOK_COLUMNS, DESIGN_COLUMNS, LEVEL_COLUMNS


def export_frames(scored: ScoredRound, variables: Sequence[SampleVariable]) -> dict[str, pd.DataFrame]:
    """The tables of an export by name, unrounded. Raises SurveyError as drawing the samples did."""
    blocks = blocks_of(scored.study, scored.returns.rows["block"].unique())
    inputs = [group_inputs(scored.screened, code, scored.samples.of(code)) for code in blocks]
    keys, nodes = node_keys(inputs)
    return {
        "export-codebook": _frame(_codebook(variables), CODEBOOK_COLUMNS),
        "export-items": _frame(_levels(scored, variables), LEVEL_COLUMNS),
        "export-keys": keys,
        "export-nodes": nodes,
        "export-designs": _frame(_designs(scored), DESIGN_COLUMNS),
        "export-expected": plain_errors(scored.screened, scored.scores.table),
    }


def _frame(rows: Iterator[tuple[object, ...]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _codebook(variables: Sequence[SampleVariable]) -> Iterator[tuple[object, ...]]:
    """A row for each value of each variable, or one for a variable without values that have names."""
    for variable in variables:
        about = (
            variable.name, variable.code, variable.kind, variable.label_vi, variable.label_en, variable.node,
        )  # fmt: skip
        if not variable.values:
            yield (*about, None, "", "", "", 0, "")
        for value in variable.values:
            yield (
                *about, value.number, value.code, value.label_vi, value.label_en, int(value.is_missing), value.in_stata,
            )  # fmt: skip


def _levels(scored: ScoredRound, variables: Sequence[SampleVariable]) -> Iterator[tuple[object, ...]]:
    """Every level of every question with the value that it counts with."""
    instrument = scored.study.instrument
    names = {variable.code: variable.name for variable in variables if variable.kind == "answer"}
    for item in instrument.items:
        levels = instrument.scale[item.scale].levels
        value, satisfied = level_values(instrument, item)
        for k, number in enumerate(level_numbers(instrument.scale[item.scale])):
            yield (
                item.code,
                names[item.code],
                item.node,
                item.scale,
                levels[k].code,
                number,
                value[k],
                satisfied[k],
            )


def _designs(scored: ScoredRound) -> Iterator[tuple[object, ...]]:
    """The sample of every block and group: its size, what is done with a stratum of one cluster, what its weights were
    calibrated to."""
    calibrated = scored.samples.summary.set_index(["block", "group"])["calibrated_to"]
    for sample in scored.samples.parts:
        stage = sample.design.stages[0]
        sized = int(pd.notna(stratum_sizes(sample)).all())
        place = (sample.block, sample.group)
        yield (
            *place, len(sample.rows), stage.n_strata, stage.n_clusters, sample.design.lonely, sized, calibrated[place],
        )  # fmt: skip
