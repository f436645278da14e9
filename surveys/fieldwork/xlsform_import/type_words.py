"""The types of the sheet ``survey``, under every spelling that XLSForm tools accept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

#: Spellings of types that stand by themselves → the name of the type today.
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "text": ("string", "q string", "add text prompt"),
    "integer": ("int", "q int", "add integer prompt", "percentage", "number of days in last month",
                "number of days in last six months", "number of days in last year"),
    "decimal": ("q decimal", "add decimal prompt"),
    "range": (),
    "date": ("q date", "add date prompt"),
    "time": (),
    "dateTime": ("datetime", "date time", "q datetime", "q date time", "add date time prompt", "add datetime prompt"),
    "geopoint": ("gps", "location", "q geopoint", "q location", "add location prompt"),
    "geotrace": ("q geotrace",),
    "geoshape": ("q geoshape",),
    "image": ("photo", "q image", "q picture", "add image prompt", "add photo prompt"),
    "audio": ("q audio", "add audio prompt"),
    "video": ("q video", "add video prompt"),
    "file": ("add file prompt",),
    "barcode": ("q barcode", "add barcode prompt"),
    "note": ("q note", "add note prompt"),
    "calculate": ("q calculate", "add calculate prompt", "calculate_here"),
    "hidden": (),
    "acknowledge": ("trigger", "q acknowledge", "add acknowledge prompt"),
    "start": ("start time", "get start time"),
    "end": ("end time", "get end time"),
    "today": ("get today",),
    "deviceid": ("device id", "get device id", "imei", "uri:deviceid"),
    "subscriberid": ("subscriber id", "get subscriber id", "uri:subscriberid"),
    "simserial": ("sim id", "simid", "get sim id", "uri:simserial"),
    "phonenumber": ("phone number", "get phone number", "uri:phonenumber"),
    "username": ("uri:username",),
    "email": ("uri:email",),
    "audit": (),
    "start-geopoint": (),
    "background-geopoint": (),
    "background-audio": (),
    "caseid": (),
    "enumerator": (),
    "comments": (),
    "text audit": ("text_audit",),
    "audio audit": ("audio_audit",),
    "speed violations count": (),
    "speed violations list": (),
    "speed violations audit": (),
    "xml-external": (),
    "csv-external": (),
    "osm": (),
    "score__row": (),
    "rank__level": (),
}  # fmt: skip
_BY_SPELLING = {word.casefold(): name for name, words in _PLAIN.items() for word in (name, *words)}
#: Spellings of the types that take a list of choices, the longest first.
_SELECTS: Mapping[str, str] = {
    "select_one": "select_one", "select one": "select_one", "select1": "select_one", "select one from": "select_one",
    "select one using": "select_one", "add select one prompt using": "select_one", "q select1": "select_one",
    "select_multiple": "select_multiple", "select multiple": "select_multiple",
    "select multiple from": "select_multiple", "select multiple using": "select_multiple",
    "add select multiple prompt using": "select_multiple", "select all that apply": "select_multiple",
    "select all that apply from": "select_multiple", "q select": "select_multiple", "rank": "rank",
    "select_one_from_file": "select_one_from_file", "select one from file": "select_one_from_file",
    "select_multiple_from_file": "select_multiple_from_file",
    "select multiple from file": "select_multiple_from_file",
    "select_one_external": "select_one_external", "select one external": "select_one_external",
}  # fmt: skip
_LONGEST_FIRST = sorted(_SELECTS, key=len, reverse=True)
_OTHER = re.compile(r"\s+(or[_ ]other|or specify other)$", re.IGNORECASE)
_CONTROL = re.compile(
    r"(begin|end)[\s_]+(group|lgroup|looped group|repeat|loop|score|rank|kobomatrix)\b(.*)", re.IGNORECASE
)
_CONTROLS = {"lgroup": "repeat", "looped group": "repeat"}
#: Types that SurveyCTO alone fills in; those of sensors have the name of what they measure behind them.
_OF_SURVEYCTO = frozenset({
    "caseid", "enumerator", "comments", "text audit", "audio audit", "speed violations count", "speed violations list",
    "speed violations audit", "sensor_statistic", "sensor_stream",
})  # fmt: skip
_SENSORS = ("sensor_statistic", "sensor_stream")
#: Types that the survey tool fills in by itself.
METADATA = _OF_SURVEYCTO | {
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-geopoint", "background-audio",
}  # fmt: skip
#: Types that show or bring something and have no answer.
WITHOUT_DATA = frozenset({"note", "csv-external", "xml-external"})
#: Everything that may stand in the column ``type``, for messages.
ACCEPTED = (
    *(name for name in _PLAIN if name not in METADATA),
    *dict.fromkeys(_SELECTS.values()),
    *sorted(METADATA - _OF_SURVEYCTO),
    "begin_group", "end_group", "begin_repeat", "end_repeat", "begin_kobomatrix", "begin_score", "begin_rank",
)  # fmt: skip


class QuestionType(NamedTuple):
    """A type told apart. ``edge``: begin or end of a part of the form, whose kind is ``kind``; ``list_name``: the list of
    choices, or the file that holds it."""

    kind: str
    list_name: str = ""
    or_other: bool = False
    edge: str = ""

    @property
    def is_select(self) -> bool:
        return self.kind.startswith("select") or (self.kind == "rank" and not self.edge)

    @property
    def has_options(self) -> bool:
        """Whether an answer is one or more of some options."""
        return self.is_select or self.kind in ("range", "score__row", "rank__level")


def type_of(written: str) -> QuestionType | None:
    """What a cell of the column ``type`` says; None where it is no type of the standard.

    >>> type_of("select one from muc_do or_other")
    QuestionType(kind='select_one', list_name='muc_do', or_other=True, edge='')
    >>> type_of("Begin Group").edge, type_of("datetime").kind, type_of("q picture").kind, type_of("picture")
    ('begin', 'dateTime', 'image', None)
    """
    text = " ".join(written.split())
    if edge := _CONTROL.fullmatch(text):
        kind = edge[2].casefold()
        over = edge[3].strip().removeprefix("over ").strip()
        return QuestionType(_CONTROLS.get(kind, kind), over, edge=edge[1].casefold())
    plain = _BY_SPELLING.get(text.casefold())
    if plain:
        return QuestionType(plain)
    other = _OTHER.search(text)
    said = text[: other.start()] if other else text
    for spelling in _LONGEST_FIRST:
        if said.casefold() == spelling or said.casefold().startswith(f"{spelling} "):
            rest = said[len(spelling) :].strip()
            return QuestionType(_SELECTS[spelling], rest, bool(other))
    if text.casefold().split(" ")[0] in _SENSORS:
        return QuestionType(text.casefold().split(" ")[0])
    if text.casefold().startswith("osm "):
        return QuestionType("osm", text[4:].strip())
    return None
