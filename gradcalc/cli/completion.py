"""What a shell offers when TAB is pressed: the values of options and arguments, read from the spec at hand.

Loaded only while a shell asks. A network that cannot be read has no names, and is no error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any

from typer.core import CompletionItem  # type: ignore[attr-defined]

from gradcalc import language
from gradcalc.cli.app import COMPLETING
from gradcalc.cli.help import SPEC_ENDINGS, formats_of
from gradcalc.cli.output import WHEN_COLORED
from gradcalc.language.document import NO_SKIPS
from gradcalc.language.known_names import activations, losses
from gradcalc.network.network import Network

COMPLETE_BASH = "complete_bash"
Offers = Callable[[Any, str], Iterable[str]]  # of the context and what is typed so far: what the word could become


def complete_values(command: Any) -> None:
    """Give the command's parameters what a shell may offer for them: what begins as the word does."""

    def complete(offers: Offers, ctx: Any, word: str) -> list[Any]:
        known = max(word.rfind(sign) for sign in "=:") + 1 if os.environ.get(COMPLETING) == COMPLETE_BASH else 0
        return [CompletionItem(offer[known:]) for offer in offers(ctx, word) if offer.startswith(word)]

    for param in command.params:
        if offers := OFFERS.get(param.name):
            param.shell_complete = partial(complete, offers)


def join_words(environment: MutableMapping[str, str]) -> None:
    """Bash cuts words at `=` and `:`, and passes `loss=ms` as three: put the word before the cursor together again."""
    if environment[COMPLETING] != COMPLETE_BASH:
        return
    words = environment["COMP_WORDS"].split()
    typed = words[: int(environment["COMP_CWORD"]) + 1]
    joined = re.sub(r"(?<=\S)\s([=:])\s?", r"\1", "\n".join(typed))
    if len(typed) < int(environment["COMP_CWORD"]) + 1:  # the cursor stands after a space
        joined += "\n"
    environment["COMP_WORDS"], environment["COMP_CWORD"] = joined, str(joined.count("\n"))


def specs(ctx: Any, word: str) -> list[str]:
    """Built-in examples, and the spec files and folders of the folder that is being typed."""
    return [*language.examples(), *files(word, SPEC_ENDINGS)]


def files(word: str, endings: tuple[str, ...]) -> list[str]:
    """The folders of the folder that is being typed, and the files of some endings."""
    folder = os.path.dirname(word)
    try:
        with os.scandir(folder or ".") as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError:
        found = []
    wanted = [name + "/" * is_folder for name, is_folder in found if is_folder or name.endswith(endings)]
    return sorted(os.path.join(folder, name) for name in wanted)


def network(ctx: Any) -> Network | None:
    """The network of the command line as far as it has been typed, None where it cannot be built."""
    from gradcalc.cli.options import Changes
    from gradcalc.errors import SpecError, UsageError

    given = ctx.params
    changes = Changes(**{field: given.get(field) for field in Changes._fields if given.get(field)})
    arguments = [given.get("source"), *(given.get("sources") or ()), *ctx.args]  # the last before an unfinished option
    source = next(filter(None, arguments), None)
    try:
        return changes.load(source)[0]
    except (SpecError, UsageError, OSError):
        return None


def nodes(ctx: Any, word: str) -> list[str]:
    """The nodes, and of the one that is being typed its units."""
    found = network(ctx)
    if found is None:
        return []
    units = [
        f"{node.name}[{unit}]" for node in found.nodes if word.startswith(f"{node.name}[") for unit in range(node.width)
    ]
    return [*(node.name for node in found.nodes), *units]


def subjects(ctx: Any, word: str) -> list[str]:
    """Parameters and nodes, and of the one that is being typed its entries or units."""
    found = network(ctx)
    if found is None:
        return []
    from gradcalc.analysis.point import subjects as named

    base, bracket, _ = word.partition("[")
    parameters = [parameter.name for parameter in found.parameters]
    entries = [subject.name for subject in named(found, [f"{base}[*]"])] if bracket and base in parameters else []
    return [*parameters, *entries, *nodes(ctx, word)]


def nodes_and_edges(ctx: Any, word: str) -> list[str]:
    """The nodes and the edges that a path can pass."""
    found = network(ctx)
    layers = () if found is None else found.layers
    edges = [edge for layer in layers for edge in layer.incoming]
    return [*nodes(ctx, word), *dict.fromkeys(edge.label for edge in edges)]


def ends(ctx: Any, word: str) -> list[str]:
    """FROM: and FROM:TO of a skip."""
    source, colon, _ = word.partition(":")
    return [f"{source}:{node}" for node in nodes(ctx, "")] if colon else [f"{node}:" for node in nodes(ctx, "")]


def settings(ctx: Any, word: str) -> list[str]:
    """KEY= of the spec's keys, parameters and inputs; KEY=VALUE of activations and losses, after a comma too."""
    from gradcalc.language.keys import GROUPS

    key, equals, values = word.partition("=")
    if equals:
        before = values[: values.rfind(",") + 1]
        known = {"activation": activations, "loss": losses}.get(key.rpartition(".")[2])
        return [f"{key}={before}{name}" for name in known().canonical] if known else []
    found = network(ctx)
    parameters = [] if found is None else [parameter.name for parameter in found.parameters]
    names = [] if found is None else [*parameters, *(given.name for given in found.inputs)]
    return [f"{name}=" for name in (*(key.name for key in GROUPS["spec"].keys), *names)]


def varied(ctx: Any, word: str) -> list[str]:
    """KEY= as in --set, and the depth."""
    return [*settings(ctx, word), *([] if "=" in word else ["depth="])]


def columns(ctx: Any, word: str) -> list[str]:
    """Quantities, and with a colon those of the parameters and nodes; a parameter alone is its gradient."""
    from gradcalc.analysis.quantities import QUANTITIES

    quantity, colon, name = word.partition(":")
    if not colon:
        needing = [f"{head}:" for head, one in QUANTITIES.items() if one.of]
        return [*(head for head, one in QUANTITIES.items() if not one.of.endswith("!")), *needing, *subjects(ctx, word)]
    if quantity not in QUANTITIES:
        return []
    needs = QUANTITIES[quantity].of
    known = dtypes(ctx, name) if needs == "format!" else nodes(ctx, "") if needs == "node!" else subjects(ctx, name)
    return [f"{quantity}:{one}" for one in known]


def dtypes(ctx: Any, word: str) -> list[str]:
    """The formats of low precision; of several between commas the last."""
    from gradcalc.arithmetic.float_formats import FORMATS

    before = word[: word.rfind(",") + 1]
    return [before + name for name in FORMATS]


def given(ctx: Any, word: str) -> list[str]:
    """NAME= of every quantity that a network has, and the files that may hold some."""
    from gradcalc.analysis.given_values import names

    found = network(ctx)
    known = [] if found is None else names(found)
    return [*(f"{name}=" for name in known), *files(word, (*SPEC_ENDINGS, ".csv", ".npz", ".safetensors"))]


OFFERS: Mapping[str, Offers] = {
    "source": specs,
    "sources": specs,
    "name": lambda ctx, word: language.examples(),
    "format": lambda ctx, word: formats_of(ctx.command.name),
    "activation": lambda ctx, word: activations().canonical,
    "loss": lambda ctx, word: losses().canonical,
    "skips": ends,
    "settings": settings,
    "wrt": subjects,
    "through": nodes_and_edges,
    "avoid": nodes_and_edges,
    "of": nodes,
    "vary": varied,
    "got": given,
    "more": given,
    "show": columns,
    "against": lambda ctx, word: [NO_SKIPS],
    "dtype": dtypes,
    "accumulate": lambda ctx, word: ["float32", "dtype"],
    "values": lambda ctx, word: ["forward", "backward", "none"],
    "unit": lambda ctx, word: ["layers", "blocks"],
    "backend": lambda ctx, word: ["loky", "threading", "dask", "ray"],
    "color": lambda ctx, word: WHEN_COLORED,
}
"""By the name of the parameter."""
