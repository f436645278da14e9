"""Verification of a package: is every file the one that was delivered, and do its numbers agree with each other?

Checksums tell that a file was changed; re-adding and reconciling tell that its numbers cannot be right even where someone
made new checksums. Every fault names file, row and column with what was expected and what was found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from surveys.definitions.instrument.parts import TABLES as INSTRUMENT_TABLES
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE
from surveys.definitions.study.records import Output
from surveys.handover import official_columns
from surveys.handover.answer_checks import answers_hold
from surveys.handover.comparison_checks import comparison_readded
from surveys.handover.council_checks import council_holds
from surveys.handover.count_checks import counts_of_parts, names_of_nodes, rows_of_tree
from surveys.handover.driver_checks import drivers_readded
from surveys.handover.exchange_checks import exchange_repeats
from surveys.handover.file_differences import leaves
from surveys.handover.fingerprint import covered_files
from surveys.handover.first_faults import first_of_each
from surveys.handover.gap_checks import losses_subtracted
from surveys.handover.hiding_checks import hidden_show_nothing
from surveys.handover.index_checks import classes_of_league, index_readded
from surveys.handover.interval_checks import intervals
from surveys.handover.manifest import (
    COUNCIL,
    DESCRIPTOR,
    DOCUMENTS,
    EXCHANGE,
    IMPORTS,
    INSTRUMENT,
    MANIFEST,
    OF_DOCUMENTS,
    RECORD,
    SIGNATURE,
    SUMS,
    UNIT_SHEETS,
    WITHOUT_TABLES,
    WORKBOOK,
    first_fault_of_sums,
    is_output,
    read_manifest,
    read_sums,
    version,
    written_by,
)
from surveys.handover.nonresponse_checks import bounds_of_nonresponse
from surveys.handover.official_columns import OfficialTable
from surveys.handover.official_kinds import IndexKind, council_tables, kind_of_run
from surveys.handover.printed_form import csv_as_written, json_as_written, numbers_as_printed
from surveys.handover.rank_checks import groups_of_units, notes_of_units, ranks, sets_of_ranks
from surveys.handover.reach_checks import reach_readded
from surveys.handover.read_back import PrintedTable, PrintedTables, RunSettings, read_printed, settings_of
from surveys.handover.readding import readded
from surveys.handover.reconciliation import reconciled
from surveys.handover.run_checks import record_of_run
from surveys.handover.seal import described, package_name
from surveys.handover.status_checks import shares_shown, statuses_and_remarks
from surveys.handover.sum_checks import sums_readded
from surveys.handover.table_folder import FILES_OF, TABLES_OF, book_name, tables_in
from surveys.handover.workbook_comparison import Beside, instrument_of_run, workbook_repeats
from surveys.handover.workbook_facts import facts_of_run
from surveys.problems import Problem, Problems, shortened
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import bytes_of, content_of

_SCREENED = (official_columns.FORMS, official_columns.FUNNEL)
_SCORED = (
    official_columns.SCORES,
    official_columns.UNITS,
    official_columns.WEIGHTS,
    official_columns.DIAGNOSTICS,
    official_columns.TREE,
)
_OPTIONAL = (
    official_columns.SHARES,
    official_columns.ANSWERS,
    official_columns.PROFILE,
    official_columns.DAYS,
    official_columns.DRIVERS,
    official_columns.DRIVER_MODELS,
    official_columns.UNWEIGHTED,
    official_columns.NONRESPONSE,
    official_columns.SUMS,
    official_columns.COVARIANCES,
    official_columns.AGENCIES,
    official_columns.TARGETS,
    official_columns.HEADLINES,
    official_columns.FORM_NUMBERS,
    official_columns.EXPLANATIONS,
)
#: Tables of a run with the council's half, and of no other.
_INDEX = (official_columns.INDEX, official_columns.INDEX_UNITS)
#: Every file that a run writes into a folder, the council's in its own.
_WRITTEN = {
    MANIFEST, SUMS, SIGNATURE, DESCRIPTOR, WORKBOOK, RECORD, EXCHANGE, *IMPORTS,
    *(table.path for table in official_columns.TABLES.values()),
    *(official_columns.TABLES[name].path.replace(".csv", ".xlsx") for name in official_columns.REVIEWED),
    *map(book_name, TABLES_OF),
    *(name for files in FILES_OF.values() for name in files),
    *(f"{INSTRUMENT}/{name}" for name in (INSTRUMENT_FILE, *INSTRUMENT_TABLES)),
}  # fmt: skip
#: What looks at the tables of a folder together.
_ADDED_UP = (
    readded, comparison_readded, losses_subtracted, reach_readded, drivers_readded, reconciled, hidden_show_nothing,
)  # fmt: skip
#: Files that stand in no list of checksums: the list itself, and the signatures over it.
_OUTSIDE = {SUMS, SIGNATURE, f"{COUNCIL}/{SIGNATURE}"}


def verify_folder(folder: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a folder of results, a screening, or a council folder on its own; () when all is well."""
    return verified_tables(folder)[0]


def verified_tables(folder: Path, *, with_copies: bool = True) -> tuple[tuple[Problem, ...], PrintedTables]:
    """The same, and the tables that were read. Without ``with_copies``: but for what repeats the tables in other forms, the
    workbook and the exchange file, which are then held against their checksums alone."""
    problems, tables = Problems(), dict[str, PrintedTable]()
    if not folder.is_dir():
        problems.add("verify.no_folder", file=str(folder))
    elif not (folder / SUMS).is_file():
        problems.add("verify.not_a_package", file=str(folder), sums=SUMS)
    else:
        tables = _check(folder, problems, with_copies)
    return tuple(first_of_each(dict.fromkeys(problems), _kind_in_rows, partial(replace, row=None))), tables


def _kind_in_rows(problem: Problem) -> tuple[str, ...] | None:
    """Code and column of a fault in a row of a file; faults of no row are all told."""
    if problem.row is None:
        return None
    return problem.code, problem.file, problem.sheet, problem.column


def _check(folder: Path, problems: Problems, with_copies: bool) -> dict[str, PrintedTable]:
    parts = {"": folder}
    if (folder / COUNCIL).is_dir():
        parts[f"{COUNCIL}/"] = folder / COUNCIL
    for prefix, part in parts.items():
        _check_seals(part, prefix, problems)
    run = read_manifest(folder / MANIFEST) or {}
    kind = kind_of_run(run)
    if run.get("content") == "scores" and kind is None:
        problems.add("verify.earlier_version", file=MANIFEST, written=written_by(run))
        return {}
    _check_outputs(folder, run, problems)
    manifests = {(part / MANIFEST).read_bytes() for part in parts.values() if (part / MANIFEST).is_file()}
    if len(manifests) > 1:  # the council has the manifest of the results
        problems.add("verify.manifests_differ", file=f"{COUNCIL}/{MANIFEST}")
    for table in _INDEX:
        if (folder / table.path).is_file() and not (kind and kind.council):
            problems.add("verify.file_unknown", file=table.path)
    settings = settings_of(run, MANIFEST, problems)
    package = _read(folder, _tables(folder, run, kind), problems)
    instrument = instrument_of_run(run, folder / INSTRUMENT)
    for check in _ADDED_UP:
        problems.extend(check(package))
    problems.extend(record_of_run(run, package, instrument))
    if settings is not None:
        for prefix, part in parts.items():
            problems.extend(_description(part, prefix, run, settings.output))
        problems.extend(_by_settings(package, settings, str(run.get("instrument", "")), instrument))
        if kind is not None:
            problems.extend(council_holds(package, kind, renormalises=settings.inference.renormalises))
        if kind is not None and with_copies:
            _check_exchange(folder, package, run, settings, problems)
            _check_workbook(folder, package, (run, settings, instrument), problems)
    return package


def _read(folder: Path, tables: Mapping[str, OfficialTable], problems: Problems) -> dict[str, PrintedTable]:
    """The tables of a folder (path → table) by their names, as far as they are there and can be read."""
    found: dict[str, PrintedTable] = {}
    for path, table in tables.items():
        if not (folder / path).is_file():
            problems.add("verify.file_missing", file=path)
            continue
        printed = read_printed(folder, path, table, problems)
        if printed is not None:
            found[table.name] = printed
            problems.extend(csv_as_written(printed, (folder / path).read_bytes()))
    return found


def _check_seals(folder: Path, prefix: str, problems: Problems) -> None:
    """Checksums, descriptor and manifest of a folder, and the form of the last two."""
    check_sums(folder, prefix, problems)
    run = read_manifest(folder / MANIFEST)
    if run is None or run.get("content") not in WITHOUT_TABLES:
        _check_descriptor(folder, prefix, problems)
    if run is None:
        problems.add("verify.no_manifest", file=f"{prefix}{MANIFEST}")
    for name in filter(Path.is_file, (folder / DESCRIPTOR, folder / MANIFEST)):
        problems.extend(json_as_written(name.read_bytes(), f"{prefix}{name.name}"))


def _by_settings(
    package: PrintedTables, settings: RunSettings, edition: str, instrument: Instrument | None
) -> Iterator[Problem]:
    """What follows from the settings of a run, the tree and the instrument."""
    for printed in package.values():
        yield from numbers_as_printed(printed, settings.output)
    if "scores" in package and "tree" in package:
        scores, tree = package["scores"], package["tree"]
        yield from statuses_and_remarks(scores, tree, settings)
        yield from intervals(scores, settings)
        yield from counts_of_parts(scores, tree)
        yield from rows_of_tree(scores, tree, edition)
        for name in (
            name for name in ("council-scores", "council-groups", "explanations") if name in package
        ):
            yield from names_of_nodes(package[name], tree, settings.output.language)
        if "nonresponse-bounds" in package:
            yield from bounds_of_nonresponse(package["nonresponse-bounds"], scores, tree, settings.inference)
        if "units" in package:
            yield from notes_of_units(package["units"], scores, tree, settings.output.language)
            yield from classes_of_league(package["units"], scores, tree, settings.classes)
        yield from index_readded(package, settings)
        yield from sums_readded(package, settings, instrument)
    if "shares" in package:
        yield from shares_shown(package["shares"], settings)
    yield from answers_hold(package, settings)
    for name in ("units", "council-units"):
        if name in package:
            yield from ranks(package[name], renormalise=settings.inference.renormalises)
            yield from sets_of_ranks(package[name])
    if "units" in package and instrument is not None:
        yield from groups_of_units(package["units"], instrument.unit_groups)


def check_sums(folder: Path, prefix: str, problems: Problems) -> None:
    """Files that are missing, too many or changed against ``SHA256SUMS``."""
    if not (folder / SUMS).is_file():
        problems.add("verify.not_a_package", file=f"{prefix}{SUMS}", sums=SUMS)
        return
    sums, content = read_sums(folder / SUMS), content_of(folder)
    present = content.files
    others = {path for path in content.others if not path.endswith("/")}  # pipes, links
    row = first_fault_of_sums(folder / SUMS)
    if row is not None:
        problems.add("verify.sums_unreadable", file=f"{prefix}{SUMS}", row=row)
    for path in sorted(sums.keys() - present):
        problems.add("verify.file_missing", file=f"{prefix}{path}")
    for path in sorted((present | others) - sums.keys() - _OUTSIDE):
        problems.add("verify.file_extra", file=f"{prefix}{path}")
    inner = f"{COUNCIL}/"  # whose files are looked at on their own
    mine = {path for path in present if prefix or not path.startswith(inner)}
    for path in sorted(mine - _WRITTEN - _sheets(folder)):
        problems.add("verify.file_unknown", file=f"{prefix}{path}")
    for path in sorted(content.others):
        problems.add("verify.not_a_file", file=f"{prefix}{path}")
    for path in sorted(sums.keys() & present):
        found = digest_of((folder / path).read_bytes())
        if found != sums[path]:
            problems.add("verify.file_changed", file=f"{prefix}{path}", expected=sums[path], found=found)


def _sheets(folder: Path) -> set[str]:
    """The documents and pictures that the record of a folder of documents lists."""
    run = read_manifest(folder / MANIFEST) or {}
    recorded = run.get("outputs")
    if run.get("content") not in OF_DOCUMENTS or not isinstance(recorded, Mapping):
        return set()
    return {path for path in recorded if path.endswith(DOCUMENTS)}


def _check_outputs(folder: Path, run: Mapping[str, Any], problems: Problems) -> None:
    """The checksums that the manifest of results (or of documents) records against ``SHA256SUMS``, which was held against the
    files; a council folder on its own has none of these files."""
    if run.get("content") not in ("scores", "screening", *OF_DOCUMENTS):
        return
    recorded, of_documents = run.get("outputs"), run["content"] in OF_DOCUMENTS
    if not isinstance(recorded, dict):
        problems.add("verify.outputs_not_recorded", severity="warning", file=MANIFEST)
    elif not (folder / WORKBOOK).is_file():
        listed = read_sums(folder / SUMS).items()
        sums = {p: digest for p, digest in listed if is_output(p) or (of_documents and p != MANIFEST)}
        for path in sorted(sums.keys() | recorded.keys()):
            expected, found = recorded.get(path), sums.get(path)
            if expected != found:
                problems.add("verify.output", file=path, expected=expected or "–", found=found or "–")


def _check_descriptor(folder: Path, prefix: str, problems: Problems) -> None:
    """The Data Package descriptor against the files: size, hash, headings."""
    shown = f"{prefix}{DESCRIPTOR}"
    if not (folder / DESCRIPTOR).is_file():
        problems.add("verify.file_missing", file=shown)
        return
    try:
        declared = _declared(json.loads(bytes_of(folder / DESCRIPTOR)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problems.add("verify.descriptor_unreadable", file=shown, reason=error)
        return
    others = (f"{COUNCIL}/", f"{INSTRUMENT}/", *IMPORTS)
    tables = {
        path for path in content_of(folder).files if path.endswith(".csv") and not path.startswith(others)
    }
    for path in sorted(tables ^ declared.keys()):
        problems.add("verify.descriptor_files", file=shown, path=path)
    for path in sorted(tables & declared.keys()):
        content = (folder / path).read_bytes()
        heading = content.decode("utf-8-sig", errors="replace").split("\r\n", 1)[0]
        facts = {"bytes": str(len(content)), "hash": f"sha256:{digest_of(content)}", "fields": heading}
        for name, found in facts.items():
            expected = declared[path][name]
            if expected != found:
                problems.add(
                    "verify.descriptor", file=shown, column=name, path=path, expected=expected, found=found
                )


def _description(folder: Path, prefix: str, run: Mapping[str, Any], output: Output) -> Iterator[Problem]:
    """Names, titles and explanations of the descriptor of a round, as this program writes them for the same tables."""
    study = run.get("study")
    if run.get("content") not in ("scores", "screening") or not isinstance(study, Mapping):
        return
    of_council = (folder / WORKBOOK).is_file()
    kind = kind_of_run(run)
    mine = council_tables(kind) if of_council and kind else official_columns.OF_RESULTS
    tables = {table.path: table for table in reversed(mine)}  # other folders have a days.csv too
    try:
        found = json.loads(bytes_of(folder / DESCRIPTOR))
        csvs = {tables[str(one["path"])]: bytes_of(folder / one["path"]) for one in found["resources"]}
        name = package_name(str(study["code"])) + (f"-{COUNCIL}" if of_council else "")
        title = str(study[f"label_{output.language}"] or study["label_vi"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # which is told elsewhere
    expected = json.loads(described(name, title, csvs, output)[DESCRIPTOR])
    ours, theirs = dict(leaves(expected)), dict(leaves(found))
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key) and not key.endswith((".bytes", ".hash")):
            values = (("expected", shortened(ours.get(key, ""))), ("found", shortened(theirs.get(key, ""))))
            yield Problem("verify.description", file=f"{prefix}{DESCRIPTOR}", column=key, params=values)
            return


def _declared(descriptor: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """path → bytes, hash and headings as declared."""
    return {
        str(resource["path"]): {
            "bytes": str(resource["bytes"]),
            "hash": str(resource["hash"]),
            "fields": ",".join(field["name"] for field in resource["schema"]["fields"]),
        }
        for resource in descriptor["resources"]
    }


def _tables(folder: Path, run: Mapping[str, Any], kind: IndexKind | None) -> dict[str, OfficialTable]:
    """The tables this kind of folder must have (path → table), and the optional ones it has."""
    content = run.get("content")
    if isinstance(content, str) and content in TABLES_OF:
        return tables_in(folder, content)
    if content in WITHOUT_TABLES:
        return {}
    if run.get("content") == UNIT_SHEETS:
        return {official_columns.UNIT_EXPLANATIONS.path: official_columns.UNIT_EXPLANATIONS}
    of_council = council_tables(kind) if kind else ()
    if (folder / WORKBOOK).is_file():
        return {table.path: table for table in of_council}
    wanted = {table.path: table for table in _SCREENED}
    if (folder / official_columns.SCORES.path).is_file() or (folder / COUNCIL).is_dir():
        wanted |= {table.path: table for table in _SCORED}
        wanted |= {f"{COUNCIL}/{table.path}": table for table in of_council}
        wanted |= {table.path: table for table in _INDEX if kind and kind.council}
    return wanted | {table.path: table for table in _OPTIONAL if (folder / table.path).is_file()}


def _check_exchange(
    folder: Path, package: PrintedTables, run: Mapping[str, Any], settings: RunSettings, problems: Problems
) -> None:
    """The exchange files of the council's folder, which may be this one."""
    council = folder if (folder / WORKBOOK).is_file() else folder / COUNCIL
    problems.extend(exchange_repeats(council, package, run, settings.council))


def _check_workbook(
    folder: Path,
    package: PrintedTables,
    made: tuple[Mapping[str, Any], RunSettings, Instrument | None],
    problems: Problems,
) -> None:
    """The council's workbook against the council's tables and the record of the run that ``made`` them."""
    names = [table.name for table in official_columns.COUNCIL_TABLES]
    tables = [package[name] for name in names if name in package]
    if not tables:
        return
    shown = WORKBOOK if (folder / WORKBOOK).is_file() else f"{COUNCIL}/{WORKBOOK}"
    if not (folder / shown).is_file():
        problems.add("verify.file_missing", file=shown)
        return
    if len(tables) < len(names):  # what is wrong with the others is told
        return
    run, settings, instrument = made
    try:
        facts = facts_of_run(run, settings, {})
    except (KeyError, TypeError, AttributeError) as error:
        problems.add("verify.manifest_incomplete", file=MANIFEST, reason=error)
        return
    council = (folder / shown).parent
    digests = {path.name: digest_of(path.read_bytes()) for path in covered_files(council)}
    beside = Beside(facts, instrument, tables, digests)
    found = list(workbook_repeats(folder / shown, shown, beside))
    problems.extend(found)
    written = written_by(run)
    if found and written != version():  # whose headings and explanations may be other ones
        problems.add(
            "verify.other_version", severity="warning", file=shown, written=shortened(written), here=version()
        )
