"""Folders of tables behind which no package of a single round stands: comparisons, audits, analyses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import pandas as pd

from surveys.definitions.study.records import Output, StudyDefinition
from surveys.handover.folder import write_folder
from surveys.handover.manifest import MANIFEST, Content, digests_of, made_from, plain_manifest
from surveys.handover.official_columns import TABLES, OfficialTable
from surveys.handover.result_frames import printed, table_bytes
from surveys.handover.seal import described, package_name, sealed
from surveys.handover.words import label_of

#: What a folder holds → the tables that it has, and those that it may have.
TABLES_OF: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "comparison": (("changes", "series"), ()),
    "reach": (("reach", "ways", "detectable"), ()),
    "drivers": (("drivers", "driver-models"), ()),
    "tables": (("cross-tables", "cross-tests", "respondent-profile"), ()),
    "gaps": (("gaps",), ("gap-sums",)),
    "audit": (("audit-findings", "audit-nodes"), ("audit-ranks", "audit-changes", "audit-losses")),
    "report": (("report-numbers",), ()),
    "plan": (("plan", "planned", "issued", "labels"), ("drawn", "replacements")),
    "monitor": (
        tuple(f"monitor-{name}" for name in ("cells", "days", "interviewers", "modes", "questionnaires")),
        (),
    ),
    "export": (
        tuple(f"export-{name}" for name in ("codebook", "items", "keys", "nodes", "designs", "expected")),
        (),
    ),
}
#: What a folder holds → the files that it may have beside its tables and its workbook.
FILES_OF: Mapping[str, tuple[str, ...]] = {
    "plan": ("labels.pdf",),
    "monitor": ("monitor.html",),
    "export": (
        "sample.csv", "sample.sav", "sample.dta", "sample.parquet", "score.R", "score.sps", "score.do",
    ),
}  # fmt: skip


def book_name(content: str) -> str:
    """The workbook of a folder.

    >>> book_name("gaps")
    'gaps.xlsx'
    """
    return f"{content}.xlsx"


@dataclass(frozen=True)
class TableFolder:
    """A folder before it is written. ``frames``: its tables by name (:data:`TABLES_OF`), unrounded; ``name`` and ``title`` of its
    descriptor; ``others``: further files, path → bytes; ``facts``: what it was made from, for its manifest; ``own``: tables whose
    columns it has for itself."""

    content: Content
    name: str
    frames: Mapping[str, pd.DataFrame]
    output: Output
    title: str = ""
    others: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    own: Mapping[OfficialTable, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of_study(
        cls,
        content: Content,
        study: StudyDefinition,
        frames: Mapping[str, pd.DataFrame],
        others: Mapping[str, bytes],
        **facts: object,
    ) -> Self:
        """The folder of what was made from one study: named after it, its manifest naming it and its files beside ``facts``."""
        return cls(
            content,
            f"{package_name(study.code)}-{content}",
            frames,
            study.output,
            label_of(study, study.output.language),
            others,
            {**made_from(study), **facts},
        )

    def files(self) -> dict[str, bytes]:
        """Path → bytes. A table that there may be is left out where it has no rows."""
        always, _ = TABLES_OF[self.content]
        named = {TABLES[name]: frame for name, frame in self.frames.items() if len(frame) or name in always}
        wanted = {**self.own, **named}
        csvs = {
            table: table_bytes(table, printed(table, frame, self.output)) for table, frame in wanted.items()
        }
        tables = described(self.name, self.title, csvs, self.output)
        settings = {"output": asdict(self.output)}
        outputs = digests_of(self.others)
        manifest = plain_manifest(self.content, **self.facts, settings=settings, outputs=outputs)
        return sealed({**tables, **self.others, MANIFEST: manifest})


def deliver_tables(folder: TableFolder, out: Path) -> None:
    """Write a folder of tables at ``out``: table, descriptor, checksums; all of it, or nothing.

    Raises SurveyError when ``out`` must not be replaced (see :func:`surveys.handover.folder.write_folder`).
    """
    write_folder(out, folder.files())


def tables_in(folder: Path, content: str) -> dict[str, OfficialTable]:
    """The tables that a folder must have, and those that it has of others that it may have (path → table)."""
    always, sometimes = TABLES_OF[content]
    found = [name for name in sometimes if (folder / TABLES[name].path).is_file()]
    return {TABLES[name].path: TABLES[name] for name in (*always, *found)}
