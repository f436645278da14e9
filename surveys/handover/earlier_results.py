"""What stands where results are going to be written: may it be replaced?

Only a folder of which runs wrote every byte is: its files are those of its ``SHA256SUMS``, unchanged, and these sums are those of
the run, not made anew by somebody over files of his own. Runs write what the descriptors and the manifest list, and a few files
of fixed names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from surveys.handover.manifest import (
    COUNCIL,
    DESCRIPTOR,
    EXCHANGE,
    IMPORTS,
    INSTRUMENT,
    MANIFEST,
    RECORD,
    SIGNATURE,
    SUMS,
    WORKBOOK,
    first_fault_of_sums,
    read_manifest,
    read_sums,
)
from surveys.problems import Problems, the_first
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import FolderContent, bytes_of, content_of, top_of

_FIXED = frozenset({MANIFEST, SUMS, DESCRIPTOR, WORKBOOK, RECORD, EXCHANGE}) | IMPORTS
#: What a folder holds that was handed over: the files of the council's folder alone.
HANDOVER: Literal["handover"] = "handover"
_SIGNATURES = frozenset({SIGNATURE, f"{COUNCIL}/{SIGNATURE}"})


def obstacles(place: Path, shown: Path, content: str) -> Problems:
    """Why ``place`` must not be replaced by ``content``; none where it does not exist, is empty or is an untouched result
    of the same content (or a screening, which scores replace)."""
    problems = Problems()
    if not place.is_dir():
        if place.exists():
            problems.add("handover.out_is_a_file", file=str(shown))
        return problems
    at_top = top_of(place)
    if not at_top.files and not at_top.others:
        return problems
    manifest = _manifest_in(place)
    if manifest is None:
        problems.add("handover.out_is_foreign", file=str(shown), found=_some(at_top.files | at_top.others))
        return problems
    found = content_of(place)
    before = what_is_in(manifest, found.files)
    if before != content and (before, content) != ("screening", "scores"):
        problems.add("handover.out_is_other", file=str(shown), before=before, content=content)
    added, edited = _of_people(place, found, manifest)
    if added & _SIGNATURES:
        problems.add("handover.out_is_signed", file=str(shown), found=_some(added & _SIGNATURES))
    elif added:
        problems.add("handover.out_has_added_files", file=str(shown), found=_some(added))
    if edited:
        problems.add("handover.out_has_edited_files", file=str(shown), found=_some(edited))
    return problems


def what_is_in(manifest: Mapping[str, Any], paths: Iterable[str]) -> str:
    """The content of a folder by its manifest and its files: scores without a council's folder are what was handed over."""
    content = str(manifest.get("content", ""))
    within = any(path.startswith(f"{COUNCIL}/") for path in paths)
    return HANDOVER if content == "scores" and not within else content


def untouched(folder: Path) -> set[str] | None:
    """The files of an earlier result, whatever its content, in which nobody put or changed anything; None of every other folder
    that is not empty."""
    found = content_of(folder)
    manifest = _manifest_in(folder)
    if manifest is None and (found.files or found.others):
        return None
    if manifest is not None and any(_of_people(folder, found, manifest)):
        return None
    return found.files | found.nobodys


def _of_people(folder: Path, found: FolderContent, manifest: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Files that someone added, and files that are not as the run wrote them."""
    sums = read_sums(folder / SUMS) if SUMS in found.files else {}
    listed = _listed(folder, manifest, found.files)
    ours = {path for path in sums if path in listed or _has_fixed_name(path, sums)} | {SUMS}
    edited = {
        path
        for path in found.files & ours - {SUMS}
        if sums.get(path) != listed.get(path, sums.get(path, ""))
        or digest_of((folder / path).read_bytes()) != sums.get(path)
    }
    if SUMS in found.files and first_fault_of_sums(folder / SUMS) is not None:
        edited.add(SUMS)
    return (found.files | found.others) - ours, edited


def _listed(folder: Path, manifest: Mapping[str, Any], paths: Iterable[str]) -> dict[str, str]:
    """path → SHA-256 as the descriptors of the folder and of its council's folder, and the manifest, list them; the manifest of
    what was handed over lists files of the results that it came from."""
    outputs = manifest.get("outputs") if what_is_in(manifest, paths) != HANDOVER else None
    listed = {str(path): str(digest) for path, digest in outputs.items()} if isinstance(outputs, dict) else {}
    for prefix in ("", f"{COUNCIL}/"):
        try:
            resources = json.loads(bytes_of(folder / prefix / DESCRIPTOR))["resources"]
            listed |= {f"{prefix}{each['path']}": each["hash"].removeprefix("sha256:") for each in resources}
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
        ):  # no descriptor: nothing is listed
            continue
    return listed


def _has_fixed_name(path: str, sums: Mapping[str, str]) -> bool:
    """Whether a file that no descriptor lists is one that runs write all the same."""
    within = PurePosixPath(path)
    folder = within.parent.as_posix()
    if folder == INSTRUMENT:
        return within.suffix in (".toml", ".csv")
    return (folder in (".", COUNCIL) and within.name in _FIXED) or (
        within.suffix == ".xlsx" and within.with_suffix(".csv").as_posix() in sums
    )


def _manifest_in(folder: Path) -> Mapping[str, Any] | None:
    path = folder / MANIFEST
    return read_manifest(path) if path.is_file() and not path.is_symlink() else None


def _some(paths: set[str]) -> str:
    return the_first(sorted(paths), 5)
