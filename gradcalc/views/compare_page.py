"""What `gradcalc compare` prints: the facts, the page, a row per entry for data frames, and theory beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import Comparison, Side
from gradcalc.network.network import entries
from gradcalc.records import Record
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Percent, Report, Table
from gradcalc.report.scales import boundless
from gradcalc.theory.theory import Theory, theories
from gradcalc.views.compare_sentences import magnitude, subject, verdict
from gradcalc.views.compare_tables import bar_scale, gradient_table, profile_table
from gradcalc.views.theory_sentences import sources, theory_facts, told


def report(comparison: Comparison, warnings: tuple[str, ...] = (), theory: bool = False) -> Report:
    """The comparison as a report; with `theory`, what is known beside what was measured."""

    def blocks() -> list[Block]:

        with boundless():
            return list(page(comparison, theory))

    def table() -> Table:

        return tidy_table(comparison)

    return Report(
        Deferred(lambda: facts(comparison, theory)),
        blocks,
        table=table,
        warnings=warnings,
        title=f"{compared(comparison)}: gradients",
    )


def compared(comparison: Comparison) -> str:
    """Which networks stand against one another."""
    first = comparison.sides[0]
    if comparison.alike == "skips":
        return f"{first.short} with and without its skips"
    if comparison.alike:
        return f"{first.network.name} by {comparison.alike}"
    return " against ".join(side.short for side in comparison.sides)


def facts(comparison: Comparison, theory: bool = False) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    said: dict[str, Any] = {
        "command": "compare",
        "networks": [network_facts(side) for side in comparison.sides],
        "ratios": {name: list(row) for name, row in comparison.ratios.items()},
    }
    if theory:
        said["theory"] = [fact for one in known(comparison) for fact in one.facts()]
    return said


def network_facts(side: Side) -> dict[str, Any]:
    """One network."""
    return {
        "name": side.name,
        "loss": side.loss,
        "gradients": dict(side.gradients),
        "log10": dict(side.log10),
        "norms": dict(side.norms),
        "paths": {name: side.paths.count(name) for name in side.gradients},
    }


# The page of a comparison: what is compared, the gradients, the profile of deep networks, and what it all means.


WIDE = 2
"""Networks whose gradients stand in columns of one row, with their loss; more of them stand beneath each other."""


def page(comparison: Comparison, theory: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Note(title(comparison), "title")
    table = gradient_table(comparison)
    if len(comparison.sides) > WIDE or table.rows[0][0] != "loss":
        yield loss_table(comparison)
    yield table
    yield Note(legend(comparison, table))
    yield from profile_table(comparison)
    yield from verdict(comparison)
    if theory:
        yield from theory_blocks(comparison)


def title(comparison: Comparison) -> str:
    """`residual beside itself without skips · sigmoid · mse`."""
    first = comparison.sides[0]
    if comparison.alike == "skips":
        what = f"{first.short} beside itself without its skips"
    elif comparison.alike:
        what = f"{first.network.name} by {comparison.alike}"
    else:
        what = " beside ".join(side.short for side in comparison.sides)
    shared = [first.network.activation, first.network.loss.text]
    own = [[side.network.activation, side.network.loss.text] for side in comparison.sides]
    return " · ".join([what, *(text for n, text in enumerate(shared) if all(one[n] == text for one in own))])


def legend(comparison: Comparison, table: Table) -> str:
    """What the bars and the decades are."""
    what = f"Bars are log₁₀ of the magnitude, {bar_scale(comparison)}"
    if len(comparison.sides) == WIDE:
        upper, lower = (side.short for side in comparison.sides)
        what += f", two to a line: {upper} above, {lower} below"
    decades = any(column.name == "decades" for column in table.columns)
    return f"{what}; decades are log₁₀ of the ratio." if decades else f"{what}."


def loss_table(comparison: Comparison) -> Table:
    """What each network is."""
    rows = [[side.short, side.loss, len(side.network.layers), skips(side)] for side in comparison.sides]
    return Table([Column("network"), Column("loss"), Column("layers"), Column("skips")], rows)


def skips(side: Side) -> int:
    """How many skips a network has."""
    return sum(len(layer.into_preactivation) + len(layer.into_output) for layer in side.network.layers)


# A comparison for data frames: a row for every entry of every gradient in every network.


NAMES = ("network", "loss", "parameter", "entry", "gradient", "norm", "log10", "ratio", "paths", "largest")


def tidy_table(comparison: Comparison) -> Table:
    """Norm, log10, ratio, number of paths and largest share stand with every entry of their gradient."""
    rows = []
    for number, side in enumerate(comparison.sides):
        for name, value in side.gradients.items():
            times = comparison.ratios[name][number]
            about = [side.norms[name], side.log10[name], times, side.paths.count(name), Percent(side.paths.share(name))]
            rows += [
                [side.name, side.loss, name, ",".join(map(str, index)), entry, *about]
                for index, entry in entries(value)
            ]
    return Table([Column(name) for name in NAMES], rows)


# Theory beside a comparison: for every network what is known of its case.


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
