"""Numbers that a report works out from printed ones, exactly, each with what it is and of what."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from surveys.handover.rounding import exact_texts
from surveys.reports.analysis_report.parts import WORKED_OUT, Number, NumberSource


def counted(number: int, *of: str) -> Number:
    """How many there are of something.

    >>> counted(3, "units", "so")
    Number(text='3', source=NumberSource(table='report', key=('count', 'units', 'so'), column=''), sign=False)
    """
    return Number(str(number), NumberSource(WORKED_OUT, ("count", *of), ""))


def summed(numbers: Iterable[Number], *of: str) -> Number:
    """The sum of printed numbers, none where one of them is not told, or there are none.

    >>> part = lambda text: Number(text, NumberSource("funnel", ("so", text), "valid"))
    >>> summed([part("2"), part("3.5")], "funnel", "so").text, summed([part("2"), part("")]).text, summed([]).text
    ('5.5', '', '')
    """
    held = list(numbers)
    column = held[0].source.column if held else ""
    texts = [number.text for number in held]
    text = f"{sum(map(Decimal, texts), Decimal())}" if held and all(texts) else ""
    return Number(text, NumberSource(WORKED_OUT, ("sum", *of), column))


def share_of(part: Number, whole: Number, decimals: int, *of: str) -> Number:
    """What ``part`` is of ``whole``, in percent; none where one of them is not told, or the whole is nothing.

    >>> forms = lambda text: Number(text, NumberSource("funnel", (), "valid"))
    >>> share_of(forms("2"), forms("3"), 2, "valid", "so").text, share_of(forms("0"), forms("0"), 2).text
    ('66.67', '')
    """
    told = part.text and whole.text and Decimal(whole.text)
    text = exact_texts([100 * Decimal(part.text) / Decimal(whole.text)], decimals)[0] if told else ""
    return Number(text, NumberSource(WORKED_OUT, ("share", *of), "percent"))


def difference(first: Number, second: Number, *of: str, sign: bool = False) -> Number:
    """The first less the second as printed, none where one of them is not told; ``sign``: with a plus.

    >>> part = lambda text: Number(text, NumberSource("council-units", ("so", text), "points"))
    >>> difference(part("93.10"), part("92.08")).text, difference(part("93.10"), part("")).text
    ('1.02', '')
    """
    text = f"{Decimal(first.text) - Decimal(second.text):f}" if first.text and second.text else ""
    return Number(text, NumberSource(WORKED_OUT, ("difference", *of), first.source.column), sign)
