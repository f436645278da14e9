"""The small round as a fixture."""

from tests.surveys.handover.small_round import small_round

__all__ = ["small_round"]
