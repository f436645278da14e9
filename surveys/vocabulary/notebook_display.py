"""How records and results show themselves: a few facts, in a notebook as well as in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


class Shown:
    """Shows :meth:`facts` in place of whole tables: one line as text, at most ten lines as HTML.

    >>> class Box(Shown):
    ...     def facts(self):
    ...         return {"forms": 12, "files": 2}
    >>> Box()
    Box(forms=12, files=2)
    """

    def facts(self) -> Mapping[str, object]:
        """What is worth seeing, by the name under which the object holds it."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={fact}' for name, fact in self.facts().items())})"

    def _repr_html_(self) -> str:
        lines = (
            f"<tr><th>{escape(name)}</th><td>{escape(str(fact))}</td></tr>"
            for name, fact in list(self.facts().items())[:9]
        )
        return f"<table><caption>{type(self).__name__}</caption>{''.join(lines)}</table>"
