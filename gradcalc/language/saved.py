"""A spec with other values of its parameters, and else as it was written: comments, order and all.

The values are put into the text where the spec has them. Where one place of the spec describes several parameters, the
copies of a repeated layer or the skips of {every: k}, that layer or these skips are written out there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from gradcalc.errors import GradcalcError, SpecPath, UsageError
from gradcalc.language.building import build
from gradcalc.language.document import Document, parse, write
from gradcalc.language.overrides import put
from gradcalc.language.problems import Problems
from gradcalc.network.network import Layer, Network, Parameter, numbers
from gradcalc.report.json_numbers import written

DRAWN = ("init", "seed", "gain", "low", "high", "mean", "std")  # keys of a value that is drawn
NO_PLACE = "the spec has no place for these values; write its layers and skips out, and alpha where one is trained"
OWN = ("weight", "bias")  # what copies of a layer have each for themselves


def saved_text(document: Document, network: Network, grammar: str) -> tuple[str, bool]:
    """The spec of a document in a grammar, "yaml", "toml" or "json", with the values of a network that was built of
    it, and whether that leaves out comments.

    Raises UsageError where the grammar has no such value.
    """
    as_written = not (document.origins or document.values or document.thinned)
    if as_written and document.format == grammar:
        with suppress(GradcalcError, LookupError, ValueError, StopIteration):
            text = _edited(document, network)
            if _means(text, document, network, grammar):
                return text, False
    data = _with_values(_written_out(document.data, network), document, network)
    text = write(data, grammar)
    if not _means(text, document, network, grammar):
        raise UsageError(NO_PLACE)
    return text, "#" in document.text


def _edited(document: Document, network: Network) -> str:
    """The text with values, written-out layers and written-out skips in the places of the old ones."""
    spread = _spread(document.data, network)
    inner = {path: value for path, value in _values(document, network).items() if not _within(path, spread)}
    edits: dict[SpecPath, Any] = {**spread, **inner}
    locate: Any = import_module(f"gradcalc.language.grammars.{document.format}_text").locate
    text, grammar, places = document.text, document.format, locate(document.text, set(edits)).of
    for path in sorted(edits, key=lambda path: -places[path].value[0]):
        start, end = places[path].value
        value = edits[path]
        several = path in spread and isinstance(path[-1], int)
        line = text[text.rfind("\n", 0, start) + 1 : start]
        separator = "\n" + line if line.strip() == "-" else ", "
        new = separator.join(_flow(one, grammar) for one in value) if several else _flow(value, grammar)
        tail = text[start:end]
        text = text[:start] + new + tail[len(tail.rstrip()) :] + text[end:]
    return text


def _flow(value: Any, grammar: str) -> str:
    """A value in one line."""
    if isinstance(value, list):
        return f"[{', '.join(_flow(item, grammar) for item in value)}]"
    if isinstance(value, dict):
        sign = {"yaml": "{}: {}", "toml": "{} = {}", "json": '"{}": {}'}[grammar]
        return "{" + ", ".join(sign.format(key, _flow(item, grammar)) for key, item in value.items()) + "}"
    return value if grammar == "yaml" and isinstance(value, str) and value.isidentifier() else written(value)


def _means(text: str, document: Document, network: Network, grammar: str) -> bool:
    """Whether a text is a spec of that network."""
    read = parse(text, document.source, document.name, grammar)
    problems = Problems(read.problems)
    found = build(read.data, read.name, problems)
    if found is None:
        return False
    return bool(_structure(found) == _structure(network))


def _structure(network: Network) -> Any:
    """All that two equal networks have in common; functions of activations are made anew for each."""
    layers = [layer._replace(activation=layer.activation.text) for layer in network.layers]  # type: ignore[arg-type]
    return layers, [parameter[:4] for parameter in network.parameters], network.inputs, network.targets


def _values(document: Document, network: Network) -> dict[SpecPath, Any]:
    """What stands in the spec, by its path, and is another value now. Raises LookupError where a path has none."""
    places: dict[str, SpecPath] = {}
    before = build(document.data, document.name, Problems(), document.values, document.thinned, places)
    if before is None:  # as where {every: k} names one weight that its skips share
        raise UsageError(NO_PLACE)
    found: dict[SpecPath, Any] = {}
    for old, new in zip(before.parameters, network.parameters):
        path = places[new.name]
        if old.value != new.value or new.name in {key.partition("[")[0] for key in document.values}:
            raw = _at(document.data, path)
            if new.kind == "alpha" and path[-1] != "alpha":  # it is not written yet
                if not isinstance(raw, dict):  # as of a list of weights
                    raise UsageError(NO_PLACE)
                activation = raw.get("activation", document.data.get("activation"))
                found[*path, "activation"] = {"name": activation, "alpha": new.value}
                continue
            if isinstance(raw, dict) and "value" in raw and raw.get("init") is None:
                path, raw = (*path, "value"), raw["value"]
            found[path] = _in_form(new, raw)
    return found


def _in_form(parameter: Parameter, raw: Any) -> Any:
    """The value as the spec writes it: of one row or column as a flat list where it was one; no `init` any more."""
    value = parameter.value
    if isinstance(raw, dict):
        rest = {key: item for key, item in raw.items() if key not in (*DRAWN, "value")}
        return {**rest, "value": value} if rest else value
    if isinstance(raw, list) and len(parameter.shape) == 2 and not any(isinstance(row, list) for row in raw):
        return numbers(value)
    return value


def _at(data: Any, path: SpecPath) -> Any:
    """What stands at a path. Raises LookupError."""
    for step in path:
        data = data[step]
    return data


def _within(path: SpecPath, outer: Mapping[SpecPath, Any]) -> bool:
    return any(path[:length] in outer for length in range(1, len(path) + 1))


def _spread(data: Any, network: Network) -> dict[SpecPath, Any]:
    """Repeated layers that do not share their parameters as lists of layers, and {every: k} as a list of skips."""
    found: dict[SpecPath, Any] = {}
    position = 0
    for number, layer in enumerate(data.get("layers") or ()):
        copies = layer.get("repeat") or 1
        own = any(isinstance(layer.get(key), (int, float, list, dict)) for key in OWN)
        if copies > 1 and own and not layer.get("share"):
            nodes = network.layers[position : position + copies]
            found["layers", number] = [_copy(layer, node, network, node is nodes[0]) for node in nodes]
        position += copies
    skips = data.get("skips")
    several = [skips] if isinstance(skips, dict) else [one for one in skips or () if "every" in one]
    if any(one.get("weight") is not None and not isinstance(one["weight"], str) for one in several):
        found["skips",] = _skips(network, data.get("parameters") or {})
    return found


def _copy(layer: Mapping[str, Any], node: Layer, network: Network, is_first: bool) -> dict[str, Any]:
    """One copy of a repeated layer; the first reads `from`, the others the copy before."""
    copy = {key: item for key, item in layer.items() if key not in ("repeat", "share", "name", "from")}
    if "from" in layer and is_first:
        copy["from"] = layer["from"]
    if layer.get("name") is not None:
        copy["name"] = node.name
    weights = (place for place in (*(edge.parameter for edge in node.edges), node.weight) if place is not None)
    for key, place in zip(OWN, (next(weights, None), node.bias)):
        raw = layer.get(key)
        if place is None or raw is None or isinstance(raw, str):
            continue
        parameter, rest = network.parameters[place], {}
        if isinstance(raw, dict):
            rest = {option: item for option, item in raw.items() if option not in (*DRAWN, "value")}
            rest |= {"name": parameter.name} if "name" in rest else {}
        copy[key] = {**rest, "value": parameter.value} if rest else parameter.value
    return copy


def _skips(network: Network, tied: Collection[str]) -> list[dict[str, Any]]:
    """Every skip of a network as the spec lists them, weights that are entries of `parameters` by their names."""
    found = []
    for layer in network.layers:
        for into, edges in (("preactivation", layer.into_preactivation), ("output", layer.into_output)):
            for edge in edges:
                skip: dict[str, Any] = {"from": network.nodes[edge.source].name, "to": layer.name}
                if edge.parameter is not None:
                    parameter = network.parameters[edge.parameter]
                    own = {"weight": parameter.value, "name": parameter.name}
                    skip |= {"weight": parameter.name} if parameter.name in tied else own
                if into == "output":
                    skip["into"] = into
                found.append(skip)
    return found


def _written_out(data: Any, network: Network) -> Any:
    """The data with repeated layers and {every: k} written out."""
    spread = _spread(data, network)
    layers: list[Any] = []
    for number, layer in enumerate(data.get("layers") or ()):
        layers += spread.get(("layers", number), [layer])
    found = dict(data)
    if layers:
        found["layers"] = layers
    if ("skips",) in spread:
        found["skips"] = spread["skips",]
    return found


def _with_values(data: Any, document: Document, network: Network) -> Any:
    """The data with the values of the network in the places of its own."""
    for path, value in _values(document._replace(data=data), network).items():
        data = put(data, path, value)
    return data
