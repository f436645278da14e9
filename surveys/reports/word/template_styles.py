"""The styles and lists of a template, and those of ours that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from surveys.problems import Language
from surveys.reports.analysis_report.labels import HeadingLevel, Levels, annex_levels, ordinary_levels
from surveys.reports.word import markup
from surveys.reports.word.lists import HEADINGS, Lists
from surveys.reports.word.styles import LANGUAGE_TAGS, NORMAL, Given, StyleWriter, keys, name_of, own_id

_W = f"{{{markup.W}}}"
#: Ids of styles that stand in a document as they are.
_PLAIN_ID = re.compile(r"[^<>&\"'\x00-\x1f]{1,200}")
_NOT_COUNTED = HeadingLevel("none", "")


class TakenStyles:
    """The styles of a template (roots of its parts; ``numbering`` may be none): ``ids`` by the keys of ours, found by their names
    or to be added; the ``lists`` to be added; how headings are counted; a style's id that cannot be used (``strange``)."""

    def __init__(self, styles: Any, numbering: Any | None, language: Language) -> None:
        self._styles, self._numbering, self._language = styles, numbering, language
        named = {(_value(style, "type"), _name(style).lower()): style for style in reversed(self._all())}
        wanted = {key: named.get((name_of(key)[0], name_of(key)[1].lower())) for key in keys()}
        self._found = {key: style for key, style in wanted.items() if style is not None}
        own = {key: _value(style, "styleId") for key, style in self._found.items()}
        self.strange = next((value for value in own.values() if not _PLAIN_ID.fullmatch(value)), "")
        used = {_value(style, "styleId").lower() for style in self._all()}
        self.ids = {key: own.get(key) or _free_id(key, used) for key in keys()}
        levels = self._heading_levels()
        self.levels: Levels = levels or ordinary_levels(language)
        self.annex_levels = annex_levels(language)
        self.lists = Lists(self.ids, _free_number(numbering), counts_headings=not levels)

    def styles(self) -> Any:
        """The root of the styles with ours added; the language of all of them is that of the document."""
        language = LANGUAGE_TAGS[self._language]
        for said in self._styles.iter(f"{_W}lang"):
            said.set(f"{_W}val", language)
        given = self._given()
        writer = StyleWriter(self._language, self.ids, self.lists.of_styles, given)
        added = [] if given.normal else [writer.normal()]
        writer.given = replace(given, normal=given.normal or NORMAL)
        added += [writer.style(key) for key in keys() if key not in self._found]
        self._styles.extend(_elements("styles", "".join(added)))
        if self.lists.counts_headings:
            for key, style in self._found.items():
                if key in HEADINGS:
                    _count(style, *self.lists.of_styles[key])
        return self._styles

    def numbering(self) -> bytes:
        """The part with the lists of the template and ours."""
        if self._numbering is None:
            return self.lists.part(self.levels, self.annex_levels).encode()
        root = self._numbering
        for picture in list(root.iter(f"{_W}numPicBullet", f"{_W}lvlPicBulletId")):
            picture.getparent().remove(picture)
        used = root.findall(f"{_W}num")
        place = list(root).index(used[0]) if used else len(root)
        for kind in reversed(
            _elements("numbering", "".join(self.lists.kinds(self.levels, self.annex_levels)))
        ):
            root.insert(place, kind)
        place = list(root).index(used[-1]) + 1 if used else len(root)
        for number in reversed(_elements("numbering", "".join(self.lists.used()))):
            root.insert(place, number)
        return serialised(root)

    def _all(self) -> list[Any]:
        found: list[Any] = self._styles.findall(f"{_W}style")
        return found

    def _given(self) -> Given:
        """What the template says of its text, in its basic style or for all styles; names of a theme are Word's own choice."""
        normal = next(
            (
                s
                for s in self._all()
                if _value(s, "type") == "paragraph" and _value(s, "default") in ("1", "true", "on")
            ),
            None,
        )
        defaults = self._styles.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr")
        own = None if normal is None else normal.find(f"{_W}rPr")
        fonts = [
            found for said in (own, defaults) if said is not None for found in said.findall(f"{_W}rFonts")
        ]
        font = any(found.get(f"{_W}ascii") for found in fonts)
        sizes = [said for said in (own, defaults if font else None) if said is not None]
        return Given(
            font=font,
            size=any(said.find(f"{_W}sz") is not None for said in sizes),
            normal="" if normal is None else _value(normal, "styleId"),
        )

    def _heading_levels(self) -> Levels:
        """How the template counts its headings; nothing where it counts none."""
        levels = [self._level(self._found.get(key), k) for k, key in enumerate(HEADINGS)]
        return levels if any(level != _NOT_COUNTED for level in levels) else ()

    def _level(self, style: Any | None, k: int) -> HeadingLevel:
        """How headings of the level ``k`` (from 0) are counted in the template."""
        counted = None if style is None else style.find(f"{_W}pPr/{_W}numPr")
        list_ = "" if counted is None else _said(counted, "numId")
        for level in self._levels_of(list_):
            place, own = _value(level, "ilvl"), _said(counted, "ilvl") or f"{k}"
            if place.isdecimal() and (place == own or _said(level, "pStyle") == _value(style, "styleId")):
                text = _said(level, "lvlText")
                return HeadingLevel(
                    _said(level, "numFmt") or "decimal", text.replace(f"%{int(place[:2]) + 1}", f"%{k + 1}")
                )
        return _NOT_COUNTED

    def _levels_of(self, number: str) -> Iterator[Any]:
        """The levels of a list, as elements."""
        if self._numbering is None or number in ("", "0"):
            return
        kinds = [
            _said(n, "abstractNumId")
            for n in self._numbering.findall(f"{_W}num")
            if _value(n, "numId") == number
        ]
        for kind in self._numbering.findall(f"{_W}abstractNum"):
            if _value(kind, "abstractNumId") in kinds:
                yield from kind.findall(f"{_W}lvl")


def serialised(root: Any) -> bytes:
    """A part of a package from its root."""
    from docx.opc.oxml import serialize_part_xml

    return serialize_part_xml(root)


def _elements(root: str, text: str) -> list[Any]:
    """Elements of WordprocessingML from their text."""
    from docx.oxml.parser import parse_xml

    return list(parse_xml(f"<w:{root} {markup.NAMESPACES}>{text}</w:{root}>"))


def _value(element: Any, name: str) -> str:
    return str(element.get(f"{_W}{name}", ""))


def _said(element: Any, name: str) -> str:
    """The value of a child."""
    found = element.find(f"{_W}{name}")
    return "" if found is None else _value(found, "val")


def _name(style: Any) -> str:
    return _said(style, "name")


def _free_id(key: str, used: set[str]) -> str:
    wanted = own_id(key)
    return wanted if wanted.lower() not in used else f"survey_{key}"


def _free_number(numbering: Any | None) -> int:
    """The first number that neither a list of the template has, nor one of those that follow."""
    found = () if numbering is None else numbering.iter(f"{_W}num", f"{_W}abstractNum")
    used = {_value(element, name) for element in found for name in ("numId", "abstractNumId")}
    return next(k for k in count(1) if used.isdisjoint(map(str, range(k, k + _MOST_LISTS))))


#: No more lists than this are added.
_MOST_LISTS = 10


def _count(style: Any, number: int, level: int) -> None:
    """Let a style of headings be counted by a list."""
    counted = style.get_or_add_pPr().get_or_add_numPr()
    said = f'<w:ilvl w:val="{level}"/><w:numId w:val="{number}"/>'
    counted[:] = _elements("numPr", said)
