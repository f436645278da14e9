"""Do the intervals of scores hold what they promise? Rounds with a known truth, scored as the engine scores.

``python -m tests.surveys.scoring.coverage`` prints the table of ``docs/``: one line per setting, at least 2,000 draws each. A
draw is the total of one unit of a round of 40; rounds follow each other until there are enough. Answers are on five levels, cut
from a latent normal value that the respondent, the cluster and the question share in; the true score varies between units.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from surveys.comparison.changes import compare
from surveys.comparison.compared_round import ComparedRound
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Inference, StudyDefinition
from surveys.sampling.samples import Sample
from surveys.scoring.block_inputs import inputs_of
from surveys.scoring.branches import Branch
from surveys.scoring.inference import satterthwaite
from surveys.scoring.joint_errors import joint_errors
from surveys.scoring.score_table import table_of
from surveys.scoring.tree import walk
from surveys.scoring.values import Values
from tests.coverage_criterion import LEAST, chance_of_so_few, significantly_below
from weighting import Design, calibrate
from weighting.estimation.intervals import t_quantile

SMALL = Path(__file__).parents[2] / "rounds" / "small" / "instrument" / "instrument.toml"
UNITS = 40
DRAWS = 2_400
LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
GROUPS = ("a", "b", "c")
#: How variances were estimated before cells informed each other and leverages were made up for.
BEFORE = Inference(variances="own", small_sample="clusters")
#: Standard deviation of the true scores between units, and what the questions of one respondent share.
BETWEEN, WITHIN = 0.03, 0.5


@dataclass(frozen=True)
class Group:
    """The sample of one group in every unit: ``n`` answers (of ``clusters`` of equal size, or of respondents) with true score
    ``score``, out of ``population`` (0: without end); ``weights`` equal, unequal or raked."""

    n: int
    score: float
    population: int = 0
    clusters: int = 0
    weights: str = "equal"


@dataclass(frozen=True)
class Setting:
    """One line of the table: groups of equal weight, questions each, and what is looked at: score, change or difference."""

    kind: str
    groups: tuple[Group, ...]
    items: int = 3
    of: str = "score"
    before: tuple[Group, ...] = ()

    @property
    def name(self) -> str:
        return f"{', '.join(_named(g) for g in self.groups)}; {self.items} questions" + (
            f"; before: {', '.join(_named(g) for g in self.before)}" if self.before else ""
        )


def _named(group: Group) -> str:
    of = f" of {group.population}" if group.population and group.weights != "raked" else ""
    clusters = f" in {group.clusters} clusters" if group.clusters else ""
    weights = "" if group.weights == "equal" else f" {group.weights}"
    return f"{group.n}{of}{clusters}{weights} at {group.score:g}"


def settings() -> tuple[Setting, ...]:
    """The grid: sizes 3–100, 4–40 clusters, scores 0.5–0.98, flat groups beside others, unequal and raked weights, near-census,
    several nodes and groups, differences, changes with a flat side."""
    alone = [
        Setting("one group", (Group(n, p),), items)
        for n in (3, 5, 10, 20, 40, 100)
        for p in (0.5, 0.8, 0.9, 0.95, 0.98)
        for items in (1, 3)
    ]
    mixed = [
        Setting("groups, some flat", tuple(Group(n, p) for n, p in zip(sizes, scores, strict=True)), items)
        for sizes in ((5, 40, 60), (3, 40, 60), (5, 5, 5), (10, 10, 10))
        for scores in ((0.95, 0.85, 0.8), (0.98, 0.9, 0.9), (0.98, 0.98, 0.98), (0.9, 0.9, 0.9))
        for items in (1, 3, 8)
    ]
    clusters = [
        Setting("clusters", (Group(8 * c, p, clusters=c),)) for c in (4, 8, 15, 40) for p in (0.5, 0.8, 0.95)
    ]
    near = [
        Setting("near-census", tuple(Group(n, p, N) for n, N in of), items)
        for of in (((5, 6),), ((11, 15),), ((20, 24),), ((90, 95),), ((11, 15), (40, 400)))
        for p in (0.8, 0.95)
        for items in (1, 3)
    ]
    weights = [
        Setting(kind, (Group(n, p, 2_000 if kind == "raked" else 0, weights=kind),), items)
        for kind in ("unequal", "raked")
        for n in (20, 40)
        for p in (0.6, 0.8, 0.95)
        for items in (1, 3)
    ]
    flat, wide = (Group(5, 0.98), Group(40, 0.95)), (Group(5, 0.9), Group(40, 0.85))
    two = [
        Setting(of, groups, 1, of, before)
        for of, before in (("change", wide), ("change", flat), ("difference", ()))
        for groups in (flat, wide, (Group(3, 0.95),), (Group(20, 0.8), Group(20, 0.9)))
        if not before or len(before) == len(groups)
    ]
    return (*alone, *mixed, *clusters, *near, *weights, *two)


# --- rounds -----------------------------------------------------------------------------------------------------------


@cache
def study_of(groups: int, items: int, inference: Inference) -> StudyDefinition:
    """A study of 40 units in one block whose total is the mean of two nodes (one with a single question) over the groups."""
    head, rest = SMALL.read_text(encoding="utf-8").split("[[groups]]", 1)
    scales = rest[rest.index("[scales.agree]") :]
    asked = ";".join(f"q-{g}" for g in GROUPS[:groups])
    declared = "".join(
        f'[[groups]]\ncode = "{g}"\nlabel_vi = "Nhóm {g}"\nlabel_en = "Group {g}"\n\n'
        f'[[questionnaires]]\ncode = "q-{g}"\nblock = "b"\ngroup = "{g}"\nlabel_vi = "Phiếu {g}"\nlabel_en = "Form {g}"\n'
        'modes = ["paper"]\n\n'
        for g in GROUPS[:groups]
    )
    nodes = ["0,,unit,mean_of_items,total,,,,,,,Tổng,Total,TEST"]
    of_node = [1] * items if items == 1 else [1] * (items - 1) + [2]
    for node in sorted(set(of_node)):
        weights = ";".join(f"{g}:1" for g in GROUPS[:groups])
        nodes.append(f"{node},0,sub_criterion,mean,survey,,,,,{weights},,Phần {node},Part {node},TEST")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = {
            "instrument.toml": head.replace("total_points = 6\n", "") + declared + scales,
            "items.csv": "code,node,questionnaires,scale,text_vi,text_en,source\n"
            + "".join(f"i{k},{n},{asked},agree,Câu {k},Item {k},TEST\n" for k, n in enumerate(of_node)),
            "tree.csv": "code,parent,level,rule,measured_by,weight,max_points,low,high,groups,blocks,label_vi,label_en,source\n"
            + "".join(line + "\n" for line in nodes),
            "units.csv": "code,block,name_vi,name_en\n"
            + "".join(f"u{k},b,Phòng {k},Office {k}\n" for k in range(UNITS)),
        }
        (folder / "instrument").mkdir()
        for name, text in files.items():
            (folder / "instrument" / name).write_text(text, encoding="utf-8")
        (folder / "study.toml").write_text(
            '[study]\ncode = "c"\nlabel_vi = "Phủ"\nlabel_en = "Coverage"\ninstrument = "./instrument"\n',
            encoding="utf-8",
        )
        return replace(load_study(folder), inference=inference)


@dataclass(frozen=True)
class Drawn:
    """Answers of one group in all units, values [n, items], with what the design needs; ``truth`` [U]."""

    unit: np.ndarray
    cluster: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    traits: pd.DataFrame
    margins: dict[object, dict[object, float]]
    population: int
    truth: np.ndarray


def levels_of(score: np.ndarray) -> np.ndarray:
    """Shares of five levels with these means [U, 5]: beta-binomial."""
    a, b, k = 4 * score[:, None], 4 * (1 - score[:, None]), np.arange(5)
    shares = special.comb(4, k) * special.beta(k + a, 4 - k + b) / special.beta(a, b)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def draw(rng: np.random.Generator, group: Group, items: int, score: np.ndarray) -> Drawn:
    """One group of a round whose units have the true scores ``score`` [U]."""
    size, N = len(score), group.population or group.n
    shares = levels_of(score)
    traits = np.stack([rng.integers(0, 2, (size, N)), rng.integers(0, 3, (size, N))], axis=2)
    if group.weights == "raked":  # every combination answers, so that margins can be met
        traits[:, :6] = [[k % 2, k // 2] for k in range(6)]
    shared = np.sqrt(WITHIN) * rng.standard_normal((size, N, 1))
    if group.clusters:
        of_cluster = rng.standard_normal((size, group.clusters, 1)).repeat(N // group.clusters, axis=1)
        shared = np.sqrt(0.1) * of_cluster + np.sqrt(0.9) * shared
    if group.weights == "raked":  # the traits tell a fifth of what respondents share
        told = (traits[..., 0] - 0.5) / 0.5 + (traits[..., 1] - 1) / np.sqrt(2 / 3)
        shared = np.sqrt(0.8) * shared + np.sqrt(0.2 * WITHIN / 2) * told[..., None]
    latent = shared + np.sqrt(1 - WITHIN) * rng.standard_normal((size, N, items))
    cuts = special.ndtri(np.clip(np.cumsum(shares, axis=1)[:, :-1], 1e-12, 1 - 1e-12))
    everyone = LEVELS[(latent[..., None] > cuts[:, None, None, :]).sum(axis=-1)]
    truth = everyone.mean(axis=(1, 2)) if group.population else shares @ LEVELS
    n = group.n
    unit = np.repeat(np.arange(size), n)
    cluster = np.arange(size * n) // (n // group.clusters if group.clusters else 1)
    weight = rng.lognormal(0, 0.6, size * n) if group.weights == "unequal" else np.full(size * n, N / n)
    names = ("sex", "age")
    frame = pd.DataFrame({"unit": unit, **dict(zip(names, traits[:, :n].reshape(-1, 2).T, strict=True))})
    margins: dict[object, dict[object, float]] = {}
    if group.weights == "raked":
        for k, name in enumerate(names):
            margins["unit", name] = {
                (u, c): float(count)
                for u in range(size)
                for c, count in zip(*np.unique(traits[u, :, k], return_counts=True), strict=True)
            }
    answers = everyone[:, :n].reshape(size * n, items)
    return Drawn(unit, cluster, answers, weight, frame, margins, group.population, truth)


def values_of(drawn: Drawn, study: StudyDefinition, group: str) -> Values:
    """One group's answers as the engine holds them."""
    fpc = np.full(len(drawn.unit), float(drawn.population)) if drawn.population else None
    design = Design(
        drawn.traits,
        weights=drawn.weight,
        strata="unit",
        clusters=drawn.cluster,
        fpc=fpc,
        nest=True,
        small_sample=study.inference.small_sample,
    )
    if drawn.margins:
        design = calibrate(design, drawn.margins, distance="raking")
    units = study.assessed_units("b")
    forms = np.bincount(drawn.unit, minlength=len(units))
    population = np.full(len(units), float(drawn.population or np.nan))
    fraction = np.nan_to_num(forms / population)
    rows = np.arange(len(drawn.unit))
    no_census = np.full(len(units), np.nan)
    sample = Sample(
        "b", group, units, rows, drawn.unit, design, design, population, fraction, response=no_census
    )
    valid = np.ones(drawn.value.shape, dtype=bool)
    items = study.instrument.items
    return Values(
        sample=sample,
        items=items,
        valid=valid,
        value=drawn.value,
        satisfied=(drawn.value >= 0.75).astype(float),
        rated=np.ones(len(items), dtype=bool),
        minimum=1,
        moderate=study.inference.variances == "moderated",
    )


@dataclass(frozen=True)
class Scored:
    """A round: the total of each unit, its branch and all inputs, for the intervals of differences and changes."""

    study: StudyDefinition
    table: pd.DataFrame
    total: Branch
    between: np.ndarray

    @classmethod
    def of(cls, drawn: Sequence[Drawn], inference: Inference, *, pairs: bool) -> Scored:
        study = study_of(len(drawn), drawn[0].value.shape[1], inference)
        values = {g: values_of(d, study, g) for g, d in zip(GROUPS, drawn, strict=False)}
        block = inputs_of(study, "b", values)
        total = next(b for b in walk(block) if b.code == "0" and b.group == "all")
        between = joint_errors(block, total).matrix if pairs else np.zeros((0, 0))
        return cls(study, table_of(block, [total]), total, between)


def rounds(setting: Setting, seed: int) -> Iterator[tuple[list[Drawn], list[Drawn]]]:
    """Rounds until there are enough draws: the groups now, and before where a change is looked at."""
    rng = np.random.default_rng(seed)
    of_round = UNITS // 2 if setting.of == "difference" else UNITS
    for _ in range(DRAWS // of_round):
        score = [
            np.clip(g.score + BETWEEN * rng.standard_normal(UNITS), 0.02, 0.995)
            for g in (*setting.groups, *setting.before)
        ]
        drawn = [
            draw(rng, g, setting.items, s)
            for g, s in zip((*setting.groups, *setting.before), score, strict=True)
        ]
        yield drawn[: len(setting.groups)], drawn[len(setting.groups) :]


# --- what is counted --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """Intervals that hold their truth among ``draws`` (one that is missing does not), and the mean width of those there are."""

    held: int
    draws: int
    width: float

    @property
    def coverage(self) -> float:
        return self.held / self.draws

    @property
    def p_value(self) -> float:
        """Chance of so few or fewer if the coverage were 93 %."""
        return chance_of_so_few(self.held, self.draws)


def intervals_of(setting: Setting, now: list[Drawn], before: list[Drawn], inference: Inference) -> np.ndarray:
    """Lower limit, upper limit and truth of every draw of a round, [3, draws]."""
    truth = np.mean([d.truth for d in now], axis=0)
    scored = Scored.of(now, inference, pairs=setting.of == "difference")
    if setting.of == "score":
        return np.array([scored.table["ci_low"], scored.table["ci_high"], truth])
    if setting.of == "change":
        old = Scored.of(before, inference, pairs=False)
        ranks = pd.DataFrame({"block": "b", "unit_code": old.table["unit_code"]})
        ranks = ranks.assign(**dict.fromkeys(("rank", "rank_low", "rank_high"), np.arange(1, UNITS + 1)))
        one, two = (ComparedRound(s.study.instrument, s.table, ranks) for s in (old, scored))
        change = compare(one, two).table
        return np.array(
            [change["ci_low"], change["ci_high"], truth - np.mean([d.truth for d in before], axis=0)]
        )
    first, second = np.arange(0, UNITS, 2), np.arange(1, UNITS, 2)
    value, df, V = scored.table["score"].to_numpy(), scored.table["df"].to_numpy(), scored.between
    variance = np.array([np.diag(V)[first], np.diag(V)[second]])
    se = np.sqrt(variance.sum(axis=0) - 2 * V[first, second])
    half = t_quantile(satterthwaite(variance, np.array([df[first], df[second]]))) * se
    gap = value[first] - value[second]
    return np.array([gap - half, gap + half, truth[first] - truth[second]])


def counted(setting: Setting, inference: Inference, seed: int = 2026) -> Counted:
    """Coverage and mean width of a setting."""
    of_rounds = [intervals_of(setting, now, before, inference) for now, before in rounds(setting, seed)]
    low, high, truth = np.concatenate(of_rounds, axis=1)
    held = (low <= truth + 1e-12) & (truth <= high + 1e-12)
    return Counted(int(held.sum()), held.size, float(np.nanmean(high - low)))


def below(found: Sequence[Counted]) -> list[int]:
    """Lines whose coverage is below 93 %, one-sided, after Holm."""
    return significantly_below([one.p_value for one in found])


if __name__ == "__main__":
    for setting in settings():
        new, old = (counted(setting, inference) for inference in (Inference(), BEFORE))
        print(
            f"| {setting.kind} | {setting.name} | {100 * old.coverage:.1f} | {100 * new.coverage:.1f} |"
            f" {100 * old.width:.1f} | {100 * new.width:.1f} |{' *' if new.coverage < LEAST else ''}",
            flush=True,
        )
