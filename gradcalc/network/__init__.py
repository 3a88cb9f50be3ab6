"""The network: frozen data, its graph, its linear graph, parts of its paths, and the names of all of these."""
