"""What `gradcalc compare` prints: the facts, the page, a row per entry for data frames, and what theory says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import ComparedNetwork, Comparison
from gradcalc.analysis.computation import loss_value
from gradcalc.network.network import entries
from gradcalc.records import Record
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Percent, Report, Table
from gradcalc.report.scales import boundless, log10
from gradcalc.theory.theory import Theory, theories
from gradcalc.views.compare_sentences import legend, magnitude, subject, verdict
from gradcalc.views.compare_tables import gradient_table, network_table, profile_table, title_parts
from gradcalc.views.network_header import envelope, network_facts
from gradcalc.views.theory_sentences import NO_THEORY, sentences, sources, theory_facts


def report(comparison: Comparison, warnings: tuple[str, ...] = (), theory: bool = False) -> Report:
    """The comparison as a report; with `theory`, what theory says of it."""

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
        title=f"{what_is_compared(comparison)}: gradients",
    )


def facts(comparison: Comparison, theory: bool = False) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    found: dict[str, Any] = {
        **envelope("compare"),
        "networks": [compared_facts(one) for one in comparison.networks],
        "ratios": {name: list(row) for name, row in comparison.ratios.items()},
    }
    if theory:
        found["theory"] = [fact for one in known(comparison) for fact in one.facts()]
    return found


def compared_facts(one: ComparedNetwork) -> dict[str, Any]:
    """One network."""
    return {
        **network_facts(one.network, loss_value(one.at)),
        "name": one.name,
        "gradients": dict(one.gradients),
        "log10": dict(one.log10),
        "norms": dict(one.norms),
        "paths": {name: one.paths.count(name) for name in one.gradients},
    }


# The page of a comparison: what is compared, the gradients, |δ| of deep networks, and what it all means.


def page(comparison: Comparison, theory: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(title(comparison))
    yield network_table(comparison)
    table = gradient_table(comparison)
    yield table
    yield from profile_table(comparison)
    yield legend(comparison, [column.name for column in table.columns])
    yield from verdict(comparison)
    if theory:
        yield from theory_blocks(comparison)


def title(comparison: Comparison) -> str:
    """`residual, with and without its skips (same weights) · sigmoid · (y − t)²`; what differs is left out."""
    functions = zip(*(title_parts(one.network) for one in comparison.networks))
    shared = [texts[0] for texts in functions if texts[0] and len(set(texts)) == 1]
    return " · ".join([what_is_compared(comparison), *shared])


def what_is_compared(comparison: Comparison) -> str:
    """`deep against resnet`, `deep for 3 values of depth`"""
    networks = comparison.networks
    name = networks[0].network.name
    if comparison.differ == "skips":
        return f"{name}, with and without its skips (same weights)"
    if comparison.differ:
        several = "combinations of values" if " and " in comparison.differ else "values"
        return f"{name} for {len(networks)} {several} of {comparison.differ}"
    return " against ".join(one.short for one in networks)


# A comparison for data frames: a row for every entry of every gradient in every network.


NAMES = (
    "network",
    "loss",
    "parameter",
    "entry",
    "gradient",
    "norm",
    "log10",
    "ratio",
    "log10_ratio",
    "paths",
    "largest",
)


def tidy_table(comparison: Comparison) -> Table:
    """Norm, log10, ratio, number of paths and largest share stand with every entry of their gradient."""
    rows = []
    for number, one in enumerate(comparison.networks):
        for name, value in one.gradients.items():
            times, share = comparison.ratios[name][number], Percent(one.paths.share(name))
            about = [one.norms[name], one.log10[name], times, log10(times), one.paths.count(name), share]
            rows += [
                [one.name, one.loss, name, ",".join(map(str, index)), entry, *about] for index, entry in entries(value)
            ]
    return Table([Column(name) for name in NAMES], rows)


# Theory: for every network what is known of its case.


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
    """The theories of every network, of the gradient that the sentences speak of, or else of its first one."""
    names = subject(comparison) or (None,) * len(comparison.networks)
    found = []
    for one, name in zip(comparison.networks, names):
        chosen = next((each for each in one.chosen if name is None or each.name == name), None)
        if chosen is not None:
            about = theories(one.at, chosen, one.norms[chosen.name])
            label = magnitude(one, chosen.name)[0]
            found.append(Known(one.name, one.short, chosen.name, label, about))
    return found


def theory_blocks(comparison: Comparison) -> Iterator[Block]:
    """The sentences under their heading."""
    yield Heading("Theory")
    found = known(comparison)
    for one in found:
        for words in sentences(one.short, one.label, one.theories):
            yield Note(words)
    if any(one.theories for one in found):
        yield Note(f"Sources. {sources(theory for one in found for theory in one.theories)}.")
    else:
        yield Note(NO_THEORY)
