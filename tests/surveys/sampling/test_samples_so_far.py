"""Samples of a round that is still in the field: those that are scored where nothing lacks, and what is told where it does."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from surveys.definitions.study.reading import load_study
from surveys.returns.in_the_field import InTheField
from surveys.returns.return_files import begun
from surveys.sampling.samples import draw_samples, samples_so_far
from surveys.scoring.precision_so_far import precision_so_far
from surveys.screening import screened_round
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.progress import unheard

SAMPLE = Path(__file__).parents[3] / "data-sample" / "ha-noi-2023"
pytestmark = pytest.mark.long


def _until(day: str) -> ScreenedRound:
    study = load_study(SAMPLE)
    return screened_round(study, begun(study), unheard, InTheField(day))


def test_a_whole_round_has_the_samples_that_are_scored() -> None:
    done = _until("")
    so_far, drawn = samples_so_far(done), draw_samples(done)
    pd.testing.assert_frame_equal(so_far.weights, drawn.weights)
    pd.testing.assert_frame_equal(so_far.summary, drawn.summary)
    assert so_far.warnings == drawn.warnings


def test_the_first_days() -> None:
    """On the first day margins cannot be met everywhere; before it there is nothing, and no fault."""
    first = samples_so_far(_until("2023-10-09"))
    assert "sampling.not_calibrated_yet" in {warning.code for warning in first.warnings}
    assert len(first.parts) == 10
    nothing = _until("2023-10-08")
    assert samples_so_far(nothing).parts == ()
    precision = precision_so_far(nothing, samples_so_far(nothing))
    known = precision[precision["margin"].notna()]
    assert set(zip(known["block"], known["unit_code"], strict=True)) <= {
        (e.block, e.unit) for e in nothing.study.externals
    }
    assert (known["n_valid"] == 0).all()


def test_shares_of_the_variance_add_up_with_the_other_surveys() -> None:
    done = _until("2023-11-20")
    found = precision_so_far(done, samples_so_far(done))
    shares = found.groupby(["block", "unit_code"])["variance_share"].sum()
    alone = ~shares.index.isin([(e.block, e.unit) for e in done.study.externals])
    assert shares[alone].round(9).eq(1.0).all()
    assert (shares[~alone] < 1.0).all()
