"""Where the values of a YAML text stand; asked only once a problem needs its line and column."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from gradcalc.problems import SpecPath
from gradcalc.spec.grammars.places import Place, Places
from gradcalc.spec.grammars.yaml_text import Composer


def locate(text: str, wanted: Container[SpecPath] | None = None) -> Places:
    """The places of a text that is YAML, those of `wanted` paths alone where they are given.

    What an alias stands for has the alias's place.
    """
    composer = _Locator(text, wanted)
    composer.run()
    return composer.places


class _Locator(Composer):
    """Composes as the reader does, and writes down where everything stood."""

    def __init__(self, text: str, wanted: Container[SpecPath] | None) -> None:
        super().__init__(text)
        self.wanted = wanted
        self.places = Places({}, [])

    def put(self, value: Any, size: int, height: int, start: int, end: int) -> None:
        key = self.open[-1].key_span if self.open and isinstance(self.open[-1].data, dict) else None
        end = start + len(self.text[start:end].rstrip())
        path = self.path()
        if self.wanted is None or path in self.wanted:
            self.places.of[path] = Place(key, (start, end))
        super().put(value, size, height, start, end)
