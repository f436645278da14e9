"""Figures show the printed numbers and nothing else, in the same bytes wherever they are drawn, and say what they show."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from surveys.problems import LANGUAGES, Language, SurveyError
from surveys.reports.figures import colours
from surveys.reports.figures.canvas import png_bytes, svg_bytes
from surveys.reports.figures.drawings import drawing, figures_of
from tests.surveys.reports.figures.layout import badly_set, texts_of
from tests.surveys.reports.figures.made_round import (
    ANSWERS,
    CHANGES,
    DRIVERS,
    GROUPS,
    NODES,
    TRAP,
    UNITS,
    made,
    made_tables,
    table,
    units_table,
)

KEYS = {
    "league-xa", "heat-xa", "groups-xa", "changes-xa", "answers-xa", "importance-xa-chung", "funnel", "days",
}  # fmt: skip
ROOT = Path(__file__).parents[4]
SVG = "{http://www.w3.org/2000/svg}"


def figure(key: str, language: Language = "vi") -> Figure:
    return figures_of(made(language))[key].draw()


def lines(of: Figure, label: str) -> list[tuple[list[float], list[float]]]:
    """Places of the lines with a label."""
    return [
        (np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist())
        for axes in of.axes
        for line in axes.get_lines()
        if line.get_label() == label
    ]


def intervals(of: Figure, label: str) -> list[list[float]]:
    """Ends of horizontal lines with a label."""
    return [
        [float(segment[0][0]), float(segment[1][0])]
        for axes in of.axes
        for group in axes.collections
        if isinstance(group, LineCollection) and group.get_label() == label
        for segment in group.get_segments()
    ]


def bars(of: Figure, label: str) -> BarContainer:
    (found,) = [c for axes in of.axes for c in axes.containers if c.get_label() == label]
    assert isinstance(found, BarContainer)
    return found


def shown(of: Figure) -> list[str]:
    return [text.get_text() for text in texts_of(of)]


def test_a_round_has_the_figures_that_show_something() -> None:
    assert set(figures_of(made())) == KEYS
    tables = made_tables()
    for name, key in (("answers", "answers-xa"), ("changes", "changes-xa"), ("days", "days")):
        without = figures_of(made(tables={n: t for n, t in tables.items() if n != name}))
        assert set(without) == KEYS - {key}
    nothing = units_table(dict.fromkeys(UNITS, ("", "", "", "", "", "", "suppressed")))
    empty = {"council-units": nothing, "council-scores": table("council-scores", [])}
    assert set(figures_of(made(tables=empty))) == set()


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_stands_in_the_sheet_and_over_no_other(key: str, language: Language) -> None:
    assert badly_set(figure(key, language)) == []


@pytest.mark.long
def test_long_names_take_more_lines() -> None:
    names = {("xa", code): f"Đơn vị {code} " + "có tên gọi dài " * 12 for code in UNITS}
    names["xa", "x2"] = "Kýtựliềnnhau" * 20
    for key, drawn in figures_of(made(names=names)).items():
        assert badly_set(drawn.draw()) == [], key


def test_long_names_of_rounds_stand_beside_each_other() -> None:
    label = "Chỉ số hài lòng về sự phục vụ hành chính (SIPAS) {year} (dữ liệu mô phỏng)"
    rounds = label.format(year=2022), label.format(year=2023)
    of = figures_of(replace(made(), rounds=rounds))["changes-xa"].draw()
    assert badly_set(of) == []
    told = " ".join(" ".join(text.split()) for text in shown(of))
    assert all(each in told for each in rounds)


def test_the_league_shows_printed_results_and_rank_sets() -> None:
    of = figure("league-xa")
    told = [row for row in UNITS.values() if row[0]]
    assert sorted(x for xs, _ in lines(of, "result") for x in xs) == sorted(float(row[0]) for row in told)
    assert intervals(of, "interval") == [[float(row[1]), float(row[2])] for row in told if row[1]]
    sets = [[int(row[4]) - 0.45, int(row[5]) + 0.45] for row in told if row[3]]
    assert intervals(of, "ranks") == pytest.approx(np.array(sets))
    assert [x for xs, _ in lines(of, "rank") for x in xs] == [1, 2, 2, 4]
    texts = shown(of)
    assert [t for t in texts if re.fullmatch(r"\d\d,\d\d", t)] == [
        "91,02",
        "88,50",
        "88,50",
        "79,99",
        "60,00",
    ]
    assert [t for t in texts if "–" in t and t[0].isdigit()] == ["1 (1–2)", "2 (1–4)", "2 (2–4)", "4 (2–4)"]
    assert texts.count("không công bố") == 1


def test_many_units_are_drawn_in_order_without_their_names() -> None:
    chance = np.random.default_rng(1)
    results = [f"{x:.2f}" for x in chance.uniform(40, 95, 90)]
    units = {
        f"u{k}": (r, f"{float(r) - 2:.2f}", f"{float(r) + 2:.2f}", "", "", "", "ok")
        for k, r in enumerate(results)
    }
    units["u90"] = ("", *TRAP, "", "", "", "suppressed")
    names = {("xa", code): f"Xã {code}" for code in units}
    of = figures_of(made(tables={"council-units": units_table(units)}, names=names))["league-xa"].draw()
    ordered = sorted(map(float, results), reverse=True)
    assert lines(of, "result")[0][1] == ordered
    ascending = ordered[::-1]
    places = {"lower_quarter": 23, "median": 45, "upper_quarter": 68}  # ⌈90/4⌉, 90/2, ⌈3·90/4⌉
    for code, place in places.items():
        assert lines(of, code)[0][1] == [ascending[place - 1]] * 2
    named = " ".join(text for text in shown(of) if "Xã" in text)
    best, worst = (f"{end:.2f}".replace(".", ",") for end in (ordered[0], ordered[-1]))
    assert re.fullmatch(f"Cao nhất: Xã u\\d+, {best} % Thấp nhất: Xã u\\d+, {worst} %", named)
    assert badly_set(of) == []


def test_the_heat_map_shows_every_printed_cell() -> None:
    texts = [t for t in shown(figure("heat-xa")) if re.fullmatch(r"\d+,\d\d", t)]
    assert sorted(texts) == sorted(t.replace(".", ",") for row in NODES.values() for t in row if t)


def test_groups_are_dots_with_their_intervals() -> None:
    of = figure("groups-xa")
    for group, cells in GROUPS.items():
        told = [[float(number) for number in cell] for cell in cells if cell[0]]
        assert [x for xs, _ in lines(of, group) for x in xs] == [x for x, _, _ in told]
        assert intervals(of, f"interval {group}") == [ends for _, *ends in told]


def test_changes_beyond_the_noise_stand_out() -> None:
    of = figure("changes-xa")
    for label, unit in (("up", "x1"), ("noise", "x2"), ("down", "x4"), ("untold", "x3")):
        old, new, _ = CHANGES[unit]
        ((_, ends),) = lines(of, label)
        assert ends[:2] == pytest.approx([100 * float(old), 100 * float(new)])
        assert np.isnan(ends[2:]).all()
    texts = shown(of)
    assert {"Xã An Bình +11,02", "Xã Đông Hòa −1,50", "Xã Phú Mỹ −15,01"} <= set(texts)
    assert "Không so sánh được: 1 đơn vị." in texts


def test_of_many_clear_changes_the_largest_are_named() -> None:
    row = {"block": "xa", "node_code": "0", "group": "all", "part": "survey", "p_adjusted": "0.01"}
    clear = [
        {
            **row,
            "unit_code": f"u{k}",
            "score_old": "0.5",
            "score_new": f"{0.5 + k / 1000:.3f}",
            "change": f"{k / 1000:.3f}",
        }
        for k in range(1, 121)
    ]
    rest = [{**clear[0], "unit_code": "n1", "p_adjusted": ""}, {**clear[0], "unit_code": "n2", "change": ""}]
    names = {("xa", each["unit_code"]): f"Xã {each['unit_code']}" for each in (*clear, *rest)}
    tables = {**made_tables(), "changes": table("changes", [*clear, *rest])}
    of = figures_of(made(tables=tables, names=names))["changes-xa"].draw()
    named = [int(found[1]) for text in shown(of) if (found := re.fullmatch(r"Xã u(\d+) \+\d+,\d\d", text))]
    assert sorted(named) == list(range(121 - len(named), 121))
    assert 40 < len(named) < 120
    assert "Chỉ ghi tên các thay đổi rõ lớn nhất." in shown(of)
    assert badly_set(of) == []


def test_answers_diverge_around_the_middle() -> None:
    of = figure("answers-xa")
    labels = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
    told = [[100 * float(share) for share in shares] for shares in ANSWERS.values() if shares[0]]
    for level, label in enumerate(labels):
        drawn = [(bar.get_x(), bar.get_width()) for bar in bars(of, label)]
        lefts = [-row[0] - row[1] - row[2] / 2 + sum(row[:level]) for row in told]
        assert drawn == [pytest.approx((left, row[level])) for left, row in zip(lefts, told, strict=True)]
    assert not any(text.startswith("2b") for text in shown(of))


def test_importance_stands_over_performance_with_the_means() -> None:
    of = figure("importance-xa-chung")
    for importance, performance, field in DRIVERS.values():
        assert lines(of, field) == [([float(performance)], [float(importance)])]
    assert lines(of, "mean importance")[0][1] == [50, 50]
    assert lines(of, "mean performance")[0][0] == [81.38, 81.38]


def test_the_funnel_has_parts_of_the_forms_issued() -> None:
    of = figure("funnel", "en")
    widths = {name: bars(of, name)[0].get_width() for name in ("valid", "review", "rejected", "left_out")}
    assert widths == pytest.approx({"valid": 80, "review": 3.2, "rejected": 4, "left_out": 0.8})
    beside_axis = ["0", "50", "100"]
    numbers = sorted(text for text in shown(of) if re.fullmatch(r"[\d,]+", text))
    assert numbers == sorted([*beside_axis, "1,250", "1,100", "1,000", "40", "50", "10"])


def test_days_are_stacked_by_mode() -> None:
    of = figure("days")
    assert [bar.get_height() for bar in bars(of, "online")] == [10, 0, 0, 7]
    assert [(bar.get_y(), bar.get_height()) for bar in bars(of, "paper")] == [(10, 5), (0, 0), (0, 0), (7, 0)]
    assert "3 phiếu không ghi ngày, không có trong hình." in shown(of)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_what_is_not_published_is_in_no_figure_and_no_text(key: str) -> None:
    traps = {number.replace(".", mark) for number in TRAP for mark in ".,"}
    of, about = figure(key), figures_of(made())[key].about()
    written = svg_bytes(of, about).decode()
    assert not any(f"<!-- {trap} -->" in written or trap in about for trap in traps)
    drawn: list[Any] = []
    for axes in of.axes:
        drawn += [number for line in axes.get_lines() for number in np.ravel(line.get_xydata())]
        paths = [path for group in axes.collections for path in group.get_paths()]
        drawn += [x for path in paths for x in np.asarray(path.vertices)[:, 0]]
    assert not {12.34, 13.57, 1234.0, 0.1234} & {round(float(number), 6) for number in drawn}


FACTS = {
    "league-xa": ("5 đơn vị", "Cao nhất: Xã An Bình, 91,02 % (khoảng tin cậy 90,10–91,90), hạng 1 (1–2).",
                  "Thấp nhất: Xã Yên Sơn, 60,00 %.", "Không công bố: 1 đơn vị."),
    "heat-xa": ("6 đơn vị theo 2 tiêu chí", "Cao nhất: 99,99 % (Xã Hưng Lộc; 2 Công chức và kết quả)",
                "Thấp nhất: 50,25 % (Xã Tân Lập; 2 Công chức và kết quả)", "1 ô"),
    "groups-xa": ("ở Xã Đông Hòa: Cán bộ 95,00 %, Người dân 80,00 %",),
    "changes-xa": ("từ dot-1 đến dot-2", "Tăng rõ: 1 đơn vị; giảm rõ: 1; trong sai số lấy mẫu: 1; không rõ sai số: 1.",
                   "Xã An Bình (+11,02 điểm", "Xã Phú Mỹ (−15,01 điểm", "Không so sánh được: 1 đơn vị."),
    "answers-xa": ("3 câu hỏi", "phía thuận: 2a ", "Rất hài lòng 50,00 %", "Nghiêng ít nhất về phía thuận: 1b ",
                   "Không công bố: 1 câu hỏi."),
    "importance-xa-chung": ("Ưu tiên cải thiện: 1 Tiếp cận dịch vụ", "Có thể đã đủ: 2 Công chức và kết quả"),
    "funnel": ("phát ra 1.250 phiếu, thu về 1.100, hợp lệ 1.000, chờ xem xét 40, bị loại 50, không tính 10",),
    "days": ("22 phiếu thu về từ 01/10/2025 đến 04/10/2025; nhiều nhất: 15 phiếu ngày 01/10/2025.", "3 phiếu"),
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(KEYS))
def test_alternative_texts_say_the_main_facts(key: str) -> None:
    about = figures_of(made())[key].about()
    assert [fact for fact in FACTS[key] if fact not in about] == []


@pytest.mark.long
@pytest.mark.parametrize("key", sorted(KEYS))
def test_files_are_well_formed_and_say_what_they_show(key: str) -> None:
    names = {("xa", code): f"<script>{code}</script> & $x^2$ ]]>-- \u202e\x00" for code in UNITS}
    done = drawing(key, figures_of(made(names=names))[key])
    root = ElementTree.fromstring(done.svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert "\u202e" not in str(title.text)
    assert str(title.text) == done.about
    assert not [element for element in root.iter() if str(element.tag).endswith(("script", "date"))]
    assert done.png.startswith(b"\x89PNG")
    assert done.width_mm == 160


def digests() -> dict[str, str]:
    done = (drawing(key, drawn) for key, drawn in figures_of(made()).items())
    return {each.key: hashlib.sha256(each.svg + each.png).hexdigest() for each in done}


@pytest.mark.long
def test_the_same_bytes_under_other_settings() -> None:
    first = digests()
    assert digests() == first
    strange: dict[Any, Any] = {"font.size": 20, "font.family": "monospace", "svg.fonttype": "none", "svg.hashsalt": "other",
               "axes.facecolor": "red", "text.parse_math": True, "axes.formatter.use_locale": True}  # fmt: skip
    with matplotlib.rc_context(strange):
        assert digests() == first
        assert matplotlib.rcParams["font.size"] == 20
        assert svg_bytes(figure("days"), "") == svg_bytes(figure("days"), "")
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.long
def test_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Another locale, other settings of the user, another order of hashes."""
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 20\nsvg.fonttype: none\ntext.hinting: force_autohint\n"
    )
    code = f"from {__name__} import digests; print(sorted(digests().items()))"
    foreign = {
        "MATPLOTLIBRC": str(tmp_path),
        "LC_ALL": "de_DE.UTF-8",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(ROOT),
    }
    printed = subprocess.check_output(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | foreign, text=True, timeout=300
    )
    assert printed.strip() == str(sorted(digests().items()))


@pytest.mark.long
def test_which_figures_there_are_is_known_without_matplotlib() -> None:
    code = f"from {made.__module__} import made; from {figures_of.__module__} import figures_of; "
    code += "import sys; print(sorted(figures_of(made())), 'matplotlib' in sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True, timeout=300)
    assert printed.strip() == f"{sorted(KEYS)} False"


def test_a_notebook_shows_a_figure_without_pyplot() -> None:
    of = figure("days")
    assert of._repr_png_() == png_bytes(of, 110)  # type: ignore[attr-defined]


def test_without_matplotlib_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SurveyError) as told:
        figure("league-xa")
    assert [problem.code for problem in told.value.problems] == ["figures.not_installed"]
    assert "survey-scoring[report]" in told.value.problems[0].text("vi")


def test_text_and_marks_have_contrast() -> None:
    grounds = [*colours.STEPS, *colours.AGAINST, *colours.FOR, colours.MIDDLE]
    assert min(colours.contrast(ground, colours.text_on(ground)) for ground in grounds) >= 4.5
    texts = (colours.INK, colours.BEHIND, colours.MAIN, colours.STANDS_OUT)
    assert min(colours.contrast(text, "#FFFFFF") for text in texts) >= 4.5
    assert min(colours.contrast(mark, "#FFFFFF") for mark in colours.SERIES) >= 3
    assert len(set(colours.MARKERS)) == len(colours.SERIES) == len(colours.MARKERS)


#: What those see who have no cones for green, and none for red (Machado, Oliveira and Fernandes 2009, severity 1).
BLIND = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
}  # fmt: skip


def lab(colour: str, seen: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as it is seen."""
    srgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.clip(seen(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)), 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = to_xyz @ linear / np.array([0.9505, 1.0, 1.089])
    fx, fy, fz = (np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


@pytest.mark.parametrize("kind", sorted(BLIND))
def test_colours_that_mean_opposites_differ_for_the_colour_blind(kind: str) -> None:
    matrix = np.array(BLIND[kind])
    opposites = [
        (colours.MAIN, colours.STANDS_OUT),
        *zip(colours.AGAINST, reversed(colours.FOR), strict=True),
    ]
    for one, other in opposites:
        apart = np.linalg.norm(lab(one, lambda c: matrix @ c) - lab(other, lambda c: matrix @ c))
        assert apart > 20, (one, other)  # a difference of 2 can be seen at all


def test_the_style_sheet_comes_with_the_package() -> None:
    style = Path(str(colours.__file__)).with_name("figures.mplstyle").read_text(encoding="utf-8")
    assert "svg.hashsalt" in style
