"""How a published table lies on its sheet: one row a code, one column a node, or one column a unit.

Whatever the layout, the sheet becomes cells by role: which unit, which code, and what the cell says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from surveys.definitions.instrument.records import Instrument
from surveys.problems import Place
from surveys.returns.text.totals import says_total
from surveys.vocabulary.folding import fold_name

Line = tuple[Place, list[str]]

CODE, UNIT, NAME, MAXIMUM, POINTS, PERCENT, VALUE, LOST, PREVIOUS, TARGET, SIGN, LEAD, COORDINATING, MEASURED = (
    "code", "unit", "name", "maximum", "points", "percent", "value", "lost", "previous", "target", "target_sign",
    "lead_agency", "coordinating_agencies", "measured_by",
)  # fmt: skip
#: What a column may be called, folded; the first of them that is there is read.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    CODE: ("code", "node code", "mã", "mã tiêu chí", "mã số", "stt", "tt", "số tt"),
    UNIT: (
        "unit", "unit code", "unit name", "đơn vị", "tên đơn vị", "mã đơn vị", "tỉnh", "tỉnh thành phố", "địa phương",
        "xã phường", "province",
    ),
    NAME: (
        "name vi", "name en", "name", "node name", "tên", "tên tiêu chí", "tiêu chí", "tiêu chí thành phần", "nội dung",
        "lĩnh vực tiêu chí", "lĩnh vực tiêu chí tiêu chí thành phần", "chỉ số", "chỉ số thành phần",
    ),
    MAXIMUM: ("max points", "max score", "maximum", "maximum points", "điểm tối đa", "điểm chuẩn"),
    POINTS: ("points", "score", "survey points", "điểm", "điểm số", "điểm đạt", "điểm đạt được", "điểm đtxhh", "kết quả"),
    PERCENT: (
        "satisfaction percent", "satisfaction percentage", "percent", "percent of maximum", "tỷ lệ", "tỷ lệ hài lòng",
        "tỷ lệ điểm", "mức độ hài lòng", "tỷ lệ đạt được",
    ),
    VALUE: ("value", "giá trị"),
    LOST: (
        "lost", "points lost", "điểm mất", "số điểm mất", "điểm bị mất", "số điểm bị mất", "điểm bị trừ", "điểm mất đi",
        "điểm chưa đạt",
    ),
    PREVIOUS: (
        "value previous", "points previous", "previous", "previous year", "năm trước", "kết quả năm trước", "điểm năm trước",
        "giá trị năm trước",
    ),
    TARGET: ("target", "mục tiêu", "chỉ tiêu"),
    SIGN: ("target sign",),
    LEAD: (
        "lead agency", "cơ quan chủ trì", "đơn vị chủ trì", "cơ quan đơn vị chủ trì", "cơ quan chủ trì thực hiện",
        "cơ quan chủ trì tham mưu", "chủ trì",
    ),
    COORDINATING: (
        "coordinating agencies", "coordinating agency", "cơ quan phối hợp", "đơn vị phối hợp", "cơ quan đơn vị phối hợp",
        "cơ quan phối hợp thực hiện", "phối hợp",
    ),
    MEASURED: ("measured by",),
}  # fmt: skip
_OF_YEAR = re.compile(r"(target|mục tiêu|chỉ tiêu|điểm|kết quả|points|score)(?: năm)? (\d{4})")
#: Rows among which the headings are looked for; official tables have titles above.
_MOST_TITLES = 30


@dataclass(frozen=True)
class PublishedCells:
    """What one row says of one node of one unit: texts by role; ``column``: where its value stands in a wide table."""

    place: Place
    texts: Mapping[str, str]
    column: str = ""

    def __getitem__(self, role: str) -> str:
        return self.texts.get(role, "")


@dataclass(frozen=True)
class KnownNames:
    """Nodes and units of an instrument by what tables call them."""

    instrument: Instrument
    _memory: dict[str, str] = field(default_factory=dict)

    @cached_property
    def node(self) -> Mapping[str, str]:
        nodes = self.instrument.nodes
        labels = {fold_name(text): n.code for n in nodes for text in (n.label_vi, n.label_en) if text}
        both = {
            fold_name(f"{n.code} {text}"): n.code for n in nodes for text in (n.label_vi, n.label_en) if text
        }
        return labels | both | {fold_name(n.code): n.code for n in nodes}

    @cached_property
    def unit(self) -> Mapping[str, str]:
        units = self.instrument.units
        return {
            fold_name(text): u.code
            for u in units
            for text in (*u.aliases, u.name_en, u.name_vi, u.code)
            if text
        }

    def node_of(self, heading: str) -> str:
        """The code of the node that a heading names by code, by label or by both; empty for none."""
        return self.node.get(fold_name(heading), "") if heading else ""

    def unit_of(self, text: str) -> str:
        """The code of the unit that a text names, or the text itself."""
        return self.unit.get(fold_name(text), text)

    def is_unit(self, text: str) -> bool:
        return fold_name(text) in self.unit

    def is_no_unit(self, text: str) -> bool:
        """Whether a cell of a column of units names none: it is blank, or a word for a total or an average."""
        return not text or (not self.is_unit(text) and says_total(text, self.is_unit))


@dataclass(frozen=True)
class TableLayout:
    """Where what stands: ``heading`` is the position of the line of headings, ``roles`` role → column, and ``across`` the
    columns with a value each → the code (or unit) that they are about. ``unused``: headings of columns that are not read;
    ``due``: the year that the heading of the targets names."""

    heading: int
    kind: str
    roles: Mapping[str, int]
    across: Mapping[int, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    due: str = ""

    def cells(self, lines: Sequence[Line]) -> Iterator[PublishedCells]:
        """The cells below the headings."""
        headings = lines[self.heading][1]
        wide = {"nodes": CODE, "units": UNIT}.get(self.kind)
        for place, line in lines[self.heading + 1 :]:
            texts = {role: line[k] if k < len(line) else "" for role, k in self.roles.items()}
            if wide is None:
                yield PublishedCells(place, texts)
            for k, name in self.across.items():
                value = line[k] if k < len(line) else ""
                yield PublishedCells(place, {**texts, wide or "": name, VALUE: value}, headings[k])


def roles_of(headings: Sequence[str]) -> dict[str, int]:
    """Role → column of a line of headings."""
    folded = [fold_name(text) for text in headings]
    bare = [match[1] if (match := _OF_YEAR.fullmatch(text)) else text for text in folded]
    found = {}
    for role, names in HEADINGS.items():
        columns = [
            k for name in names for texts in (folded, bare) for k, text in enumerate(texts) if text == name
        ]
        if columns:
            found[role] = columns[0]
    return found


def of_several_years(headings: Sequence[str]) -> list[str]:
    """Headings that say the same of several years, so that none of them can be chosen."""
    found: dict[str, list[str]] = {}
    for text in headings:
        if match := _OF_YEAR.fullmatch(fold_name(text)):
            found.setdefault(match[1], []).append(text)
    return [text for alike in found.values() if len(alike) > 1 for text in alike]


def layout_of(lines: Sequence[Line], names: KnownNames) -> TableLayout | None:
    """The layout of a sheet, or None when no line is a line of headings of a table of values."""
    tried: tuple[Callable[[int, list[str], KnownNames], TableLayout | None], ...] = (
        _long,
        _units_across,
        _nodes_across,
    )
    for form in tried:
        for k, (_, cells) in enumerate(lines[:_MOST_TITLES]):
            found = form(k, cells, names)
            if found is not None:
                return found
    return None


def _long(k: int, cells: list[str], _names: KnownNames) -> TableLayout | None:
    roles = roles_of(cells)
    if CODE not in roles or not {POINTS, PERCENT, VALUE} & roles.keys():
        return None
    named = _OF_YEAR.fullmatch(fold_name(cells[roles[TARGET]])) if TARGET in roles else None
    return TableLayout(k, "rows", roles, unused=_unused(cells, roles.values()), due=named[2] if named else "")


def _units_across(k: int, cells: list[str], names: KnownNames) -> TableLayout | None:
    roles = roles_of(cells)
    units = {i: text for i, text in enumerate(cells) if names.is_unit(text) and i not in roles.values()}
    if CODE not in roles or not units:
        return None
    kept = {role: i for role, i in roles.items() if role in (CODE, NAME, MAXIMUM, MEASURED)}
    others = {i: text for i, text in enumerate(cells) if text and i not in kept.values() and i > min(units)}
    return TableLayout(
        k,
        "units",
        kept,
        dict(sorted((units | others).items())),
        _unused(cells, (*kept.values(), *units, *others)),
    )


def _nodes_across(k: int, cells: list[str], names: KnownNames) -> TableLayout | None:
    nodes = {i: node for i, text in enumerate(cells) if (node := names.node_of(text))}
    roles = {role: i for role, i in roles_of(cells).items() if role == UNIT}
    unit = roles.get(UNIT, next((i for i in range(len(cells)) if i not in nodes), None))
    if unit is None or len(nodes) < (1 if roles else 2) or len(set(nodes.values())) < len(nodes):
        return None
    nodes.pop(unit, None)
    return TableLayout(k, "nodes", {UNIT: unit}, nodes, _unused(cells, (unit, *nodes)))


def _unused(cells: Sequence[str], used: object) -> tuple[str, ...]:
    known = set(used)  # type: ignore[call-overload]
    return tuple(text for k, text in enumerate(cells) if text and k not in known)
