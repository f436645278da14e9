"""What every test shares: the profiles of hypothesis.

``repeatable`` is the default: no deadline, since a loaded machine is not a fault, and always the same examples, so that one
commit has one outcome. ``search`` draws new examples at every run and more of them:
``pytest --hypothesis-profile=search``.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("repeatable")
