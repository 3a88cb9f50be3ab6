"""Mistakes in the backward pass: the forward values are right, and some local derivatives are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.activations import Activation, bind
from gradcalc.analysis.altered_pass import AlteredPass, Rows, links_of
from gradcalc.analysis.mistakes import Edges, Kind, Mistake, OtherEdges, Setting, scaled
from gradcalc.network.graph import ActivationNode, Arc
from gradcalc.network.linear_graph import LossLink, NodeLink, UseLink
from gradcalc.network.network import numbers

OTHERS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "elu", "silu", "gelu")
"""Activations that are taken for one another."""

OF_OUTPUT: dict[str, tuple[str, Callable[[float], float]]] = {
    "sigmoid": ("y(1 − y)", lambda y: y * (1 - y)),
    "tanh": ("1 − y²", lambda y: 1 - y * y),
}
"""Derivatives that are formulas of the output y."""

RATES = (0.5, 0.1, 0.01, 0.05, 0.001, 1.0, 0.2, 0.3, 0.25, 0.02)
"""Usual learning rates."""

MOST_UPDATED = 12  # weights of a network whose updates are followed one after the other


def avoiding(setting: Setting, name: str | None) -> str | None:
    """The command that leaves out all paths through a node or edge; none where the name is not one edge's."""
    labels = [link.arc.label for _, link in links_of(setting.own.linear, NodeLink)]
    is_node = name in [node.name for node in setting.network.nodes]
    if name is None or setting.wrt is None or not (is_node or labels.count(name) == 1):
        return None
    return f"gradcalc paths SPEC --wrt {quoted(setting.wrt)} --avoid {quoted(name)}"


def quoted(text: str) -> str:
    """As a shell takes it."""
    return text if all(c.isalnum() or c in "_-.=" for c in text) else f"'{text}'"


def left_out(setting: Setting) -> Iterator[Mistake]:
    """One of several paths that a sum runs over."""
    links = setting.own.linear.links
    for _, edges in setting.branches:
        for edge in edges:
            link, path = links[edge], setting.onward(edge)
            alter = scaled([setting.edge_name[edge]], 0.0)
            label = link.arc.label if isinstance(link, NodeLink) else None
            is_skip = isinstance(link, NodeLink) and link.arc.is_skip
            what = "skip left out" if is_skip else "path left out"
            yield Mistake("", what, f"{path} is left out", edges=alter, command=avoiding(setting, label))
    skips = [edge for edge, link in links_of(setting.own.linear, NodeLink) if link.arc.is_skip]
    if len(skips) > 1:
        alter = scaled([setting.edge_name[edge] for edge in skips], 0.0)
        yield Mistake("", "all skips left out", "nothing is passed back through any skip", edges=alter)


def other_factor(factor: float, what: str, verb: str) -> Callable[[Setting], Iterator[Mistake]]:
    """One of several paths taken with another factor."""

    def places(setting: Setting) -> Iterator[Mistake]:
        for _, edges in setting.branches:
            for edge in edges:
                alter = scaled([setting.edge_name[edge]], factor)
                yield Mistake("", what, f"{setting.onward(edge)} {verb}", edges=alter)

    return places


def averaged(setting: Setting) -> Iterator[Mistake]:
    """Paths averaged where they are summed."""
    groups = [(setting.node(node), edges) for node, edges in setting.branches]

    def alter_all(altered: AlteredPass, edges: Edges) -> bool:
        made = [scaled([setting.edge_name[e] for e in group], 1 / len(group))(altered, edges) for _, group in groups]
        return all(made)

    for name, group in groups:
        alter = scaled([setting.edge_name[edge] for edge in group], 1 / len(group))
        clause = f"the {len(group)} paths that leave {name} are averaged in place of summed"
        yield Mistake("", "averaged", clause, edges=alter)
    if len(groups) > 1:
        yield Mistake("", "averaged", "paths are averaged in place of summed, at every node", edges=alter_all)


def detached(setting: Setting) -> Iterator[Mistake]:
    """A node through which nothing is passed back."""
    network, links = setting.network, setting.own.linear.links
    last = {setting.graph.nodes[end].of for end, _ in setting.graph.ends()}
    for number, layer in enumerate(network.layers, len(network.inputs)):
        if number in last:
            continue
        output = setting.graph.outputs[number]
        names = [setting.edge_name[e] for e, k in enumerate(links) if isinstance(k, NodeLink) and k.arc.tail == output]
        clause = f"nothing is passed back through {layer.name}, as if it were detached"
        yield Mistake(
            "", f"{layer.name} detached", clause, edges=scaled(names, 0.0), command=avoiding(setting, layer.name)
        )


def activated(setting: Setting, *names: str) -> list[tuple[int, NodeLink, Activation]]:
    """The edges that are derivatives of activations, of these or of any but the identity; those of layers whose units
    are not coupled."""
    found = []
    for edge, link in links_of(setting.own.linear, NodeLink):
        node = setting.graph.nodes[link.node]
        if not isinstance(node, ActivationNode) or node.activation.couples or node.activation.parametric:
            continue
        if node.activation.name in names if names else node.activation.name != "identity":
            found.append((edge, link, node.activation))
    return found


Derivative = Callable[[Activation, float, float], float]  # of the activation, z and the output


def of_z(function: Callable[[float], Any]) -> Derivative:
    """A function of z for the derivative."""
    return lambda row, z, y: float(function(z))


def of_y(function: Callable[[float], Any]) -> Derivative:
    """A function of the output for the derivative."""
    return lambda row, z, y: float(function(y))


def other_derivative(setting: Setting, edges: Sequence[int], function: Derivative) -> OtherEdges:
    """Activations with another function for their derivative."""
    names = [setting.edge_name[edge] for edge in edges]

    def alter(altered: AlteredPass, by_name: Edges) -> bool:
        for edge in (by_name[name] for name in names if name in by_name):
            link: Any = altered.linear.links[edge]
            node: Any = altered.at.graph.nodes[link.node]
            if node.activation.couples:  # with another mistake it may be one that does
                return False
            zs, outputs = altered.at.values(link.arc.tail), altered.at.values(link.node)
            rows = [
                [function(node.activation, z, y) for z, y in zip(row, results)] for row, results in zip(zs, outputs)
            ]
            altered.put(edge, rows)
        return any(name in by_name for name in names)

    return alter


def everywhere(
    setting: Setting, what: str, clause: str, function: Derivative, names: Sequence[str] = ()
) -> Iterator[Mistake]:
    """The mistake in each layer (with one of these activations), in all, and in all but the outputs; in the clause {of}
    stands for the derivative."""
    found = activated(setting, *names)
    only = f" with {' or '.join(sorted(names))}" if len(found) < len(activated(setting)) else ""
    ends = {end for end, _ in setting.graph.ends()}
    for edge, link, _ in found:
        told = clause.format(of=f"σ′(z) of {setting.node(link.node)}", node=setting.node(link.node))
        yield Mistake("", what, told, edges=other_derivative(setting, [edge], function))
    inner = [edge for edge, link, _ in found if link.node not in ends]
    told = clause.format(of=f"σ′(z) of every layer{only}", node="of the layer")
    if len(found) > 1:
        yield Mistake("", what, told, edges=other_derivative(setting, [edge for edge, *_ in found], function))
    if 1 < len(inner) < len(found):
        told = clause.format(of=f"σ′(z) of every hidden layer{only}", node="of the layer")
        yield Mistake("", what, told, edges=other_derivative(setting, inner, function))


def derivative_left_out(setting: Setting) -> Iterator[Mistake]:
    """No σ′ at all."""
    yield from everywhere(setting, "σ′ left out", "the factor {of} is left out", lambda *_: 1.0)
    for edge, link in links_of(setting.own.linear, NodeLink):
        node = setting.graph.nodes[link.node]
        if isinstance(node, ActivationNode) and node.activation.couples and not node.pieces:
            name, width = node.activation.name, node.width
            identity = [float(i == j) for i in range(width) for j in range(width)]
            alter = put(setting, edge, always([identity]))
            clause = f"the derivative of {name} in {setting.node(link.node)} is left out"
            yield Mistake("", "σ′ left out", clause, edges=alter)


MadeRows = Callable[[AlteredPass], Rows]


def always(rows: Rows) -> MadeRows:
    """The same numbers of every pass."""
    return lambda altered: rows


def values_of(node: int) -> MadeRows:
    """The values of a node of the graph."""
    return lambda altered: altered.at.values(node)


def put(setting: Setting, edge: int, rows: MadeRows) -> OtherEdges:
    """An edge with other numbers, made of the pass."""
    name = setting.edge_name[edge]

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        if name in edges:
            altered.put(edges[name], rows(altered))
        return name in edges

    return alter


def derivative_elsewhere(setting: Setting) -> Iterator[Mistake]:
    """σ′ of the output in place of z."""
    clause = "{of} is evaluated at the output {node} in place of z"
    yield from everywhere(setting, "σ′ at the output", clause, lambda row, z, y: float(row.derivative(y)))


def formula_of_output(setting: Setting) -> Iterator[Mistake]:
    """y(1 − y) with z put in for y."""
    for name in ("sigmoid", "tanh"):
        text, function = OF_OUTPUT[name]
        clause = f"z stands for y in σ′ = {text} ({{of}})"
        yield from everywhere(setting, "σ′ of z", clause, of_z(function), [name])


def another_derivative(setting: Setting) -> Iterator[Mistake]:
    """σ′ of another activation."""
    used, what = {row.name for _, _, row in activated(setting)}, "another activation's σ′"
    for other in OTHERS if used else ():
        row = bind(other)
        names = [name for name in used if name != other]
        clause = f"the derivative of {other} is taken for {{of}}"
        if names:
            yield from everywhere(setting, what, clause, of_z(row.derivative), names)
        if other in OF_OUTPUT and names:
            text, function = OF_OUTPUT[other]
            clause = f"{text}, the derivative of {other} in its output y, is taken for {{of}}"
            yield from everywhere(setting, what, clause, of_y(function), names)


def weighed(setting: Setting) -> list[tuple[int, NodeLink, int]]:
    """The edges that are weights, with their parameters."""
    links = links_of(setting.own.linear, NodeLink)
    return [(edge, link, link.arc.parameter) for edge, link in links if link.arc.parameter is not None]


def all_of(made: Sequence[OtherEdges]) -> OtherEdges:
    """Several alterations, all of which have to be possible."""

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        possible = [one(altered, edges) for one in made]
        return all(possible)

    return alter


def weight_left_out(setting: Setting) -> Iterator[Mistake]:
    """A weight not multiplied by, of numbers."""
    for edge, _, parameter in weighed(setting):
        one = setting.network.parameters[parameter]
        if all(size == 1 for size in one.shape):
            clause = f"the factor {one.name} is left out of the chain rule"
            yield Mistake("", f"{one.name} left out", clause, edges=put(setting, edge, always([[1.0]])))


def weight_transposed(setting: Setting) -> Iterator[Mistake]:
    """W in place of its transpose, of square matrices."""
    made = []
    for edge, _, parameter in weighed(setting):
        one = setting.network.parameters[parameter]
        if len(one.shape) == 2 and one.shape[0] == one.shape[1] > 1:
            flat = [x for column in zip(*one.value) for x in column]
            made.append(put(setting, edge, always([flat])))
            clause = f"δ is multiplied by {one.name} in place of its transpose {one.name}ᵀ"
            yield Mistake("", f"{one.name} not transposed", clause, edges=made[-1])
    if len(made) > 1:
        clause = "every δ is multiplied by W in place of its transpose Wᵀ"
        yield Mistake("", "weights not transposed", clause, edges=all_of(made))


def updated(setting: Setting, rate: float, names: Sequence[Any]) -> OtherEdges:
    """Every weight updated with its gradient as soon as that is there, and what was before it computed with the new."""

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        places = sorted(edges[name] for name in names if name in edges)
        network = altered.at.graph.network
        for edge in places:
            number: Any = altered.linear.links[edge].arc.parameter  # type: ignore[union-attr]
            gradient = numbers(altered.result().gradient(number))
            weights = numbers(network.parameters[number].value)
            altered.put(edge, [[w - rate * g for w, g in zip(weights, gradient)]])
        return bool(places)

    return alter


def behind_parameters(setting: Setting) -> set[int]:
    """The nodes of the graph that a parameter has an effect on."""
    heads = {link.node for _, link in links_of(setting.own.linear, UseLink)}
    for number, node in enumerate(setting.graph.nodes):
        if any(arc.tail in heads for arc in node.arcs):
            heads.add(number)
    return heads


def updated_weights(setting: Setting, rates: Sequence[float] = RATES) -> Iterator[Mistake]:
    """Layers behind the first computed with weights that are updated already."""
    network = setting.network
    uses, behind = [link.parameter for _, link in links_of(setting.own.linear, UseLink)], behind_parameters(setting)
    chosen = [
        (edge, number)
        for edge, link, number in weighed(setting)
        if uses.count(number) == 1 and not network.parameters[number].frozen and link.arc.tail in behind
    ]
    if not 0 < len(chosen) <= MOST_UPDATED:
        return
    names = [setting.edge_name[edge] for edge, _ in chosen]
    weights = ", ".join(dict.fromkeys(network.parameters[number].name for _, number in chosen))
    for rate in rates:
        clause = (
            f"the backward pass multiplies δ, which is that before the step, by weights ({weights}) that are already"
            f" updated with learning rate {rate:g}, in place of those that the forward pass used"
        )
        yield Mistake("", "updated weights used", clause, edges=updated(setting, rate, names))


def input_left_out(setting: Setting) -> Iterator[Mistake]:
    """A weight's gradient without the value that it multiplies, or with its z in place of the output."""
    for edge, link in links_of(setting.own.linear, UseLink):
        if not isinstance(link.by, Arc):
            continue
        name, tail = setting.network.parameters[link.parameter].name, link.by.tail
        source = setting.graph.nodes[tail]
        width, node = source.width, setting.node(tail)
        clause = f"the factor {node} is left out of ∂L/∂{name}"
        alter = put(setting, edge, always([[1.0] * width]))
        yield Mistake("", "input left out", clause, edges=alter, formula=f"∂L/∂{name} = δ")
        if isinstance(source, ActivationNode) and not source.pieces and source.activation.name != "identity":
            clause = f"∂L/∂{name} takes z_{node}, the preactivation, in place of the output {node}"
            below = source.arcs[0].tail
            alter = put(setting, edge, values_of(below))
            yield Mistake("", "z in place of the output", clause, edges=alter)


def one_use(setting: Setting) -> Iterator[Mistake]:
    """A shared parameter counted at one of its uses, or at all but one."""
    what, links = "one use of a shared weight", setting.own.linear.links
    uses: dict[int, list[int]] = {}
    for edge, link in links_of(setting.own.linear, UseLink):
        uses.setdefault(link.parameter, []).append(edge)
    shared = {number: edges for number, edges in uses.items() if len(edges) > 1}
    for number, edges in shared.items():
        name = setting.network.parameters[number].name
        for edge in edges:
            at = setting.node(links[edge].node)
            others = [setting.edge_name[other] for other in edges if other != edge]
            rest = "use is" if len(edges) == 2 else "uses are"
            clause = f"the shared {name} is counted at {at} alone, and its other {rest} left out"
            yield Mistake("", what, clause, edges=scaled(others, 0.0))
            if len(edges) > 2:
                clause = f"the use of the shared {name} at {at} is left out"
                yield Mistake("", what, clause, edges=scaled([setting.edge_name[edge]], 0.0))
        clause = f"the {len(edges)} uses of {name} are averaged in place of summed"
        alter = scaled([setting.edge_name[edge] for edge in edges], 1 / len(edges))
        yield Mistake("", "uses averaged", clause, edges=alter)
    if len(shared) > 1:
        others = [setting.edge_name[edge] for edges in shared.values() for edge in edges[1:]]
        clause = "every shared weight is counted at its last use alone"
        yield Mistake("", what, clause, edges=scaled(others, 0.0))


def loss_ends(setting: Setting) -> list[int]:
    """The edges from the loss."""
    return [edge for edge, _ in links_of(setting.own.linear, LossLink)]


BACKWARD: tuple[Kind, ...] = (
    ("left out", 0.12, left_out),
    ("counted twice", 0.05, other_factor(2.0, "counted twice", "is counted twice")),
    ("branch's sign", 0.01, other_factor(-1.0, "wrong sign", "has the wrong sign")),
    ("averaged", 0.04, averaged),
    ("detached", 0.04, detached),
    ("derivative left out", 0.08, derivative_left_out),
    ("derivative at the output", 0.05, derivative_elsewhere),
    ("derivative of z", 0.04, formula_of_output),
    ("another derivative", 0.03, another_derivative),
    ("weight left out", 0.03, weight_left_out),
    ("weight not transposed", 0.03, weight_transposed),
    ("updated weights", 0.04, updated_weights),
    ("input left out", 0.04, input_left_out),
    ("one use", 0.05, one_use),
)
"""What can go wrong in the backward pass, and how often it does."""
