"""Which networks a comparison is of: several specs, a spec with and without its skips, or variants of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from gradcalc.analysis.comparison import Contender
from gradcalc.errors import UsageError
from gradcalc.network.network import Network
from gradcalc.records import Record
from gradcalc.report.json_numbers import written

if TYPE_CHECKING:
    from gradcalc.cli.options import Changes
    from gradcalc.language import Document

PLAIN = "without skips"


class Lineup(Record):
    """The networks; `alike` says how the others come from the first: "skips", or the keys that vary."""

    contenders: tuple[Contender, ...]
    alike: str = ""
    warnings: tuple[str, ...] = ()


def lineup(sources: Sequence[str], changes: Changes, vary: Sequence[str]) -> Lineup:
    """The networks that a command line speaks of. Raises SpecError, UsageError."""
    if len(sources) > 1 and vary:
        raise UsageError("--vary makes variants of one SPEC; several are compared as they are")
    if len(sources) > 1:
        return several(sources, changes)
    document = changes.read(sources[0] if sources else None)
    return variants(document, vary) if vary else beside_plain(document)


def several(sources: Sequence[str], changes: Changes) -> Lineup:
    """Specs as they are."""
    from gradcalc import language

    built = [language.build(changes.read(source)) for source in sources]
    warnings = tuple(warning for _, told in built for warning in told)
    return Lineup(told_apart([network for network, _ in built]), "", warnings)


def told_apart(networks: Sequence[Network]) -> tuple[Contender, ...]:
    """Networks by their names, numbered where they are called the same."""
    times = Counter(network.name for network in networks)
    seen: Counter[str] = Counter()
    contenders = []
    for network in networks:
        seen[network.name] += 1
        name = f"{network.name} ({seen[network.name]})" if times[network.name] > 1 else network.name
        contenders.append(Contender(name, name, network))
    return tuple(contenders)


def beside_plain(document: Document) -> Lineup:
    """A network, and the same without its skips."""
    from gradcalc import language
    from gradcalc.language.document import without_skips

    network, warnings = language.build(document)
    if not has_skips(network):
        raise UsageError(f"{network.name} has no skips to compare it without; name a second SPEC, or --vary KEY=VALUES")
    plain, _ = language.build(without_skips(document, network))
    name = network.name
    return Lineup((Contender(name, name, network), Contender(f"{name} {PLAIN}", PLAIN, plain)), "skips", warnings)


def variants(document: Document, vary: Sequence[str]) -> Lineup:
    """One network for every combination of the keys' values."""
    from gradcalc import language
    from gradcalc.language.document import Variants
    from gradcalc.language.ranges import varied

    axes = varied(vary)
    combinations = list(product(*axes.values()))
    if len(combinations) < 2:
        raise UsageError(f"--vary {vary[0]}: needs two values or more, such as {next(iter(axes))}=1,2")
    open_spec = Variants(document, tuple(axes))
    contenders: list[Contender] = []
    warnings: dict[str, None] = {}
    for values in combinations:
        network, told = language.build(open_spec.filled(values))
        warnings |= dict.fromkeys(told)
        short = ", ".join(f"{key}={written(value)}" for key, value in zip(axes, values))
        contenders.append(Contender(f"{network.name} {short}", short, network))
    return Lineup(tuple(contenders), ", ".join(axes), tuple(warnings))


def has_skips(network: Network) -> bool:
    """Whether any skip enters any layer."""
    return any(layer.into_preactivation or layer.into_output for layer in network.layers)
