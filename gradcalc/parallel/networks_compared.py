"""Which networks a comparison is of: several specs, a spec with and without its skips, or variants of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from gradcalc.analysis.comparison import ITS_SKIPS, NamedNetwork
from gradcalc.errors import UsageError
from gradcalc.network.network import Network
from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.text import listed

if TYPE_CHECKING:
    from gradcalc.cli.options import Changes
    from gradcalc.language import Document


class NetworksCompared(Record):
    """The networks; `differ` says in what: ITS_SKIPS, which the second lacks, or the keys that vary; "" in anything."""

    networks: tuple[NamedNetwork, ...]
    differ: str = ""
    warnings: tuple[str, ...] = ()


def networks_to_compare(sources: Sequence[str], changes: Changes, vary: Sequence[str]) -> NetworksCompared:
    """The networks that a command line speaks of. Raises SpecError, UsageError."""
    from gradcalc import language

    if len(sources) < 2:
        document = changes.read(sources[0] if sources else None)
        return variants(document, vary) if vary else with_and_without_skips(document)
    if vary:
        raise UsageError("--vary makes variants of one SPEC; several are compared as they are")
    documents = [changes.read(source) for source in sources]
    built = [language.build(document) for document in documents]
    warnings = tuple(warning for _, given in built for warning in given)
    networks = [network for network, _ in built]
    names = [network.name + " (no skips)" * one.thinned for network, one in zip(networks, documents)]
    return NetworksCompared(named_networks(networks, names), "", warnings)


def named_networks(networks: Sequence[Network], names: Sequence[str] = ()) -> tuple[NamedNetwork, ...]:
    """Networks under these names or their own, numbered where several have one name."""
    names = names or [network.name for network in networks]
    numbered = [
        f"{name} ({names[: n + 1].count(name)})" if names.count(name) > 1 else name for n, name in enumerate(names)
    ]
    return tuple(map(NamedNetwork, numbered, numbered, networks))


def with_and_without_skips(document: Document) -> NetworksCompared:
    """A network, and the same without its skips."""
    from gradcalc import language
    from gradcalc.language.document import NO_SKIPS, without_skips

    network, warnings = language.build(document)
    name = network.name
    if document.thinned and not network.has_skips:
        other = "leave it out to see the network with and without them"
        raise UsageError(f"nothing to compare: --no-skips drops every skip of {name}; {other}")
    if not network.has_skips:
        raise UsageError(f"nothing to compare: {name} has no skips; give a second SPEC or --vary KEY=VALUES")
    plain, _ = language.build(without_skips(document, network))
    both = NamedNetwork(name, name, network), NamedNetwork(NO_SKIPS, NO_SKIPS, plain)
    return NetworksCompared(both, ITS_SKIPS, warnings)


def variants(document: Document, vary: Sequence[str]) -> NetworksCompared:
    """One network for every combination of the keys' values."""
    from gradcalc import language
    from gradcalc.language.document import Variants
    from gradcalc.language.ranges import repeated, varied

    axes = varied(vary)
    combinations = list(product(*axes.values()))
    if len(combinations) < 2:
        raise UsageError(f"--vary {vary[0]}: needs two values or more, such as {next(iter(axes))}=1,2")
    open_spec = Variants(document, tuple(axes))
    found: list[NamedNetwork] = []
    warnings = dict.fromkeys(repeated(vary))
    for values in combinations:
        network, given = language.build(open_spec.filled(values))
        warnings |= dict.fromkeys(given)
        text = ", ".join(f"{key}={written(value)}" for key, value in zip(axes, values))
        named = len(axes) == 1 and isinstance(values[0], str)
        found.append(NamedNetwork(f"{network.name} {text}", values[0] if named else text, network))
    return NetworksCompared(tuple(found), listed(list(axes)), tuple(warnings))
