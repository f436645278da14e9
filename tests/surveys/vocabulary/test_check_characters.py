"""The check character of form codes: no wrong character and no swap of neighbours goes unseen, whatever the length."""

from __future__ import annotations

import random
from itertools import product

import pytest

from surveys.vocabulary.check_characters import ALPHABET, check_character, is_right, mistyped_from

LENGTHS = range(1, 41)


def right_code(length: int, seed: int) -> str:
    """A code of so many characters, the check character included."""
    chosen = random.Random(1000 * length + seed)
    written = "".join(chosen.choices(ALPHABET, k=length - 1))
    return written + check_character(written)


def changed(code: str) -> list[str]:
    """Every text with one other character at one place, and with two different neighbours swapped."""
    others = [
        code[:k] + other + code[k + 1 :] for k, own in enumerate(code) for other in ALPHABET if other != own
    ]
    swapped = [
        code[:k] + code[k + 1] + code[k] + code[k + 2 :]
        for k in range(len(code) - 1)
        if code[k] != code[k + 1]
    ]
    return others + swapped


@pytest.mark.parametrize("length", LENGTHS)
def test_every_wrong_character_and_every_swap_is_seen(length: int) -> None:
    for seed in range(3):
        code = right_code(length, seed)
        assert is_right(code)
        assert not any(map(is_right, changed(code)))


@pytest.mark.long
@pytest.mark.parametrize("length", range(2, 20))
def test_every_pair_of_characters_at_every_place(length: int) -> None:
    """Both characters of every pair of neighbours, at every place: what stands there, what is typed, and the two swapped."""
    base = right_code(length, 0)
    for k in range(length - 1):
        for first, second in product(ALPHABET, repeat=2):
            # The check character is worked out anew, except where it is itself one of the two.
            code = base[:k] + first + second + base[k + 2 :]
            code = code[:-1] + check_character(code[:-1])
            swapped = code[:k] + code[k + 1] + code[k] + code[k + 2 :]
            assert is_right(code)
            assert swapped == code or not is_right(swapped)
            assert second == first or not is_right(code[:k] + second + code[k + 1 :])


@pytest.mark.long
def test_all_codes_of_three_characters() -> None:
    """Each pair of characters has one check character, and no two of these codes lie one wrong character or one swap apart."""
    codes = {
        first + second + check_character(first + second) for first, second in product(ALPHABET, repeat=2)
    }
    assert len(codes) == 36**2
    assert sum(is_right("".join(three)) for three in product(ALPHABET, repeat=3)) == len(codes)
    assert not any(other in codes for code in codes for other in changed(code))


def test_fields_of_four_and_nine_elements() -> None:
    """A second derivation: sums and products of polynomials in place of tables, a from the first and b from the second field."""

    def slow(code: str) -> tuple[list[int], list[int]]:
        a, b = [0, 0], [0, 0]  # coefficients of 1 and x, of 1 and i
        for character in code:
            number = ALPHABET.index(character)
            a = [a[1] % 2, (a[0] + a[1]) % 2]  # times x, and x² = x + 1
            b = [(b[0] - b[1]) % 3, (b[0] + b[1]) % 3]  # times 1 + i, and i² = -1
            a = [(a[0] + number // 9 % 2) % 2, (a[1] + number // 18) % 2]
            b = [(b[0] + number % 9 // 3) % 3, (b[1] + number % 3) % 3]
        return a, b

    for length, seed in product((2, 7, 14, 31), range(20)):
        assert slow(right_code(length, seed)) == ([0, 0], [0, 0])


def test_hyphens_and_case_do_not_count() -> None:
    code = right_code(12, 1)
    assert is_right("-".join((code[:3].lower(), code[3:5], code[5:])))


@pytest.mark.parametrize("text", ["", "-", "Đ", "SO-1 2", "０１", "SO_1", "\N{KELVIN SIGN}12"])
def test_what_is_no_code_is_not_right(text: str) -> None:
    assert not is_right(text)


def test_a_mistyped_code_is_told_with_the_code_it_was() -> None:
    codes = [right_code(12, seed) for seed in range(10)]
    known = {code: code for code in codes}
    for code in codes:
        assert all(mistyped_from(typed, known) == (code,) for typed in changed(code))
        for typed in (code[:4] + code[5:], code[:7] + "Z" + code[7:]):
            assert mistyped_from(typed, known) == (
                () if is_right(typed) else (code,)
            )  # right by chance: one in 36
    assert mistyped_from(right_code(12, 99), known) == ()
    assert mistyped_from("Nguyễn Văn A", known) == ()
