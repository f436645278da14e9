"""The last character of a form code, which tells that a character was mistyped or two neighbours changed places.

A character stands for a number from 0 to 35 (digits, then letters), and this for a pair (a, b) = divmod(number, 9) of an element
of the field with four elements and one of the field with nine. A code c₁ … cₙ is right when

    Σ αⁿ⁻ⁱ aᵢ = 0 in GF(4)   and   Σ βⁿ⁻ⁱ bᵢ = 0 in GF(9),

where α has order 3 and β order 8. Every factor is a unit, so that no single wrong character goes unseen; α and β are not 1, so
that the factors of neighbours differ by a unit, and neighbours that change places do not go unseen either: at any length, the
check character included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase, digits

ALPHABET = digits + ascii_uppercase
_NUMBER = {character: number for number, character in enumerate(ALPHABET)}
#: Written between the parts of a code, and no part of it.
HYPHEN = "-"
#: A longer text is no mistyped code.
_LONGEST = 60
#: So many codes are not all right by chance.
_SEVERAL = 3


def _times_alpha(a: int) -> int:
    """An element of GF(4) = GF(2)[x]/(x² + x + 1), its bits the coefficients, times α = x."""
    return (a << 1) ^ (0b111 if a & 0b10 else 0)


def _times_beta(b: int) -> int:
    """An element u + vi of GF(9) = GF(3)[i]/(i² + 1), as 3u + v, times β = 1 + i."""
    u, v = divmod(b, 3)
    return 3 * ((u - v) % 3) + (u + v) % 3


def _plus(b: int, c: int) -> int:
    """The sum of two elements of GF(9)."""
    return 3 * ((b // 3 + c // 3) % 3) + (b % 3 + c % 3) % 3


#: Number of a sum so far → that sum times (α, β).
_ADVANCED = tuple(9 * _times_alpha(n // 9) + _times_beta(n % 9) for n in range(36))
#: Numbers of two pairs → that of their sum.
_SUM = tuple(tuple(9 * ((n // 9) ^ (m // 9)) + _plus(n % 9, m % 9) for m in range(36)) for n in range(36))
_OPPOSITE = tuple(next(m for m in range(36) if _SUM[n][m] == 0) for n in range(36))


def characters_of(code: str) -> str:
    """The characters of a code that count: upper case, without hyphens and spaces around it.

    >>> characters_of(" so-1-07-0012-k ")
    'SO1070012K'
    """
    return code.strip().upper().replace(HYPHEN, "")


def check_character(code: str) -> str:
    """The character that makes a code right when it stands at its end. Raises ValueError for other characters than digits, Latin
    letters and hyphens.

    >>> check_character("SO-1-07-0012")
    'P'
    """
    return ALPHABET[_OPPOSITE[_ADVANCED[_summed(_numbers(characters_of(code)))]]]


def is_right(code: str) -> bool:
    """Whether a code ends in its check character.

    >>> is_right("SO-1-07-0012-P"), is_right("SO-1-07-0021-P"), is_right("SO-1-07-0012-Đ"), is_right("")
    (True, False, False, False)
    """
    characters = characters_of(code)
    if not characters or not set(characters) <= _NUMBER.keys():
        return False
    return _summed(_numbers(characters)) == 0


def remainders(place: int) -> tuple[str, str]:
    """What each character of the alphabet adds at a place counted from the last (0): two digits below 6, so that a code is right
    when both sums are multiples of 6. For programs that can add, and know no fields.

    A bit of GF(4) and a part of GF(9) are the remainders of one number below 6.

    >>> added = [int(remainders(k)[0][ALPHABET.index(c)]) for k, c in enumerate(reversed("SO1070012P"))]
    >>> sum(added) % 6
    0
    """
    first, second = "", ""
    for number in range(36):
        advanced = number
        for _ in range(place):
            advanced = _ADVANCED[advanced]
        a, (u, v) = advanced // 9, divmod(advanced % 9, 3)
        first += str((3 * (a & 1) + 4 * u) % 6)
        second += str((3 * (a >> 1) + 4 * v) % 6)
    return first, second


def are_checked(codes: Sequence[str]) -> bool:
    """Whether codes evidently have check characters: all of several are right, which chance does to one in 36.

    >>> are_checked(["SO-1-00-0001-N", "SO-1-00-0002-P", "SO-1-07-0012-P"]), are_checked(["P1", "P2", "P3", "P4"])
    (True, False)
    """
    return len(set(codes)) >= _SEVERAL and all(map(is_right, codes))


def mistyped_from(code: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """The known codes of which a code may be a mistyped one, by the smallest change that explains it: one character wrong or
    two neighbours swapped, else one character missing or one too many; none of a code that is right. ``known``: the
    characters of each code → the code.

    >>> known = {"SO1070012P": "SO-1-07-0012-P"}
    >>> mistyped_from("SO-1-07-0021-P", known), mistyped_from("SO-1-7-0012-P", known), mistyped_from("SO-2-07-0021-P", known)
    (('SO-1-07-0012-P',), ('SO-1-07-0012-P',), ())
    """
    typed = characters_of(code)
    if is_right(code) or len(typed) > _LONGEST:
        return ()
    for nearer in (_one_changed(typed), _one_more_or_less(typed)):
        found = sorted({known[changed] for changed in nearer if changed in known})
        if found:
            return tuple(found)
    return ()


def _one_changed(typed: str) -> Iterator[str]:
    """Every text with one other character, or with two neighbours swapped."""
    for k in range(len(typed)):
        yield from (typed[:k] + other + typed[k + 1 :] for other in ALPHABET)
        yield typed[:k] + typed[k + 1 : k + 2] + typed[k] + typed[k + 2 :]


def _one_more_or_less(typed: str) -> Iterator[str]:
    for k in range(len(typed) + 1):
        yield from (typed[:k] + other + typed[k:] for other in ALPHABET)
        yield typed[:k] + typed[k + 1 :]


def _numbers(characters: str) -> list[int]:
    unknown = sorted(set(characters) - _NUMBER.keys())
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no character of a form code")
    return [_NUMBER[character] for character in characters]


def _summed(numbers: Sequence[int]) -> int:
    """Σ (α, β)ⁿ⁻ⁱ cᵢ as a number."""
    total = 0
    for number in numbers:
        total = _SUM[_ADVANCED[total]][number]
    return total
