"""A respondent who knows only the XForm: goes through it from the beginning to the end and answers at random, as its conditions,
constraints and required questions allow. Conditions are evaluated by libxml2, with the functions that XForms add."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

_XFORMS, _JAVAROSA = "http://www.w3.org/2002/xforms", "http://openrosa.org/javarosa"
_X = f"{{{_XFORMS}}}"
_J = f"{{{_JAVAROSA}}}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
#: Where the lists of options stand in the data.
_LISTS = "secondary"
LANGUAGES = {"vi": "Tiếng Việt (vi)", "en": "English (en)"}


@dataclass(frozen=True)
class Asked:
    """A question of the form. ``path``: names from below the root; ``labels``: language → its text; ``options``: value → language
    → label, as they were offered; ``kind``: select, select1, input, trigger, preload or calculate."""

    path: tuple[str, ...]
    kind: str
    labels: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repeat: str = ""


@dataclass
class Submission:
    """What one respondent sent. ``values``: (path, number of the repetition, 0 outside) → value; ``shown``: questions that were
    shown; ``repeated``: how often each repeated group was filled."""

    values: dict[tuple[tuple[str, ...], int], str]
    shown: set[tuple[tuple[str, ...], int]]
    repeated: dict[str, int]


class XForm:
    """A form by its XML. ``questions``: every question in the order of the form; ``groups``: path → language → label."""

    def __init__(self, xml: str) -> None:
        self.tree = etree.fromstring(xml.encode())
        model = self.tree.find(f"{_XHTML}head/{_X}model")
        self.body = self.tree.find(f"{_XHTML}body")
        first, *lists = model.findall(f"{_X}instance")
        #: The data of an empty form, with the lists of options below it: absolute paths lead from both into the data.
        self.template = _without_namespaces(first[0])
        for repetition in self.template.xpath("//*[@*[local-name() = 'template']]"):
            repetition.getparent().remove(repetition)  # the repetition that the form begins with follows it
        secondary = etree.SubElement(self.template, _LISTS)
        secondary.extend(_without_namespaces(one) for one in lists)
        self.binds = {bind.get("nodeset"): bind.attrib for bind in model.findall(f"{_X}bind")}
        self.texts = {
            language: {
                text.get("id"): text.findtext(f"{_X}value")
                for text in model.find(f"{_X}itext").findall(f"{_X}translation[@lang='{name}']/{_X}text")
            }
            for language, name in LANGUAGES.items()
        }
        self.groups: dict[tuple[str, ...], Mapping[str, str]] = {}
        self.questions = [*self._preloaded(), *self._below(self.body, "")]

    def labels(self, element: Any) -> dict[str, str]:
        label = element.find(f"{_X}label")
        reference = "" if label is None else label.get("ref", "")
        named = re.fullmatch(r"jr:itext\('(.*)'\)", reference)
        return {language: texts[named[1]] if named else "" for language, texts in self.texts.items()}

    def options(self, element: Any, at: Any) -> dict[str, dict[str, str]]:
        """The options that a list offers at a place of the data."""
        itemset = element.find(f"{_X}itemset")
        if itemset is None:
            return {item.findtext(f"{_X}value"): self.labels(item) for item in element.findall(f"{_X}item")}
        nodes = self.evaluate(itemset.get("nodeset"), at)
        return {
            node.findtext("name"): {of: texts[node.findtext("itextId")] for of, texts in self.texts.items()}
            for node in nodes
        }

    def evaluate(self, expression: str, at: Any) -> Any:
        """An expression at a place of the data."""
        lists = at.getroottree().getroot().find(_LISTS)
        functions = {
            (None, "selected"): lambda _, of, one: _text(one) in _text(of).split(),
            (None, "regex"): lambda _, of, pattern: bool(re.search(_text(pattern), _text(of))),
            (None, "instance"): lambda _, name: lists.findall(f"instance[@id='{_text(name)}']"),
            (None, "current"): lambda _: [at],
            (None, "substr"): lambda _, of, start, end: _text(of)[int(start) : int(end)],
        }
        return etree.XPath(expression.strip(), extensions=functions)(at)

    def _preloaded(self) -> Iterator[Asked]:
        for path, bind in self.binds.items():
            if bind.get(f"{_J}preload") == "timestamp":
                yield Asked(_names(path), "preload", {})
            elif "calculate" in bind and not path.startswith("/data/meta/"):
                yield Asked(_names(path), "calculate", {})

    def _below(self, element: Any, repeat: str) -> Iterator[Asked]:
        for child in element:
            kind = etree.QName(child).localname
            if kind == "group":
                self.groups[_names(child.get("ref", ""))] = self.labels(child)
                yield from self._below(child, repeat)
            elif kind == "repeat":
                yield from self._below(child, child.get("nodeset"))
            elif kind in ("input", "select", "select1", "trigger"):
                options = self.options(child, self.template) if kind.startswith("select") else {}
                yield Asked(_names(child.get("ref")), kind, self.labels(child), options, repeat)


class Respondent:
    """Answers a form with the numbers of ``chance``; ``typed`` gives texts for questions of a type (string, int, decimal)."""

    def __init__(self, form: XForm, chance: random.Random, typed: Callable[[Asked, str], str]) -> None:
        self.form, self._chance, self._typed = form, chance, typed

    def answer(self) -> Submission:
        data, sent = copy.deepcopy(self.form.template), Submission({}, set(), {})
        for asked in self.form.questions:
            if asked.kind == "calculate":
                path = "/data/" + "/".join(asked.path)
                sent.values[asked.path, 0] = self.form.evaluate(self.form.binds[path]["calculate"], data)
        self._walk(self.form.body, etree.ElementTree(data), data, sent, 0)
        return sent

    def _walk(self, element: Any, tree: Any, at: Any, sent: Submission, number: int) -> None:
        for child in element:
            kind = etree.QName(child).localname
            if kind == "group":
                ref = child.get("ref")
                if ref is None or self._is_relevant(ref, tree, at):
                    self._walk(child, tree, at, sent, number)
            elif kind == "repeat":
                self._repeat(child, tree, sent)
            elif kind in ("input", "select", "select1") and self._is_relevant(child.get("ref"), tree, at):
                self._ask(child, kind, tree, at, sent, number)

    def _repeat(self, element: Any, tree: Any, sent: Submission) -> None:
        """A few repetitions; the form begins with one."""
        nodeset = element.get("nodeset")
        first = tree.xpath(nodeset)[0]
        blank = copy.deepcopy(first)
        times = self._chance.randint(1, 4)
        sent.repeated[nodeset] = times
        for number in range(1, times + 1):
            if number == 1:
                node = first
            else:
                node = copy.deepcopy(blank)
                tree.xpath(nodeset)[-1].addnext(node)
            self._walk(element, tree, node, sent, number)

    def _is_relevant(self, ref: str, tree: Any, at: Any) -> bool:
        node = self._node(ref, tree, at)
        relevant = self.form.binds.get(ref, {}).get("relevant")
        return relevant is None or bool(self.form.evaluate(relevant, node))

    def _node(self, ref: str, tree: Any, at: Any) -> Any:
        """The node of a path: in the repetition at hand where the path leads through it."""
        prefix = re.sub(r"\[\d+\]", "", tree.getpath(at))
        if at.getparent() is not None and ref.startswith(prefix + "/"):
            return at.xpath(ref[len(prefix) + 1 :])[0]
        return tree.xpath(ref)[0]

    def _ask(self, element: Any, kind: str, tree: Any, at: Any, sent: Submission, number: int) -> None:
        ref = element.get("ref")
        bind, node = self.form.binds.get(ref, {}), self._node(ref, tree, at)
        if bind.get("readonly") == "true()":
            return
        path = _names(ref)
        sent.shown.add((path, number))
        if element.get("appearance") == "label":
            return
        asked = next(question for question in self.form.questions if question.path == path)
        options = list(self.form.options(element, node)) if kind.startswith("select") else []
        required = bind.get("required") == "true()"
        if not required and self._chance.random() < 0.15:
            return
        for _ in range(200):
            node.text = self._candidate(kind, options, bind, asked)
            if self._fits(bind, node):
                break
        else:
            node.text = ""
            if required:
                raise AssertionError(f"no answer is accepted: {ref}")
        if node.text:
            sent.values[path, number] = node.text

    def _candidate(self, kind: str, options: Sequence[str], bind: Mapping[str, str], asked: Asked) -> str:
        if kind == "select1":
            return self._chance.choice(options)
        if kind == "select":
            return " ".join(self._chance.sample(options, self._chance.randint(1, min(len(options), 6))))
        return self._typed(asked, bind.get("type", "string"))

    def _fits(self, bind: Mapping[str, str], node: Any) -> bool:
        constraint = bind.get("constraint")
        return constraint is None or bool(self.form.evaluate(constraint, node))


def _without_namespaces(element: Any) -> Any:
    """A copy whose names have no namespace."""
    plain = copy.deepcopy(element)
    for node in plain.iter():
        node.tag = etree.QName(node).localname
    etree.cleanup_namespaces(plain)
    return plain


def _names(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/")[1:])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "" if not value else (value[0] if isinstance(value[0], str) else (value[0].text or ""))
    return str(value)
