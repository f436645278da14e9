"""The statements that the last measured run of the tests reached, room by room: ``python tests/coverage_by_room.py``.

It reads the ``.coverage`` that ``pytest --cov`` leaves behind, and only prints: no share is a goal in itself.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]


def room(path: Path) -> str:
    """``surveys/scoring`` for a file of a room, ``surveys`` for a file beside the rooms."""
    return "/".join(path.relative_to(ROOT).parts[:-1][:2])


def counts(measured: Coverage) -> dict[str, tuple[int, int]]:
    """Room → statements, and those of them that no test reached."""
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for file in sorted(measured.get_data().measured_files()):
        _, statements, _, missing, _ = measured.analysis2(file)
        whole, lost = found[room(Path(file))]
        found[room(Path(file))] = (whole + len(statements), lost + len(missing))
    return found


def main() -> None:
    measured = Coverage(config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    rooms = counts(measured)
    whole, lost = (sum(column) for column in zip(*rooms.values(), strict=True))
    for name, (statements, missed) in {**rooms, "total": (whole, lost)}.items():
        print(f"{name:28} {statements:6} statements {100 * (1 - missed / max(statements, 1)):6.1f} %")


if __name__ == "__main__":
    main()
