"""The largest paths over single units of a network, at either grain, and what tells one from another."""

from gradcalc.analysis.array_path_sums import ArrayPathSums
from gradcalc.analysis.path_list import edges_of, nodes_of
from gradcalc.analysis.results import WHOLE
from gradcalc.analysis.scalar_path_sums import scalar_source
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point

GRAINS = {
    "units": lambda laid, arithmetic, chosen: scalar_source(scalar_point(laid, arithmetic), chosen, WHOLE),
    "arrays": lambda laid, arithmetic, chosen: ArrayPathSums(array_point(laid, arithmetic), chosen),
}


def names_of(found):
    """Nodes and edges of a path that is found."""
    labels = found[1]()
    return nodes_of(labels), edges_of(labels)


def names(at, subject, found):
    """Nodes, edges, example and entry of each path."""
    own = () if subject.is_parameter else at.graph.network.nodes[subject.number]
    for example, index, (_, spell) in found:
        labels = spell()
        unit = (own.name if own.width == 1 else f"{own.name}[{index[0]}]",) if own else ()
        single = subject.is_parameter and at.graph.network.parameters[subject.number].shape == ()
        yield (*unit, *nodes_of(labels)), edges_of(labels), example, () if single else index
