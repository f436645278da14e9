"""The files of an instrument as it is handed on: its own, or the whole of it written out where it states only its differences."""

from __future__ import annotations

from pathlib import Path

from surveys.definitions.instrument.parts import TABLES
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, is_on_shelf
from surveys.definitions.instrument.writing import instrument_files


def own_files(instrument: Instrument) -> dict[str, bytes]:
    """The files of an instrument that is not shipped, by name, complete in themselves; none of one that is shipped. Raises
    SurveyError where they cannot be read any more."""
    folder = Path(instrument.folder)
    if not instrument.folder or is_on_shelf(instrument):
        return {}
    return instrument_files(load_instrument(folder)) if instrument.based_on else _as_they_are(folder)


def _as_they_are(folder: Path) -> dict[str, bytes]:
    paths = [folder / name for name in (INSTRUMENT_FILE, *TABLES)]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}
