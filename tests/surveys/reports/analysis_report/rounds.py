"""Rounds of which reports are made: the samples, simulated ones of citizens, and rounds that are hard to tell of.

The hard ones are of a small index made here: a sum of fields, each with sub-criteria of one or two items with five levels;
citizens answer everything, staff the first field only. ``written(folder, Hard(...))`` scores one and writes its results.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import surveys as sv
from tests.trouble.trial import trial

SAMPLES = Path(__file__).parents[4] / "data-sample"
MORE = """
[[groups]]
code = "cb"
label_vi = "Cán bộ"
label_en = "Staff"

[[questionnaires]]
code = "p2"
block = "xa"
group = "cb"
label_vi = "Phiếu cán bộ"
label_en = "Staff form"
modes = ["online", "paper"]
"""
TREE_HEADING = "code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source"
ITEM_HEADING = "code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source"
UNIT_HEADING = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors"
#: Points of a sub-criterion.
MOST = 2
#: Names that are markup, a formula, directions of writing, other scripts, a line end or no end.
HOSTILE = (
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://x\",\"y\")",
    "Xã “A & B” <b>đậm</b>",
    "Xã \u202eđảo ngược\u202c",
    "Xã {{ 7*7 }} {% raw %} ]]> $x^2$",
    "Xã \u05d0\u05d1 \u4e2d",
    "+cmd|' /C calc'!A0",
    "Xã " + "Rất Dài " * 60 + "Cuối",
)  # fmt: skip


@dataclass(frozen=True)
class Hard:
    """A round of the small index.

    ``names`` of the units; ``levels``: of each unit the mean level of its answers, from 1 to 5 (or the same for all);
    ``forms``: of each unit its forms of citizens and of staff; ``minimum``: forms below which nothing is shown; ``fields`` and
    ``parts``: how many fields, how many sub-criteria in each; ``year`` of the round; ``spread`` of the
    answers; ``settings``: more TOML of its ``study.toml``.
    """

    names: Sequence[str]
    levels: Sequence[float]
    forms: Sequence[tuple[int, int]]
    minimum: int = 5
    fields: int = 2
    parts: int = 2
    year: int = 2025
    seed: int = 1
    spread: float = 0.8
    settings: str = ""

    @property
    def codes(self) -> list[str]:
        return [f"u{k + 1:04d}" for k in range(len(self.names))]


def written(folder: Path, hard: Hard) -> Path:
    """The round scored, its results written; the path of the results."""
    study(folder / "study", hard)
    sv.load(folder / "study").score().write(folder / "results")
    return folder / "results"


def study(folder: Path, hard: Hard) -> Path:
    """The folder of the study."""
    leaves = [(f, p) for f in range(1, hard.fields + 1) for p in range(1, hard.parts + 1)]
    tree = [f"0,,unit,sum,total,1,{MOST * len(leaves)},,Chỉ số,Index,tu-dat"]
    items: list[str] = []
    for f, p in leaves:
        if p == 1:
            tree.append(f"{f},0,field,sum,total,1,{MOST * hard.parts},,Lĩnh vực {f},Field {f},tu-dat")
        asked, groups = ("p1;p2", "dan;cb") if f == 1 else ("p1", "dan")
        tree.append(
            f"{f}.{p},{f},sub_criterion,mean,survey,1,{MOST},{groups},Thành phần {f}.{p},Part {f}.{p},tu-dat"
        )
        for q in "ab"[: 1 + p % 2]:
            items.append(f"{f}.{p}{q},{f}.{p},{asked},hl,0,1,Nội dung {f}.{p}{q},Content {f}.{p}{q},,tu-dat")
    units = [
        f"{code},xa,{_cell(name)},{_cell('EN ' + name)},,,,"
        for code, name in zip(hard.codes, hard.names, strict=True)
    ]
    parts = {"more": MORE, "tree": _csv(TREE_HEADING, tree), "items": _csv(ITEM_HEADING, items)}
    trial(
        folder,
        {f"{q}.csv": _csv(_headings(hard, leaves, q), _returns(hard, leaves, q)) for q in ("p1", "p2")},
        returns="".join(f'\n[[returns]]\npath = "{q}.csv"\nquestionnaire = "{q}"\n' for q in ("p1", "p2")),
        settings=f'\n[[weights]]\ngroup = "cb"\nbase = "equal"\nfinite = false\n{hard.settings}',
        parts={**parts, "units": _csv(UNIT_HEADING, units)},
    )
    settings = (folder / "study.toml").read_text(encoding="utf-8")
    for old, new in (
        ("forms = 1", f"forms = {hard.minimum}"),
        ("Đợt thử", f"Đợt thử năm {hard.year}"),
        ('"Trial"', f'"Trial {hard.year}"'),
        ('"thu"', f'"thu-{hard.year}"'),
        ("2025-", f"{hard.year}-"),
    ):
        settings = settings.replace(old, new)
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    return folder


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _csv(heading: str, rows: Sequence[str]) -> str:
    return "\n".join((heading, *rows, ""))


def _asked(leaves: Sequence[tuple[int, int]], questionnaire: str) -> Iterator[str]:
    for f, p in leaves:
        if questionnaire == "p1" or f == 1:
            yield from (f"Nội dung {f}.{p}{q}" for q in "ab"[: 1 + p % 2])


def _headings(hard: Hard, leaves: Sequence[tuple[int, int]], questionnaire: str) -> str:
    return ",".join(("Mã phiếu", "Đơn vị", "Ngày trả lời", *_asked(leaves, questionnaire)))


def _returns(hard: Hard, leaves: Sequence[tuple[int, int]], questionnaire: str) -> list[str]:
    """Forms whose answers lie around the unit's level; the same for units of the same level where nothing is spread."""
    chance = random.Random(f"{hard.seed} {questionnaire}")
    asked, rows = len(list(_asked(leaves, questionnaire))), []
    for unit, (code, level, forms) in enumerate(zip(hard.codes, hard.levels, hard.forms, strict=True)):
        for form in range(forms[questionnaire == "p2"]):
            answers = [_answer(chance, level, hard.spread, form + item) for item in range(asked)]
            day = f"{hard.year}-10-{1 + (unit + form) % 28:02d} 08:00:00"
            rows.append(",".join((f"{questionnaire}-{code}-{form}", code, day, *map(str, answers))))
    return rows


def _answer(chance: random.Random, level: float, spread: float, place: int) -> int:
    """An answer of five; without spread, one of the two next to the level, by turns."""
    found = chance.gauss(level, spread) if spread else level + (0.5 if place % 2 else -0.5)
    return min(5, max(1, round(found)))


def even(
    names: Sequence[str], *, forms: tuple[int, int] = (12, 8), step: float = 0.12, **more: int | float
) -> Hard:
    """A round whose units lie apart by the same step, the first the best."""
    levels = [4.6 - step * (k % 20) for k in range(len(names))]
    return Hard(names, levels, [forms] * len(names), **more)  # type: ignore[arg-type]


def communes(count: int) -> list[str]:
    return [f"Xã số {k + 1}" for k in range(count)]


#: Two of four units have the same answers to every question.
TIED = Hard(communes(4), [4.5, 4, 4, 3], [(12, 8)] * 4, spread=0)
ONE = even(communes(1))
#: The second and the fifth of six have too few forms of staff, the third none of anybody.
INCOMPLETE = Hard(
    communes(6), [4.4, 4.2, 4, 3.8, 3.6, 3.4], [(12, 8), (12, 2), (0, 0), (12, 8), (12, 3), (12, 8)]
)
#: No cell has enough forms: no folder of results can be written.
SUPPRESSED = even(communes(4), minimum=500)
NAMED = even(HOSTILE)
#: An earlier and a later round of the same eight units: some rise clearly, some hardly.
BEFORE = Hard(communes(8), [3, 3.2, 3.4, 3.6, 3.8, 4, 4.2, 4.4], [(15, 9)] * 8, year=2024, seed=3)
AFTER = Hard(communes(8), [4.6, 3.2, 3.5, 3.5, 3.9, 3, 4.2, 4.4], [(15, 9)] * 8, seed=4)
#: So many units that each has a file of its own.
MANY = even(communes(104), forms=(6, 5), parts=1)
#: One unit only has enough forms of anything.
LONELY = Hard(communes(4), [4.5, 4, 3.5, 3], [(12, 8), (2, 2), (3, 0), (1, 4)])
#: No unit has enough forms of staff: no unit has a total, and no folder of results can be written.
HIDDEN = Hard(communes(4), [4.5, 4, 3.5, 3], [(12, 2)] * 4)
#: The same of a study that scores over the groups that have forms.
RENORMALISED = replace(HIDDEN, settings='\n[inference]\non_missing_group = "renormalise"\n')
#: All communes of the country.
COUNTRY = even(communes(3300), forms=(6, 5), fields=4, parts=3)
#: Key → edition and scale of the sample of simulated rounds.
SIMULATED = {"ha-noi": ("ha-noi/2023", 0.4), "sipas": ("sipas/2022", 0.02), "papi": ("papi/2018", 0.1)}
HARD = {
    "tied": TIED, "one": ONE, "incomplete": INCOMPLETE, "lonely": LONELY, "renormalised": RENORMALISED, "named": NAMED,
    "small-before": BEFORE, "small": AFTER, "many": MANY, "country": COUNTRY,
}  # fmt: skip


def make(key: str, folder: Path) -> None:
    """Write the results of a round into ``folder/results``: ``first-survey`` or ``ha-noi``, as they are shipped, ``sipas`` or
    ``papi``, as simulated, each of the last three with ``-before`` as it was a year earlier, or one of :data:`HARD`."""
    name = key.removesuffix("-before")
    if key in HARD:
        written(folder, HARD[key])
        return
    if key in ("first-survey", "ha-noi"):
        place = SAMPLES / {"ha-noi": "ha-noi-2023"}.get(key, key)
    else:
        place = folder / "study"
        edition, scale = SIMULATED[name]
        sv.simulate(edition, seed=8 if name != key else 7, out=place, scale=scale)
        if name != key:
            _a_year_earlier(place / "study.toml")
    sv.load(place).score().write(folder / "results")


def _a_year_earlier(settings: Path) -> None:
    """The round called by the year before; its days stay, since forms are dated."""
    text = settings.read_text(encoding="utf-8")
    year = text.partition('\nstart = "')[2][:4]
    for label in [line for line in text.splitlines() if line.startswith("label_")]:
        text = text.replace(label, label.replace(year, str(int(year) - 1)))
    settings.write_text(text, encoding="utf-8")
