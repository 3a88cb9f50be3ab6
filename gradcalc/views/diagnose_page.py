"""What `gradcalc diagnose` prints: the finding in words, every layer with its sizes and its label, what each factor
costs, why entries are 0, and the changes that help, each with its command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.analysis.adjoint_terms import Costs
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, LayerDiagnosis, Rate
from gradcalc.expressions.numerals import Numeral
from gradcalc.report.report import Bar, Block, Column, Deferred, Heading, Note, Report, Table
from gradcalc.report.scales import figure, scale
from gradcalc.report.text import gradient, listed
from gradcalc.views import diagnose_sentences as sentences
from gradcalc.views.network_header import Facts, envelope, network_facts, title

SIZE_DIGITS, LOG_DECIMALS = 3, 2
RATIO_DIGITS = 4
MOST_ZEROS = 12  # whose reasons are shown unless all are wanted


def report(found: Diagnosis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The diagnosis as a report; with `every` reason of a 0."""
    return Report(
        Deferred(lambda: facts(found)),
        lambda: page(found, every),
        table=lambda: flat_table(found),
        warnings=warnings,
        title=f"{found.network.name}: diagnosis",
    )


def facts(found: Diagnosis) -> Facts:
    """What JSON prints; keys and their order are a contract."""
    return {
        **envelope("diagnose"),
        **network_facts(found.network, found.loss),
        "layers": [layer._asdict() for layer in found.layers],
        "rate": rate_facts(found.rate),
        "costs": cost_facts(found.costs),
        "zeros": [zero._asdict() for zero in found.zeros],
        "remedies": [
            {
                "change": sentences.with_same(one),
                "command": one.command,
                "gradient_ratio": one.gradient_ratio,
                "loss": one.loss,
            }
            for one in found.remedies
        ],
    }


def rate_facts(rate: Rate | None) -> Facts | None:
    """The rate of |δ|, with the layers that depart from it."""
    return None if rate is None else rate._asdict()


def cost_facts(costs: Costs | None) -> Facts:
    """Powers of ten by factor, and their sum; nothing where every gradient is 0."""
    return {} if costs is None else {"of": costs.of, **costs.parts, "total": costs.total}


def page(found: Diagnosis, every: bool = False) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(title(found.network))
    for text in sentences.finding(found):
        yield Note(text, "result")
    yield layer_table(found)
    yield from evidence_table(found)
    if found.costs is not None:
        yield cost_table(found, found.costs)
    if found.zeros:
        rows = [[zero.entry, zero.reason] for zero in (found.zeros if every else found.zeros[:MOST_ZEROS])]
        rest = (
            f" (the first {MOST_ZEROS} of {len(found.zeros)}; --all shows them)" if len(rows) < len(found.zeros) else ""
        )
        yield Table([Column("entry of a gradient"), Column("why it is 0")], rows, f"Gradients that are exactly 0{rest}")
    if found.remedies:
        yield from remedy_tables(found)
    yield Note(sentences.legend(found), "legend")
    yield from (Note(text) for text in sentences.closing(found))


def layer_table(found: Diagnosis) -> Table:
    """A row for each layer, the output last."""
    wide = sentences.has_norms(found)
    sizes = scale(layer.log10["delta"] for layer in found.layers)
    columns: list[tuple[Column, list[Any]]] = [(Column("layer"), [layer.node for layer in found.layers])]
    for name, key in (("output", "output"), ("σ′(z)", "derivative"), ("δ", "delta"), ("∂L/∂w", "gradient")):
        heading = f"‖{name}‖" if wide else f"|{name}|" if key != "derivative" else name
        values = [getattr(layer, key) for layer in found.layers]
        if all(value is None for value in values):
            continue
        columns.append((Column(heading, digits=SIZE_DIGITS), values))
        if key in ("delta", "gradient"):
            columns.append((Column("log₁₀"), [places(layer.log10[key]) for layer in found.layers]))
    columns.append((Column("label"), [layer.label for layer in found.layers]))
    title = "Layers, from the first to the output"
    narrow = table(columns, title)
    drawn = [Bar(sizes.fraction(layer.log10["delta"])) for layer in found.layers]
    return table([*columns, (Column(f"{sentences.delta(found)}, {sizes} (log)"), drawn)], title)._replace(
        otherwise=narrow
    )


def table(columns: list[tuple[Column, list[Any]]], title: str) -> Table:
    """A table of these columns."""
    return Table([column for column, _ in columns], list(zip(*(cells for _, cells in columns))), title)


def places(number: float | None) -> Numeral | None:
    """A logarithm with two decimals; None of an exact 0."""
    if number is None:
        return None
    whole, _, fraction = f"{abs(number):.{LOG_DECIMALS}f}".partition(".")
    return Numeral(number < 0 and bool(f"{whole}{fraction}".strip("0")), whole, fraction)


def evidence_table(found: Diagnosis) -> Iterator[Table]:
    """The evidence of every label that layers have, of several layers that of the worst; not where the first finding is
    all that there is."""
    groups: dict[str, list[LayerDiagnosis]] = {}
    for layer in found.layers:
        if layer.evidence and not (layer.label == HEALTHY and found.start is None):
            groups.setdefault(layer.label, []).append(layer)
    rows = []
    for label, layers in groups.items():
        worst = sentences.worst(found, layers)
        whose = f"{worst.node}: " * (len(layers) > 1)
        rows.append([label, listed([layer.node for layer in layers], 4), f"{whose}{worst.evidence}"])
    if len(rows) > 1 or any(label not in (found.finding.label,) for label in groups):
        yield Table([Column("label"), Column("layers"), Column("evidence")], rows, "Evidence")


def cost_table(found: Diagnosis, costs: Costs) -> Table:
    """The powers of ten that every factor costs; what is shown adds up, too."""
    names = sentences.factor_names(found, costs)
    shown = {key: round(power, LOG_DECIMALS) for key, power in costs.parts.items()}
    whole = round(costs.total, LOG_DECIMALS)
    largest = max(shown, key=lambda key: abs(shown[key]))
    shown[largest] = round(shown[largest] + whole - sum(shown.values()), LOG_DECIMALS)
    most = max(max(map(abs, shown.values())), 0.01)
    steps = {step.kind for step in costs.steps}
    told = [key for key in shown if shown[key] or key in steps]
    rows: list[list[Any]] = [[names[key], places(shown[key]), Bar(abs(shown[key]) / most)] for key in told]
    rows.append([f"together: log₁₀ {sentences.size_of(found, costs.of)}", places(whole), None])
    columns = [Column("factor"), Column("powers of ten"), Column("")]
    title = f"Where the powers of ten of {gradient(costs.of)} come from"
    groups = [0] * len(told) + [1]
    return Table(columns, rows, title, groups)


def remedy_tables(found: Diagnosis) -> Iterator[Table]:
    """The changes that help, the first of them and of each kind; then their commands."""
    subject = found.finding.subject
    assert subject is not None
    size = sentences.size_of(found, subject.name)
    rows = [
        [
            place,
            sentences.with_same(one),
            one.gradient,
            None if one.gradient_ratio is None else figure(one.gradient_ratio, RATIO_DIGITS),
            one.loss,
            None if one.healthy is None else f"{one.healthy} of {len(found.layers)}",
        ]
        for place, one in enumerate(found.remedies, 1)
    ]
    names = ("", "change", size, "times as large", "loss", "healthy layers")
    columns = [Column(name, digits=RATIO_DIGITS if name in (size, "loss") else None) for name in names]
    some = f"{len(rows)} of {found.helpful} changes that help" if found.helpful > len(rows) else "Changes that help"
    told = [place for place in range(len(names)) if any(row[place] is not None for row in rows)]
    shown = [[row[place] for place in told] for row in rows]
    yield Table([columns[place] for place in told], shown, f"{some}, each alone", keys=2)
    commands = [[place, one.command] for place, one in enumerate(found.remedies, 1)]
    yield Table([Column(""), Column("command")], commands, "The commands that show them")


def flat_table(found: Diagnosis) -> Table:
    """A row for every layer, for data frames."""
    names = ("layer", "output", "derivative", "delta", "gradient")
    logs = [f"log10_{name}" for name in names[1:]]
    rows = [
        [layer.node, *(getattr(layer, name) for name in names[1:]), *layer.log10.values(), layer.label, layer.evidence]
        for layer in found.layers
    ]
    return Table(list(map(Column, (*names, *logs, "label", "evidence"))), rows)
