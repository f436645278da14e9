"""A simulated round of any instrument: a whole study folder with returns, frames, injected defects and the known truth.

The population comes first and has fixed answers; samples are drawn from it without replacement, people answer or not at random,
defects go into forms drawn at random. So the truth is known exactly (:mod:`surveys.simulation.truth`), every defect is
listed, and the same seed gives the same bytes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.problems import fault
from surveys.simulation.population import Simulation
from surveys.simulation.simulated_round import play
from surveys.simulation.simulation_toml import read_plan
from surveys.simulation.study_folder import study_files
from surveys.vocabulary.new_folder import refuse_filled, write_new_folder


def sources_of_chance(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """The random numbers of the survey and those of the council's assessment."""
    return np.random.default_rng(seed), np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))


def simulate(
    instrument: Instrument | str | Path,
    seed: int,
    out: Path | str,
    *,
    scale: float = 1.0,
    defects: bool = True,
) -> None:
    """Write the folder of a simulated round: ``study.toml``, returns, frames, margins, external estimates, assessments,
    ``truth.csv`` (``block, unit_code, node_code, group, score, satisfaction_percent``) and ``defects.csv`` (``form_code,
    rule``).

    ``instrument`` is a shipped name, a folder or a loaded instrument; ``scale`` multiplies the sizes of its ``simulation.toml``.
    Raises :class:`surveys.problems.SurveyError` when the definitions are wrong, ``out`` holds files or ``scale`` is not positive.
    """
    out = Path(out)
    if not (math.isfinite(scale) and scale > 0):
        raise fault("fieldwork.scale", value=scale)
    refuse_filled(out)
    made = instrument if isinstance(instrument, Instrument) else load_instrument(instrument)
    played = play(Simulation(made, read_plan(made), scale, *sources_of_chance(seed)), defects)
    write_new_folder(out, study_files(played, seed))
