"""Whether the texts of a figure can be read: inside the sheet, none over another."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from surveys.reports.figures.canvas import styled

#: Millimetres of a page of the report beside a caption.
PAGE = 240
#: Pixels at 72 dpi by which boxes of texts may touch: a box holds room for tall letters that few lines have.
_TOUCH = 1.6


def texts_of(figure: Figure) -> list[Text]:
    """The texts that are shown."""
    found = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text()
    ]
    ticks = {
        id(tick.label2)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
    }
    unused = {
        id(label)
        for axes in figure.axes
        for axis, low, high in ((axes.xaxis, *axes.get_xlim()), (axes.yaxis, *axes.get_ylim()))
        for tick in axis.get_major_ticks()
        for label in (tick.label1,)
        if not min(low, high) <= tick.get_loc() <= max(low, high)
    }
    hidden = {id(text) for axes in figure.axes if not axes.axison for text in axes.xaxis.findobj(Text)}
    return [text for text in found if id(text) not in ticks | unused | hidden]


def badly_set(figure: Figure) -> list[str]:
    """What lies outside the sheet, or over something else."""
    figure.set_dpi(72)
    with styled():
        figure.draw_without_rendering()
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts_of(figure)]
    sheet = figure.bbox
    wrong = (
        [f"taller than a page: {sheet.height / 72 * 25.4:.0f} mm"] if sheet.height / 72 * 25.4 > PAGE else []
    )
    wrong += [
        f"outside: {text}"
        for text, box in boxes
        if box.x0 < sheet.x0 or box.x1 > sheet.x1 or box.y0 < sheet.y0 - _TOUCH or box.y1 > sheet.y1 + _TOUCH
    ]
    for k, (text, box) in enumerate(boxes):
        wrong += [
            f"over each other: {text} · {other}" for other, of_other in boxes[:k] if _meet(box, of_other)
        ]
    return wrong


def _meet(one: Bbox, other: Bbox) -> bool:
    both = Bbox.intersection(one, other)
    return both is not None and both.width > _TOUCH and both.height > _TOUCH
