"""What `gradcalc diagnose` prints: the finding in words, every layer with its sizes and its label, what each factor
costs, why entries are 0, and the changes that help, each with its command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.adjoint_terms import Costs
from gradcalc.analysis.diagnosis import HEALTHY, MEASURES, Diagnosis, LayerDiagnosis, Rate
from gradcalc.expressions.numerals import Numeral
from gradcalc.network.network import power_of_ten
from gradcalc.report.report import Bar, Block, Column, Deferred, Heading, Note, Report, Table
from gradcalc.report.scales import figure, scale
from gradcalc.report.text import gradient, listed
from gradcalc.views import diagnose_sentences as sentences
from gradcalc.views.cost_sentences import factor_names, held_decimals, size_of, why_this
from gradcalc.views.network_header import Facts, envelope, network_facts, title
from gradcalc.views.remedy_sentences import healthy_layers, reach_name, with_same

SIZE_DIGITS, LOG_DECIMALS = 3, 2
RATIO_DIGITS = 4
MOST_NAMES = 3  # of the weights of a layer
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
        "layers": [layer_facts(layer) for layer in found.layers],
        "rate": rate_facts(found.rate),
        "costs": cost_facts(found.costs),
        "zeros": [zero._asdict() for zero in found.zeros],
        "remedies": [
            {
                "change": with_same(one),
                "command": one.command,
                "gradient_ratio": one.gradient_ratio,
                "loss": one.loss,
                "healthy": one.healthy,
                "log10_delta_ratio": one.reach,
            }
            for one in found.remedies
        ],
    }


def layer_facts(layer: LayerDiagnosis) -> Facts:
    """The sizes of a layer and its label."""
    return {name: getattr(layer, name) for name in ("node", *MEASURES, "log10", "label", "evidence")}


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
    if found.finding.rounded:
        from gradcalc.views.digit_sentences import rounded_sentences

        yield from (Note(words, "result") for words in rounded_sentences(found.finding.rounded, found.network, "L"))
    yield layer_table(found)
    yield from other_gradients(found)
    yield from evidence_table(found)
    if found.costs is not None:
        yield cost_table(found, found.costs)
    if found.zeros:
        rows = [[zero.entry, zero.reason] for zero in (found.zeros if every else found.zeros[:MOST_ZEROS])]
        rest = (
            f" (the first {MOST_ZEROS} of {len(found.zeros)}; --all shows them)" if len(rows) < len(found.zeros) else ""
        )
        yield Table([Column("entry of a gradient"), Column("why it is 0")], rows, f"Gradients that are 0{rest}")
    if found.remedies:
        yield from remedy_tables(found)
    yield Note(sentences.legend(found), "legend")
    yield from (Note(text) for text in sentences.closing(found))


def layer_table(found: Diagnosis) -> Table:
    """A row for each layer, the output last."""
    wide = found.has_norms
    sizes = scale(layer.log10["delta"] for layer in found.layers)
    columns: list[tuple[Column, list[Any]]] = [(Column("layer"), [layer.node for layer in found.layers])]
    for name, key in (("output", "output"), ("σ′(z)", "factor"), ("δ", "delta"), ("∂L/∂w", "gradient")):
        heading = f"‖{name}‖" if wide and key != "factor" else f"|{name}|" if key != "factor" else name
        values = [getattr(layer, key) for layer in found.layers]
        if all(value is None for value in values):
            continue
        columns.append((Column(heading, digits=SIZE_DIGITS), values))
        if key in ("delta", "gradient"):
            columns.append((Column("log₁₀"), [places(layer.log10[key]) for layer in found.layers]))
    columns.append((Column("weights"), [names_of(layer.parameters) for layer in found.layers]))
    columns.append((Column("label"), [sentences.label(layer) for layer in found.layers]))
    title = "Layers, from the first to the output"
    narrow = table(columns, title)
    drawn = [Bar(sizes.fraction(layer.log10["delta"])) for layer in found.layers]
    return table([*columns, (Column(f"{sentences.delta(found)}, {sizes} (log)"), drawn)], title)._replace(
        otherwise=narrow
    )


def names_of(parameters: Sequence[str]) -> str:
    """The weights of a layer, the first of many."""
    return ", ".join(parameters[:MOST_NAMES]) + ", …" * (len(parameters) > MOST_NAMES)


def other_gradients(found: Diagnosis) -> Iterator[Table]:
    """The gradients that the layers do not have: of biases and of skips."""
    names = [f"‖{gradient(one.name)}‖" if one.several else f"|{gradient(one.name)}|" for one in found.others]
    rows = [[name, one.size, places(one.log10)] for name, one in zip(names, found.others)]
    if rows:
        columns = [Column("gradient"), Column("value", digits=SIZE_DIGITS), Column("log₁₀")]
        yield Table(columns, rows, "Gradients of the other parameters")


def table(columns: list[tuple[Column, list[Any]]], title: str) -> Table:
    """A table of these columns."""
    return Table([column for column, _ in columns], list(zip(*(cells for _, cells in columns))), title)


def places(number: float | None) -> Numeral | None:
    """A logarithm with two decimals, where it has them; None of an exact 0."""
    if number is None:
        return None
    whole, _, fraction = f"{abs(number):.{held_decimals(number, LOG_DECIMALS)}f}".partition(".")
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
    names = factor_names(found, costs)
    shown = {key: round(power, LOG_DECIMALS) for key, power in costs.parts.items()}
    whole = round(costs.total, LOG_DECIMALS)
    largest = max(shown, key=lambda key: abs(shown[key]))
    shown[largest] = round(shown[largest] + whole - sum(shown.values()), LOG_DECIMALS)
    most = max(max(map(abs, shown.values())), 0.01)
    steps, sign = {step.kind for step in costs.steps}, -1 if costs.total < 0 else 1
    against = "▒ of the opposite sign" if any(sign * power < 0 for power in shown.values()) else ""
    told = [key for key in shown if shown[key] or key in steps]
    rows: list[list[Any]] = [[names[key], places(shown[key]), Bar(sign * shown[key] / most)] for key in told]
    rows.append([f"together: log₁₀ {size_of(found, costs.of)}", places(whole), None])
    columns = [Column("factor"), Column("powers of ten"), Column(against)]
    title = f"Where the powers of ten of {gradient(costs.of)}{why_this(found, costs)} come from"
    groups = [0] * len(told) + [1]
    return Table(columns, rows, title, groups)


def remedy_tables(found: Diagnosis) -> Iterator[Table]:
    """The changes that help, the first of them and of each kind; then their commands."""
    subject = found.finding.subject
    assert subject is not None
    size, scales = size_of(found, subject.name), found.finding.label == "lost in float16"
    rows: list[list[Any]] = [
        [
            place,
            with_same(one),
            None if scales else power_of_ten(one.reach),
            one.gradient if all(other.gradient_ratio is None for other in found.remedies) else None,
            None if one.gradient_ratio is None else figure(one.gradient_ratio, RATIO_DIGITS),
            one.loss,
            None if scales else healthy_layers(one.labels),
        ]
        for place, one in enumerate(found.remedies, 1)
    ]
    if not scales:
        reach = 0.0 if found.reach is None else power_of_ten(found.reach)
        now = healthy_layers(found.labels)
        rows.insert(0, ["", "none (as it is)", reach, None, None, found.loss.value, now])
    names = ("", "change", reach_name(found), size, f"{size}, × as large", "loss", "healthy layers")
    digits = {names[2]: SIZE_DIGITS, size: RATIO_DIGITS, "loss": RATIO_DIGITS}
    columns = [Column(name, digits=digits.get(name)) for name in names]
    some = "Changes that help"
    if found.helpful > len(found.remedies):
        some = f"{len(found.remedies)} of {found.helpful} changes that help"
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
