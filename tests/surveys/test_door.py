"""The public door: what a user imports, how it shows itself, and a study under other settings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import surveys as sv

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "data-sample/first-survey"


@pytest.fixture(scope="module")
def study() -> sv.Study:
    return sv.load(FIRST)


@pytest.fixture(scope="module")
def result(study: sv.Study) -> sv.Result:
    return study.score()


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, surveys; print(sorted({'numpy', 'pandas', 'pydantic', 'typer'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_door_is_there() -> None:
    assert sv.__all__ == sorted(sv.__all__, key=lambda name: (name[0].islower(), name))
    assert {type(getattr(sv, name)).__name__ for name in sv.__all__} <= {"type", "function"}
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        sv.lod  # noqa: B018


def test_paths_are_text_or_paths(study: sv.Study) -> None:
    for path in (str(FIRST), FIRST, FIRST / "study.toml", str(FIRST / "study.toml")):
        assert sv.load(path).definition == study.definition


def test_everything_shows_itself_in_ten_lines(study: sv.Study, result: sv.Result) -> None:
    shown = (
        study, result, study.screen(), result.returns, result.screening, result.samples, result.scored,
        sv.compare(result, result), study.definition,
    )  # fmt: skip
    for each in shown:
        assert "\n" not in repr(each)
        assert len(repr(each)) < 500, type(each)
    for each in shown[:-1]:
        html = each._repr_html_()
        assert html.count("<tr>") in range(1, 10), type(each)
        assert html.startswith("<table>")


def test_the_funnel_of_the_result_is_that_of_the_screening(study: sv.Study, result: sv.Result) -> None:
    screened = study.screen()
    pd.testing.assert_frame_equal(screened.funnel, result.funnel)
    pd.testing.assert_frame_equal(screened.forms, result.forms)
    assert result.forms["disposition"].value_counts().to_dict() == {"valid": 155, "rejected": 12, "review": 3}
    assert set(screened.warnings) <= set(result.warnings)


@pytest.mark.parametrize(
    ("sections", "written"),
    [
        (
            {"rules": {"too_few_answers": {"minimum_share": 1.0}}},
            '[[rules]]\nrule = "too_few_answers"\nseverity = "reject"\nminimum_share = 1.0\n',
        ),
        (
            {"rules": {"outside_fieldwork": None}},
            '[[rules]]\nrule = "outside_fieldwork"\nseverity = "off"\n',
        ),
        (
            {"rules": {"unknown_unit": {"severity": "reject"}}},
            '[[rules]]\nrule = "unknown_unit"\nseverity = "reject"\n',
        ),
        ({"minimum": {"forms": 26}}, "[minimum]\nforms = 26\n"),
        (
            {"inference": {"level": 0.9}, "scoring": {"numerator": "satisfied"}},
            '[inference]\nlevel = 0.9\n[scoring]\nnumerator = "satisfied"\n',
        ),
    ],
)
def test_replacing_is_writing_it_into_study_toml(
    study: sv.Study, sections: dict[str, object], written: str, tmp_path: Path
) -> None:
    shutil.copytree(FIRST, tmp_path / "study")
    with (tmp_path / "study/study.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{written}")
    by_hand, replaced = sv.load(tmp_path / "study").score(), study.replace(**sections).score()
    pd.testing.assert_frame_equal(replaced.scores, by_hand.scores)
    pd.testing.assert_frame_equal(replaced.forms, by_hand.forms)


def test_replacing_weights_changes_the_group_named(study: sv.Study) -> None:
    trimmed = study.replace(weights={"citizens": {"trim": [0.5, 2.0]}})
    (plan,) = trimmed.definition.weights
    assert (plan.base, plan.trim) == ("equal", (0.5, 2.0))
    assert study.replace(weights=[]).definition.weights == ()


def test_replacing_twice_keeps_both_changes_and_says_so(study: sv.Study) -> None:
    twice = study.replace(minimum={"forms": 8}).replace(rules={"too_fast": None})
    assert twice.definition.minimum.forms == 8
    assert "too_fast" not in {rule.rule for rule in twice.definition.rules}
    assert twice.definition.changed == ("minimum", "rules")
    assert study.definition.changed == ()
    assert study.definition.minimum.forms == 5


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ({"minimun": {"forms": 3}}, "record.unknown_key"),
        ({"minimum": {"froms": 3}}, "record.unknown_key"),
        ({"minimum": {"forms": 0}}, "record.out_of_range"),
        ({"rules": {"too_few": {"severity": "flag"}}}, "rule.unknown"),
        ({"rules": {"too_few_answers": {"minimum_share": 2}}}, "validity.parameter_range"),
        ({"weights": {"citizen": {"base": "equal"}}}, "reference.group"),
    ],
)
def test_settings_that_are_not_accepted_are_faults(
    study: sv.Study, sections: dict[str, object], code: str
) -> None:
    with pytest.raises(sv.SurveyError) as error:
        study.replace(**sections)
    assert code in [problem.code for problem in error.value.problems]


def test_a_round_is_compared_as_result_study_or_path(
    study: sv.Study, result: sv.Result, tmp_path: Path
) -> None:
    result.write(tmp_path / "results")
    changes = [sv.compare(result, new).changes for new in (result, study, FIRST, str(FIRST))]
    for other in changes[1:]:
        pd.testing.assert_frame_equal(other, changes[0])
    assert (changes[0]["change"] == 0).all()


def test_a_result_writes_what_verifies(result: sv.Result, tmp_path: Path) -> None:
    result.write(str(tmp_path / "results"))
    assert sv.verify(tmp_path / "results") == ()
    (tmp_path / "results/units.csv").write_bytes(b"")
    assert {problem.severity for problem in sv.verify(str(tmp_path / "results"))} == {"error"}


@pytest.mark.long
def test_a_simulated_round_is_a_study(tmp_path: Path) -> None:
    sv.simulate("ha-noi/2023", 5, tmp_path / "round", scale=0.05)
    made = sv.load(tmp_path / "round")
    assert made.instrument.name == "ha-noi/2023"
    assert made.check() == sv.check(tmp_path / "round")


def test_a_questionnaire_that_is_not_named_is_recognised_and_scored(
    tmp_path: Path, result: sv.Result
) -> None:
    shutil.copytree(FIRST, tmp_path / "first")
    file = tmp_path / "first/study.toml"
    file.write_text(file.read_text("utf-8").replace('questionnaire = "xa-1"\n', ""), "utf-8")
    pd.testing.assert_frame_equal(sv.load(tmp_path / "first").score().units, result.units)
