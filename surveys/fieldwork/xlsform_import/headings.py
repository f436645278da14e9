"""The headings that XLSForm knows, under every spelling that its tools accept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from surveys.vocabulary.folding import repair

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_SPACE = re.compile(r"[\s_]+")

#: Other spellings → the heading that the standard has today. A heading of two parts is written ``media::image``.
_ALIASES: Mapping[str, str] = {
    "command": "type", "tag": "name", "value": "name", "caption": "label", "text": "label", "list": "list_name",
    "listname": "list_name", "relevance": "relevant", "skip_logic": "relevant", "bind::relevant": "relevant",
    "constraining_message": "constraint_message", "bind::jr:constraintmsg": "constraint_message",
    "jr:constraintmsg": "constraint_message", "bind::constraint": "constraint", "bind::required": "required",
    "requiredmsg": "required_message", "jr:requiredmsg": "required_message",
    "bind::jr:requiredmsg": "required_message", "noapperrorstring": "no_app_error_string",
    "jr:noapperrorstring": "no_app_error_string", "calculate": "calculation", "bind::calculate": "calculation",
    "read_only": "readonly", "bind::readonly": "readonly", "control::appearance": "appearance",
    "body::appearance": "appearance", "count": "repeat_count", "jr:count": "repeat_count",
    "control::jr:count": "repeat_count", "image": "media::image", "big-image": "media::big-image",
    "audio": "media::audio", "video": "media::video", "guidance": "guidance_hint", "set_form_title": "form_title",
    "title": "form_title", "set_form_id": "form_id", "id_string": "form_id", "dataset": "list_name",
    "$given_name": "given_name", "$autoname": "autoname", "$autovalue": "autoname",
}  # fmt: skip
#: Headings that may stand once for each language.
TRANSLATED = frozenset({
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "no_app_error_string", "media::image",
    "media::big-image", "media::audio", "media::video", "short",
})  # fmt: skip
_TWO_PARTS = frozenset({"media", "bind", "control", "body", "instance"})


class SheetHeading(NamedTuple):
    """What a column holds: a heading of the standard (any other as it is written, in small letters), and its language."""

    name: str
    language: str = ""


def clean(text: str) -> str:
    """A text without stray white space and with plain quotation marks, as XLSForm tools read it.

    >>> clean(" selected(${q1},  ‘yes’) ")
    "selected(${q1}, 'yes')"
    """
    return repair(text)[0].translate(_QUOTES).strip()


def heading_of(written: str, double: bool) -> SheetHeading:
    """What a heading means; ``double``: the sheet writes ``::`` before languages, so that a single colon belongs to a name.

    >>> heading_of("Label::Tiếng Việt (vi)", True)
    SheetHeading(name='label', language='Tiếng Việt (vi)')
    >>> heading_of("label:English", False), heading_of("List Name", False), heading_of("media::image::vi", True)[0]
    (SheetHeading(name='label', language='English'), SheetHeading(name='list_name', language=''), 'media::image')
    """
    text = clean(written)
    parts = [part.strip() for part in text.split("::" if double or "::" in text else ":")]
    first = _plain(parts[0])
    if first == "jr" and len(parts) > 1:
        parts = [f"jr:{parts[1]}", *parts[2:]]
        first = _plain(parts[0])
    if first in _TWO_PARTS and len(parts) > 1:
        first, parts = f"{first}::{_plain(parts[1])}", parts[1:]
    name = _ALIASES.get(first, first)
    if name in TRANSLATED and len(parts) > 1:
        return SheetHeading(name, "::".join(parts[1:]))
    return SheetHeading(name if len(parts) == 1 or first.startswith(tuple(_TWO_PARTS)) else _plain(text))


def _plain(text: str) -> str:
    return _SPACE.sub("_", text.strip()).casefold()
