"""A page read back as a tree of elements, by the parser of Python alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

#: Elements without an end.
VOID = {"meta", "link", "input", "img", "br"}


@dataclass
class Element:
    """An element with its attributes; ``parts``: texts and elements in it."""

    name: str
    attributes: dict[str, str]
    parts: list[str | Element] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        return [part for part in self.parts if isinstance(part, Element)]

    def all(self, *names: str) -> Iterator[Element]:
        """The elements of these names (none: all) in it, in their order."""
        for child in self.children:
            if child.name in names or not names:
                yield child
            yield from child.all(*names)

    @cached_property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def get(self, attribute: str) -> str:
        return self.attributes.get(attribute, "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]
        self.unpaired: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].name == tag:
            self.open.pop()
        else:
            self.unpaired.append(tag)

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


class Page:
    """The page in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        reader.close()
        return reader

    @property
    def root(self) -> Element:
        return self._read.open[0]

    @property
    def is_well_formed(self) -> bool:
        """Whether every element that was opened was closed, in order."""
        return len(self._read.open) == 1 and not self._read.unpaired

    def all(self, *names: str) -> list[Element]:
        return list(self.root.all(*names))

    def one(self, name: str) -> Element:
        (found,) = self.all(name)
        return found

    @property
    def script(self) -> Element:
        """The script that runs."""
        (found,) = (element for element in self.all("script") if not element.get("type"))
        return found
