"""What reading one file of returns may cost. Alone here, because the programs that read files load it and little else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: the table ``[limits]`` of a study. ``seconds`` and ``memory_bytes`` bound the program that reads a
    binary file or a long text; ``cells`` bounds rows × columns of one sheet, empty cells included; ``expanded`` the bytes of a
    compressed file once unpacked, and ``ratio`` how many times larger that may be than the file."""

    seconds: float = 60
    memory_bytes: int = 2_000_000_000
    file_bytes: int = 300_000_000
    expanded: int = 1_000_000_000
    ratio: int = 250
    entries: int = 5_000
    rows: int = 1_048_576
    columns: int = 16_384
    cells: int = 30_000_000
    characters: int = 100_000


LIMITS = Limits()
