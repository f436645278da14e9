"""The small instrument of the tests of returns serves here too."""

from tests.surveys.returns.conftest import instrument, study

__all__ = ["instrument", "study"]
