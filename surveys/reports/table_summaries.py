"""Cross-tables in the terminal: the lines whose categories differ most clearly."""

from __future__ import annotations

from surveys.analysis.cross_tables import CrossTables
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.cross_table_book import CategoryNames
from surveys.handover.official_columns import COLUMNS
from surveys.handover.rounding import decimal_texts
from surveys.handover.words import words_of
from surveys.problems import Language, phrase
from surveys.reports.summaries import Summary
from surveys.vocabulary.statuses import SUPPRESSED

_MOST = 10
_HEADINGS = ("group", "by", "code", "statistic", "p_adjusted")


def table_summary(found: CrossTables, study: StudyDefinition, language: Language) -> Summary:
    """The first lines by their corrected p-value, of those that differ at the level of the study, and how many there are."""
    tests, names = found.tests, CategoryNames(study)
    differ = tests[tests["p_adjusted"] < 1 - study.inference.level].sort_values("p_adjusted", kind="stable")
    words = {kind: words_of(kind, study.instrument, language) for kind in ("block", "group")}
    shown = differ.head(_MOST)
    everybody = phrase("tables.all_groups", language)
    columns = [
        [
            f"{words['block'].get(block, block)} – {words['group'].get(group, group) or everybody}"
            for block, group in zip(shown["block"], shown["group"], strict=True)
        ],
        [names.variable(by) for by in shown["by"]],
        [item or node for item, node in zip(shown["item_code"], shown["node_code"], strict=True)],
        [phrase(f"tables.statistic.{statistic}", language) for statistic in shown["statistic"]],
        [_p(p) for p in shown["p_adjusted"]],
    ]
    lines = found.table[["block", "group", "by", "node_code", "item_code"]].drop_duplicates()
    hidden = int(((found.table["status"] == SUPPRESSED) & (found.table["n_valid"] > 0)).sum())
    counts = {"lines": len(lines), "tests": int(tests["p_value"].notna().sum()), "hidden": hidden}
    remarks = [phrase("summary.tables.counts", language, **counts)]
    if len(differ) > _MOST:
        remarks.insert(0, phrase("summary.tables.more", language, more=len(differ) - _MOST))
    if differ.empty:
        remarks.insert(0, phrase("summary.tables.none", language))
    return Summary(
        phrase("summary.tables", language),
        tuple(COLUMNS[name].heading(language) for name in _HEADINGS),
        tuple(name == "p_adjusted" for name in _HEADINGS),
        tuple(zip(*columns, strict=True)),
        tuple(remarks),
    )


def _p(p: float) -> str:
    """A p-value as it is quoted.

    >>> _p(0.0123), _p(0.0)
    ('0.0123', '< 0.0001')
    """
    return "< 0.0001" if p < 1e-4 else decimal_texts([p], 4)[0]
