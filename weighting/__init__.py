"""Design-based statistics: estimates, standard errors and intervals that follow the sampling design.

The package takes arrays and data frames, knows nothing of questionnaires, and returns frozen results.
Names are loaded when they are first used, so that importing the package costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weighting.calibration import calibrate, poststratify, rake
    from weighting.design import Adjustment, Design
    from weighting.diagnostics import diagnose
    from weighting.errors import CalibrationError, DesignError
    from weighting.estimate import Estimates
    from weighting.histogram import Histogram
    from weighting.nonresponse import propensity, weighting_classes
    from weighting.ranks import rank_sets
    from weighting.replication import Replicates, replicate
    from weighting.trimming import trim

_HOME = {
    "Adjustment": "design",
    "CalibrationError": "errors",
    "Design": "design",
    "DesignError": "errors",
    "Estimates": "estimate",
    "Histogram": "histogram",
    "Replicates": "replication",
    "calibrate": "calibration",
    "diagnose": "diagnostics",
    "poststratify": "calibration",
    "propensity": "nonresponse",
    "rake": "calibration",
    "rank_sets": "ranks",
    "replicate": "replication",
    "trim": "trimming",
    "weighting_classes": "nonresponse",
}

__all__ = [
    "Adjustment",
    "CalibrationError",
    "Design",
    "DesignError",
    "Estimates",
    "Histogram",
    "Replicates",
    "calibrate",
    "diagnose",
    "poststratify",
    "propensity",
    "rake",
    "rank_sets",
    "replicate",
    "trim",
    "weighting_classes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'weighting' has no attribute {name!r}")
    return getattr(import_module(f"weighting.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
