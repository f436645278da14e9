"""Every command that writes, with what it writes from, where, and what stands there before: the stage of the campaigns."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "data-sample"
Content = dict[str, bytes]


@dataclass(frozen=True)
class Writer:
    """A command by its arguments but ``option`` (empty: none) and its place; ``before``: the arguments by which another content
    was made that stands there already (none where it writes only where nothing stands); ``asks``: whether it asks before it works
    if it may write."""

    name: str
    arguments: tuple[str, ...]
    before: tuple[str, ...] = ()
    is_file: bool = False
    asks: bool = True
    option: str = "--out"

    def call(self, place: Path, *, before: bool = False) -> list[str]:
        named = (self.option, str(place)) if self.option else (str(place),)
        return [*(self.before if before else self.arguments), *named]


class Stage:
    """A folder with studies, results and review files, and a place between neighbours for each command.

    ``stage.place(writer)`` is where it writes. :meth:`prepare` puts what stood there before in place; :meth:`fault` tells what is
    wrong afterwards.
    """

    def __init__(self, folder: Path, run: Callable[[list[str]], int]) -> None:
        self.folder, self.temporary = folder, folder / "tmp"
        self._run = run
        self.temporary.mkdir(parents=True)
        for name in ("a", "b"):
            shutil.copytree(SAMPLES / "first-survey", folder / name)
            with (folder / name / "study.toml").open("a", encoding="utf-8") as text:
                text.write(f'\n[[plan]]\ngroup = "citizens"\nmethod = "fixed"\nforms = {ord(name)}\n')
        settings = folder / "b" / "study.toml"
        shorter = settings.read_text(encoding="utf-8").replace('end = "2026-10-30"', 'end = "2026-10-20"')
        settings.write_text(shorter, encoding="utf-8")
        for name, of in (("c", "a"), ("d", "b")):
            shutil.copytree(folder / of, folder / name)
            _with_overall_item(folder / name / "instrument")
        for name in ("a", "b"):
            self._made(["score", str(folder / name), "--out", str(folder / f"of-{name}")])
        review = (folder / "of-a" / "review" / "units.csv").read_text(encoding="utf-8-sig")
        (folder / "units.csv").write_text(_decided(review), encoding="utf-8")
        self.writers = {writer.name: writer for writer in self._writers()}
        self._after: dict[str, Content] = {}
        self._before: dict[str, Content] = {}
        for writer in self.writers.values():
            self._remember(writer)

    def _writers(self) -> Iterator[Writer]:
        a, b = str(self.folder / "a"), str(self.folder / "b")
        results = [str(self.folder / f"of-{name}") for name in ("a", "b")]
        yield Writer("score", ("score", b), ("score", a))
        yield Writer("score over a screening", ("score", b), ("screen", a))
        yield Writer("screen", ("screen", b), ("screen", a))
        yield Writer(
            "confirm", ("confirm", str(self.folder / "units.csv"), "--study", a), is_file=True, asks=False
        )
        yield Writer("map", ("map", f"{a}/returns/google-forms.xlsx", "--study", a), is_file=True, asks=False)
        yield Writer("simulate", ("simulate", f"{a}/instrument", "--seed", "1", "--scale", "0.2"))
        sipas, papi = (str(SAMPLES / "published" / f"{name}_ha_noi_2023.csv") for name in ("sipas", "papi"))
        audited = ("audit", sipas, "--instrument", "sipas/2023")
        yield Writer("audit", audited, ("audit", papi, "--instrument", "papi/2021"))
        with_item = [("drivers", str(self.folder / name)) for name in ("c", "d")]
        yield Writer("drivers", with_item[1], with_item[0])
        yield Writer("handover", ("handover", results[1]), ("handover", results[0]), asks=False)
        sheets = [("handover", result, "--per-unit") for result in results]
        yield Writer("unit sheets", sheets[1], sheets[0])
        reports = [("report", result) for result in results]
        yield Writer("report", reports[1], reports[0], asks=False)
        forms = [("forms", study, "--to", "xlsform") for study in (a, b)]
        yield Writer("forms", forms[1], forms[0])
        yield Writer("plan", ("plan", b), ("plan", a))
        yield Writer("method", ("method", a), is_file=True, asks=False)
        yield Writer("codebook", ("codebook", a), is_file=True, asks=False)
        yield Writer("share", ("screen", a, "--pseudonymise"))
        yield Writer("monitor", ("monitor", b), ("monitor", a))
        yield Writer("export", ("export", b, "--to", "sav"), ("export", a, "--to", "csv"))
        yield Writer("compare", ("compare", *results), ("compare", *reversed(results)))
        wanted = [("reach", result, "--top", "1") for result in results]
        yield Writer("reach", wanted[1], wanted[0])
        yield Writer("tables", ("tables", b, "--by", "unit"), ("tables", a, "--by", "unit"))
        lost = ("gaps", results[1], "--previous", results[0])
        yield Writer("gaps", lost, ("gaps", sipas, "--instrument", "sipas/2023"))
        handed = [("handover", result, "--record") for result in results]
        yield Writer("handover", handed[1], handed[0])
        declared = str(SAMPLES / "first-survey" / "khai-bao.xlsx")
        yield Writer("new", ("new", "--from", declared), option="")
        yield Writer("blank", ("new",), is_file=True, asks=False, option="--blank")

    def place(self, writer: Writer) -> Path:
        return self.folder / "out" / f"{writer.name.replace(' ', '-')}{'.csv' if writer.is_file else ''}"

    def prepare(self, writer: Writer) -> None:
        """The place as it was before the command, its neighbours, nothing else."""
        place = self.place(writer)
        shutil.rmtree(place.parent, ignore_errors=True)
        for path, content in _neighbours(place).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        put(place, self._before[writer.name])
        for path in self.temporary.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def fault(
        self, writer: Writer, *, done: bool = False, cleared: bool = False, two_steps: bool = False
    ) -> str:
        """What is wrong after a run that may have been stopped; ``done``: it was not; ``cleared``: another one asked since if
        it may write. ``two_steps``: between two renames the old folder may stand in the draft."""
        place = self.place(writer)
        drafts = {path for path in place.parent.iterdir() if path.name.endswith(".draft")}
        found = contents(place)
        old = place.parent / f".{place.name}.draft" / "old"
        accepted = (
            [self._after[writer.name]] if done else [self._before[writer.name], self._after[writer.name]]
        )
        if two_steps and not done and not cleared and not place.exists():
            found = contents(old)
        if found not in accepted:
            return f"half: {sorted(found)}"
        if (done or cleared) and drafts:
            return f"a draft is left: {drafts}"
        others = {
            path: path.read_bytes() for path in files(place.parent) if not _belongs(path, {place, *drafts})
        }
        if others != _neighbours(place):
            return f"neighbours: {sorted(map(str, others))}"
        return ""

    def left_in_temporary(self) -> list[str]:
        return sorted(os.listdir(self.temporary))

    def _remember(self, writer: Writer) -> None:
        place = self.place(writer)
        place.parent.mkdir(exist_ok=True)
        self._before[writer.name] = {}
        if writer.before:
            self._made(writer.call(place, before=True))
            self._before[writer.name] = contents(place)
        shutil.rmtree(place.parent)
        place.parent.mkdir()
        self._made(writer.call(place))
        self._after[writer.name] = contents(place)
        assert self._after[writer.name] not in ({}, self._before[writer.name]), writer.name

    def _made(self, arguments: list[str]) -> None:
        code = self._run(arguments)
        assert code in (0, 1), (arguments, code)
        assert Path(arguments[-1]).exists(), arguments


def contents(place: Path) -> Content:
    """Relative path → bytes of a folder or a file; {} where there is none."""
    if place.is_file():
        return {"": place.read_bytes()}
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files(place)}


def put(place: Path, content: Mapping[str, bytes]) -> None:
    for path, data in content.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _neighbours(place: Path) -> dict[Path, bytes]:
    """What stands beside the place, some of it under names like those of drafts."""
    names = (
        "notes.docx", ".hidden", f"{place.name}-2/run.json", f".{place.name}.draft-x/mine.txt", f"{place.name}.old/scores.csv",
        f".{place.name}-tmp/a.txt", f"~${place.name}", f".{place.name}.part",
    )  # fmt: skip
    return {place.parent / name: f"mine: {name}".encode() for name in names}


def _belongs(path: Path, places: set[Path]) -> bool:
    return any(path == place or place in path.parents for place in places)


def _with_overall_item(instrument: Path) -> None:
    """The last item becomes an overall one, which the two criteria may explain."""
    items, declared = instrument / "items.csv", instrument / "instrument.toml"
    items.write_text(items.read_text(encoding="utf-8").replace("\n2b,2,", "\n2b,,"), encoding="utf-8")
    model = '\n[[drivers]]\ncode = "chung"\noutcome = "2b"\nnodes = ["1", "2"]\n'
    declared.write_text(declared.read_text(encoding="utf-8") + model, encoding="utf-8")


def _decided(review: str) -> str:
    """A review of units in which the first proposal is accepted."""
    head, first, *others = review.splitlines()
    cells = first.split(",")
    cells[head.split(",").index("decision")] = "x"
    return "\n".join([head, ",".join(cells), *others, ""])
