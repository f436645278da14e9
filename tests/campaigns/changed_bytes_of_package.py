"""Every byte of a small package changed once: does verification find it?

    python -m tests.campaigns.changed_bytes_of_package                 # every byte
    python -m tests.campaigns.changed_bytes_of_package --every 97      # a part
    python -m tests.campaigns.changed_bytes_of_package --whole 50      # all of verification, not its checksums alone, more often

One bit of a byte is turned, another from byte to byte. Checksums are compared after each change; every so many changes the whole
verification runs, which must find the change too and must not end in an exception.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from surveys.handover.manifest import COUNCIL
from surveys.handover.package import deliver
from surveys.handover.verification import check_sums, verify_folder
from surveys.problems import LANGUAGES, Problems
from surveys.scoring.scored_round import ScoredRound


def changes(folder: Path, every: int, offset: int) -> Iterator[tuple[Path, int]]:
    """Each file with the positions of the bytes that are changed, counted over all files."""
    k = -offset
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for position in range(path.stat().st_size):
            if k % every == 0 and k >= 0:
                yield path, position
            k += 1


def is_found(folder: Path, whole: bool) -> bool:
    """Whether checksums, or the ``whole`` verification, tell that something was changed."""
    if whole:
        found = verify_folder(folder)
        return bool(found) and all(problem.text(language) for problem in found for language in LANGUAGES)
    problems = Problems()
    for part, prefix in ((folder, ""), (folder / COUNCIL, f"{COUNCIL}/")):
        check_sums(part, prefix, problems)
    return len(problems) > 0


def run(folder: Path, *, every: int = 1, offset: int = 0, whole: int = 1000) -> tuple[int, int, list[str]]:
    """Change bytes of a package, one at a time: how many were changed, how often all was verified, and what was not found."""
    changed, verified, silent = 0, 0, []
    for path, position in changes(folder, every, offset):
        content = path.read_bytes()
        other = bytearray(content)
        other[position] ^= 1 << (position % 8)
        path.write_bytes(bytes(other))
        changed += 1
        verified += changed % whole == 0
        if not is_found(folder, changed % whole == 0):
            silent.append(f"{path.relative_to(folder).as_posix()} byte {position}")
        path.write_bytes(content)
    return changed, verified, silent


def small_package(folder: Path) -> Path:
    """A small package in a folder of its own."""
    from tests.surveys.handover.small_round import small

    scored: ScoredRound = small(folder / "study")
    deliver(scored, folder / "results")
    return folder / "results"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="every so many bytes")
    parser.add_argument("--offset", type=int, default=0, help="the first byte")
    parser.add_argument("--whole", type=int, default=1000, help="all of verification after so many changes")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = small_package(Path(folder))
        changed, verified, silent = run(results, every=chosen.every, offset=chosen.offset, whole=chosen.whole)
    print(f"{changed} bytes changed, {verified} times all of verification, {len(silent)} not found")
    print("\n".join(silent))


if __name__ == "__main__":
    main()
