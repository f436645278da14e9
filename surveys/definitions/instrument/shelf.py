"""Where instruments stand: the editions that come with the program, by name, and folders."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.text_files import is_file, on_disk
from surveys.problems import fault, nearest, shortened

INSTRUMENT_FILE = "instrument.toml"


def shelf() -> Path:
    """The folder of the editions that come with the program."""
    return Path(str(resources.files("questionnaires")))


def shipped() -> tuple[str, ...]:
    """Names ``code/edition`` of the instruments that come with the program, sorted."""
    found = shelf().glob(f"*/*/{INSTRUMENT_FILE}")
    return tuple(sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in found))


def is_on_shelf(instrument: Instrument) -> bool:
    """Whether an instrument is a shipped edition itself, not a folder of its name."""
    return bool(instrument.folder) and Path(instrument.folder).resolve().is_relative_to(shelf().resolve())


def find_instrument(name_or_folder: str | Path) -> Path:
    """The folder of a shipped edition or of a path; SurveyError ``instrument.unknown`` when there is none."""
    name, folder = str(name_or_folder), on_disk(Path(name_or_folder))
    if name in shipped():
        return shelf() / name
    if folder.name == INSTRUMENT_FILE and is_file(folder):
        return folder.parent
    if not is_file(folder / INSTRUMENT_FILE):
        near = nearest(name, shipped())
        raise fault("instrument.unknown", value=shortened(name), accepted=shipped(), nearest=near)
    return folder
