"""The office workbook of the first survey, filled in: ``python -m tests.rounds.first_survey --out khai-bao.xlsx`` writes it."""

from __future__ import annotations

import argparse
from pathlib import Path

from surveys.fieldwork.new_edition.office_workbook import OfficeEntries, office_workbook
from surveys.vocabulary.new_file import write_new

UNITS = ("An Bình", "Đông Hòa", "Hưng Lộc", "Phú Mỹ", "Tân Lập", "Yên Sơn")
ACCESS, OFFICIALS = "Tiếp cận dịch vụ", "Công chức và kết quả"
QUESTIONS = {
    "Nơi ngồi chờ và trang thiết bị": ACCESS,
    "Thông tin về thủ tục dễ tìm": ACCESS,
    "Công chức hướng dẫn dễ hiểu": OFFICIALS,
    "Kết quả trả đúng hẹn": OFFICIALS,
}
ENTRIES: OfficeEntries = {
    "general": [
        {
            "name": "Khảo sát sự hài lòng của người dân tại sáu xã, 2026",
            "start": "05/10/2026",
            "end": "30/10/2026",
            "unit_heading": "Ông/Bà trả lời về xã nào?",
            "publisher": "Phòng Nội vụ (mô phỏng)",
            "period_start": "01/01/2026",
            "period_end": "30/10/2026",
            "document": "Kế hoạch khảo sát của huyện (ví dụ)",
            "code": "sau-xa",
        }
    ],
    "units": [{"name": f"Xã {name}", "block": "Xã", "other_names": name} for name in UNITS],
    "questions": [{"text": text, "criterion": criterion} for text, criterion in QUESTIONS.items()],
    "criteria": [{"name": ACCESS, "points": "4"}, {"name": OFFICIALS, "points": "6"}],
}


def workbook() -> bytes:
    """The content of ``data-sample/first-survey/khai-bao.xlsx``."""
    return office_workbook(ENTRIES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    write_new(parser.parse_args().out, workbook())
