"""Damage to the parts of an archive, packed again so that every checksum is right."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping

import numpy as np

from tests.campaigns.damaged import changed_bytes
from tests.campaigns.damaged.changed_bytes import Change, Generator

Parts = list[tuple[str, bytes]]
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_TEXT_NODE = re.compile(rb">([^<>]+)<")
_ELEMENT = re.compile(rb"<([\w:]+)(?:\s[^<>]*)?(?:/>|>[^<>]*</\1>)")
_ATTRIBUTE = re.compile(rb"""\s[\w:.-]+=(?:"[^"<>]*"|'[^'<>]*')""")


def parts_of(raw: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return [(part.filename, archive.read(part)) for part in archive.infolist()]


def packed(parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of parts; two of one name stand in it twice."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in parts:
            about = zipfile.ZipInfo(name)
            about.compress_type = method
            archive.NameToInfo.pop(name, None)  # a second part of the name is written without a warning
            archive.writestr(about, content)
    return target.getvalue()


def _part(generator: Generator, parts: Parts) -> int:
    return int(generator.integers(len(parts)))


def part_bytes(generator: Generator, raw: bytes) -> bytes:
    """The bytes of a part are damaged as those of any file; its checksum is made of them."""
    parts = parts_of(raw)
    k = _part(generator, parts)
    changes = list(changed_bytes.BYTES.values())
    name, content = parts[k]
    if content:
        parts[k] = name, changes[int(generator.integers(len(changes)))](generator, content)
    return packed(parts)


def parts_swapped(generator: Generator, raw: bytes) -> bytes:
    """Two parts have each other's content."""
    parts = parts_of(raw)
    j, k = _part(generator, parts), _part(generator, parts)
    parts[j], parts[k] = (parts[j][0], parts[k][1]), (parts[k][0], parts[j][1])
    return packed(parts)


def part_renamed(generator: Generator, raw: bytes) -> bytes:
    parts = parts_of(raw)
    k = _part(generator, parts)
    name, content = parts[k]
    others = (
        name.upper(),
        f"{name}.bak",
        name.rpartition("/")[2],
        f"x/{name}",
        name[:-1],
        f"../{name}",
        name.replace("/", "\\"),
    )
    parts[k] = others[int(generator.integers(len(others)))] or "x", content
    return packed(parts)


def part_double(generator: Generator, raw: bytes) -> bytes:
    """A part stands there twice, the second time changed."""
    parts = parts_of(raw)
    name, content = parts[_part(generator, parts)]
    parts.insert(int(generator.integers(len(parts) + 1)), (name, _changed_text(generator, content)))
    return packed(parts)


def part_gone(generator: Generator, raw: bytes) -> bytes:
    parts = parts_of(raw)
    del parts[_part(generator, parts)]
    return packed(parts)


def packed_again(generator: Generator, raw: bytes) -> bytes:
    """The same parts, packed in another way or another order."""
    parts = parts_of(raw)
    order = generator.permutation(len(parts)) if generator.random() < 0.3 else range(len(parts))
    return packed([parts[k] for k in order], _METHODS[int(generator.integers(len(_METHODS)))])


def xml_text(generator: Generator, raw: bytes) -> bytes:
    """A text or a number inside a part is another one."""
    return _in_xml(generator, raw, _changed_text)


def xml_element(generator: Generator, raw: bytes) -> bytes:
    """An element of a part is missing, or stands there twice."""
    twice = generator.random() < 0.5
    return _in_xml(generator, raw, lambda gen, xml: _without(gen, xml, _ELEMENT, twice=twice))


def xml_attribute(generator: Generator, raw: bytes) -> bytes:
    """An attribute of an element is missing."""
    return _in_xml(generator, raw, lambda gen, xml: _without(gen, xml, _ATTRIBUTE, twice=False))


def _in_xml(generator: Generator, raw: bytes, change: Callable[[Generator, bytes], bytes]) -> bytes:
    """Most often in the largest parts, which hold the cells and their texts."""
    parts = parts_of(raw)
    sizes = np.array([len(content) for _, content in parts], dtype=float)
    k = int(generator.choice(len(parts), p=sizes / sizes.sum()))
    parts[k] = parts[k][0], change(generator, parts[k][1])
    return packed(parts)


def _changed_text(generator: Generator, xml: bytes) -> bytes:
    places = [found.span(1) for found in _TEXT_NODE.finditer(xml)] or [(0, len(xml))]
    start, end = places[int(generator.integers(len(places)))]
    kind = changed_bytes.digit if generator.random() < 0.5 else changed_bytes.letter
    return xml[:start] + kind(generator, xml[start:end]) + xml[end:]


def _without(generator: Generator, xml: bytes, pattern: re.Pattern[bytes], *, twice: bool) -> bytes:
    places = [found.span() for found in pattern.finditer(xml)]
    if not places:
        return changed_bytes.remove(generator, xml) if xml else xml
    start, end = places[int(generator.integers(len(places)))]
    return xml[:end] + xml[start:] if twice else xml[:start] + xml[end:]


#: Kind of damage → the change.
ARCHIVES: Mapping[str, Change] = {
    "part bytes": part_bytes, "parts swapped": parts_swapped, "part renamed": part_renamed, "part double": part_double,
    "part gone": part_gone, "packed again": packed_again, "xml text": xml_text, "xml element": xml_element,
    "xml attribute": xml_attribute,
}  # fmt: skip
