"""Where the values of a YAML text stand; asked only once a problem needs its line and column."""

from __future__ import annotations

from typing import Any

from gradcalc.spec.grammars.places import Place, Places
from gradcalc.spec.grammars.yaml_text import Composer


def locate(text: str) -> Places:
    """The places of a text that is YAML; what an alias stands for has the alias's place."""
    composer = _Locator(text)
    composer.run()
    return composer.places


class _Locator(Composer):
    """Composes as the reader does, and writes down where everything stood."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.places = Places({}, [])

    def put(self, value: Any, size: int, height: int, start: int, end: int) -> None:
        key = self.open[-1].key_span if self.open and isinstance(self.open[-1].data, dict) else None
        end = start + len(self.text[start:end].rstrip())
        self.places.of[self.path()] = Place(key, (start, end))
        super().put(value, size, height, start, end)
