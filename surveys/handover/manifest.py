"""The record of a run: what went in, with which programs and settings, and the checksums of what came out.

It holds no clock, no name of a user and no path of a machine, so the same input gives the same bytes.
"""

from __future__ import annotations

import json
import math
import platform
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from importlib import metadata
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from surveys.definitions.instrument.layers import definition_files
from surveys.definitions.study.index_kind import kind_of
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.text_files import on_disk
from surveys.problems import Language
from surveys.vocabulary.council_tables import COUNCIL_COLUMNS
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import bytes_of
from surveys.vocabulary.statuses import DISPOSITIONS, NO_FORMS

if TYPE_CHECKING:
    from surveys.returns.record_set import Returns
    from surveys.scoring.scored_round import ScoredRound
    from surveys.validity.dispositions import Dispositions
    from surveys.validity.screened_round import ScreenedRound

MANIFEST = "run.json"
#: Folders within a folder of results.
COUNCIL, INSTRUMENT, REVIEW = "council", "instrument", "review"
SUMS = "SHA256SUMS"
#: The Data Package descriptor of a folder, and the workbook of a council folder.
DESCRIPTOR, WORKBOOK = "datapackage.json", "survey-scores.xlsx"
#: All tables of a council folder in one file.
EXCHANGE = "exchange.json"
#: The signature over the bytes of SUMS, which stands beside it and in no list of sums.
SIGNATURE = f"{SUMS}.sig"
#: The record of a hand-over, for the signatures of two parties.
RECORD = "handover-record.docx"
ENGINE = "survey-scoring"
_FORMAT = "surveys/run/1"
#: What a folder holds: a screening may be replaced by scores, nothing else by something else.
Content = Literal[
    "scores", "screening", "comparison", "audit", "unit_sheets", "gaps", "reach", "drivers", "tables", "export",
    "report", "forms", "plan", "monitor",
]  # fmt: skip
#: The sheets with the draft results of each unit.
UNIT_SHEETS: Literal["unit_sheets"] = "unit_sheets"
#: The analysis report.
REPORT: Literal["report"] = "report"
#: Questionnaires as forms to load and to print.
FORMS: Literal["forms"] = "forms"
#: Folders without any table, and so without a descriptor.
WITHOUT_TABLES = (FORMS,)
#: Folders of documents: their record lists the checksum of every file.
OF_DOCUMENTS = (UNIT_SHEETS, REPORT, FORMS)
#: Endings of the documents and pictures that the record of such a folder lists.
DOCUMENTS = (".docx", ".gs", ".html", ".pdf", ".png", ".svg", ".txt", ".xlsx")
#: Parts of a study that decide its numbers beside the files it names.
_SETTINGS = (
    "exclusions", "returns", "rules", "weights", "fieldwork", "minimum", "inference", "output", "assessment",
    "publication", "council", "agency_date", "report",
)  # fmt: skip
#: Keys of ``[files]`` whose tables hold what people decided.
_DECIDED = ("decisions", "unit_decisions", "adjudication", "entry_codes", "explanations")
#: Tables of a study that its results carry as they were declared.
CARRIED = ("agencies", "targets", "headlines")
#: Endings of the files whose checksums the manifest records.
_RECORDED = (".csv", ".json", ".toml")
_VERSION_LINE = re.compile(r"^Version: *(\S+)$", re.MULTILINE)
#: A checksum and the path of a file, in which no character may pass for the end of a line.
_SUM_LINE = re.compile(r"([0-9a-f]{64})  (\S(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\S)?)")


def import_names(table: str) -> tuple[str, str]:
    """The files of a council table under the column names of the council's own system.

    >>> import_names("units")
    ('import-units.csv', 'import-units.json')
    """
    return f"import-{table}.csv", f"import-{table}.json"


#: All of these files that there may be.
IMPORTS = frozenset(name for table in COUNCIL_COLUMNS for name in import_names(table))


def json_bytes(record: Mapping[str, object]) -> bytes:
    """A record as the JSON files of a package are written."""
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """path → SHA-256 of files (path → bytes)."""
    return {path: digest_of(content) for path, content in files.items()}


def sums_bytes(digests: Mapping[str, str]) -> bytes:
    """``SHA256SUMS`` of files (path → SHA-256), as ``sha256sum --check`` reads it.

    >>> print(sums_bytes(digests_of({"b.csv": b"", "a.csv": b"abc"})).decode(), end="")
    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.csv
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.csv
    """
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode()


def read_sums(path: Path) -> dict[str, str]:
    """path → SHA-256 from a ``SHA256SUMS``; lines that are none are left out, a missing file gives none."""
    if not path.is_file():
        return {}
    found = (_SUM_LINE.fullmatch(line) for line in _lines(path.read_bytes()))
    return {match[2]: match[1] for match in found if match}


def first_fault_of_sums(path: Path) -> int | None:
    """The first line in which a ``SHA256SUMS`` is not, byte for byte, as it is written: sorted, each file once, nothing else."""
    found, written = (_lines(content) for content in (path.read_bytes(), sums_bytes(read_sums(path))))
    pairs = enumerate(zip_longest(found, written), start=1)
    return next((row for row, (line, exact) in pairs if line != exact), None)


def _lines(content: bytes) -> list[str]:
    """Lines that end in a line feed and in nothing else that may pass for one."""
    return content.decode(errors="replace").split("\n")


def run_manifest(
    content: Content,
    done: ScreenedRound | ScoredRound,
    statuses: Mapping[str, int],
    files: Mapping[str, bytes],
) -> bytes:
    """``run.json``: engine, versions, hash of every input, settings, files of decisions, counts of forms, results and
    warnings, and the checksums of the ``files`` beside it (path → bytes) that are results or definitions."""
    study = done.study
    record = {
        **_programs(content),
        **made_from(study),
        "settings": {name: _plain(getattr(study, name)) for name in _SETTINGS}
        | {
            "returns": [_without_answers(file) for file in study.returns],
            "classes": _plain(study.instrument.classes),
        },
        "decisions": _decisions(study),
        "scoring": _plain(study.instrument.scoring),
        **({"index": kind_of(study).record(), "carried": carried(study)} if content == "scores" else {}),
        "counts": _counts(done.returns, done.dispositions),
        "results": dict(sorted(statuses.items())),
        "warnings": dict(sorted(Counter(warning.code for warning in done.warnings).items())),
        "outputs": digests_of({path: files[path] for path in sorted(files) if is_output(path)}),
    }
    return json_bytes(record)


def carried(study: StudyDefinition) -> dict[str, int]:
    """How many rows of the study's tables of agencies, targets and published figures the results carry."""
    return {name: len(getattr(study, name)) for name in CARRIED}


def inputs_of(study: StudyDefinition) -> list[dict[str, object]]:
    """Name and checksum of every file that went into a round."""
    return [_input(name, path) for name, path in input_files(study).items()]


def is_output(path: str) -> bool:
    """Whether the manifest of a folder of results records the checksum of a file: CSV, JSON and TOML, but neither itself nor the
    council's folder, which holds a copy of it.

    Nor what people look through: review files hold what was typed, and a short text can be guessed from its checksum.

    >>> [path for path in ("scores.csv", "run.json", "review/cells.csv", "council/scores.csv") if is_output(path)]
    ['scores.csv']
    """
    return (
        path.endswith(_RECORDED) and path != MANIFEST and not path.startswith((f"{COUNCIL}/", f"{REVIEW}/"))
    )


def made_from(study: StudyDefinition) -> dict[str, object]:
    """A study as the manifest names what it was: code and labels, instrument, checksums of its files, settings replaced."""
    return {
        "study": {"code": study.code, "label_vi": study.label_vi, "label_en": study.label_en},
        "instrument": study.instrument.name,
        "inputs": inputs_of(study),
        **({"changed": list(study.changed)} if study.changed else {}),
    }


def plain_manifest(content: Content, **facts: object) -> bytes:
    """``run.json`` of a folder of tables behind which no single round stands: format, engine and versions, and facts."""
    return json_bytes({**_programs(content), **facts})


def read_manifest(path: Path) -> Mapping[str, Any] | None:
    """The record of a ``run.json``; None when it is no manifest of this program."""
    try:
        record = json.loads(bytes_of(path))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.get("format") == _FORMAT else None


def written_by(manifest: Mapping[str, Any]) -> str:
    """The version of the program that wrote a manifest; empty where it names none."""
    engine = manifest.get("engine")
    return str(engine.get("version", "")) if isinstance(engine, Mapping) else ""


def language_of(manifest: Mapping[str, Any] | None) -> Language:
    """The language of the official files of a run; Vietnamese where the manifest names none."""
    named = (manifest or {}).get("settings", {}).get("output", {}).get("language")
    return "en" if named == "en" else "vi"


def _programs(content: Content) -> dict[str, object]:
    """What is delivered, and the programs that made it."""
    return {
        "format": _FORMAT,
        "content": content,
        "engine": {"name": ENGINE, "version": _version(ENGINE)},
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _requirements()},
    }


def input_files(study: StudyDefinition) -> dict[str, Path]:
    """Every input by a name that is the same on all machines: study files, then those that define the instrument."""
    found = {
        name: on_disk(study.folder / name) for name in study.files if on_disk(study.folder / name).is_file()
    }
    known = {path.resolve() for path in found.values()}
    folder = Path(study.instrument.folder) if study.instrument.folder else None
    if folder is not None and folder.is_dir():
        definitions = definition_files(folder).items()
        found |= {name: path for name, path in definitions if path.resolve() not in known}
    return found


def _input(name: str, path: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {"path": name, "bytes": len(content), "sha256": digest_of(content)}


def _without_answers(file: ReturnFile) -> dict[str, Any]:
    """The settings of a file of returns without what they quote from its cells, which respondents may have written: of values
    that are recoded, that rows must have or that say a state, only how many there are. ``study.toml`` has them, and its checksum
    is among the inputs."""
    counted = {
        "recode": {of: len(values) for of, values in file.recode},
        "rows": {heading: len(values) for heading, values in file.wanted().items()},
        "states": dict(sorted(Counter(state for _, state in file.states).items())),
    }
    return {**_plain(file), **counted}


def _decisions(study: StudyDefinition) -> list[dict[str, object]]:
    """The files in which people decided: what they are about, their checksums, and how many decisions each holds."""
    found = []
    for key in _DECIDED:
        path = study.file_of(key)
        if path and (study.folder / path).is_file():
            named = _input(path, study.folder / path)
            found.append({"about": key, **named, "decisions": len(getattr(study, key))})
    for mapping in dict.fromkeys(file.mapping for file in study.returns if file.mapping):
        if (study.folder / mapping).is_file():
            found.append({"about": "mapping", **_input(mapping, study.folder / mapping)})
    return found


def _counts(returns: Returns, dispositions: Dispositions) -> dict[str, object]:
    found = Counter(dispositions.disposition.tolist())
    return {
        "forms": int(returns.rows["form"][dispositions.counted].nunique()),
        "evaluations": len(returns),
        **{name: found.get(name, 0) for name in (*DISPOSITIONS, *NO_FORMS)},
        "reasons": dict(sorted(Counter(dispositions.reasons["rule"].tolist()).items())),
    }


def _requirements() -> tuple[str, ...]:
    """Names of the packages this program cannot run without, as its own metadata declares them."""
    try:
        declared = metadata.requires(ENGINE) or []
    except metadata.PackageNotFoundError:
        return ()
    named = (re.match(r"[A-Za-z0-9._-]+", line) for line in declared if "extra ==" not in line)
    return tuple(sorted(match[0].lower() for match in named if match))


def version() -> str:
    """The version of this program, as it stands in every manifest."""
    return _version(ENGINE)


def _version(package: str) -> str:
    """The version of an installed package.

    One line of its metadata is read: ``metadata.version`` parses all of it, which tests/benchmarks/test_score_speed.py feels.
    """
    try:
        text = metadata.distribution(package).read_text("METADATA") or ""
    except metadata.PackageNotFoundError:
        return "unknown"
    found = _VERSION_LINE.search(text)
    return found[1] if found else metadata.version(package)


def _plain(value: Any) -> Any:
    """Records as plain JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no infinity
    return value if isinstance(value, (str, int, float, type(None))) else str(value)
