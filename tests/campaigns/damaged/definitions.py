"""Damaged definition files, and the files that commands read beside them: one case, and how it ended."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

import surveys as sv
from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import SurveyError
from surveys.simulation.simulation_toml import read_plan
from surveys.study import Study
from tests.campaigns.damaged.changed_archives import ARCHIVES
from tests.campaigns.damaged.changed_bytes import BYTES, TEXT, Change, Generator
from tests.campaigns.damaged.changed_tables import TABLES
from tests.campaigns.damaged.outcomes import End, Outcome, end_of, unnamed
from tests.campaigns.damaged.round_files import write_round

#: Columns that hold words, not numbers.
_WORDS = (
    "unit_name", "note", "edition", "name", "content", "submission", "decision_reason", "decided_on", "decided_by",
)  # fmt: skip


class Round:
    """The folder of a round that is whole, but for the file that a case damages."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.study = folder, write_round(folder)
        self.definition: StudyDefinition = load_study(self.study)
        self.heir: StudyDefinition = load_study(folder / "heir")
        self.shown = Study(self.study, self.definition)
        self.simulated: Instrument = load_instrument(folder / "simulated")
        self.names = frozenset(
            name for path in folder.rglob("*") if path.is_file()
            for name in _called(path, folder)
        ) | {f"{folder / 'old'}", f"{folder / 'new'}", f"{folder / 'old'}, {folder / 'new'}"}  # fmt: skip
        self.before: dict[str, Outcome] = {}
        for path, reader in SUBJECTS.values():
            self.before[path] = reader(self, folder / path)


def _called(path: Path, folder: Path) -> Iterable[str]:
    """How messages may call a file: by its name, by its place in a folder, or by its whole path."""
    inside = path.relative_to(folder).parts
    return (str(path), *("/".join(inside[k:]) for k in range(len(inside))))


Reader = Callable[[Round, Path], Outcome]


def of_records(made: Round, path: Path) -> Outcome:
    """A study whose files are read into records: where these are the same, so are its scores."""
    definition = load_study(made.study)
    if definition == made.definition and made.before:
        return made.before["study/study.toml"]
    return _scored(Study(made.study, definition))


def of_heir(made: Round, _: Path) -> Outcome:
    """A study whose instrument states its differences from another in its folder."""
    definition, first = load_study(made.folder / "heir"), f"heir/{_HEIR_FILES[0]}"
    if definition == made.heir and first in made.before:
        return made.before[first]
    return _scored(Study(made.folder / "heir", definition))


def of_columns(made: Round, _: Path) -> Outcome:
    """A study one of whose files of returns is read by a damaged mapping."""
    return _scored(made.shown)


def of_review(made: Round, path: Path) -> Outcome:
    """Decisions that a person wrote into a review file."""
    out = made.folder / "confirmed.csv"
    out.unlink(missing_ok=True)
    confirmed = made.shown.confirm(path, out)
    rows = sorted(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    return Outcome((), {"decisions": rows}, (), frozenset(confirmed.warnings))


def of_results(made: Round, _: Path) -> Outcome:
    """Two folders of results, compared by a crosswalk."""
    found = sv.compare(made.folder / "old", made.folder / "new", crosswalk=made.folder / "crosswalk.csv")
    numbers, words = _parts({"changes": found.changes})
    return Outcome((), numbers, words)


def of_published(made: Round, path: Path) -> Outcome:
    """A published table, re-added."""
    found = sv.audit(path, _sipas())
    numbers, words = _parts({"nodes": found.nodes, "ranks": found.ranks})
    return Outcome((), numbers, words, frozenset(found.problems))


def of_plan(made: Round, _: Path) -> Outcome:
    """What a round is simulated by."""
    return Outcome((), {"plan": repr(read_plan(made.simulated))})


@lru_cache
def _sipas() -> Instrument:
    return load_instrument("sipas/2023")


def _scored(study: Study) -> Outcome:
    result = study.score()
    tables = {
        "scores": result.scores,
        "units": result.units,
        "funnel": result.funnel,
        "shares": result.shares,
        "answers": result.answers,
        "respondents": result.respondents,
        "days": result.days,
    }
    numbers, words = _parts(tables | {"forms": result.forms})
    waiting = (*result.waiting.items(), *result.returns.proposals["text"])
    told = frozenset((*result.warnings, *check(study.path), *waiting))
    return Outcome((), numbers, [words, repr(study.definition)], told)


def _parts(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, object], object]:
    """The numbers and codes of tables, and their words; the order of the rows is neither."""
    numbers = {
        name: _rows(table.drop(columns=[c for c in _WORDS if c in table])) for name, table in tables.items()
    }
    return dict(numbers), [_rows(table[[c for c in _WORDS if c in table]]) for table in tables.values()]


def _rows(table: pd.DataFrame) -> list[str]:
    """Numbers to twelve digits: another order of the same rows adds them in another order."""
    return sorted(
        repr([f"{cell:.12g}" if isinstance(cell, float) else cell for cell in row])
        for row in table.to_numpy(object).tolist()
    )


_STUDY_FILES = (
    "study.toml", "instrument/instrument.toml", "instrument/tree.csv", "instrument/items.csv", "instrument/units.csv",
    "don-vi.csv", "phat-ra.csv", "tong-the.csv", "co-cau.csv", "ngoai.csv", "tham-dinh.csv", "quyet-dinh.csv", "ten-don-vi.csv",
    "phan-xu.csv", "ma-nhap.csv", "dot-truoc/scores.csv",
)  # fmt: skip
_HEIR_FILES = tuple(
    f"instrument/{part}{name}"
    for part in ("", "goc/")
    for name in ("instrument.toml", "tree.csv", "items.csv")
)
_REVIEWS = tuple(
    f"{name}{end}"
    for name in ("forms", "units", "entries", "seconds", "explanations")
    for end in (".csv", "-workbook.xlsx")
)
_PACKAGE = (
    "run.json",
    "SHA256SUMS",
    "scores.csv",
    "units.csv",
    "instrument/instrument.toml",
    "instrument/units.csv",
)
#: Name → the file below the folder of the round, and how it is read.
SUBJECTS: Mapping[str, tuple[str, Reader]] = {
    **{name: (f"study/{name}", of_records) for name in _STUDY_FILES},
    **{f"heir/{name}": (f"heir/{name}", of_heir) for name in _HEIR_FILES},
    **{name: (f"study/{name}", of_columns) for name in ("cot.csv", "cot.xlsx")},
    **{f"review/{name}": (f"review/{name}", of_review) for name in _REVIEWS},
    **{f"results/{name}": (f"old/{name}", of_results) for name in _PACKAGE},
    "crosswalk.csv": ("crosswalk.csv", of_results),
    "published.csv": ("published.csv", of_published),
    "published.xlsx": ("published.xlsx", of_published),
    "simulation.toml": ("simulated/simulation.toml", of_plan),
}
#: Name → what it is called in the table of results.
GROUPS: Mapping[str, str] = {
    "study.toml": "study.toml", "instrument/instrument.toml": "instrument.toml",
    **dict.fromkeys(("instrument/tree.csv", "instrument/items.csv", "instrument/units.csv"), "CSV of the instrument"),
    **dict.fromkeys((name for name in _STUDY_FILES[5:10]), "CSV of the study"),
    **dict.fromkeys((_STUDY_FILES[10], _STUDY_FILES[15]), "CSV of the study"),
    **dict.fromkeys((name for name in _STUDY_FILES[11:15]), "decisions"),
    **{f"heir/{name}": "edition of differences" for name in _HEIR_FILES},
    "cot.csv": "mapping", "cot.xlsx": "mapping",
    **{f"review/{name}": "review (XLSX)" if name.endswith(".xlsx") else "review (CSV)" for name in _REVIEWS},
    **dict.fromkeys((f"results/{name}" for name in _PACKAGE), "results compared"),
    "crosswalk.csv": "crosswalk", "published.csv": "published", "published.xlsx": "published",
    "simulation.toml": "simulation.toml",
}  # fmt: skip


@lru_cache(maxsize=1)
def round_in(folder: Path) -> Round:
    return Round(folder / "round")


def damages(name: str) -> dict[str, Change | None]:
    """The kinds of damage that a file can suffer; None: to its table."""
    if name.endswith(".xlsx"):
        return {**BYTES, **ARCHIVES}
    rows = (
        TABLES
        if name.endswith(".csv")
        else {kind: TABLES[kind] for kind in ("row gone", "row double", "rows swapped")}
    )
    return {**BYTES, **TEXT, **dict.fromkeys(rows)}


def case(generator: Generator, name: str, folder: Path) -> tuple[str, End]:
    """Damage a file of the round and read it: the kind of damage, and how it ended. The file is whole again afterwards."""
    made = round_in(folder)
    relative, reader = SUBJECTS[name]
    path = made.folder / relative
    whole = path.read_bytes()
    kinds = damages(name)
    kind = str(generator.choice(list(kinds)))
    change = kinds[kind]
    try:
        path.write_bytes(change(generator, whole) if change else _other_table(generator, kind, path, whole))
        return kind, _read(made, reader, path)
    finally:
        path.write_bytes(whole)


def _other_table(generator: Generator, kind: str, path: Path, whole: bytes) -> bytes:
    """A CSV with other rows, columns or cells; of any other text its lines are the rows."""
    text = whole.decode("utf-8-sig")
    if path.suffix != ".csv":
        lines = [["", ""], *([line] for line in text.splitlines())]
        TABLES[kind](generator, lines)
        return "".join(f"{line}\n" for (line,) in lines[1:]).encode()
    rows: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(text))]
    TABLES[kind](generator, rows)
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


def _read(made: Round, reader: Reader, path: Path) -> End:
    try:
        after = reader(made, path)
    except SurveyError as error:
        after = Outcome(error.problems)
    end = end_of(made.before[path.relative_to(made.folder).as_posix()], after)
    if after.faults:
        errors = [problem for problem in after.faults if problem.severity == "error"]
        told = [] if any(problem.file in made.names for problem in errors) else errors
        return replace(end, wrong=unnamed(told, made.names))
    return end
