"""Theory beside a comparison: for every network what is known of its case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.blocks import Block, Heading, Note
from gradcalc.questions.comparing import Comparison
from gradcalc.questions.theories.theory import Theory, theories
from gradcalc.record import Record
from gradcalc.views.compare.verdict import magnitude, subject
from gradcalc.views.theories import sources, theory_facts, told


class Known(Record):
    """What is known of one network, about the gradient of `name`, which is written `label`."""

    network: str
    short: str
    name: str
    label: str
    theories: Sequence[Theory]

    def facts(self) -> list[Mapping[str, Any]]:
        """For JSON."""
        return theory_facts(self.network, self.name, self.theories)


def known(comparison: Comparison) -> list[Known]:
    """The theories of every network, of the gradient that the verdict speaks of, or else of its first one."""
    name = subject(comparison.sides)
    found = []
    for side in comparison.sides:
        chosen = next((each for each in side.chosen if name is None or each.name == name), None)
        if chosen is not None:
            about = theories(side.at, chosen, side.norms[chosen.name])
            label = magnitude(side, chosen.name)[0]
            found.append(Known(side.name, side.short, chosen.name, label, about))
    return found


def theory_blocks(comparison: Comparison) -> Iterator[Block]:
    """The sentences under their heading."""
    yield Heading("Theory")
    found = known(comparison)
    for one in found:
        for words in told(one.short, one.label, one.theories):
            yield Note(words)
    if any(one.theories for one in found):
        yield Note(f"Sources. {sources(theory for one in found for theory in one.theories)}.")
    else:
        yield Note("No theory here applies: bounds are for narrow networks, χ for dense ones of wide layers.")
