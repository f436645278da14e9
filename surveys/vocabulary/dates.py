"""Dates as people write them."""

from __future__ import annotations

from datetime import date

from surveys.problems import Language


def written_date(text: str, language: Language) -> str:
    """An ISO date as it is written in a language; what is none stays.

    >>> written_date("2023-10-05", "vi"), written_date("2023-10-05", "en"), written_date("tháng 10/2023", "vi")
    ('05/10/2023', '2023-10-05', 'tháng 10/2023')
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day:%d/%m/%Y}" if language == "vi" else text
