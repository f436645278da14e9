"""The table of a zipped export: what the packing system put beside it is passed over and told; of two tables none is guessed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from surveys.problems import fault, the_first
from surveys.returns.files.archives import Archive
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.sheets import Page
from surveys.vocabulary.composition import composed

#: Endings of files that may hold a table; what each is, is told by its content.
TABLES = frozenset(
    (".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".sav", ".zsav", ".por", ".dta", ".parquet")
)  # fmt: skip
#: Names of files, and beginnings of names, that macOS, Windows and Excel leave beside others, and folders of such files.
_SIDE_NAMES = frozenset((".ds_store", "thumbs.db", "desktop.ini", "icon\r"))
_SIDE_BEGINNINGS = ("._", "~$", ".~lock")
_SIDE_FOLDERS = frozenset(("__macosx", ".ds_store", ".git", ".trashes", ".fseventsd", ".spotlight-v100"))


def is_side_file(name: str) -> bool:
    """Whether a part of an archive was put there by a system, not by a person.

    >>> [is_side_file(name) for name in ("__MACOSX/._a.csv", "x/~$a.xlsx", "x/Thumbs.db", "x/a.csv")]
    [True, True, True, False]
    """
    path = PurePosixPath(name.replace("\\", "/").casefold())
    beside = path.name in _SIDE_NAMES or path.name.startswith(_SIDE_BEGINNINGS)
    return beside or not _SIDE_FOLDERS.isdisjoint(path.parts)


def holds_table(names: Sequence[str]) -> bool:
    """Whether an archive with these parts holds a table."""
    return any(_may_be_table(name) for name in names)


def read(source: FileContent, opened: Callable[[bytes, FileContent], list[Page]]) -> list[Page]:
    """The sheets of the one table of an archive, read by ``opened``, or of the text files of one ODK export, named after them,
    the main one first. Files that were passed over are told. A fault lists several tables that do not belong together, of which
    ``sheet`` may name one."""
    archive = Archive(source)
    parts = [name for name in archive.names if not name.endswith("/")]
    tables = [name for name in parts if _may_be_table(name)]
    titles = _titles(tables)
    chosen = _chosen(source, titles)
    other = [name for name in parts if name not in chosen]
    pages = [page for name in chosen for page in _pages(archive, name, chosen[name], opened)]
    if not other or not pages:
        return pages
    told = source.note("returns.zip_parts", read=", ".join(map(composed, chosen)), names=_listed(other))
    return [dataclasses.replace(pages[0], notes=(*pages[0].notes, told)), *pages[1:]]


def _may_be_table(name: str) -> bool:
    return PurePosixPath(name.casefold()).suffix in TABLES and not is_side_file(name)


def _titles(names: Sequence[str]) -> dict[str, str]:
    """Part → how it is called as a sheet: its name without folder and ending where that is no other's, otherwise all of it."""
    stems = [composed(PurePosixPath(name).stem) for name in names]
    return {
        name: stem if stems.count(stem) == 1 else composed(name)
        for name, stem in zip(names, stems, strict=True)
    }


def _chosen(source: FileContent, titles: dict[str, str]) -> dict[str, str]:
    """The parts that are read: the only one, the one that the study names, or a form and its repeated groups."""
    ordered = dict(sorted(titles.items(), key=lambda part: (len(part[1]), part[1])))
    named = _named(source.wanted.sheet, ordered)
    if named or len(ordered) == 1:
        return named or ordered
    main = next(iter(ordered.values()))
    if all(title.startswith(f"{main}-") for title in list(ordered.values())[1:]):
        return {name: title for name, title in ordered.items() if title in source.choose([*ordered.values()])}
    raise fault(
        "returns.zip_several", file=source.file, names=_listed(list(map(composed, ordered))), first=main
    )


def _named(wanted: str, titles: dict[str, str]) -> dict[str, str]:
    """The part that is called ``wanted``: as a sheet, as a file, or with its folder."""
    written = composed(wanted)
    found = [
        name
        for name, title in titles.items()
        if written and written in (title, composed(name), composed(PurePosixPath(name).name))
    ]
    return {found[0]: titles[found[0]]} if len(found) == 1 else {}


def _pages(
    archive: Archive, name: str, title: str, opened: Callable[[bytes, FileContent], list[Page]]
) -> list[Page]:
    """The sheets of one part; a text file is called after its part."""
    source = archive.source
    sheet = source.wanted.sheet
    if sheet and composed(sheet) in (title, composed(name), composed(PurePosixPath(name).name)):
        sheet = ""
    wanted = dataclasses.replace(source.wanted, sheet=sheet)
    pages = opened(archive.part(name), dataclasses.replace(source, wanted=wanted))
    return [dataclasses.replace(page, name=page.name or title) for page in pages]


def _listed(names: Sequence[str]) -> str:
    return the_first((name.replace("\r", "") for name in names), 10)
