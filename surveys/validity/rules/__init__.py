"""The validity rules: one small function a rule, from the evidence to the evaluations that break it.

A rule is declared in :mod:`surveys.vocabulary.validity_rules`, where its parameters, their defaults and their ranges stand; the
function of the same name is in the module of what it looks at. Rules are kernels: their parameters were checked at the border.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from surveys.validity.rules import answers, duplicates, forms, patterns
from surveys.validity.rules.finding import Finding
from surveys.vocabulary.validity_rules import VALIDITY_RULES

_MODULES = {"form": forms, "answers": answers, "pattern": patterns, "duplicates": duplicates}

#: The function of every rule: evidence and parameters → what breaks it.
RULES: Mapping[str, Callable[..., Finding]] = {
    name: getattr(_MODULES[rule.looks_at], name) for name, rule in VALIDITY_RULES.items()
}
