"""An edition and those it is based on: the chain of their folders, the first the one that is based on nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shelf, shipped
from surveys.definitions.text_files import inside, is_file, read_toml
from surveys.problems import Place, Problems

#: Files that define an instrument, in its folder and below it.
_DEFINING = (".toml", ".csv")


@dataclass(frozen=True)
class Layer:
    """One edition of a chain: its folder, the place of its ``instrument.toml``, and what that says."""

    folder: Path
    top: Place
    document: Mapping[str, object]

    @property
    def label(self) -> str:
        """What stands before the names of its files; empty for the folder itself."""
        return self.top.file.removesuffix(INSTRUMENT_FILE)


def read_layers(folder: Path, problems: Problems, label: str = "") -> tuple[Layer, ...]:
    """The edition of a folder after those it is based on; none where an ``instrument.toml`` cannot be read or found.

    ``label``: what stands before the names of its files where users see them.
    """
    found: list[Layer] = []
    next_one: tuple[Path, str] | None = (folder, label)
    while next_one is not None:
        folder, label = next_one
        shown = f"{label}/{INSTRUMENT_FILE}".lstrip("/")
        path = inside(folder, INSTRUMENT_FILE, problems, shown)
        document = read_toml(path, problems, shown) if path else None
        if document is None:
            return ()
        found.append(Layer(folder, Place(problems, shown), document))
        named = _named(document)
        next_one = _base(found[-1], named) if named else None
        if named and (next_one is None or _comes_back(found, named, next_one[0])):
            return ()
    return tuple(reversed(found))


def definition_files(folder: Path) -> dict[str, Path]:
    """The files by which the instrument of a folder is defined, by a name that is the same on all machines: ``instrument/…``, and
    ``based-on/CODE/EDITION/…`` of shipped editions it is based on."""
    found = _below(folder, "instrument")
    for layer in read_layers(folder, Problems()):
        if not layer.folder.resolve().is_relative_to(folder.resolve()):
            found |= _below(layer.folder, f"based-on/{layer.label.rstrip('/')}")
    return found


def _below(folder: Path, name: str) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in _DEFINING)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path for path in paths}


def _named(document: Mapping[str, object]) -> str:
    """The edition that a document says it is based on; empty where it names none."""
    identity = document.get("identity")
    named = identity.get("based_on") if isinstance(identity, Mapping) else None
    return named if isinstance(named, str) else ""


def _base(layer: Layer, named: str) -> tuple[Path, str] | None:
    """Folder and label of a shipped edition, or of a folder within that of the layer; None with the fault noted."""
    if named in shipped():
        return shelf() / named, named
    place = layer.top.below("identity")
    folder = inside(layer.folder, named, place.problems, place.file, "identity.based_on")
    if folder is None:
        return None
    if not is_file(folder / INSTRUMENT_FILE):
        place.not_accepted("instrument.unknown", "based_on", named, shipped())
        return None
    return folder, f"{layer.label}{folder.relative_to(layer.folder).as_posix()}".rstrip("/.")


def _comes_back(found: list[Layer], named: str, folder: Path) -> bool:
    """Whether the chain comes back to an edition that stands in it, which is noted at the one that leads there."""
    if folder.resolve() not in {layer.folder.resolve() for layer in found}:
        return False
    found[-1].top.note("edition.circle", "identity.based_on", value=named)
    return True
