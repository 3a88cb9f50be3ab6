"""What a layer reads, and how wide its sources are together."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.record import Record
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.placing import units
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.written import Written

NARROW = "all joins but concat need equal widths"


class Site(Record):
    """A layer at its position (from 1); `copy` counts from 1 in a repeated layer and is 0 in others."""

    layer: Written
    position: int
    name: str
    node: int
    copy: int

    @property
    def number(self) -> int:
        """What the given names of this copy's parameters end in; 0 for nothing: they are alone, or shared."""
        return 0 if self.layer.share else self.copy

    @property
    def rows(self) -> int | None:
        """Units of the preactivation by the width that the spec states; maxout makes one unit of several."""
        width, bent = self.layer.width, self.layer.bent
        if width is None or bent is None:
            return None
        return width * int(bent.activation.options.get("pieces", 1))


class Sources:
    """Finds sources, by name or by position."""

    def __init__(self, draft: Draft, reporter: Reporter) -> None:
        self._draft = draft
        self._reporter = reporter

    def of(self, site: Site) -> list[int | None]:
        """The nodes that a layer without a `from` mapping reads; None for a mistake, which is reported."""
        reads = site.layer.reads
        if reads is None or site.copy > 1:
            return [site.node - 1] if site.position > 1 else list(range(self._draft.inputs))
        if not reads:
            self._reporter.error((*site.layer.at, "from"), "is empty; it needs at least one node")
            return [None]
        if isinstance(reads, list):
            return [self.earlier(site, name, i) for i, name in enumerate(reads)]
        return [self.earlier(site, reads)]

    def earlier(self, site: Site, name: object, *steps: str | int) -> int | None:
        """A node that is computed before the layer that reads it; `steps` lead to its place in `from`."""
        number = self._draft.find(name, site.layer.at, "from", *steps)
        if number is None or number < site.node:
            return number
        self._draft.late.append(((*site.layer.at, "from", *steps), number, site.node))
        return None

    def join(self, site: Site, sources: Sequence[object]) -> str:
        """How they meet; several inputs are side by side where the first layer says nothing else."""
        if len(sources) < 2:
            return "sum"
        beside = site.position == 1 and site.layer.reads is None
        return site.layer.join or ("concat" if beside else "sum")

    def joined_width(self, site: Site, join: str, widths: Sequence[int | None], names: Sequence[str]) -> int | None:
        """Units after the join; None where they are unknown. Unequal widths are reported, and the first one holds."""
        if join == "concat":
            return sum(width for width in widths if width) if None not in widths else None
        known = [(width, name) for width, name in zip(widths, names, strict=True) if width is not None]
        for width, name in known[1:]:
            if width != known[0][0]:
                at = (*site.layer.at, "join" if site.layer.reads is None else "from")
                first = f"{known[0][1]} has {units(known[0][0])}"
                self._reporter.error(at, f"has sources of unequal width: {first}, {name} has {units(width)}; {NARROW}")
                break
        return known[0][0] if known else None
