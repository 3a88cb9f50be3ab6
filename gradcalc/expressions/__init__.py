"""Mathematical expressions as text: one walk for all notations, one printer for each (Unicode, LaTeX, MathML, code).

An expression is a tree of `formulas.expression`: sums and products may have any number of parts, and leaves may be
symbols, the quantities of a network, or figures, numbers that each notation rounds. `build` makes such trees.
"""
