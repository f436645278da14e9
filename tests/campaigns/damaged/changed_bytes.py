"""Damage to the bytes of a file, of whatever kind it is, to the letters of a text, and to the numbers in the head of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

Generator = np.random.Generator
Change = Callable[[Generator, bytes], bytes]
_EXTREMES = (
    0,
    1,
    2,
    -1,
    -2,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    2**24,
    2**31 - 1,
    -(2**31),
    2**63 - 1,
    -(2**63),
)
_ENCODINGS = (
    "cp1258", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32", "ascii", "cp437",
)  # fmt: skip
#: The ends of files in which their own description stands: where it begins (from the end, when negative), and how long it is.
HEADS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "sav": ((0, 176), (176, 800)), "zsav": ((0, 176), (176, 800), (-60, 60)), "por": ((0, 700),), "dta": ((0, 1400), (-900, 900)),
    "xls": ((0, 512), (512, 1300)), "parquet": ((-900, 900),),
}  # fmt: skip


def _span(generator: Generator, raw: bytes) -> tuple[int, int]:
    """Where a run of bytes begins and ends: from one byte to a few hundred, short ones more often."""
    start = int(generator.integers(len(raw)))
    return start, min(len(raw), start + int(2 ** generator.uniform(0, 9)))


def cut(generator: Generator, raw: bytes) -> bytes:
    """The file ends too early: by a byte, by most of it, or by anything between."""
    return raw[: len(raw) - int(np.exp(generator.uniform(0, np.log(len(raw)))))]


def flip(generator: Generator, raw: bytes, bits: int = 1) -> bytes:
    content = bytearray(raw)
    for place in generator.integers(len(raw), size=bits):
        content[place] ^= 1 << int(generator.integers(8))
    return bytes(content)


def flips(generator: Generator, raw: bytes) -> bytes:
    return flip(generator, raw, int(generator.integers(2, 20)))


def zeros(generator: Generator, raw: bytes) -> bytes:
    start, end = _span(generator, raw)
    return raw[:start] + bytes(end - start) + raw[end:]


def noise(generator: Generator, raw: bytes) -> bytes:
    start, end = _span(generator, raw)
    return raw[:start] + generator.bytes(end - start) + raw[end:]


def insert(generator: Generator, raw: bytes) -> bytes:
    start, end = _span(generator, raw)
    return raw[:start] + generator.bytes(end - start) + raw[start:]


def remove(generator: Generator, raw: bytes) -> bytes:
    start, end = _span(generator, raw)
    return raw[:start] + raw[end:]


def repeat(generator: Generator, raw: bytes) -> bytes:
    start, end = _span(generator, raw)
    return raw[:end] + raw[start:]


def swap(generator: Generator, raw: bytes) -> bytes:
    """Two blocks change places."""
    a, b, c, d = sorted(int(place) for place in generator.integers(len(raw) + 1, size=4))
    return raw[:a] + raw[c:d] + raw[b:c] + raw[a:b] + raw[d:]


def encoding(generator: Generator, raw: bytes) -> bytes:
    """A text saved in another encoding; letters that it lacks become question marks."""
    text = text_of(raw)
    return text.encode(_ENCODINGS[int(generator.integers(len(_ENCODINGS)))], "replace")


def line_ends(generator: Generator, raw: bytes) -> bytes:
    """Line ends of another system, one that is missing (also the last), or one too many."""
    text = text_of(raw)
    places = [found.span() for found in re.finditer("\r\n|\r|\n", text)]
    start, end = places[int(generator.integers(len(places)))] if places else (0, 0)
    changed = (
        re.sub("\r\n|\r|\n", "\r", text), re.sub("\r\n|\r|\n", "\r\n", text), re.sub("\r\n|\r|\n", "\n", text),
        text[:start] + text[end:], text[:end] + text[start:], text.rstrip("\r\n"), text[:start] + "\u2028" + text[end:],
    )  # fmt: skip
    return _as(raw, changed[int(generator.integers(len(changed)))])


def digit(generator: Generator, raw: bytes) -> bytes:
    """One digit is another one."""
    return _replaced(generator, raw, r"\d", "0123456789")


def letter(generator: Generator, raw: bytes) -> bytes:
    """One letter is another one."""
    return _replaced(generator, raw, r"[^\W\d_]", "aeiouđbcxyzÀÉỘƯ")


def head(kind: str) -> Change:
    """A number in the description that a file gives of itself becomes an extreme one."""

    def changed(generator: Generator, raw: bytes) -> bytes:
        start, length = HEADS[kind][int(generator.integers(len(HEADS[kind])))]
        first = max(len(raw) + start, 0) if start < 0 else min(start, len(raw) - 1)
        size = int(generator.choice([1, 2, 4, 8]))
        place = first + int(generator.integers(max(min(length, len(raw) - first), 1)))
        place -= (place - first) % (size if generator.random() < 0.7 else 1)
        number = _EXTREMES[int(generator.integers(len(_EXTREMES)))] % 256**size
        written = number.to_bytes(size, "little" if generator.random() < 0.7 else "big")
        return (raw[:place] + written + raw[place + size :])[: max(len(raw), place + size)]

    return changed


def text_of(raw: bytes) -> str:
    """A text file as text, with its byte order mark left out."""
    return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")


def _as(raw: bytes, text: str) -> bytes:
    """A text in the encoding of a file."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.encode("utf-16")
    return text.encode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8")


def _replaced(generator: Generator, raw: bytes, pattern: str, others: str) -> bytes:
    text = text_of(raw)
    places = [found.start() for found in re.finditer(pattern, text)]
    if not places:
        return raw[:-1]
    place = places[int(generator.integers(len(places)))]
    chosen = [other for other in others if other != text[place]]
    return _as(raw, text[:place] + chosen[int(generator.integers(len(chosen)))] + text[place + 1 :])


#: Kind of damage → the change, for every file, and for texts.
BYTES: Mapping[str, Change] = {
    "cut": cut, "bit": flip, "bits": flips, "zeros": zeros, "noise": noise, "insert": insert, "remove": remove, "repeat": repeat,
    "swap": swap,
}  # fmt: skip
TEXT: Mapping[str, Change] = {"encoding": encoding, "line ends": line_ends, "digit": digit, "letter": letter}
