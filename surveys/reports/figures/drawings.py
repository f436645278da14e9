"""Every figure that a round has: its key, how it is drawn and what is said of it to those who cannot see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from surveys.reports.analysis_report.parts import Drawing
from surveys.reports.figures.answers import about_answers, answer_pages, draw_answers
from surveys.reports.figures.canvas import WIDTH, plain, png_bytes, svg_bytes
from surveys.reports.figures.changes import about_changes, block_changes, draw_changes
from surveys.reports.figures.days import about_days, draw_days, forms_by_day
from surveys.reports.figures.drawn_round import DrawnRound
from surveys.reports.figures.funnel import about_funnel, counted_forms, draw_funnel
from surveys.reports.figures.groups import about_groups, draw_groups, group_dots
from surveys.reports.figures.heat import about_heat, draw_heat, heat_map
from surveys.reports.figures.importance import about_importance, draw_importance, driver_panels, models_of
from surveys.reports.figures.league import about_league, draw_league, has_league

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class _Drawn:
    """How a figure is drawn and told."""

    draw: Callable[[], Figure]
    about: Callable[[], str]


def _of_block(round_: DrawnRound, block: str) -> Iterator[tuple[str, _Drawn]]:
    """The figures of a block that have something to show, by key."""
    kinds = (
        ("league", has_league, draw_league, about_league),
        ("heat", heat_map, draw_heat, about_heat),
        ("groups", group_dots, draw_groups, about_groups),
        ("changes", block_changes, draw_changes, about_changes),
    )
    for kind, has, draw, about in kinds:
        if has(round_, block):
            yield f"{kind}-{block}", _drawn(draw, about, round_, block)
    for page in range(len(answer_pages(round_, block))):
        key = f"answers-{block}" if not page else f"answers-{block}-{page + 1}"
        yield key, _drawn(draw_answers, about_answers, round_, block, page)
    for model in models_of(round_, block):
        if driver_panels(round_, block, model):
            yield (
                f"importance-{block}-{model}",
                _drawn(draw_importance, about_importance, round_, block, model),
            )


def _drawn(draw: Callable[..., Figure], about: Callable[..., str], *of: object) -> _Drawn:
    return _Drawn(lambda: draw(*of), lambda: about(*of))


def figures_of(round_: DrawnRound) -> Mapping[str, _Drawn]:
    """Key → how it is drawn, of every figure that has something to show. Nothing is drawn yet, and matplotlib is not loaded."""
    found = dict(pair for block in round_.blocks for pair in _of_block(round_, block))
    if counted_forms(round_):
        found["funnel"] = _drawn(draw_funnel, about_funnel, round_)
    if forms_by_day(round_):
        found["days"] = _drawn(draw_days, about_days, round_)
    return found


def drawing(key: str, drawn: _Drawn) -> Drawing:
    """A figure drawn. Raises SurveyError where matplotlib is not installed."""
    figure, about = drawn.draw(), plain(drawn.about())
    return Drawing(key, svg_bytes(figure, about), png_bytes(figure), about, WIDTH)
