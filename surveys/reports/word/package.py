"""The package of a Word document: its parts by their names, what refers to what, and the archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from surveys.problems import fault
from surveys.reports.word import markup

TYPES, DOCUMENT, CORE = "[Content_Types].xml", "word/document.xml", "docProps/core.xml"
_RELATIONS = "word/_rels/document.xml.rels"
_OLDEST = (1980, 1, 1, 0, 0, 0)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_THEME = "application/vnd.openxmlformats-officedocument.theme+xml"
#: What python-docx begins with and nothing here needs.
_UNUSED = (
    "thumbnail", "extended-properties", "stylesWithEffects", "customXml", "numbering", "webSettings", "theme",
    "fontTable",
)  # fmt: skip
#: Pictures that a package may hold → their types.
PICTURES: Mapping[str, str] = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
    "tif": "image/tiff", "tiff": "image/tiff", "emf": "image/x-emf", "wmf": "image/x-wmf",
}  # fmt: skip


class DocumentPackage:
    """Parts under way."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self.parts = dict(parts)

    def add(self, name: str, kind: str, content: bytes, pictures: str = "") -> str:
        """Add a part of a ``kind`` to which the document refers; ``pictures``: the relations of the part. Gives its id."""
        self.parts[f"word/{name}.xml"] = content
        declared = _THEME if kind == "theme" else f"{_WORD}.{kind}+xml"
        self._insert(TYPES, "</Types>", f'<Override PartName="/word/{name}.xml" ContentType="{declared}"/>')
        if pictures:
            self.parts[f"word/_rels/{name}.xml.rels"] = (
                f'{markup.DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{pictures}</Relationships>'.encode()
            )
        relation = f"rId{name.capitalize()}"
        self.refer(f'<Relationship Id="{relation}" Type="{_OFFICE}/{kind}" Target="{name}.xml"/>')
        return relation

    def picture(self, relation: str, content: bytes, ending: str = "png") -> str:
        """Add a picture, each once however often it is shown; gives the relation by which a part refers to it."""
        name = f"media/{sha256(content).hexdigest()[:16]}.{ending}"
        self.parts[f"word/{name}"] = content
        if f'Extension="{ending}"'.encode() not in self.parts[TYPES]:
            declared = f'<Default Extension="{ending}" ContentType="{PICTURES[ending]}"/><Default '
            self.parts[TYPES] = self.parts[TYPES].replace(b"<Default ", declared.encode(), 1)
        return f'<Relationship Id="{relation}" Type="{_OFFICE}/image" Target="{name}"/>'

    def refer(self, relations: str) -> None:
        """Let the document refer to parts."""
        self._insert(_RELATIONS, "</Relationships>", relations)

    def packed(self) -> bytes:
        """The archive, which carries no date of its own."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in self.parts.items():
                entry = zipfile.ZipInfo(name, _OLDEST)
                entry.create_system = 0
                entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        return target.getvalue()

    def _insert(self, name: str, before: str, text: str) -> None:
        self.parts[name] = self.parts[name].replace(before.encode(), f"{text}{before}".encode())


def check_installed() -> None:
    """Raise SurveyError when the package for documents is not installed."""
    try:
        import docx  # noqa: F401
    except ImportError:
        raise fault("word.not_installed") from None


@cache
def bare() -> Mapping[str, bytes]:
    """The parts with which python-docx begins, without those that nothing here needs."""
    from docx import Document

    document = Document()
    for part in (document.part.package, document.part):
        for key in [key for key, found in part.rels.items() if found.reltype.endswith(_UNUSED)]:
            del part.rels[key]
    target = io.BytesIO()
    document.save(target)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
