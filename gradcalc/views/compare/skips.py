"""The skips of a network by the label that paths call them."""

from __future__ import annotations

from gradcalc.network import Network


def skip_edges(network: Network) -> dict[str, tuple[str, str]]:
    """Source and target of every skip."""
    return {
        edge.label: (network.nodes[edge.source].name, layer.name)
        for layer in network.layers
        for edge in (*layer.into_preactivation, *layer.into_output)
    }
