"""ZIP archives within bounds."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

from surveys.problems import fault
from surveys.returns.files.file_content import FileContent


class Archive:
    """The parts of an archive. Raises :class:`~surveys.problems.SurveyError` for one that is damaged, locked, or too large once
    unpacked; ``size`` is the bytes that it has then."""

    def __init__(self, source: FileContent) -> None:
        self.source = source
        with source.reading():
            self._archive = zipfile.ZipFile(io.BytesIO(source.raw))
            parts = self._archive.infolist()
        self.names = [part.filename for part in parts]
        self.size = sum(part.file_size for part in parts)
        largest = source.most_unpacked
        if len(parts) > source.limits.entries or self.size > largest:
            raise fault("returns.zip_bomb", file=source.file, size=self.size, limit=largest)
        files = Counter(name for name in self.names if not name.endswith("/"))
        if twice := next((name for name, count in files.items() if count > 1), ""):
            raise source.damaged(f"two parts are called {twice}")
        if any(part.flag_bits & 1 for part in parts):
            raise fault("returns.file_locked", file=source.file)

    def part(self, name: str) -> bytes:
        """One part, unpacked; its checksum is checked."""
        with self.source.reading():
            return self._archive.read(name)
