"""A package against the same round scored again: every input, setting, number and text.

The one lies in a folder; the other, files of :func:`surveys.handover.package.package`, was just made from the study of whoever
checks. Nothing is computed here: what differs is told with its place and both values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from surveys.handover.file_differences import (
    content_differs,
    differ,
    is_comparable,
    keys_differ,
    leaves,
    unequal,
)
from surveys.handover.first_faults import bounded
from surveys.handover.manifest import COUNCIL, MANIFEST, WORKBOOK, read_manifest
from surveys.problems import Problem
from surveys.vocabulary.folder_content import content_of

#: Sections of a manifest that are told each in its own way.
_APART = ("inputs", "outputs", "engine", "python", "packages")


def differences(folder: Path, again: Mapping[str, bytes]) -> Iterator[Problem]:
    """What differs between a folder and the same round scored ``again`` (path → bytes), of a council folder on its own its files.

    Inputs and settings come first, since they explain the rest; programs of another version are warnings.
    """
    council = _of_council(again)
    alone = (folder / WORKBOOK).is_file() and bool(council)
    found, expected = read_manifest(folder / MANIFEST) or {}, json.loads(again[MANIFEST])
    yield from _programs_differ(expected, found)
    yield from bounded(_inputs_differ(expected, found), file=MANIFEST)
    settings = ({key: part for key, part in run.items() if key not in _APART} for run in (expected, found))
    yield from bounded(keys_differ(MANIFEST, *(dict(leaves(run)) for run in settings)), file=MANIFEST)
    if alone:
        yield from _outputs_differ(expected, found)
    yield from _contents_differ(folder, council if alone else again)


def _of_council(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The council's files by their paths within its folder."""
    inside = f"{COUNCIL}/"
    return {path.removeprefix(inside): file for path, file in files.items() if path.startswith(inside)}


def _programs_differ(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Problem]:
    """Versions of the engine, of Python and of packages, which may explain last digits that differ."""
    for name, ours, theirs in unequal(_versions(expected), _versions(found)):
        told = differ("again.program", ours, theirs, file=MANIFEST)
        yield replace(told, severity="warning", params=(("name", name), *told.params))


def _versions(run: Mapping[str, Any]) -> dict[str, str]:
    listed = {name: part for name, part in run.items() if name in ("engine", "python", "packages")}
    return {key.removeprefix("packages."): version for key, version in leaves(listed)}


def _inputs_differ(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Problem]:
    """Files from which the one and the other were computed."""
    for path, ours, theirs in unequal(_digests(expected), _digests(found)):
        if ours is None:
            yield Problem("again.input_lacking", file=path)
        elif theirs is None:
            yield Problem("again.input_added", file=path)
        else:
            yield differ("again.input", ours, theirs, file=path)


def _digests(run: Mapping[str, Any]) -> dict[str, str]:
    """path → SHA-256 of the inputs that a manifest lists."""
    inputs = run.get("inputs")
    listed = [one for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
    return {str(one.get("path")): str(one.get("sha256")) for one in listed}


def _outputs_differ(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Problem]:
    """Results that a council folder on its own does not hold, of which its manifest has the checksums."""
    recorded = found.get("outputs")
    if isinstance(recorded, dict):  # an earlier version recorded none
        theirs = {path: str(digest) for path, digest in recorded.items()}
        for path, ours, other in unequal(expected["outputs"], theirs):
            yield differ("again.output", ours, other, file=path)


def _contents_differ(folder: Path, expected: Mapping[str, bytes]) -> Iterator[Problem]:
    """Tables, workbooks, definitions and descriptors; what else lies there is held against its checksum."""
    present = content_of(folder).files
    for path in sorted(filter(is_comparable, present | expected.keys())):
        if Path(path).name != MANIFEST:
            yield from content_differs(folder, path, expected.get(path), present)
