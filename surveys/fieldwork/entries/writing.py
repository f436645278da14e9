"""A study with what it gains: laid out to be looked at before anything is written, then written as a whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surveys.definitions.draft import StudyDraft
from surveys.definitions.study.sample_plan import SamplingList
from surveys.definitions.text_files import inside, is_file, on_disk
from surveys.fieldwork.entries.additions import Additions
from surveys.problems import Problems
from surveys.vocabulary.changed_file import FileInChange, changing
from surveys.vocabulary.folder_content import content_of
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.output_draft import draft_of

#: How files of definitions end.
_DEFINITIONS = (".toml", ".csv")


@contextmanager
def laid_out(draft: StudyDraft, toml: Path, made: Additions) -> Iterator[Path]:
    """The ``study.toml`` of the study as it will be, in a folder beside the own one of which nothing is left at the end."""
    named = (*_own_files(draft), *(entered.path for entered in made.entered))
    files: dict[str, bytes | Path] = {
        name: path for name in named if is_file(path := on_disk(draft.folder / name))
    }
    files |= {**made.files, **made.replaced, toml.name: made.text.content}
    with draft_of(toml.with_name(f"{toml.name}.trial")) as trial:
        yield trial.lay_out(files) / toml.name


def _own_files(draft: StudyDraft) -> list[str]:
    """Every file that a study names, and all definitions in the folder of an instrument of its own, which may name others."""
    own = None if draft.instrument is None else draft.instrument.folder.resolve()
    home = draft.folder.resolve()
    lists = (of.path for of in draft.all(SamplingList))  # which the manifest of results does not name
    named = [*draft.files, *(path for path in lists if inside(draft.folder, path, Problems(), path, ""))]
    if own is None or not own.is_relative_to(home):
        return named
    within = (
        f"{own.relative_to(home).as_posix()}/{path}".removeprefix("./") for path in content_of(own).files
    )
    return [*named, *(name for name in sorted(within) if name.endswith(_DEFINITIONS))]


def write(folder: Path, made: Additions, toml: FileInChange) -> None:
    """Write the files and at last the ``study.toml``; what was written is taken back where anything fails before that.

    Files that may hold what people typed are for their owner alone.
    """
    new, before = {folder / name: content for name, content in made.files.items()}, dict[Path, bytes]()
    try:
        for path, content in new.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_new(path, content, private=True)
        for name, content in made.replaced.items():
            with changing(folder / name) as file:
                before[folder / name] = file.content
                file.put(content)
        if made.text.is_changed:
            toml.put(made.text.content)
    except BaseException:
        is_done = made.text.is_changed and toml.path.read_bytes() == made.text.content
        if not is_done:
            _take_back(new, before, {folder / name: content for name, content in made.replaced.items()})
        raise


def _take_back(new: Mapping[Path, bytes], before: Mapping[Path, bytes], put: Mapping[Path, bytes]) -> None:
    """Remove the files that were not there, and put back those that were, as far as they hold what this run wrote."""
    for path, content in new.items():
        if path.is_file() and path.read_bytes() == content:
            path.unlink()
        with contextlib.suppress(OSError):  # other files are in it
            path.parent.rmdir()
    for path, content in before.items():
        with changing(path) as file:
            if file.content == put[path]:
                file.put(content)
