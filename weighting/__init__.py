"""Design-based statistics: estimates, standard errors and intervals that follow the sampling design.

The package takes arrays and data frames, knows nothing of questionnaires, and returns frozen results.
Names are loaded when they are first used, so that importing the package costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weighting.calibration.diagnostics import diagnose
    from weighting.calibration.methods import calibrate, poststratify, rake
    from weighting.calibration.nonresponse import propensity, weighting_classes
    from weighting.calibration.trimming import trim
    from weighting.errors import CalibrationError, DesignError
    from weighting.estimation.estimates import Estimates
    from weighting.estimation.histogram import Histogram
    from weighting.facade import Design
    from weighting.hypotheses.hypothesis_test import HypothesisTest
    from weighting.moderation.cells_in_range import moderated
    from weighting.moderation.squeezed import squeezed
    from weighting.ranking.changes import rank_changes
    from weighting.ranking.raters import Raters
    from weighting.ranking.sets import RankSets, rank_sets
    from weighting.regression.regression import Regression
    from weighting.regression.relative_importance import RelativeImportance
    from weighting.replication.replicates import Replicates
    from weighting.replication.resampling import replicate
    from weighting.small_areas.fay_herriot import fay_herriot
    from weighting.tables.cross_table import CrossTable
    from weighting.variance.adjustment import Adjustment

_HOME = {
    "Adjustment": "variance.adjustment",
    "CalibrationError": "errors",
    "CrossTable": "tables.cross_table",
    "Design": "facade",
    "DesignError": "errors",
    "Estimates": "estimation.estimates",
    "Histogram": "estimation.histogram",
    "HypothesisTest": "hypotheses.hypothesis_test",
    "RankSets": "ranking.sets",
    "Raters": "ranking.raters",
    "Regression": "regression.regression",
    "RelativeImportance": "regression.relative_importance",
    "Replicates": "replication.replicates",
    "calibrate": "calibration.methods",
    "diagnose": "calibration.diagnostics",
    "fay_herriot": "small_areas.fay_herriot",
    "moderated": "moderation.cells_in_range",
    "poststratify": "calibration.methods",
    "propensity": "calibration.nonresponse",
    "rake": "calibration.methods",
    "rank_changes": "ranking.changes",
    "rank_sets": "ranking.sets",
    "replicate": "replication.resampling",
    "squeezed": "moderation.squeezed",
    "trim": "calibration.trimming",
    "weighting_classes": "calibration.nonresponse",
}

__all__ = [
    "Adjustment",
    "CalibrationError",
    "CrossTable",
    "Design",
    "DesignError",
    "Estimates",
    "Histogram",
    "HypothesisTest",
    "RankSets",
    "Raters",
    "Regression",
    "RelativeImportance",
    "Replicates",
    "calibrate",
    "diagnose",
    "fay_herriot",
    "moderated",
    "poststratify",
    "propensity",
    "rake",
    "rank_changes",
    "rank_sets",
    "replicate",
    "squeezed",
    "trim",
    "weighting_classes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'weighting' has no attribute {name!r}")
    return getattr(import_module(f"weighting.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
