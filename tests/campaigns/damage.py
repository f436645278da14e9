"""Random damage to every file that is read: returns in all formats and several products' layouts, definition files, decisions,
review files, mappings, published tables, folders of results.

Whatever was done to a file, reading it ends in a fault that names it, in the same numbers, in other numbers and a warning, or
without a word (``silent``: what the file cannot show; the guide says which damage that is). Never in a traceback, the death of
the program or a file that takes longer than a minute; a text keeps the forms of the lines that it still has, an archive with
checksums gives its own table or none. What must not be is printed, and the command ends with 1.

    python -m tests.campaigns.damage --seed 1 --cases 100000 --out /tmp/damage.jsonl

runs the cases in programs of their own, two side by side; each has its number, and what became of it is one line of the file. The
same command goes on where it was stopped. ``--show`` prints the tables of such a file, ``--subjects`` runs some files only, and
``--case`` one case, keeping the damaged file at ``--keep``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.campaigns.damaged import definitions, returns
from tests.campaigns.damaged.outcomes import ENDS, End

ROOT = Path(__file__).parents[2]
HANG = 60  # seconds after which a case is taken to hang
WORKERS = min(2, os.cpu_count() or 1)
FAST = "/dev/shm"  # a folder in memory, where the system has one
SUBJECTS = (*returns.SUBJECTS, *definitions.SUBJECTS)


def subject_of(number: int, subjects: Sequence[str] = SUBJECTS) -> str:
    """The file that a case damages: three returns, then two definitions."""
    forms = [name for name in subjects if name in returns.SUBJECTS]
    others = [name for name in subjects if name not in returns.SUBJECTS]
    if not forms or not others:
        return subjects[number % len(subjects)]
    turn, place = divmod(number, 5)
    return (
        forms[(3 * turn + place) % len(forms)] if place < 3 else others[(2 * turn + place - 3) % len(others)]
    )


def case(seed: int, number: int, folder: Path, subjects: Sequence[str] = SUBJECTS) -> dict[str, Any]:
    """Run one case: its number, the file, the kind of damage, how many seconds it took, and how it ended."""
    name = subject_of(number, subjects)
    room = returns if name in returns.SUBJECTS else definitions
    generator, began = np.random.default_rng([seed, number]), time.perf_counter()
    try:
        kind, end = room.case(generator, name, folder)
    except Exception:
        kind, end = "", End("traceback", wrong=traceback.format_exc(limit=-4))
    took = round(time.perf_counter() - began, 3)
    return {"case": number, "file": name, "damage": kind, "seconds": took, **asdict(end)}


def prepare(folder: Path, subjects: Sequence[str]) -> None:
    """Write the whole files, which takes longer than a case."""
    for layout in filter(returns.SUBJECTS.__contains__, subjects):
        for variant in range(returns.VARIANTS):
            returns.whole(layout, variant, folder)
    if not returns.SUBJECTS.keys() >= set(subjects):
        definitions.round_in(folder)


def campaign(
    seed: int, cases: range, folder: Path, subjects: Sequence[str] = SUBJECTS
) -> list[dict[str, Any]]:
    """Run cases in this program."""
    return [case(seed, number, folder, subjects) for number in cases]


class Worker:
    """A program that runs cases, and the thread that listens to it; it is replaced when it dies or a case hangs."""

    def __init__(
        self, chosen: argparse.Namespace, numbers: Sequence[int], out: Path, lock: threading.Lock
    ) -> None:
        self.chosen, self.numbers, self.out, self.lock = chosen, list(numbers), out, lock
        self.peaks: Counter[str] = Counter()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        module = [sys.executable, "-m", "tests.campaigns.damage"]
        asked = [*module, "--worker", "--seed", str(self.chosen.seed), "--subjects", *self.chosen.subjects]
        idle = 0  # programs one after another that ended before they ran a case
        while self.numbers and idle < 3:
            left = len(self.numbers)
            self.process = subprocess.Popen(
                asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
            )  # fmt: skip
            assert self.process.stdin
            with contextlib.suppress(BrokenPipeError), self.process.stdin as given:
                given.write("\n".join(map(str, self.numbers)) + "\n")
            why = self._listen()
            idle = idle + 1 if left == len(self.numbers) else 0
            if self.numbers:  # it did not come to the end: the first that is left is to blame
                number = self.numbers.pop(0)
                name, ended = subject_of(number, self.chosen.subjects), End(why, wrong="the program ended")
                self._keep({"case": number, "file": name, "damage": "", "seconds": 0, **asdict(ended)})

    def _listen(self) -> str:
        """Take down what it says until it ends; why it ended."""
        self.last, why = time.monotonic() + 2 * HANG, "death"
        watch = threading.Thread(target=self._watch, daemon=True)
        watch.start()
        assert self.process.stdout
        for line in self.process.stdout:
            self.last = time.monotonic() + HANG
            said = json.loads(line)
            if "peak" in said:
                self.peaks |= Counter(said["peak"])
                continue
            self.numbers.remove(said["case"])
            self._keep(said)
        self.process.wait()
        return "hang" if time.monotonic() > self.last else why

    def _watch(self) -> None:
        while self.process.poll() is None:
            time.sleep(1)
            if time.monotonic() > self.last:
                self.process.kill()

    def _keep(self, said: dict[str, Any]) -> None:
        with self.lock, self.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said, ensure_ascii=False) + "\n")
        if said["wrong"]:
            print(described(said), flush=True)


def described(said: dict[str, Any]) -> str:
    return "case {case}, {file}, {damage}: {end}: {wrong}".format(**said)


def work(seed: int, subjects: Sequence[str]) -> None:
    """Run the cases whose numbers come in, and say how each ended; at last how much memory this program and those that read files
    for it held at most, in bytes."""
    numbers = [int(line) for line in sys.stdin]
    gc.set_threshold(50_000)  # most of the objects of a case are gone by themselves
    with tempfile.TemporaryDirectory(dir=FAST if os.path.isdir(FAST) else None) as folder:
        prepare(Path(folder), subjects)
        for number in numbers:
            print(json.dumps(case(seed, number, Path(folder), subjects)), flush=True)
    from surveys.returns.files.children import _end_all

    _end_all()
    peak = {"engine": resource.RUSAGE_SELF, "readers": resource.RUSAGE_CHILDREN}
    print(
        json.dumps({"peak": {name: resource.getrusage(who).ru_maxrss * 1024 for name, who in peak.items()}}),
        flush=True,
    )


def run(chosen: argparse.Namespace, out: Path) -> None:
    """Run the cases that the file does not have yet."""
    done = {said["case"] for said in read(out)}
    left = [number for number in range(chosen.start, chosen.start + chosen.cases) if number not in done]
    lock, began = threading.Lock(), time.monotonic()
    workers = [Worker(chosen, left[k :: chosen.workers], out, lock) for k in range(chosen.workers)]
    for worker in workers:
        worker.thread.join()
    spent = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    peaks = Counter[str]()
    for worker in workers:
        peaks |= worker.peaks
    print(f"{len(left)} cases in {spent:.0f} s; {len(left) / max(cpu, 1e-9):.1f} for each second of a core")
    print("most memory: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in peaks.items()))


def read(out: Path) -> Iterator[dict[str, Any]]:
    """What a file of results says; a line that was being written when the campaign was stopped is none."""
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def shown(found: Iterable[dict[str, Any]]) -> str:
    """The tables: how damage ended by format, by kind of damage, and what was silent."""
    found = list(found)
    formats = {**returns.SUBJECTS, **definitions.GROUPS}
    parts = [
        _table("file", found, lambda said: formats[said["file"]], formats.values()),
        _table("damage", found, lambda said: said["damage"], sorted({said["damage"] for said in found})),
    ]
    silent = Counter(
        (formats[said["file"]], said["damage"], said["detail"]) for said in found if said["end"] == "silent"
    )
    parts.append("\n".join(f"{count:6}  {' · '.join(kind)}" for kind, count in silent.most_common(60)))
    wrong = [described(said) for said in found if said["wrong"]]
    slowest = max((said.get("seconds", 0) for said in found), default=0)
    return "\n\n".join(
        (*parts, f"slowest case: {slowest:.1f} s\n{len(found)} cases, {len(wrong)} wrong", *wrong[:40])
    )


def _table(title: str, found: list[dict[str, Any]], of: Any, order: Iterable[str]) -> str:
    counts = Counter((of(said), said["end"]) for said in found)
    ends = [end for end in (*ENDS, "traceback") if any(of_end == end for _, of_end in counts)]
    lines = [f"{title:22}{'cases':>8}" + "".join(f"{end:>10}" for end in ends) + "    silent"]
    for name in (*dict.fromkeys(order), "all"):
        row = [
            sum(n for (of_name, of_end), n in counts.items() if of_end == end and name in (of_name, "all"))
            for end in ends
        ]
        share = row[ends.index("silent")] / max(sum(row), 1) if "silent" in ends else 0
        lines.append(f"{name:22}{sum(row):8}" + "".join(f"{n:10}" for n in row) + f"{share:10.1%}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Random damage to every file that is read.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--subjects", nargs="*", default=list(SUBJECTS), choices=SUBJECTS, metavar="FILE")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument(
        "--out", type=Path, help="file of results, one line a case; the cases it has are not run again"
    )
    parser.add_argument("--show", action="store_true", help="print the tables of --out only")
    parser.add_argument("--case", type=int, help="run this case alone and print it")
    parser.add_argument("--keep", type=Path, help="folder for the files of --case")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        work(chosen.seed, chosen.subjects)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if chosen.case is not None:
            if chosen.keep:
                chosen.keep.mkdir(parents=True, exist_ok=True)
            print(case(chosen.seed, chosen.case, chosen.keep or Path(folder), chosen.subjects))
            return 0
        out = chosen.out or Path(folder) / "results"
        if not chosen.show:
            run(chosen, out)
        found = list(read(out))
    print(shown(found))
    return 1 if any(said["wrong"] for said in found) else 0


if __name__ == "__main__":
    sys.exit(main())
