"""The parts of a document that comes from others, within bounds: which there are, what refers to what, each as elements."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from surveys.problems import SurveyError, fault, shortened

#: Bytes of a template, of all its parts, of one part that is read as elements; how many parts there are.
MOST_BYTES, _MOST_UNPACKED, _MOST_XML, _MOST_PARTS = 50_000_000, 200_000_000, 20_000_000, 2000
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_STRICT = "http://purl.oclc.org/ooxml/"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}.main+xml"
_ACCEPTED = (_MAIN.format("document"), _MAIN.format("template"))
_UNREADABLE = (KeyError, OSError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


class Relation(NamedTuple):
    """What a part refers to: its ``kind``, and the name of the other part (empty: it is outside of the document)."""

    kind: str
    target: str


class TemplateParts:
    """The parts of a template; ``document``: the name of the one with its text. Raises SurveyError for what is no Word document,
    is damaged, too large, locked, or has macros."""

    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        if content.startswith(_OLE):
            raise fault("word.template.old", file=file)
        if not content.startswith(_ZIP):
            raise fault("word.template.not_word", file=file)
        self._archive = self._opened(content)
        main = next((found for found in self.relations("").values() if found.kind == "officeDocument"), None)
        if main is None:
            raise fault("word.template.not_word", file=file)
        self.document = main.target
        self._check_kind()

    def damaged(self, reason: object) -> SurveyError:
        """The fault of a template whose part or element is not as it has to be."""
        return fault("word.template.damaged", file=self.file, reason=shortened(str(reason)))

    def read(self, name: str) -> bytes:
        """One part, unpacked; its checksum is checked."""
        try:
            return self._archive.read(name)
        except _UNREADABLE:
            raise self.damaged(name) from None

    def elements(self, name: str) -> Any:
        """The root of a part of XML, which declares no entities."""
        from docx.oxml.parser import parse_xml

        content = self.read(name)
        if len(content) > _MOST_XML:
            raise fault("file.too_large", file=f"{self.file}, {name}", size=len(content), limit=_MOST_XML)
        try:
            root: Any = parse_xml(content)
        except (SyntaxError, ValueError):
            raise self.damaged(name) from None
        if root.getroottree().docinfo.doctype:
            raise self.damaged(f"{name}: DOCTYPE")
        return root

    def relations(self, name: str) -> Mapping[str, Relation]:
        """What a part (empty: the whole) refers to, by the ids that it uses."""
        folder, base = posixpath.split(name)
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self._archive.NameToInfo:
            return {}
        return {found.get("Id", ""): self._relation(found, folder) for found in self.elements(listed)}

    def related(self, kind: str) -> Any | None:
        """The root of the part of a kind to which the document refers, where there is one."""
        found = (
            relation.target for relation in self.relations(self.document).values() if relation.kind == kind
        )
        target = next(found, "")
        return self.elements(target) if target else None

    def _opened(self, content: bytes) -> zipfile.ZipFile:
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except _UNREADABLE:
            raise self.damaged("ZIP") from None
        parts = archive.infolist()
        size = sum(part.file_size for part in parts)
        if len(parts) > _MOST_PARTS or size > _MOST_UNPACKED:
            raise fault("file.too_large", file=self.file, size=size, limit=_MOST_UNPACKED)
        if len({part.filename for part in parts}) < len(parts):
            raise self.damaged("ZIP")
        return archive

    def _relation(self, found: Any, folder: str) -> Relation:
        kind, target = found.get("Type", ""), found.get("Target", "")
        if kind.startswith(_STRICT):
            raise fault("word.template.strict", file=self.file)
        outside = found.get("TargetMode", "") == "External" or "://" in target
        path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        return Relation(kind.rpartition("/")[2], "" if outside else path)

    def _check_kind(self) -> None:
        """A document or a template of Word, neither with macros."""
        kinds = {
            found.get("PartName", ""): found.get("ContentType", "")
            for found in self.elements("[Content_Types].xml")
        }
        if any("macroEnabled" in kind or "vbaProject" in kind for kind in kinds.values()):
            raise fault("word.template.macros", file=self.file)
        if any(name.lower().endswith("vbaproject.bin") for name in self._archive.NameToInfo):
            raise fault("word.template.macros", file=self.file)
        if kinds.get(f"/{self.document}") not in _ACCEPTED:
            raise fault("word.template.not_word", file=self.file)
