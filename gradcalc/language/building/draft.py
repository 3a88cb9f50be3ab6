"""The network under construction: nodes, their widths, and names, each given once.

Nodes and parameters share one space of names, since `--wrt` asks for both by name alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.errors import SpecPath
from gradcalc.language.building.values import CONSTANTS
from gradcalc.language.problems import Reporter, all_of, kind_of, path_text, quoted
from gradcalc.network.network import Edge, Layer

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
    """A letter or `_`, then letters, digits, `_`, of any script (with their combining characters)."""
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


LONGEST = 9


class Draft:
    """Nodes by number, inputs first, and the layers built so far; a width that a mistake leaves open is None."""

    def __init__(self, reporter: Reporter) -> None:
        self.names: list[str] = []
        self.numbers: dict[str, int] = {}
        self.widths: list[int | None] = []
        self.inner: list[int | None] = []  # of preactivations
        self.inputs = 0
        self.built: list[Layer | None] = []  # without skips; None: a mistake
        self.edges: list[tuple[Edge, ...]] = []  # of each layer
        self.into_preactivation: dict[int, list[Edge]] = {}
        self.into_output: dict[int, list[Edge]] = {}
        self.late: list[tuple[SpecPath, int, int]] = []  # a layer's source that is not computed before it
        self._reporter = reporter

    def name(self, name: str) -> None:
        """Numbers the next node."""
        self.numbers.setdefault(name, len(self.names))
        self.names.append(name)

    def name_inputs(self, names: Sequence[str], widths: Sequence[int | None]) -> None:
        """The inputs are the first nodes."""
        for name, width in zip(names, widths, strict=True):
            self.name(name)
            self.widths.append(width)
            self.inner.append(width)
        self.inputs = len(names)

    def add(self, layer: Layer | None, edges: tuple[Edge, ...], width: int | None, inner: int | None) -> None:
        """The next layer, as far as it could be built."""
        self.built.append(layer)
        self.edges.append(edges)
        self.widths.append(width)
        self.inner.append(inner)

    def repeat_last(self, times: int) -> None:
        """More layers as wide as the last one, of which nothing else is known."""
        for _ in range(times):
            self.add(None, (), self.widths[-1], self.inner[-1])

    def find(self, name: object, at: SpecPath, *steps: str | int) -> int | None:
        """The number of the node that is called so; None, reported, where there is none. `steps` lead on from `at`."""
        number = self.numbers.get(name) if isinstance(name, str) else None
        if number is None:
            what = quoted(name) if isinstance(name, str) else kind_of(name)
            on = "key" if len(steps) > 1 and steps[-1] == name else "value"
            hint = self._hint(name) if isinstance(name, str) else ""
            self._reporter.error((*at, *steps), f"{what} is no node{hint}", on)
        return number

    def _hint(self, name: str) -> str:
        """A layer that has another name than its position would give it, a name nearly the same, or all there are."""
        position = int(name[1:]) if name[:1] == "h" and name[1:].isdecimal() and len(name) < LONGEST else 0
        if 0 < position <= len(self.names) - self.inputs:
            return f"; layer {position} is called {quoted(self.names[self.inputs + position - 1])}"
        return self._reporter.meant(name, self.numbers) or all_of("nodes", self.numbers)

    def layers(self) -> tuple[Layer, ...]:
        """The layers with their skips; only where there were no mistakes."""
        found = [layer for layer in self.built if layer is not None]
        before, after = self.into_preactivation, self.into_output
        for node in before.keys() | after.keys():
            alone = found[node - self.inputs]
            found[node - self.inputs] = Layer(*alone[:9], tuple(before.get(node, ())), tuple(after.get(node, ())))
        return tuple(found)

    def unread(self, targets: Sequence[int]) -> list[int]:
        """The nodes that no layer reads and no target names."""
        read = {edge.source for edges in self.edges for edge in edges}
        for skips in (self.into_preactivation, self.into_output):
            read.update(edge.source for edges in skips.values() for edge in edges)
        read.update(targets)
        return [node for node in range(len(self.names)) if node not in read]
