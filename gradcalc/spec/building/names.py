"""Names: which may be given, that each is given once, and that none is what a formula calls an entry of another.

Nodes and parameters share one space of names, since `--wrt` asks for both by name alone.
"""

from __future__ import annotations

from gradcalc.problems import SpecPath
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import CONSTANTS
from gradcalc.spec.wording import path_text, quoted

Chosen = tuple[str, SpecPath, str]
"""A name that the spec gives, the place where it does, and whether it is a "key" or a "value" there."""


class Names:
    """All names given so far, each with the place that gave it."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._givers: dict[str, SpecPath] = {}
        self._chosen: list[Chosen] = []

    def choose(self, name: str, path: SpecPath, *, parameter: bool, on: str = "value") -> bool:
        """A name that the spec gives: it must be an identifier, not refused, and new."""
        why = _refusal(name, parameter=parameter)
        if why:
            self._reporter.error(path, f"{quoted(name)} {why}", on)
            return False
        self._chosen.append((name, path, on))
        return self.take(name, path, on)

    def take(self, name: str, path: SpecPath, on: str = "") -> bool:
        """A name that is well formed: it must be new. `on` is "" where the name comes by position."""
        name = name if name.isascii() else _folded(name)
        giver = self._givers.setdefault(name, path)
        if giver is path:
            return True
        by_position = "" if on else ", its name by position,"
        message = f"{quoted(name)}{by_position} is already given by {path_text(giver)}; names are unique"
        self._reporter.error(path, message, on or "value")
        return False

    def giver(self, name: str) -> SpecPath:
        """The place that gave a name."""
        return self._givers[name if name.isascii() else _folded(name)]

    def like_symbols(self) -> list[Chosen]:
        """The chosen names that might be a symbol of formulas, `w1_0_1` or `z_h1`; each with its place."""
        return [given for given in self._chosen if "_" in given[0] and _is_like_symbol(given[0])]


def _refusal(name: str, *, parameter: bool) -> str:
    """Why a name may not be given, or nothing."""
    if not is_identifier(name):
        return "is no name; a name is a letter or _, then letters, digits and _"
    if name == "t" or name.startswith("t_"):
        return "is how formulas write a target; choose another name"
    if parameter and name in CONSTANTS:
        return f"is the number {name} in formulas and may not name a parameter"
    return ""


def is_identifier(name: str) -> bool:
    """A letter or `_`, then letters, digits, `_`, of any script (with the marks that its letters carry)."""
    if name.isascii():
        return name.isidentifier()
    from unicodedata import category

    return name.isidentifier() and all(kind[0] in "LM" or kind == "Nd" for kind in map(category, name.replace("_", "")))


def _folded(name: str) -> str:
    """Names that look alike are one name: the compatibility form in which Python compares identifiers."""
    from unicodedata import normalize

    return normalize("NFKC", name)


def _is_like_symbol(name: str) -> bool:
    return name.startswith(("z_", "d_")) or name[-1].isdecimal()
