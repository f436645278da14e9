"""Units: matched by name or declared alias, never by accident; look-alikes; units that have ended; forms without a code."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from openpyxl import Workbook

import surveys as sv
from surveys.returns.reading import read_returns
from tests.trouble.trial import HEADINGS, RULES, forms, reasons, score_of, table, told, trial

REGISTER = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n"
TWINS = REGISTER + (
    "tan-hoa,xa,Xã Tân Hòa,,Tân Hòa,,,\ntan-hoa-2,xa,Xã Tân Hóa,,Tân Hóa,,,\nBV,xa,Xã Ba Vì,,Ba Vì,,,\n"
    "12,xa,Xã Mười Hai,,,,,\n"
)


def codes(path: Path) -> list[str]:
    return sv.load(path).screen().returns.rows["unit_code"].tolist()


def named(*units: str) -> str:
    return table((f"P{k}", unit, "", 4, 3, 5) for k, unit in enumerate(units, 1))


@pytest.mark.parametrize("written", ["Tan Hoa", "tan hoa", "Xa Tan Hoa", "Tân Hoa"])
def test_a_name_that_two_units_may_mean_is_neither_however_a_code_reads(tmp_path: Path, written: str) -> None:
    path = trial(tmp_path, {"r.csv": named(written, "Xã Tân Hòa")}, parts={"units": TWINS})
    assert codes(path) == ["", "tan-hoa"]
    assert reasons(path, 2) == {"unknown_unit"}
    proposed = sv.load(path).screen().returns.proposals
    assert set(proposed.loc[proposed["text"] == written, "proposed_code"]) >= {"tan-hoa", "tan-hoa-2"}


@pytest.mark.parametrize("written", ["Xa Ba Vi", "ba vi", "Ba Vi", "XÃ BA VI"])
def test_a_name_without_tones_that_one_unit_has_is_that_unit_for_review(tmp_path: Path, written: str) -> None:
    path = trial(tmp_path, {"r.csv": named(written)}, parts={"units": TWINS})
    assert codes(path) == ["BV"]
    assert reasons(path, 2) == {"unit_without_tones"}
    first = sv.load(path).screen().returns.proposals.iloc[0]
    assert (first["text"], first["proposed_code"]) == (written, "BV")


def test_once_the_spelling_is_confirmed_its_forms_are_valid(tmp_path: Path) -> None:
    path = trial(
        tmp_path,
        {"r.csv": named("ba vi")},
        settings='[files]\nunit_decisions = "units.csv"\n',
        returns='[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n',
        parts={"units": TWINS},
    )
    (path / "units.csv").write_text("block,text,unit_code\nxa,ba vi,BV\n", encoding="utf-8")
    assert (codes(path), set(forms(path).values())) == (["BV"], {"valid"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("tan-hoa", "TAN_HOA", "tan-hoa-2"), ["tan-hoa", "tan-hoa", "tan-hoa-2"]),
        (("Xã Tân Hòa", "tan-hoa"), ["tan-hoa", "tan-hoa"]),
        (("bv", "12", "tan-hoa"), ["BV", "12", "tan-hoa"]),
        (("XÃ TÂN HÓA", "tân hoà"), ["tan-hoa-2", "tan-hoa"]),
        (("Xã Ba Ví", "Xã Bà Vì"), ["", ""]),  # another tone is another name
        (("012",), [""]),
    ],
)
def test_codes_are_codes_and_names_are_names(
    tmp_path: Path, written: tuple[str, ...], meant: list[str]
) -> None:
    path = trial(tmp_path, {"r.csv": named(*written)}, parts={"units": TWINS})
    assert codes(path) == meant


NUMBERED = REGISTER + "1,xa,Xã An Bình,,,,,\n2,xa,Xã Long Mỹ,,,,,\n3,xa,Phường Hòa Thuận,,,,,\n"


@pytest.mark.parametrize("written", [("1.0", "3.0", "2.0"), ("1,0", "3,0", "2,0"), ("1.00", "3.00", "2.00")])
def test_codes_that_a_program_took_for_numbers_are_read_where_the_column_is_so(
    tmp_path: Path, written: tuple[str, ...]
) -> None:
    path = trial(tmp_path, {"r.csv": named(*written)}, parts={"units": NUMBERED})
    assert codes(path) == ["1", "3", "2"]
    log = sv.load(path).screen().returns.conversions
    assert log.loc[log["conversion"] == "decimal codes", "cells"].tolist() == [3]


def test_where_one_code_is_written_otherwise_none_is_guessed(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": named("1.0", "3", "2.0")}, parts={"units": NUMBERED})
    assert codes(path) == ["", "3", ""]


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("H\u00e0i l\u00f2ng\u00ad", True),  # a soft hyphen
        (unicodedata.normalize("NFD", "Rất hài lòng"), True),
        ("R\u1ea5t h\u00e0i l\u03bfng", False),  # an omicron without its tone is another word
        ("R\u1ea5t h\u00e0i \u0406\u00f2ng", False),  # a Cyrillic І is no l
        ("\uff15", True),
    ],
)
def test_what_looks_like_an_answer_is_one_where_only_the_letters_differ(
    tmp_path: Path, answer: str, meant: bool
) -> None:
    path = trial(tmp_path, {"r.csv": table([("P1", "Xã An Bình", "", answer, answer, answer)])})
    assert (set(forms(path).values()) == {"valid"}) == meant


def test_letters_that_look_like_vietnamese_ones_are_counted(tmp_path: Path) -> None:
    scale = (
        '\n[scales.dy]\nkind = "choice"\nlabel_vi = "Đồng ý"\nlabel_en = "Agreement"\nlevels = [\n'
        + "".join(
            f'  {{ code = "{code}", values = [{value}], satisfied = {kept}, label_vi = "{vi}", label_en = "{en}" }},\n'
            for code, value, kept, vi, en in (
                ("0", 0.0, "false", "Không đồng ý", "No"),
                ("1", 1.0, "true", "Đồng ý", "Yes"),
            )
        )
    )
    items = "code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source\n" + "".join(
        f"{code},{node},p1,dy,0,1,{text},,,tu-dat\n"
        for code, node, text in (("A1", 1, "Lịch sự"), ("B1", 2, "Đúng hẹn"))
    )
    rows = [
        ("P1", "Xã An Bình", "", "Ðồng ý", "Không ðồng ý"),
        ("P2", "Xã An Bình", "", "Ɖồng ý", "Đồng ý"),
    ]
    content = table(rows, ("Mã phiếu", "Đơn vị", "Ngày trả lời", "Lịch sự", "Đúng hẹn"))
    path = trial(tmp_path, {"r.csv": content}, parts={"more": scale + "]\n", "items": items})
    result = sv.load(path).score()
    assert (score_of(result, "an-binh", "1"), score_of(result, "an-binh", "2")) == (1.0, 0.5)
    log = result.returns.conversions
    assert log.loc[log["conversion"] == "look_alikes", "cells"].sum() == 3


def test_an_unknown_look_alike_is_named_by_its_code_point(tmp_path: Path) -> None:
    path = trial(
        tmp_path,
        {
            "r.csv": table(
                [("P1", "Xã An Bình", "", "H\u1ea1i l\u00f2n\u0261", 4, 3), ("P2", "Xã An Bình", "", 4, 4, 3)]
            )
        },
    )
    (problem,) = told(path, "returns.cell_out_of_scale")
    assert "U+0261" in problem.text()


def test_a_sheet_is_found_however_its_name_is_composed(tmp_path: Path) -> None:
    book, kept = Workbook(), io.BytesIO()
    book.active.title = unicodedata.normalize("NFD", "Phiếu")
    book.active.append(HEADINGS)
    book.active.append(("P1", "Xã An Bình", "", 4, 3, 5))
    book.create_sheet("Khác").append(["x"])
    book.save(kept)
    returns = '[[returns]]\npath = "r.xlsx"\nquestionnaire = "p1"\nsheet = "Phiếu"\n'
    assert codes(trial(tmp_path, {"r.xlsx": kept.getvalue()}, returns)) == ["an-binh"]


def test_a_file_is_found_however_its_name_is_composed(tmp_path: Path) -> None:
    path = trial(tmp_path, {"phiếu.csv": named("Xã An Bình")})
    (path / "phiếu.csv").rename(path / unicodedata.normalize("NFD", "phiếu.csv"))
    assert codes(path) == ["an-binh"]


MERGED = REGISTER + (
    "an-binh,xa,Xã An Bình,,,,2025-10-31,moi\nmoi,xa,Xã An Long,,,2025-11-01,,\nlong-my,xa,Xã Long Mỹ,,,,2025-06-30,moi\n"
)


def test_a_form_about_a_unit_that_had_ended_or_did_not_exist_yet_waits_for_review(tmp_path: Path) -> None:
    rows = [
        ("P1", "Xã An Bình", "31/10/2025", 4, 3, 5), ("P2", "Xã An Bình", "14/11/2025", 4, 3, 5),
        ("P3", "Xã An Long", "20/10/2025", 4, 3, 5), ("P4", "Xã An Long", "15/11/2025", 4, 3, 5),
        ("P5", "Xã An Bình", "", 4, 3, 5), ("P6", "Xã Long Mỹ", "20/10/2025", 4, 3, 5),
    ]  # fmt: skip
    path = trial(tmp_path, {"r.csv": table(rows)}, parts={"units": MERGED})
    assert [reasons(path, row) for row in range(2, 8)] == [
        set(), {"ended_unit"}, {"ended_unit"}, set(), {"ended_unit"}, {"unknown_unit"},
    ]  # fmt: skip
    screened = sv.load(path).screen()
    found = screened.screening.reasons.query("rule == 'ended_unit' and row == 1")
    assert found["detail"].tolist() == ["moi"]
    proposed = screened.returns.proposals
    assert proposed.loc[proposed["text"] == "Xã Long Mỹ", "proposed_code"].iloc[0] == "moi"


def test_forms_of_no_known_unit_are_never_valid_whatever_the_instrument_declares(tmp_path: Path) -> None:
    rules = {name: severity for name, severity in RULES.items() if name != "unknown_unit"}
    path = trial(tmp_path, {"r.csv": named("Xã An Bình", "Xã An Bìnhh", "")}, rules=rules)
    assert list(forms(path).values()) == ["valid", "review", "review"]


def test_a_form_without_a_unit_that_somebody_calls_valid_is_still_not_valid(tmp_path: Path) -> None:
    path = trial(
        tmp_path,
        {"r.csv": named("Xã An Bình", "Xã An Bìnhh")},
        settings='[files]\ndecisions = "decisions.csv"\n',
        returns='[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n',
    )
    (path / "decisions.csv").write_text(
        "form_code,unit,decision,reviewer,reason,date\nP2,,valid,An,đã gọi lại,2025-12-01\n", encoding="utf-8"
    )
    assert forms(path)["r.csv", 3] == "review"
    assert [dict(p.params)["form"] for p in told(path, "validity.decision_without_unit")] == ["P2"]


ISSUED = "form_code,questionnaire,unit\nP1,p1,an-binh\nP2,p1,long-my\n"


@pytest.mark.parametrize("headings", [HEADINGS, HEADINGS[1:]], ids=["blank", "no column of codes"])
def test_where_forms_are_listed_one_without_a_code_waits_for_review(
    tmp_path: Path, headings: tuple[str, ...]
) -> None:
    rows = [("", "Xã An Bình", "", 4, 3, 5), ("", "Xã Long Mỹ", "", 4, 2, 5)]
    content = table([row[len(HEADINGS) - len(headings) :] for row in rows], headings)
    path = trial(
        tmp_path,
        {"r.csv": content, "issued.csv": ISSUED},
        settings='[files]\nissued = "issued.csv"\n',
        returns='[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n',
    )
    assert [reasons(path, row) for row in (2, 3)] == [{"blank_code"}, {"blank_code"}]


def test_without_a_list_no_code_is_missed(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([("", "Xã An Bình", "", 4, 3, 5)])})
    assert set(forms(path).values()) == {"valid"}


def test_the_rule_can_be_turned_into_a_flag_by_the_study(tmp_path: Path) -> None:
    settings = '[[rules]]\nrule = "unit_without_tones"\nseverity = "flag"\n'
    path = trial(tmp_path, {"r.csv": named("ba vi")}, settings=settings, parts={"units": TWINS})
    assert set(forms(path).values()) == {"valid"}
    assert read_returns(sv.load(path).definition).rows["noticed"].tolist() == ["unit_without_tones"]
