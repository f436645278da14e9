"""Filled office workbooks, as small as can be, and changed cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from surveys.fieldwork.new_edition.office_workbook import office_workbook
from surveys.problems import Language

Entries = dict[str, list[dict[str, str]]]


def small() -> Entries:
    """Two units, two questions, everything else as in the starting set."""
    return {
        "general": [{"name": "Khảo sát năm 2026"}],
        "units": [{"name": "Xã An Bình"}, {"name": "Xã Đông Hòa"}],
        "questions": [{"text": "Đúng hẹn"}, {"text": "Dễ hiểu"}],
    }


def whole() -> Entries:
    """Two blocks and groups, fields and criteria, scales of one's own, a filter, a reversed question, attributes, codes."""
    made: Entries = {
        "general": [{"name": "Chỉ số 2026", "code": "chi-so", "start": "1/10/2026", "end": "30/10/2026", "points": "10"}],
        "units": [
            {"name": "Sở Y tế", "block": "Sở", "other_names": "SYT; Y tế", "code": "y-te"},
            {"name": "Sở Nội vụ", "block": "Sở"},
            {"name": "Xã An Bình", "block": "Xã", "remark": "mới sáp nhập"},
        ],
        "groups": [{"name": "Người dân", "weight": "2"}, {"name": "Doanh nghiệp", "weight": "1"}],
        "questions": [
            {"text": "Ông/Bà có làm thủ tục không?", "criterion": "không chấm điểm", "scale": "Có không"},
            {"text": "Đúng hẹn", "criterion": "Kết quả", "only_if": "Câu 1 = Có", "required": "x"},
            {"text": "Còn nhũng nhiễu", "criterion": "Thái độ", "scale": "Đồng ý", "reversed": "x"},
            {"text": "Niềm nở", "criterion": "Thái độ", "groups": "Người dân; Doanh nghiệp", "other_texts": "3. Niềm nở"},
        ],
        "criteria": [
            {"name": "Phục vụ"},
            {"name": "Kết quả", "above": "Phục vụ", "points": "4"},
            {"name": "Thái độ", "above": "Phục vụ", "points": "6"},
        ],
        "scales": [
            {"scale": "Có không", "option": "Có", "points": "1"},
            {"scale": "Có không", "option": "Không", "points": "0"},
            {"scale": "Đồng ý", "option": "Không đồng ý", "points": "0"},
            {"scale": "Đồng ý", "option": "Đồng ý một phần", "points": "0,5"},
            {"scale": "Đồng ý", "option": "Đồng ý", "points": "1", "other_texts": "Nhất trí"},
            {"scale": "Đồng ý", "option": "Không rõ", "no_answer": "Không biết"},
        ],
        "respondents": [{"heading": "Giới tính", "options": "Nam; Nữ"}],
        "tool_columns": [{"holds": "Mã phiếu", "heading": "Mã số phiếu"}],
    }  # fmt: skip
    return made


def filled(
    folder: Path,
    entries: Mapping[str, Sequence[Mapping[str, str]]],
    language: Language = "vi",
    name: str = "khai-bao.xlsx",
) -> Path:
    """A workbook with these entries."""
    path = folder / name
    path.write_bytes(office_workbook(entries, language))
    return path
