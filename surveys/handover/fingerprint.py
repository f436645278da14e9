"""The fingerprint of a package: one SHA-256 that stands for all its tables, short enough to be read over the telephone.

It is the SHA-256 of those lines of ``SHA256SUMS`` that name CSV and JSON files, so that ``grep -E '[.](csv|json)$' SHA256SUMS |
sha256sum`` gives it too. The workbook, the hand-over record, the checksums and their signature stand outside it: they show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import hexdigits

from surveys.handover.manifest import COUNCIL, SUMS, sums_bytes
from surveys.problems import fault
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import content_of
from surveys.vocabulary.folding import fold

#: Files whose checksums make the fingerprint.
_COVERED = (".csv", ".json")
_DIGITS, _GROUP = 64, 4


def fingerprint_of(digests: Mapping[str, str]) -> str:
    """The fingerprint of a folder whose files have these checksums (path → SHA-256), in groups of four digits.

    >>> of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    >>> fingerprint_of({"a.csv": of_abc})
    'de6a b048 5a2f 9629 e095 a685 61cc d0c0 6039 2a61 0135 ce7a f1b6 c2a2 7831 959f'
    >>> fingerprint_of({"a.csv": of_abc, "survey-scores.xlsx": of_abc}) == fingerprint_of({"a.csv": of_abc})
    True
    """
    covered = {path: digest for path, digest in digests.items() if path.endswith(_COVERED)}
    return in_groups(digest_of(sums_bytes(covered)))


def fingerprint(folder: str | Path) -> str:
    """The fingerprint of a folder of results, a screening, a comparison, an audit or a council folder as it lies there, in
    groups of four digits; results have that of their council's folder, whose manifest has the checksums of them all.

    Raises SurveyError when there is no such folder or it holds no checksums, as what this program writes does.
    """
    place = Path(folder)
    if not place.is_dir():
        raise fault("verify.no_folder", file=str(folder))
    part = place / COUNCIL if (place / COUNCIL).is_dir() else place
    if not (part / SUMS).is_file():
        raise fault("verify.not_a_package", file=str(part), sums=SUMS)
    return fingerprint_of(
        {path.relative_to(part).as_posix(): digest_of(path.read_bytes()) for path in covered_files(part)}
    )


def covered_files(folder: Path) -> list[Path]:
    """The CSV and JSON files of a folder that the fingerprint covers, in the order of their names."""
    covered = sorted(path for path in content_of(folder).files if path.endswith(_COVERED))
    return [folder / path for path in covered]


def in_groups(digits: str) -> str:
    """Digits as they are shown and read aloud.

    >>> in_groups("ba7816bf8f01")
    'ba78 16bf 8f01'
    """
    return " ".join(digits[k : k + _GROUP] for k in range(0, len(digits), _GROUP))


def typed_fingerprint(text: str) -> str:
    """A fingerprint as someone typed it, in groups of four digits; spaces, dashes and case do not matter.

    Raises SurveyError when a character is no hexadecimal digit, or when there are not 64 digits.

    >>> typed_fingerprint("BA7816BF-8f01CFEA " * 4)[:24]
    'ba78 16bf 8f01 cfea ba78'
    >>> typed_fingerprint("ba78 16bO")
    Traceback (most recent call last):
    ...
    surveys.problems.SurveyError: group 2 of the fingerprint has “o”; only the digits 0–9 and the letters a–f can stand there.
    """
    digits = "".join(fold(text).replace("-", " ").split())
    wrong = next((k for k, digit in enumerate(digits) if digit not in hexdigits), None)
    if wrong is not None:
        raise fault("fingerprint.digit", group=wrong // _GROUP + 1, found=digits[wrong])
    if len(digits) != _DIGITS:
        raise fault("fingerprint.length", expected=_DIGITS, groups=_DIGITS // _GROUP, found=len(digits))
    return in_groups(digits)
