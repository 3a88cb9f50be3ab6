"""Mathematical expressions: read by a grammar of our own (no eval, no sympify), evaluated in any arithmetic,
differentiated by SymPy, and written by one walk for all notations and one printer for each.

An expression is a tree of `expression.Expression`: sums and products may have any number of parts, and leaves may be
symbols, the quantities of a network, or figures, numbers that each notation rounds. That file also
builds such trees.
"""
