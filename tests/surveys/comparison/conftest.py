"""The small round of the scoring tests."""

from tests.surveys.scoring.conftest import small as small
