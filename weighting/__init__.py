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
    from weighting.sample_size.allocation import allocate
    from weighting.sample_size.differences import (
        detectable_difference,
        power_of,
        size_beside,
        size_for_difference,
    )
    from weighting.sample_size.forms_to_issue import forms_to_issue, whole_where_near
    from weighting.sample_size.margins import margin_of, size_for_margin
    from weighting.sample_size.planning_values import DifferenceTest, PlanningValues
    from weighting.sample_size.slovin import slovin
    from weighting.selection.drawn import Drawn
    from weighting.selection.inclusion import inclusion_probabilities
    from weighting.selection.sampford import draw_sampford, joint_probabilities
    from weighting.selection.simple import draw_simple
    from weighting.selection.systematic import draw_systematic
    from weighting.small_areas.fay_herriot import fay_herriot
    from weighting.tables.cross_table import CrossTable
    from weighting.variance.adjustment import Adjustment

_HOME = {
    "Adjustment": "variance.adjustment",
    "CalibrationError": "errors",
    "CrossTable": "tables.cross_table",
    "Design": "facade",
    "DesignError": "errors",
    "DifferenceTest": "sample_size.planning_values",
    "Drawn": "selection.drawn",
    "Estimates": "estimation.estimates",
    "Histogram": "estimation.histogram",
    "HypothesisTest": "hypotheses.hypothesis_test",
    "PlanningValues": "sample_size.planning_values",
    "RankSets": "ranking.sets",
    "Raters": "ranking.raters",
    "Regression": "regression.regression",
    "RelativeImportance": "regression.relative_importance",
    "Replicates": "replication.replicates",
    "allocate": "sample_size.allocation",
    "calibrate": "calibration.methods",
    "detectable_difference": "sample_size.differences",
    "diagnose": "calibration.diagnostics",
    "draw_sampford": "selection.sampford",
    "draw_simple": "selection.simple",
    "draw_systematic": "selection.systematic",
    "fay_herriot": "small_areas.fay_herriot",
    "forms_to_issue": "sample_size.forms_to_issue",
    "inclusion_probabilities": "selection.inclusion",
    "joint_probabilities": "selection.sampford",
    "margin_of": "sample_size.margins",
    "moderated": "moderation.cells_in_range",
    "poststratify": "calibration.methods",
    "power_of": "sample_size.differences",
    "propensity": "calibration.nonresponse",
    "rake": "calibration.methods",
    "rank_changes": "ranking.changes",
    "rank_sets": "ranking.sets",
    "replicate": "replication.resampling",
    "size_beside": "sample_size.differences",
    "size_for_difference": "sample_size.differences",
    "size_for_margin": "sample_size.margins",
    "slovin": "sample_size.slovin",
    "squeezed": "moderation.squeezed",
    "trim": "calibration.trimming",
    "weighting_classes": "calibration.nonresponse",
    "whole_where_near": "sample_size.forms_to_issue",
}

__all__ = [
    "Adjustment",
    "CalibrationError",
    "CrossTable",
    "Design",
    "DesignError",
    "DifferenceTest",
    "Drawn",
    "Estimates",
    "Histogram",
    "HypothesisTest",
    "PlanningValues",
    "RankSets",
    "Raters",
    "Regression",
    "RelativeImportance",
    "Replicates",
    "allocate",
    "calibrate",
    "detectable_difference",
    "diagnose",
    "draw_sampford",
    "draw_simple",
    "draw_systematic",
    "fay_herriot",
    "forms_to_issue",
    "inclusion_probabilities",
    "joint_probabilities",
    "margin_of",
    "moderated",
    "poststratify",
    "power_of",
    "propensity",
    "rake",
    "rank_changes",
    "rank_sets",
    "replicate",
    "size_beside",
    "size_for_difference",
    "size_for_margin",
    "slovin",
    "squeezed",
    "trim",
    "weighting_classes",
    "whole_where_near",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'weighting' has no attribute {name!r}")
    return getattr(import_module(f"weighting.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
