"""Results of rounds, made once for all programs that run the tests."""

from tests.surveys.reports.analysis_report.conftest import results

__all__ = ["results"]
