"""Packages read back: what was handed over says the same in each of its forms, and nothing else is taken for a package."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

import surveys as sv
from surveys.handover.exchange import FORMAT

ROOT = Path(__file__).parents[2]
EARLIER = Path(__file__).parent / "handover" / "earlier_version"
TABLES = ("scores", "units", "groups", "forms", "rejected")


@pytest.fixture(scope="module")
def result() -> sv.Result:
    return sv.load(ROOT / "data-sample/first-survey").score()


@pytest.fixture(scope="module")
def written(result: sv.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("delivered") / "out"
    result.write(out)
    return out


@pytest.fixture
def alone(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written / "council" / "exchange.json", tmp_path / "từ viện.json"))


def codes(path: Path) -> list[str]:
    with pytest.raises(sv.SurveyError) as error:
        sv.read_package(path)
    return [problem.code for problem in error.value.problems]


def test_every_form_of_a_package_gives_the_same_frames(written: Path, alone: Path, tmp_path: Path) -> None:
    sv.hand_over(written, tmp_path / "handed")
    packages = [sv.read_package(p) for p in (written, written / "council", tmp_path / "handed", alone)]
    for name in TABLES:
        frames = [getattr(package, name) for package in packages]
        for frame in frames[1:]:
            pd.testing.assert_frame_equal(frame, frames[0])
    assert {package.study["code"] for package in packages} == {"sau-xa-2026"}
    assert [bool(package.run) for package in packages] == [True, True, True, False]


def test_types(alone: Path) -> None:
    package = sv.read_package(alone)
    assert package.scores["n_valid"].dtype == "Int64"
    assert package.units["rank"].dtype == "Int64"
    assert package.scores["percent"].dtype == "float64"
    assert {type(text) for text in package.scores["note"]} == {str}
    assert "\n" not in repr(package)
    assert package._repr_html_().startswith("<table>")
    assert package.instrument
    assert not package.kind.council


def rounded(value: float, digits: int) -> float:
    """Half up, of the shortest decimal that is the number."""
    if value != value:
        return value
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def test_they_are_the_results_rounded(result: sv.Result, alone: Path) -> None:
    package, key = sv.read_package(alone), ["unit_code", "node_code"]
    mine = result.scores[
        (result.scores["group"] == "all") & result.scores["node_code"].isin(package.scores["node_code"])
    ]
    both = package.scores.merge(mine, on=key, suffixes=("", "_unrounded"))
    assert len(both) == len(package.scores)
    whole = both["status"] != "incomplete"
    for name, value, digits in (
        ("percent", 100 * both["score"], 2),
        ("ci_low", 100 * both["ci_low_unrounded"], 2),
    ):
        expected = [rounded(one, digits) for one in value[whole]]
        pd.testing.assert_series_equal(
            both.loc[whole, name], pd.Series(expected, both.index[whole], name=name)
        )
    beside = package.units.merge(result.units, on="unit_code", suffixes=("", "_unrounded"))
    assert beside["rank"].tolist() == beside["rank_unrounded"].tolist()


def test_the_package_of_an_earlier_version_says_what_to_do(tmp_path: Path) -> None:
    """Made by the version before kinds of index were recorded."""
    assert codes(EARLIER) == ["verify.earlier_version"]
    assert [problem.code for problem in sv.verify(EARLIER)] == ["verify.earlier_version"]
    with pytest.raises(sv.SurveyError, match="surveys score"):
        sv.read_package(EARLIER)


def test_an_exchange_file_of_another_version_says_what_to_do(alone: Path) -> None:
    alone.write_text(
        alone.read_text(encoding="utf-8").replace(FORMAT, "surveys/exchange/2"), encoding="utf-8"
    )
    assert codes(alone) == ["package.other_format"]


Change = Callable[[str], str]


def without_a_column(text: str) -> str:
    return text.replace('"percent": ', '"per": ', 1)


DAMAGE: dict[str, tuple[Change, str]] = {
    "cut off": (lambda text: text[: len(text) // 2], "package.not_one"),
    "no object": (lambda _: "[1, 2]", "package.not_one"),
    "no format": (lambda text: text.replace('"format"', '"Format"'), "package.not_one"),
    "nested far too deeply": (lambda _: "[" * 100_000, "package.not_one"),
    "a table renamed": (lambda text: text.replace('"groups": [', '"group": ['), "package.damaged"),
    "a column renamed": (without_a_column, "package.damaged"),
    "a number as text": (lambda text: re.sub(r'"n_valid": (\d+)', r'"n_valid": "\1"', text, count=1), "package.damaged"),
    "a word for a number": (lambda text: re.sub(r'"n_valid": \d+', '"n_valid": NaN', text, count=1), "verify.not_a_number"),
    "no kind": (lambda text: text.replace('"classes": false', '"classes": 0'), "package.damaged"),
    "written otherwise": (lambda text: json.dumps(json.loads(text), ensure_ascii=False), "verify.form_of_json"),
    "a key twice": (lambda text: text.replace('{"block"', '{"block": "x", "block"', 1), "verify.form_of_json"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_told(name: str, alone: Path) -> None:
    change, code = DAMAGE[name]
    text = alone.read_text(encoding="utf-8")
    assert change(text) != text
    alone.write_text(change(text), encoding="utf-8")
    assert code in codes(alone)


def test_another_number_contradicts_the_rest(alone: Path) -> None:
    document = json.loads(alone.read_text(encoding="utf-8"), parse_float=Decimal)
    row = next(row for row in document["tables"]["units"] if row["percent"] is not None)
    text = alone.read_text(encoding="utf-8")
    line = next(
        line for line in text.splitlines() if f'"percent": {row["percent"]}' in line and '"rank_low"' in line
    )
    alone.write_text(
        text.replace(line, line.replace(f'"percent": {row["percent"]}', '"percent": 99.99')), encoding="utf-8"
    )
    assert "verify.council_total" in codes(alone)


def test_what_is_no_package_is_told(tmp_path: Path, written: Path) -> None:
    assert codes(tmp_path / "nowhere") == ["package.missing"]
    assert codes(tmp_path) == ["verify.not_a_package"]
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert codes(tmp_path / "bytes") == ["package.not_one"]
    assert codes(written / "scores.csv") == ["package.not_one"]
    changed = tmp_path / "changed"
    shutil.copytree(written, changed)
    (changed / "council" / "units.csv").write_bytes(b"")
    assert "verify.file_changed" in codes(changed)


def test_a_screening_has_no_tables_for_the_council(tmp_path: Path) -> None:
    sv.load(ROOT / "data-sample/first-survey").screen().write(tmp_path / "screened")
    assert codes(tmp_path / "screened") == ["package.no_council"]


def test_a_package_does_not_change_under_those_who_hold_it(alone: Path) -> None:
    package = sv.read_package(alone)
    package.study["code"] = "x"  # type: ignore[index]
    assert package.study["code"] == "sau-xa-2026"
