"""Lines put into a ``study.toml``: nothing else of it changes, whatever it looks like."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from surveys.fieldwork.entries.study_text import StudyText
from surveys.problems import SurveyError

ENTRY = {"path": "returns/phiếu.xlsx", "questionnaire": "xa-1"}
#: Pieces of a study as people write them: odd spaces, comments of every kind, headers within texts and lists.
COMMENTS = ("", "# ghi chú", "   # thụt vào [files]", "#", "\t", "# [[returns]]", '# path = """')
VALUES = (
    '"a"', "'[files]'", '"""\n[[returns]]\n# trong chuỗi\n"""', "'''\n[files]\n'''", "[\n  [1, 2],\n  # trong mảng\n  [3],\n]",
    '"\\"] # không phải chú thích"', "{a = [1], b = {c = 2}}", "1979-05-27", '["x", """\n]\n"""]', '""""a"" """', "''",
)  # fmt: skip
HEADS = (
    "[study]", "[ fieldwork ]", "[[returns]]", "[[returns]]   # tệp", "[files]", "  [files]", "[units]", "[[units.exclusions]]",
    "[[weights]]", "[returns.columns]", "[minimum]", '["publisher"]', "[[basis]]",
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document of such pieces that TOML accepts."""
    lines: list[str] = []

    def said(prefix: str) -> None:
        for k in range(draw(st.integers(0, 3))):
            lines.extend(draw(st.lists(st.sampled_from(COMMENTS), max_size=2)))
            space, behind = draw(st.sampled_from(("", "  ", "\t"))), draw(st.sampled_from(("", " # sau")))
            lines.append(f"{space}{prefix}{k} = {draw(st.sampled_from(VALUES))}{behind}")

    said("root")
    for n in range(draw(st.integers(0, 6))):
        lines.extend(draw(st.lists(st.sampled_from(COMMENTS), max_size=3)))
        lines.append(draw(st.sampled_from(HEADS)))
        said(f"k{n}")
    lines.extend(draw(st.lists(st.sampled_from(COMMENTS), max_size=2)))
    text = "\n".join(lines) + draw(st.sampled_from(("", "\n")))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        reject()
    assume(isinstance(found.get("returns", []), list))
    return text


def without(new: bytes, old: bytes) -> bytes:
    """What was put into ``old`` at one place; fails where anything else changed."""
    start = next((k for k, (a, b) in enumerate(zip(new, old, strict=False)) if a != b), len(old))
    more = len(new) - len(old)
    places = [at for at in range(start + 1) if new[at + more :] == old[at:]]
    assert places, "more than one place changed"
    at = next((at for at in places if old[:at].endswith(b"\n")), places[-1])
    return new[at : at + more]


@given(documents(), st.sampled_from(("\n", "\r\n")), st.booleans())
def test_only_whole_lines_are_put_in(text: str, end: str, marked: bool) -> None:
    content = (b"\xef\xbb\xbf" if marked else b"") + text.replace("\n", end).encode()
    before = tomllib.loads(text)
    for change in ("entry", "key", "key of entry"):
        study = StudyText("study.toml", content)
        meant = tomllib.loads(text)
        if change == "entry":
            study.add_entry("returns", ENTRY, "Mỗi tệp một bảng.\nDòng hai.")
            meant.setdefault("returns", []).append(ENTRY)
        elif change == "key":
            study.set_key("files", "frames", "frames.csv", "Các bảng.")
            meant.setdefault("files", {})["frames"] = "frames.csv"
        elif before.get("returns"):
            study.set_key_of_entry("returns", 0, "mapping", "ghép.csv")
            meant["returns"][0]["mapping"] = "ghép.csv"
        else:
            continue
        put = without(study.content, content).decode()
        assert end == "\n" or "\n" not in text or "\n" not in put.replace("\r\n", "")
        found = tomllib.loads(study.content.decode("utf-8-sig").replace("\r\n", "\n"))
        assert found == meant == study.document


def test_lines_stand_where_such_lines_stand() -> None:
    study = StudyText(
        "study.toml",
        b'[study]\ncode = "a"\n\n# Of the returns.\n[[returns]]\npath = "a.csv"\n# mode = "paper"\n\n'
        b"# Of the weights.\n[[weights]]\n",
    )
    study.add_entry("returns", {"path": "b.csv"})
    study.set_key("files", "frames", "frames.csv", "Tables.")
    study.set_key("files", "issued", "issued.csv", "Tables.")
    study.set_key_of_entry("returns", 0, "mapping", "a.mapping.csv")
    assert study.content.decode() == (
        '[study]\ncode = "a"\n\n# Tables.\n[files]\nframes = "frames.csv"\nissued = "issued.csv"\n\n'
        '# Of the returns.\n[[returns]]\npath = "a.csv"\nmapping = "a.mapping.csv"\n# mode = "paper"\n\n'
        '[[returns]]\npath = "b.csv"\n\n# Of the weights.\n[[weights]]\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "returns = []\n",
        'files = {issued = "a.csv"}\nreturns = [{path = "a"}]\n',
        'files.issued = "a.csv"\nreturns = 1\n',
    ],
)
def test_tables_within_a_line_are_left_to_people(text: str) -> None:
    study = StudyText("study.toml", text.encode())
    with pytest.raises(SurveyError) as raised:
        study.add_entry("returns", ENTRY)
    (problem,) = raised.value.problems
    assert problem.code == "add.by_hand"
    assert dict(problem.params)["lines"] == '[[returns]]\npath = "returns/phiếu.xlsx"\nquestionnaire = "xa-1"'
    assert study.content == text.encode()
