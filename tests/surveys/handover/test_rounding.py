"""Printed numbers: half up, once, on the decimal a float stands for."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.handover.rounding import decimal_texts, numbers_of, plain_texts, whole_texts


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0.125, 2, "0.13"),  # exact tie in binary: half up, not half even
        (0.375, 2, "0.38"),
        (2.5, 0, "3"),
        (0.5, 0, "1"),
        (2.675, 2, "2.68"),  # below the tie in binary, a tie in the decimal it stands for
        (1.005, 2, "1.01"),
        (8.075, 2, "8.08"),
        (8.3664, 2, "8.37"),  # 8.1 of Hanoi 2023: printed 8.37
        (84.37499999999999, 2, "84.38"),  # 20.25 of 24 points, added up in some order
        (84.37500000000001, 2, "84.38"),
        (-84.37499999999999, 2, "-84.38"),
        (84.3749999999, 2, "84.37"),  # further off than an order of adding makes it
        (8.07, 4, "8.0700"),  # 8.1 of Can Tho 2022: printed 8.0700
        (-0.125, 2, "-0.13"),
        (-0.004, 2, "0.00"),
        (-0.0, 2, "0.00"),
        (0.99999999995, 10, "1.0000000000"),
        (0.99999999994, 10, "0.9999999999"),
        (123456789.000000005, 8, "123456789.00000000"),
        (1e22, 1, "10000000000000000000000.0"),
        (5e-324, 3, "0.000"),
        (float("inf"), 2, "INF"),
        (float("-inf"), 2, "-INF"),
        (float("nan"), 2, ""),
    ],
)
def test_half_up_on_the_printed_decimal(value: float, decimals: int, printed: str) -> None:
    assert decimal_texts([value], decimals) == [printed]


@pytest.mark.long
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)),
    st.integers(0, 12),
)
def test_every_float_agrees_with_exact_decimal_arithmetic(values: list[float], decimals: int) -> None:
    exact = Context(prec=400, rounding=ROUND_HALF_UP)
    quantum = Decimal(1).scaleb(-decimals)
    values = [v for v in values if not _is_next_to_a_tie(v, decimals)]
    expected = [Decimal(repr(v)).quantize(quantum, context=exact) for v in values]
    assert [Decimal(text) for text in decimal_texts(values, decimals)] == expected


def _is_next_to_a_tie(value: float, decimals: int) -> bool:
    """Within 1e-11 of itself of a half of the last digit, and not the half itself."""
    units = abs(Decimal(repr(value)).scaleb(decimals))
    to_tie = abs(units % 1 - Decimal("0.5"))
    return 0 < to_tie <= units * Decimal("1e-11")


@given(st.integers(-(10**9), 10**9), st.integers(1, 6))
def test_ties_go_away_from_zero(units: int, decimals: int) -> None:
    tie = float(f"{'-' if units < 0 else ''}{abs(units)}5e-{decimals + 1}")
    away = units - 1 if units < 0 else units + 1
    assert Decimal(decimal_texts([tie], decimals)[0]) == Decimal(away).scaleb(-decimals)


def test_plain_numbers_have_no_exponent_and_no_idle_zeros() -> None:
    assert plain_texts([1.0, 1.5, 0.33, 100.0, 1e-7, 1e21, np.nan]) == [
        "1", "1.5", "0.33", "100", "0.0000001", "1000000000000000000000", "",
    ]  # fmt: skip


def test_counts_are_whole() -> None:
    assert whole_texts([0.0, 95.0, np.nan]) == ["0", "95", ""]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)))
def test_printed_texts_read_back(values: list[float]) -> None:
    exact = [Decimal(repr(v)).quantize(Decimal("0.0001"), ROUND_HALF_UP) for v in values]
    np.testing.assert_array_equal(numbers_of(decimal_texts(values, 4)), [float(d) for d in exact])
