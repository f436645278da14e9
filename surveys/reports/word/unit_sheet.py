"""The draft results of one unit as a document: what the unit looks at, explains and sends back.

It says nothing of any other unit but the average of the block, and nothing of when and by whom it was made: number, date and
signature are left to fill in, so that the same results give the same document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from surveys.analysis.counted_units import FEWEST
from surveys.definitions.study.publication import Publication
from surveys.handover.official_columns import COLUMNS
from surveys.handover.round_results import RoundResults
from surveys.handover.rounding import exact_texts, plain_texts
from surveys.handover.words import engine_words, period_shown
from surveys.problems import Language, phrase
from surveys.reports.unit_changes import Change, UnitChanges
from surveys.reports.unit_figures import Loss, NodeFigures, UnitFigures
from surveys.reports.word.document import LetterHead, Paragraph, Picture, TableLook, WordDocument
from surveys.reports.word.styles import layout
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.statuses import OK

_BLANK, _NONE = "…………", "–"
#: Counts that every sheet has; the others only where something was counted.
_ALWAYS = ("issued", "returned", "valid", "review", "rejected")
#: Millimetres: names of facts; columns of the tables behind that of the nodes, whose width is what is left.
_FACT = 46
_ANSWERS = (26, 84, 50)
_ROWS_TO_FILL = 4
#: Columns of a table behind the names of nodes, with their widths.
_Columns = Mapping[str, float]
_POINTS: _Columns = {"max_points": 13, "points": 17, "interval": 34, "percent": 14, "average": 18}
_HALVES: _Columns = {
    "max_points": 14, "self_assessed": 17, "council_points": 17, "survey_points": 16, "points": 17, "interval": 18, "average": 17,
}  # fmt: skip
_PERCENTS: _Columns = {"percent": 20, "interval": 34, "average": 24}
_LOST: _Columns = {"max_points": 18, "points": 20, "lost": 20, "share": 30}
_LOWEST: _Columns = {"percent": 24, "average": 28}
_CHANGED: _Columns = {"old": 18, "new": 18, "change": 30, "verdict": 40}


@dataclass(frozen=True)
class UnitSheetFacts:
    """What all sheets of a round say: the ``label`` of the study, its publisher and period, the ``level`` of the intervals, the
    last day to explain (ISO; empty: none is set), and the fingerprint of the results."""

    label: str
    publication: Publication
    language: Language
    level: float
    percent_decimals: int
    explained_by: str
    fingerprint: str

    @property
    def publisher(self) -> str:
        return self.publication.publisher.name(self.language) or phrase("sheet.someone", self.language)


def sheet_facts(results: RoundResults) -> UnitSheetFacts:
    """What all sheets of a round say."""
    settings, study = results.settings, results.run["study"]
    return UnitSheetFacts(
        str(study[f"label_{settings.output.language}"] or study["label_vi"]),
        settings.publication,
        settings.output.language,
        settings.inference.level,
        settings.output.percent_decimals,
        results.explained_by,
        results.fingerprint,
    )


def unit_sheet(figures: UnitFigures, facts: UnitSheetFacts) -> bytes:
    """The sheet of a unit as the bytes of a DOCX file, in the language of the study's official files.

    Raises SurveyError when the package for it (extra ``word``) is not installed.
    """
    return _Sheet(figures, facts).content()


class _Sheet:
    """A sheet under way, section by section."""

    def __init__(self, figures: UnitFigures, facts: UnitSheetFacts) -> None:
        self.figures, self.facts, self.language = figures, facts, facts.language
        title = self._said("sheet.title")
        self.document = WordDocument(facts.language, f"{title}: {figures.name}", facts.publisher)
        self._sections = 0

    def content(self) -> bytes:
        self._begin()
        self._summary()
        self._fields()
        self._losses()
        self._forms()
        if self.figures.changes is not None:
            self._changes(self.figures.changes)
        self._explain()
        self._end()
        self._annex()
        return self.document.content()

    # --- words and numbers ---------------------------------------------------------------------------------------------

    def _said(self, code: str, **params: object) -> str:
        return phrase(code, self.language, **params)

    def _number(self, text: str) -> str:
        """A printed number with the decimal mark of the language, a dash where there is none."""
        return (text.replace(".", ",") if self.language == "vi" else text) or _NONE

    def _interval(self, low: str, high: str) -> str:
        return f"{self._number(low)} – {self._number(high)}" if low and high else _NONE

    def _section(self, code: str) -> None:
        self._sections += 1
        self.document.write(("heading", f"{self._sections}. {self._said(code)}"))

    def _table(self, columns: _Columns, rows: Sequence[Sequence[str]], bold: Sequence[int] = ()) -> None:
        """A small table of nodes, whose names take what the other columns leave."""
        widths = [layout()[0].text_width - sum(columns.values()), *columns.values()]
        names = ("node", *columns)
        numbers = [name not in ("node", "verdict") for name in names]
        headings = [self._said(f"sheet.column.{name}") for name in names]
        self.document.table(headings, rows, TableLook(widths, numbers, "small", bold))

    def _named(self, code: str, name: str) -> str:
        """A node by its code and its name, the total by its name."""
        return name if code == self.figures.total.code else f"{code}. {name}"

    # --- sections ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        publisher = self.facts.publication.publisher
        place = publisher.place(self.language) or _BLANK
        self.document.head(
            LetterHead(
                publisher.name(self.language) or _BLANK * 2,
                self._said("sheet.number"),
                self._said("sheet.place_and_date", place=place),
                publisher.parent(self.language),
                self._said("sheet.mark"),
            )
        )
        self.document.write(("title", self._said("sheet.title")), ("subject", self.facts.label))
        self.document.write(("addressee", self._said("sheet.to", unit=self.figures.name)))
        told = {
            "publisher": self.facts.publisher,
            "unit": self.figures.name,
            "study": self.facts.label,
            "period": period_shown(self.facts.publication.period, self.language),
        }
        self.document.write(("body", self._said("sheet.intro", **told)))

    def _summary(self) -> None:
        """Result, interval, average, rank and status: the name of each to the left, what it is to the right."""
        self._section("sheet.summary")
        total = self.figures.total
        (level,) = plain_texts([100 * self.facts.level])
        facts = {
            self._said("sheet.block"): self.figures.block_name,
            self._said("sheet.total.name"): self._total(total),
            self._said("sheet.interval.name", level=self._number(level)): self._limits(total),
            self._said("sheet.halves.name"): self._halves(total),
            self._said("sheet.average.name"): self._average(total),
            self._said("sheet.rank.name"): self._rank(self.figures.ranked),
            self._said("sheet.survey_rank.name"): self._survey_rank(),
            self._said("sheet.class.name"): self._class(),
            self._said("sheet.status.name"): self._status(self.figures.league["status"]),
            self._said("sheet.note.name"): self.figures.league["note"],
        }
        rows = [[[("fact", f"{name}:")], [("fact", text)]] for name, text in facts.items() if text]
        self.document.beside(rows, (_FACT, layout()[0].text_width - _FACT))

    def _kind(self) -> str:
        return "points" if self.figures.has_points else "percent"

    def _total(self, total: NodeFigures) -> str:
        if not total.value:
            status = engine_words("status", self.language).get(total.status, total.status)
            return self._said("sheet.total.none", status=status)
        numbers = {"points": total.points, "most": total.max_points, "percent": total.percent}
        shown = {name: self._number(text) for name, text in numbers.items()}
        return self._said(f"sheet.total.{self._kind()}", **shown)

    def _halves(self, total: NodeFigures) -> str:
        """The council's points and the survey's, where the index has both."""
        if self.figures.maxima is None:
            return ""
        names = ("self_assessed", "council_points", "survey_points")
        points = {name: self._number(getattr(total, name)) for name in names}
        most = {name: self._number(self.figures.maxima[name]) for name in ("council_max", "survey_max")}
        return self._said("sheet.halves.told", **points, **most)

    def _class(self) -> str:
        """Its class, with the probability in percent that it belongs there."""
        league = self.figures.league
        if not league.get("class"):
            return ""
        chance = league["probability_class"]
        decimals = self.facts.percent_decimals
        (percent,) = exact_texts([100 * Decimal(chance)], decimals) if chance else ("",)
        return self._said(
            "sheet.class.told", name=self.figures.class_name, percent=chance and self._number(percent)
        )

    def _survey_rank(self) -> str:
        return self._rank(self.figures.ranked_by_survey, "survey_") if self.figures.has_council else ""

    def _limits(self, total: NodeFigures) -> str:
        if not (total.low and total.high):
            return ""
        limits = {"low": self._number(total.low), "high": self._number(total.high)}
        return self._said(f"sheet.interval.{self._kind()}", **limits)

    def _average(self, total: NodeFigures) -> str:
        if not total.average:
            return self._said("sheet.average.none", fewest=FEWEST)
        told = {"average": self._number(total.average), "units": self.figures.averaged}
        return self._said(f"sheet.average.{self._kind()}", **told)

    def _rank(self, ranked: int, part: str = "") -> str:
        """Rank and set of ranks, of the total or of a ``part`` of it."""
        league = self.figures.league
        if not league[f"{part}rank"]:
            return self._said("sheet.rank.none")
        limits = {name: league[f"{part}rank_{name}"] for name in ("low", "high")}
        return self._said("sheet.rank.told", rank=league[f"{part}rank"], ranked=ranked, **limits)

    def _status(self, status: str) -> str:
        return "" if status == OK else engine_words("status", self.language).get(status, status)

    def _forms(self) -> None:
        """Evaluations of each group and of all of them."""
        self._section("sheet.forms")
        groups = self.figures.forms
        if not groups:
            self.document.write(("fact", self._said("sheet.forms.none")))
            return
        counted = next(iter(groups.values()))
        summed = {name: sum(counts[name] for counts in groups.values()) for name in counted}
        shown = [name for name in counted if name in _ALWAYS or summed[name]]
        lines = {**groups, self._said("sheet.forms.all"): summed}
        rows = [
            [group, *(self._count(name, counts[name]) for name in shown)] for group, counts in lines.items()
        ]
        widths = [20.0] * len(shown)
        headings = [COLUMNS[name].heading(self.language) for name in ("group", *shown)]
        first = layout()[0].text_width - sum(widths)
        look = TableLook([first, *widths], [False, *[True] * len(shown)], "small", [len(groups)])
        self.document.table(headings, rows, look)
        self.document.write(("note", self._said("sheet.forms.note")))

    def _count(self, name: str, number: int) -> str:
        """A count; no list of the forms that were handed out says nothing of their number."""
        return f"{number}" if number or name != "issued" else _NONE

    def _fields(self) -> None:
        """The total and the nodes next to it."""
        self._section("sheet.fields")
        self._results([node for node in self.figures.nodes if node.depth < 2])
        self.document.write(("note", self._said("sheet.nodes.note", fewest=FEWEST)))

    def _annex(self) -> None:
        """Every node, and what is said of single ones."""
        self.document.write(("annex", self._said("sheet.annex")), ("subject", self.figures.name))
        self._results(self.figures.nodes)
        remarks = self._remarks()
        if remarks:
            said = (("note", f"{', '.join(codes)}: {text}.") for text, codes in remarks.items())
            self.document.write(("note", self._said("sheet.nodes.remarks")), *said)

    def _results(self, nodes: Sequence[NodeFigures]) -> None:
        halves = _HALVES if self.figures.has_council else _POINTS
        columns = halves if self.figures.has_points else _PERCENTS
        rows = [[self._named(node.code, node.name), *self._values(node, columns)] for node in nodes]
        self._table(columns, rows, [k for k, node in enumerate(nodes) if node.depth < 2])

    def _remarks(self) -> dict[str, list[str]]:
        """What is said of the lowest nodes, and of those above them that show nothing → their codes."""
        found: dict[str, list[str]] = {}
        for node in self.figures.nodes[1:]:
            text = node.note or self._status(node.status)
            if text and (node.is_leaf or not node.value):
                found.setdefault(text, []).append(node.code)
        return found

    def _values(self, node: NodeFigures, columns: _Columns) -> list[str]:
        interval = self._interval(node.low, node.high)
        return [interval if name == "interval" else self._number(getattr(node, name)) for name in columns]

    def _losses(self) -> None:
        losses, has_points = self.figures.losses, self.figures.has_points
        self._section("sheet.losses" if has_points else "sheet.lowest")
        if not losses:
            self.document.write(("fact", self._said("sheet.losses.none")))
            return
        columns = _LOST if has_points else _LOWEST
        rows = [
            [self._named(loss.node.code, loss.node.name), *(self._lost(loss, name) for name in columns)]
            for loss in losses
        ]
        self._table(columns, rows)

    def _lost(self, loss: Loss, column: str) -> str:
        return self._number(getattr(loss if column in ("lost", "share") else loss.node, column))

    def _changes(self, changes: UnitChanges) -> None:
        self._section("sheet.changes")
        if changes.refused:
            self.document.write(("fact", self._said("sheet.changes.refused", why=changes.refused)))
            return
        rows = [
            [
                self._named(change.code, change.name), self._number(change.old), self._number(change.new),
                self._amount(change), self._verdict(change),
            ]
            for change in changes.shown
        ]  # fmt: skip
        self._table(_CHANGED, rows)
        left = changes.not_compared or ""
        self.document.write(("note", self._said("sheet.changes.note", others=changes.others, left=left)))
        if changes.ranks is not None:
            told = {name: changes.ranks[f"rank_{name}"] for name in ("old", "new")}
            limits = {name: _signed(changes.ranks[f"rank_change_{name}"]) for name in ("low", "high")}
            self.document.write(("fact", self._said("sheet.changes.rank", **told, **limits)))

    def _amount(self, change: Change) -> str:
        if not change.change:
            return _NONE
        limits = self._interval(_signed(change.low), _signed(change.high))
        return (
            f"{self._number(_signed(change.change))} ({limits})"
            if change.low
            else self._number(_signed(change.change))
        )

    def _verdict(self, change: Change) -> str:
        return (
            change.why
            if change.verdict == "untold" and change.why
            else self._said(f"sheet.verdict.{change.verdict}")
        )

    def _explain(self) -> None:
        self._section("sheet.explain")
        day = written_date(self.facts.explained_by, self.language)
        when = self._said("sheet.explain.by", day=day) if day else self._said("sheet.explain.as_said")
        how = self._said("sheet.explain.how", publisher=self.facts.publisher, when=when)
        self.document.write(("body", how), ("body", self._said("sheet.explain.survey")))
        self._section("sheet.answer")
        headings = [self._said(f"sheet.answer.{name}") for name in ("node", "text", "evidence")]
        blank = [["", "", ""]] * _ROWS_TO_FILL
        self.document.table(headings, blank, TableLook(_ANSWERS, [False] * 3))

    def _end(self) -> None:
        half = layout()[0].text_width / 2
        copies: list[Paragraph | Picture] = [("copies_heading", self._said("sheet.copies"))]
        copies += [("copies", self._said(f"sheet.copies.{name}")) for name in ("unit", "filed")]
        signs: list[Paragraph | Picture] = [
            ("signer", self._said("sheet.signs")),
            ("signer_how", self._said("record.how_to_sign")),
            ("signer_name", _BLANK * 3),
        ]
        self.document.beside([[copies, signs]], (half, half))
        self.document.write(("note", self._said("sheet.made_from", fingerprint=self.facts.fingerprint)))


def _signed(number: str) -> str:
    """A change with its sign.

    >>> _signed("1.20"), _signed("-3"), _signed("0.00"), _signed("")
    ('+1.20', '\N{MINUS SIGN}3', '0.00', '')
    """
    if number.startswith("-"):
        return f"\N{MINUS SIGN}{number[1:]}"
    return f"+{number}" if number.strip("0.") else number
