"""What an audit found, and its findings as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from surveys.definitions.study.records import Output
from surveys.handover.result_frames import warnings_frame
from surveys.handover.seal import package_name
from surveys.handover.table_folder import TableFolder, deliver_tables
from surveys.problems import Problem

#: Faults of targets, which are no values.
OF_TARGETS = frozenset({"audit.target_below", "audit.target_above", "audit.target_sum"})


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    ``nodes``: DataFrame unit, code, level, name, printed, computed, difference, tolerance, status, one row per printed
    or computable node; status is ``exact``, ``rounding``, ``contradicts``, ``partial`` (some parts are not in the table),
    ``printed`` (nothing below), ``computed`` (not printed), ``unequal_answers`` (a pooled value that equal numbers of
    answers do not give).
    ``ranks``: unit, code, level, name, value, rank, group for nodes with parts, in tables of several units (rank 1
    is the highest; equal values share a rank; missing values have none; group as the edition declares its groups of units).
    ``changes``: unit, code, name, before, now, change against an earlier table, or against what the table prints of last year.
    ``losses``: unit, code, name, source, maximum, value, lost, share_of_loss, order (1 where most was lost), sign, target,
    distance, lead_agency, coordinating_agencies of every printed value (see ``surveys.gaps`` for their sums).
    ``problems``: errors contradict the table, warnings tell what to know. ``inputs``: name and SHA-256 of the tables read.
    """

    table: str
    instrument: str
    nodes: pd.DataFrame
    ranks: pd.DataFrame
    changes: pd.DataFrame
    losses: pd.DataFrame
    problems: tuple[Problem, ...]
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def consistent(self) -> bool:
        """No printed value contradicts another; targets, which are plans, may."""
        wrong = (problem.code for problem in self.problems if problem.severity == "error")
        return all(code in OF_TARGETS for code in wrong)

    def write(self, out: str | Path) -> None:
        """Write findings, values, losses, ranks and changes at ``out`` with descriptor and checksums: all of them, or nothing.

        Raises SurveyError when ``out`` must not be replaced (see :func:`surveys.handover.folder.write_folder`).
        """
        severity = [problem.severity for problem in self.problems]
        frames = {
            "audit-findings": warnings_frame(self.problems).assign(severity=severity),
            "audit-nodes": self.nodes,
            "audit-ranks": self.ranks,
            "audit-changes": self.changes,
            "audit-losses": self.losses,
        }
        inputs = [{"path": name, "sha256": digest} for name, digest in self.inputs]
        facts = {"instrument": self.instrument, "inputs": inputs}
        name = f"audit-{package_name(Path(self.table).stem)}"
        deliver_tables(TableFolder("audit", name, frames, Output(), title=self.table, facts=facts), Path(out))
