"""The sheet that figures are drawn on: millimetres from its upper left corner, text that is measured before it is set, bytes
that depend on nothing but what is drawn.

matplotlib is loaded here, when something is drawn. Figures have a canvas of their own: neither pyplot's state nor the user's
``matplotlibrc`` has a part in them.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import resources
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from surveys.handover.rounding import plain_texts
from surveys.problems import Language, fault
from surveys.reports.figures.colours import INK
from surveys.reports.figures.drawn_round import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Millimetres: the width of every figure, and the height that a page holds beside its caption.
WIDTH, TALLEST = 160.0, 222.0
#: Points of text in figures; of rows that are many; millimetres from one line of text to the next, by point.
SIZE, SMALL, LINE = 8.5, 6.5, 0.44
#: From the baseline to the middle of letters, by point of their size; by how much text may be wider than it is measured.
_HALF_HIGH, _WIDER = 0.36, 1.025
_MARGIN, _INCH = 0.8, 25.4
_POINT = _INCH / 72
_DPI, _SHOWN_DPI = 200, 110


@contextmanager
def styled() -> Iterator[None]:
    """What is drawn or written inside looks as ``figures.mplstyle`` says, whatever the user's settings are; matplotlib keeps what
    it has to say of its fonts and folders to itself.

    Raises SurveyError where matplotlib is not installed.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        try:
            from matplotlib import style
        except ImportError:
            raise fault("figures.not_installed") from None
        with style.context(_style(), after_reset=True), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
            yield
    finally:
        logger.setLevel(level)


@cache
def _style() -> dict[str, Any]:
    from matplotlib import rc_params_from_file

    with resources.as_file(resources.files("surveys.reports.figures") / "figures.mplstyle") as path:
        found: dict[Any, Any] = rc_params_from_file(path, use_default_template=False).copy()
    return found


@cache
def _figure_class() -> type[Figure]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure that a notebook shows without pyplot."""

        def __init__(self, **how: Any) -> None:
            super().__init__(**how)
            FigureCanvasAgg(self)

        def _repr_png_(self) -> bytes:
            return png_bytes(self, _SHOWN_DPI)

    return ShownFigure


class DrawingSheet:
    """A figure under way, ``height`` millimetres tall; all lengths are millimetres, within narrow margins at both sides."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure: Figure = _figure_class()(figsize=(WIDTH / _INCH, height / _INCH))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner is ``left`` and ``top`` from that of the sheet."""
        down = 1 - (top + height) / self.height
        return self.figure.add_axes((_across(left), down, _across(width) - _across(0), height / self.height))

    def rows(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes in which y is millimetres from their top."""
        axes = self.axes(left, top, width, height)
        axes.set_ylim(height, 0)
        axes.spines["left"].set_visible(False)
        axes.set_yticks([])
        return axes

    def text(self, left: float, top: float, text: str, **look: Any) -> None:
        """Lines of text around the height ``top``, by default of :data:`SIZE` and set from the left."""
        look = {"fontsize": SIZE, "color": INK, "va": "baseline", **look}
        lines, size = text.split("\n"), float(look["fontsize"])
        for k, line in enumerate(lines):
            down = top + (k - (len(lines) - 1) / 2) * size * LINE
            if look["va"] == "baseline":
                down += _HALF_HIGH * size * _POINT
            self.figure.text(_across(left), 1 - down / self.height, line, **look)

    def box(self, left: float, top: float, size: tuple[float, float], **look: Any) -> None:
        """A box of a key, its middle at ``top``; ``size``: width and height."""
        from matplotlib.patches import Rectangle

        width, height = size
        corner = (left / WIDTH, 1 - (top + height / 2) / self.height)
        box = Rectangle(
            corner, width / WIDTH, height / self.height, transform=self.figure.transFigure, **look
        )
        self.figure.add_artist(box)

    def mark(self, left: float, right: float, top: float, **look: Any) -> None:
        """A marker, or a line from ``left`` to ``right``, of a key."""
        from matplotlib.lines import Line2D

        x, y = [_across(left), _across(right)], 1 - top / self.height
        if left == right:
            x = x[:1]
        self.figure.add_artist(Line2D(x, [y] * len(x), transform=self.figure.transFigure, **look))


def _across(left: float) -> float:
    """A place between the margins as a part of the whole width."""
    return (_MARGIN + left * (1 - 2 * _MARGIN / WIDTH)) / WIDTH


@lru_cache(maxsize=8192)
def text_width(text: str, size: float) -> float:
    """Millimetres that a line of text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        prop = FontProperties(family="DejaVu Sans", size=size)
        width, _, _ = text_to_path.get_text_width_height_descent(text, prop, ismath=False)
    return float(width) * _POINT * _WIDER


def wrapped(text: str, width: float, size: float) -> list[str]:
    """A text in lines of at most ``width`` millimetres; a word that is longer goes on in the next line."""
    lines = [""]
    for word in plain(text).split(" "):
        grown = f"{lines[-1]} {word}" if lines[-1] else word
        if text_width(grown, size) <= width:
            lines[-1] = grown
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and text_width(lines[-1] + letter, size) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def two_columns(texts: Sequence[str], size: float) -> list[tuple[str, str]]:
    """Texts in lines of two columns, first down the left one; what goes on in a further line is indented."""
    halves: tuple[list[str], list[str]] = ([], [])
    cut = (len(texts) + 1) // 2
    for k, text in enumerate(texts):
        first, *others = wrapped(text, WIDTH / 2 - 4, size)
        halves[k >= cut].extend([first, *(f"    {line}" for line in others)])
    return list(zip_longest(*halves, fillvalue=""))


def plain(text: str) -> str:
    """A text on one line, of letters that can be printed."""
    return " ".join(
        "".join(letter if letter.isprintable() else "" if letter.strip() else " " for letter in text).split()
    )


def tick_texts(values: Sequence[float], language: Language) -> list[str]:
    """Numbers beside the ticks of an axis.

    >>> tick_texts([-0.5, 20.0], "vi")
    ['−0,5', '20']
    """
    return [shown(text, language) for text in plain_texts(np.round(np.asarray(values, dtype=float), 10))]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most ``most`` round numbers that hold ``low`` and ``high`` between the first and the last of them.

    >>> ticks(81.4, 91.2)
    [80.0, 82.0, 84.0, 86.0, 88.0, 90.0, 92.0]
    """
    span = max(high - low, 1e-9)
    power = 10.0 ** np.floor(np.log10(span / most))
    step = next(s * power for s in (1, 2, 5, 10, 20) if span / (s * power) <= most)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(np.round(k * step, 10)) for k in np.arange(first, max(last, first + 1) + 1)]


def apart(wanted: Sequence[float], heights: Sequence[float], room: float) -> list[float]:
    """Middles as near to those ``wanted`` as the heights allow, from the top down, none outside the room.

    >>> apart([5, 6], [4, 4], 20)
    [5.0, 9.0]
    """
    tops: list[float] = []
    for middle, height in zip(wanted, heights, strict=True):
        tops.append(max(middle - height / 2, tops[-1] + heights[len(tops) - 1] if tops else -1e9))
    floor = max(room, sum(heights))
    for k in range(len(tops) - 1, -1, -1):
        tops[k] = min(tops[k], floor - heights[k])
        floor = tops[k]
    return [top + height / 2 for top, height in zip(tops, heights, strict=True)]


def svg_bytes(figure: Figure, about: str) -> bytes:
    """The figure as SVG, ``about`` inside for those who cannot see it."""
    from xml.sax.saxutils import escape

    from matplotlib.backends.backend_svg import FigureCanvasSVG

    into = io.BytesIO()
    with styled():
        dates = {"Date": None, "Creator": None}
        FigureCanvasSVG(figure).print_svg(into, metadata=dates)  # type: ignore[no-untyped-call]
    text = into.getvalue().decode("utf-8")
    head, _, rest = text.partition("<svg ")
    opening, _, body = rest.partition(">")
    return f'{head}<svg role="img" {opening}>\n <title>{escape(about)}</title>{body}'.encode()


def png_bytes(figure: Figure, dpi: int = _DPI) -> bytes:
    """The figure as PNG of at most 256 colours."""
    from PIL import Image

    drawn, into = io.BytesIO(), io.BytesIO()
    with styled():
        figure.savefig(drawn, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    picture = Image.open(drawn).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(into, "PNG", optimize=True, dpi=(dpi, dpi))
    return into.getvalue()
