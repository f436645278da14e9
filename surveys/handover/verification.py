"""Verification of a package: is every file the one that was delivered, and do its numbers agree with each other?

Checksums tell that a file was changed; re-adding and reconciling tell that its numbers cannot be right even where someone
made new checksums. Every fault names file, row and column with what was expected and what was found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from surveys.handover import codebook
from surveys.handover.codebook import COUNCIL_TABLES, OfficialTable
from surveys.handover.folder import files_of
from surveys.handover.manifest import MANIFEST, SUMS, digest_of, language_of, read_manifest, read_sums
from surveys.handover.package import COUNCIL
from surveys.handover.printed import PrintedTable, read_printed
from surveys.handover.readding import readded
from surveys.handover.reconciliation import reconciled, workbook_repeats
from surveys.handover.seal import DESCRIPTOR
from surveys.handover.workbook import WORKBOOK
from surveys.problems import Problem, Problems

_SCREENED = (codebook.FORMS, codebook.FUNNEL)
_SCORED = (codebook.SCORES, codebook.UNITS, codebook.WEIGHTS, codebook.DIAGNOSTICS, codebook.TREE)
_OPTIONAL = (codebook.SHARES, codebook.UNWEIGHTED)


def verify(folder: str | Path) -> tuple[Problem, ...]:
    """Everything that is wrong with a folder of results, a screening, or a council folder on its own; () when all is well."""
    folder = Path(folder)
    problems = Problems()
    if not folder.is_dir():
        problems.add("verify.no_folder", file=str(folder))
    elif not (folder / SUMS).is_file():
        problems.add("verify.not_a_package", file=str(folder), sums=SUMS)
    else:
        _check(folder, problems)
    return tuple(dict.fromkeys(problems))


def _check(folder: Path, problems: Problems) -> None:
    parts = {"": folder}
    if (folder / COUNCIL).is_dir():
        parts[f"{COUNCIL}/"] = folder / COUNCIL
    for prefix, part in parts.items():
        problems.extend(_checksums(part, prefix))
        problems.extend(_described(part, prefix))
        if read_manifest(part / MANIFEST) is None:
            problems.add("verify.no_manifest", file=f"{prefix}{MANIFEST}")
    problems.extend(_one_manifest(list(parts.values())))
    package = {}
    for path, table in _tables(folder).items():
        if not (folder / path).is_file():
            problems.add("verify.file_missing", file=path)
            continue
        printed = read_printed(folder, path, table, problems)
        if printed is not None:
            package[table.name] = printed
    problems.extend(readded(package))
    problems.extend(reconciled(package))
    problems.extend(_workbook(folder, package))


def _checksums(folder: Path, prefix: str) -> Iterator[Problem]:
    """Files that are missing, too many or changed against ``SHA256SUMS``."""
    if not (folder / SUMS).is_file():
        yield Problem("verify.not_a_package", file=f"{prefix}{SUMS}", params=(("sums", SUMS),))
        return
    sums, present = read_sums(folder / SUMS), files_of(folder)
    lines = (folder / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) != len(sums):
        yield Problem("verify.sums_unreadable", file=f"{prefix}{SUMS}")
    for path in sorted(sums.keys() - present):
        yield Problem("verify.file_missing", file=f"{prefix}{path}")
    for path in sorted(present - sums.keys() - {SUMS}):
        yield Problem("verify.file_extra", file=f"{prefix}{path}")
    for path in sorted(sums.keys() & present):
        found = digest_of((folder / path).read_bytes())
        if found != sums[path]:
            yield Problem(
                "verify.file_changed",
                file=f"{prefix}{path}",
                params=(("expected", sums[path]), ("found", found)),
            )


def _described(folder: Path, prefix: str) -> Iterator[Problem]:
    """The Data Package descriptor against the files: size, hash, headings."""
    shown = f"{prefix}{DESCRIPTOR}"
    try:
        resources = _resources(json.loads((folder / DESCRIPTOR).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield Problem("verify.descriptor_unreadable", file=shown, params=(("reason", str(error)),))
        return
    tables = {
        path for path in files_of(folder) if path.endswith(".csv") and not path.startswith(f"{COUNCIL}/")
    }
    for path in sorted(tables ^ resources.keys()):
        yield Problem("verify.descriptor_files", file=shown, params=(("path", path),))
    for path in sorted(tables & resources.keys()):
        content = (folder / path).read_bytes()
        size, digest, fields = resources[path]
        heading = content.decode("utf-8-sig", errors="replace").split("\r\n", 1)[0]
        facts = {
            "bytes": (size, str(len(content))),
            "hash": (digest, f"sha256:{digest_of(content)}"),
            "fields": (fields, heading),
        }
        for name, (expected, found) in facts.items():
            if expected != found:
                params = (("path", path), ("expected", expected), ("found", found))
                yield Problem("verify.descriptor", file=shown, column=name, params=params)


def _resources(descriptor: Mapping[str, list[dict[str, object]]]) -> dict[str, tuple[str, str, str]]:
    """path → bytes, hash and headings as declared."""
    found = {}
    for resource in descriptor["resources"]:
        schema = resource["schema"]
        names = [field["name"] for field in schema["fields"]]  # type: ignore[index]
        found[str(resource["path"])] = (str(resource["bytes"]), str(resource["hash"]), ",".join(names))
    return found


def _one_manifest(folders: list[Path]) -> Iterator[Problem]:
    """The council has the same run manifest as the results."""
    found = {(folder / MANIFEST).read_bytes() for folder in folders if (folder / MANIFEST).is_file()}
    if len(found) > 1:
        yield Problem("verify.manifests_differ", file=f"{COUNCIL}/{MANIFEST}")


def _tables(folder: Path) -> dict[str, OfficialTable]:
    """The tables this kind of folder must have (path → table), and the optional ones it has."""
    if (folder / codebook.CHANGES.path).is_file():
        return {codebook.CHANGES.path: codebook.CHANGES}
    if (folder / WORKBOOK).is_file():
        return {table.path: table for table in COUNCIL_TABLES}
    wanted = {table.path: table for table in _SCREENED}
    if (folder / codebook.SCORES.path).is_file() or (folder / COUNCIL).is_dir():
        wanted |= {table.path: table for table in _SCORED}
        wanted |= {f"{COUNCIL}/{table.path}": table for table in COUNCIL_TABLES}
    return wanted | {table.path: table for table in _OPTIONAL if (folder / table.path).is_file()}


def _workbook(folder: Path, package: Mapping[str, PrintedTable]) -> Iterator[Problem]:
    tables = tuple(package[table.name] for table in COUNCIL_TABLES if table.name in package)
    if not tables:
        return
    shown = WORKBOOK if (folder / WORKBOOK).is_file() else f"{COUNCIL}/{WORKBOOK}"
    if not (folder / shown).is_file():
        yield Problem("verify.file_missing", file=shown)
        return
    language = language_of(read_manifest(folder / MANIFEST))
    yield from workbook_repeats(folder / shown, shown, tables, language)
