"""The reference as pages of Markdown: one per file or list, in each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from surveys.problems import Language, phrase
from surveys.reference.subjects import Subject, opening, subjects

#: Folder of the pages below ``docs/``, by language.
FOLDERS: Mapping[Language, str] = {"vi": "vi/tra-cuu", "en": "en/reference"}
#: Page → the parts on it, in order; "written" stands for every table of results.
PAGES: Mapping[str, tuple[str, ...]] = {
    "instrument": ("instrument.toml", "tree.csv", "items.csv", "units.csv"),
    "study": (
        "study.toml", "issued.csv", "frames.csv", "margins.csv", "externals.csv", "assessments.csv", "decisions.csv",
        "unit_decisions.csv", "adjudication.csv", "entry_codes.csv", "explanations.csv", "headlines.csv", "mapping.csv",
        "crosswalk.csv", "planned.csv", "published.csv",
    ),
    "simulation": ("simulation.toml",),
    "rules": ("rules", "severities"),
    "words": ("dispositions", "statuses", "combinations", "aggregations", "node_sources", "roles", "remarks"),
}  # fmt: skip
WRITTEN = "results"


def pages(language: Language) -> dict[str, str]:
    """File name → Markdown, every subject on exactly one page."""
    of_part: dict[str, list[Subject]] = {}
    for subject in subjects():
        of_part.setdefault(subject.part, []).append(subject)
    placed = {part for parts in PAGES.values() for part in parts}
    layout = {**PAGES, WRITTEN: tuple(part for part in of_part if part not in placed)}
    found = {
        f"{page}.md": _page(page, {p: of_part[p] for p in parts}, language) for page, parts in layout.items()
    }
    return {"README.md": _contents(layout, language), **found}


def write(docs: Path) -> None:
    """Write the pages of both languages below ``docs``."""
    for language, folder in FOLDERS.items():
        (docs / folder).mkdir(parents=True, exist_ok=True)
        for name, text in pages(language).items():
            (docs / folder / name).write_text(text, encoding="utf-8", newline="\n")


def _contents(layout: Iterable[str], language: Language) -> str:
    lines = [f"* [{phrase(f'reference.page.{page}', language)}]({page}.md)" for page in layout]
    return "\n".join(
        [f"# {phrase('reference.title', language)}", "", phrase("reference.about", language), "", *lines, ""]
    )


def _page(page: str, parts: Mapping[str, list[Subject]], language: Language) -> str:
    lines = [f"# {phrase(f'reference.page.{page}', language)}", ""]
    for part, found in parts.items():
        lines += [f"## {_title(part, language)}", ""]
        if part.endswith(".toml"):
            for section, keys in _sections(found).items():
                lines += [f"### `{opening(part, section)}`", ""] if section else []
                lines += [*_table(keys, len(section) + 1 if section else 0, language), ""]
        else:
            lines += [*_table(found, 0, language), ""]
    return "\n".join(lines)


def _sections(found: Iterable[Subject]) -> dict[str, list[Subject]]:
    """Keys by section; the tables within a section behind it."""
    sections: dict[str, list[Subject]] = {}
    for subject in found:
        section = subject.name.rpartition(".")[0]
        sections.setdefault(section.partition(".")[0], [])
        sections.setdefault(section, []).append(subject)
    return sections


def _title(part: str, language: Language) -> str:
    return f"`{part}`" if "." in part else phrase(f"reference.part.{part}", language)


def _table(found: list[Subject], skipped: int, language: Language) -> list[str]:
    """A table with the columns that the subjects fill; ``skipped`` letters of a name stand in the heading already."""
    columns = {
        "name": [f"`{subject.name[skipped:]}`" for subject in found],
        "type": [_cell(subject.type(language)) for subject in found],
        "default": [f"`{subject.default}`" if subject.default else "" for subject in found],
        "meaning": [_cell(subject.meaning(language)) for subject in found],
        "example": [f"`{_cell(subject.example)}`" if subject.example else "" for subject in found],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    heads = [phrase(f"reference.column.{name}", language) for name in shown]
    rows = zip(*shown.values(), strict=True)
    return [_row(heads), _row(["---"] * len(heads)), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
