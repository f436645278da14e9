"""The survey-scoring engine: definitions and returns in, official scores out.

    import surveys as sv

    study = sv.load("data-sample/ha-noi-2023")
    result = study.score()
    result.units
    result.write("results")

Each name is loaded when it is first used, so that ``import surveys`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surveys.between_rounds import compare
    from surveys.definitions.instrument.reading import instruments
    from surveys.delivered import Package, read_package
    from surveys.described import codebook
    from surveys.entered import add
    from surveys.fielded import forms
    from surveys.fieldwork.plan_folder import SamplePlanTables
    from surveys.founded import Founded, blank, new
    from surveys.gap_report import Gaps
    from surveys.handed_over import hand_over, sign, signed_by, unit_sheets, verify
    from surveys.handover.drivers_folder import Drivers
    from surveys.handover.export.exported import ready_to_export
    from surveys.handover.fingerprint import fingerprint
    from surveys.handover.folder import ready
    from surveys.handover.manifest import version
    from surveys.handover.reach_folder import Reach
    from surveys.monitored import Monitoring, monitor
    from surveys.planned import plan
    from surveys.problems import Problem, SurveyError
    from surveys.published.audit import audit
    from surveys.reference.explanation import explain
    from surveys.reported import method, report
    from surveys.result import Result, RoundComparison
    from surveys.screening import Screening
    from surveys.simulation.simulate import simulate
    from surveys.study import Study, check, load
    from surveys.tabulated import Tables
    from surveys.what_it_takes import reach
    from surveys.what_was_lost import gaps

#: Name → the module it is loaded from, when it is first used.
_HOME = {
    "Drivers": "surveys.handover.drivers_folder",
    "Founded": "surveys.founded",
    "Gaps": "surveys.gap_report",
    "Package": "surveys.delivered",
    "Monitoring": "surveys.monitored",
    "Problem": "surveys.problems",
    "Reach": "surveys.handover.reach_folder",
    "Result": "surveys.result",
    "RoundComparison": "surveys.result",
    "SamplePlanTables": "surveys.fieldwork.plan_folder",
    "Screening": "surveys.screening",
    "Study": "surveys.study",
    "SurveyError": "surveys.problems",
    "Tables": "surveys.tabulated",
    "add": "surveys.entered",
    "audit": "surveys.published.audit",
    "blank": "surveys.founded",
    "check": "surveys.study",
    "codebook": "surveys.described",
    "compare": "surveys.between_rounds",
    "explain": "surveys.reference.explanation",
    "fingerprint": "surveys.handover.fingerprint",
    "forms": "surveys.fielded",
    "gaps": "surveys.what_was_lost",
    "hand_over": "surveys.handed_over",
    "instruments": "surveys.definitions.instrument.reading",
    "load": "surveys.study",
    "method": "surveys.reported",
    "monitor": "surveys.monitored",
    "new": "surveys.founded",
    "plan": "surveys.planned",
    "reach": "surveys.what_it_takes",
    "read_package": "surveys.delivered",
    "ready": "surveys.handover.folder",
    "ready_to_export": "surveys.handover.export.exported",
    "report": "surveys.reported",
    "sign": "surveys.handed_over",
    "signed_by": "surveys.handed_over",
    "simulate": "surveys.simulation.simulate",
    "unit_sheets": "surveys.handed_over",
    "verify": "surveys.handed_over",
    "version": "surveys.handover.manifest",
}
__all__ = [
    "Drivers", "Founded", "Gaps", "Monitoring", "Package", "Problem", "Reach", "Result", "RoundComparison",
    "SamplePlanTables", "Screening", "Study", "SurveyError", "Tables", "add", "audit", "blank", "check", "codebook",
    "compare", "explain", "fingerprint", "forms", "gaps", "hand_over", "instruments", "load", "method", "monitor",
    "new", "plan", "reach", "read_package", "ready", "ready_to_export", "report", "sign", "signed_by", "simulate",
    "unit_sheets", "verify", "version",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
