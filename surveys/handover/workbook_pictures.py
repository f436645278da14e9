"""Pictures of workbooks, drawn by the program that opens them from the cells of their sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from surveys.handover.workbook_layout import Body, PictureLine, ScatterPicture, WorkbookSheet

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_FONT: dict[str, Any] = {"name": "Times New Roman", "size": 10, "color": "black"}
_STRONG: dict[str, Any] = {**_FONT, "bold": True}
_FAINT: dict[str, Any] = {**_FONT, "italic": True, "color": "#595959"}
_POINT, _LINE, _FRAME = "#1F4E79", "#7F7F7F", "#BFBFBF"
_POINTS_A_PIXEL, _AROUND = 0.75, 4  # the second: pixels left free beside the picture


def draw(book: Workbook, worksheet: Worksheet, sheet: WorkbookSheet, row: int, line: PictureLine) -> None:
    """Draw a picture of points over the width of the sheet, at the line that has room for it."""
    picture = line.picture
    first_rows = [at for at, part in sheet.placed() if isinstance(part, Body)]
    bodies = list(sheet.bodies)
    points, marks = first_rows[picture.points], first_rows[picture.marks]
    chart = book.add_chart({"type": "scatter"})
    shown = points, points + len(bodies[picture.points]) - 1
    chart.add_series(_series(sheet.name, picture, shown, picture.labels, _STRONG, marked=True))
    for first in (marks, marks + 2):
        ends = _series(sheet.name, picture, (first, first + 1))
        chart.add_series({**ends, "line": {"color": _LINE, "width": 1.25, "dash_type": "dash"}})
    corners = marks + 4, marks + len(bodies[picture.marks]) - 1
    chart.add_series(_series(sheet.name, picture, corners, picture.mark_labels, _FAINT))
    chart.set_title({"name": picture.title, "name_font": {**_STRONG, "size": 12}, "overlay": False})
    for axis, heading, (low, high) in zip(
        (chart.set_x_axis, chart.set_y_axis), picture.headings, picture.within, strict=True
    ):
        look = {"name": heading, "name_font": _STRONG, "num_font": _FONT, "line": {"color": _FRAME}}
        axis(
            {
                **look,
                "min": low,
                "max": high,
                "crossing": low,
                "num_format": "0",
                "major_gridlines": {"visible": False},
            }
        )
    chart.set_legend({"none": True})
    chart.set_plotarea({"border": {"color": _FRAME}})
    width, height = sum(sheet.widths), sheet.height_of_line(line)
    pixels = {
        name: round(size / _POINTS_A_PIXEL) - 2 * _AROUND
        for name, size in (("width", width), ("height", height))
    }
    chart.set_size(pixels)
    worksheet.insert_chart(row, 0, chart, {"x_offset": _AROUND, "y_offset": _AROUND, "object_position": 1})


def _series(
    sheet: str,
    picture: ScatterPicture,
    rows: tuple[int, int],
    labels: Sequence[str] = (),
    font: dict[str, Any] | None = None,
    *,
    marked: bool = False,
) -> dict[str, Any]:
    """A series of the rows from … to of a sheet."""
    marker = {"type": "circle", "size": 8, "fill": {"color": _POINT}, "border": {"color": _POINT}}
    said = {"custom": [{"value": label, "font": font} for label in labels], "value": True, "font": font}
    return {
        "categories": [sheet, rows[0], picture.x, rows[1], picture.x],
        "values": [sheet, rows[0], picture.y, rows[1], picture.y],
        "marker": marker if marked else {"type": "none"},
        "line": {"none": True},
        **({"data_labels": {**said, "position": "right" if marked else "center"}} if labels else {}),
    }
