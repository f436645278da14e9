"""Texts of definitions as they lie in a folder: bounded, UTF-8 (with or without BOM), NFC, and never outside it."""

from __future__ import annotations

import codecs
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from surveys.definitions.toml_text import toml_document
from surveys.problems import Place, Problems, SurveyError, fault, nearest
from surveys.vocabulary.composition import composed, is_composed
from surveys.vocabulary.file_kinds import kind_by_beginning, name_of
from surveys.vocabulary.legacy_encodings import decode_old
from surveys.vocabulary.line_ends import ends_within_letter, is_open, last_line, row_of

#: Largest definition or study table read, in bytes; a national round of 100,000 issued forms stays under 10 MB.
LARGEST_TEXT = 64_000_000
#: Largest TOML document read; the shipped ones have some 30 kB.
LARGEST_TOML = 4_000_000
#: Different words with Vietnamese letters that must tell an old encoding.
_TELLING = 3


def inside(folder: Path, relative: str, problems: Problems, file: str, column: str = "") -> Path | None:
    """The file ``relative`` of ``folder``, or None with ``file.outside`` noted when it lies elsewhere.

    Absolute paths, drive letters, ``..`` and links that leave the folder are rejected. The file need not exist; where one stands
    there under another form of the same letters (as macOS writes names), it is that one.

    >>> problems = Problems()
    >>> inside(Path("round"), "../secret.csv", problems, "study.toml", "files.frames") is None
    True
    >>> [p.code for p in problems]
    ['file.outside']
    """
    written = PurePosixPath(relative.replace("\\", "/"))
    escapes = (
        written.is_absolute() or ".." in written.parts or PureWindowsPath(relative).drive or "\0" in relative
    )
    path = folder if escapes else on_disk(folder / written)
    if escapes or not _stays(path, folder):
        problems.add("file.outside", file=file, column=column, path=relative.replace("\0", "?"))
        return None
    return path


def on_disk(path: Path) -> Path:
    """The file or folder of this name; where there is none, the only one whose name has the same letters in another form of
    Unicode (folders above it too). The path as it is where there is no such one, or several.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "phie\u0302\u0301u.csv").touch()
    >>> on_disk(folder / "phiếu.csv").exists(), on_disk(folder / "Phiếu.csv").exists()
    (True, False)
    """
    try:
        if (path.is_absolute() and len(path.parts) < 2) or not path.name or path.exists():
            return path
        folder = on_disk(path.parent)
        name = unicodedata.normalize("NFC", path.name)
        same = [found for found in names_in(folder) if unicodedata.normalize("NFC", found) == name]
    except (OSError, ValueError):
        return path
    return folder / (same[0] if len(same) == 1 else path.name)


def names_in(folder: Path) -> list[str]:
    """The names in a folder, sorted; none where there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def nearest_name(path: Path) -> str:
    """The name in the folder of a missing file that is most like its own; empty when none is. It is only proposed."""
    return nearest(path.name, (unicodedata.normalize("NFC", name) for name in names_in(path.parent)))


def _stays(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a loop of links, a name longer than the system allows
        return False


def is_there(path: Path) -> bool:
    """Whether a file or folder stands there."""
    try:
        return path.exists()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether a file stands there; a name the system cannot hold names none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_text(
    path: Path, problems: Problems, file: str = "", largest: int = LARGEST_TEXT, *, wide: bool = False
) -> str | None:
    """The text of ``path`` in NFC without BOM and with plain line ends, or None with the reason noted.

    ``wide``: UTF-16 with its BOM is read as well.

    A text without its last line end is noted as the warning ``file.open_end``; text in another form of Unicode is read as NFC and
    noted as the warning ``file.not_nfc`` with its first row; text in an old
    Vietnamese encoding is read where it is surely one, and noted as ``file.old_encoding``.
    """
    file = file or path.name
    try:
        text, old = _decoded(_read_bytes(path, file, largest), file, wide)
    except SurveyError as unread:
        problems.extend(unread.problems)
        return None
    if is_open(text):
        row = text.count("\n") + 1
        problems.add("file.open_end", severity="warning", file=file, row=row, text=last_line(text))
    if old:
        problems.add("file.old_encoding", severity="warning", file=file, encoding=old)
    if is_composed(text):
        return text
    rows = enumerate(text.splitlines(), 1)
    row = next((k for k, line in rows if not is_composed(line)), 1)
    problems.add("file.not_nfc", severity="warning", file=file, row=row)
    return composed(text)


def _read_bytes(path: Path, file: str, largest: int) -> bytes:
    try:
        if not path.is_file():
            raise fault("file.not_a_file" if path.exists() else "file.missing", file=file)
        size = path.stat().st_size
        if size > largest:
            raise fault("file.too_large", file=file, size=size, limit=largest)
        return path.read_bytes()
    except OSError as error:
        raise fault("file.unreadable", file=file, reason=error.strerror or type(error).__name__) from None


def _decoded(data: bytes, file: str, wide: bool) -> tuple[str, str]:
    """UTF-8 text, or that of an old Vietnamese encoding and its name. Of any other a byte that is none of UTF-8 (or a NUL, the
    mark of UTF-16) is named by its 1-based position, and a file that is no text by its kind."""
    if kind_by_beginning(data) != "text":
        raise fault("file.other_kind", file=file, what=name_of(data))
    if wide and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    try:
        text, old = data.decode("utf-8"), ""
        at = data.find(b"\0")
    except UnicodeDecodeError as error:
        if ends_within_letter(error):
            raise fault("file.cut", file=file, row=row_of(error)) from None
        text, old = decode_old(data, _TELLING) or ("", "")
        at = -1 if old and b"\0" not in data else error.start
    if at >= 0:
        raise fault("file.encoding", file=file, row=data.count(b"\n", 0, at) + 1, byte=at + 1)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), old


def read_toml(path: Path, problems: Problems, file: str = "") -> Mapping[str, object] | None:
    """The document in ``path``, or None with the fault noted (``toml.syntax`` names the row)."""
    text = read_text(path, problems, file, LARGEST_TOML)
    if text is None:
        return None
    return toml_document(text, Place(problems, file or path.name))
