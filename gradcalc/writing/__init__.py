"""Expressions written down: one file for each notation (Unicode, LaTeX, MathML, SymPy's, Python's), one walk for all.

An expression is a tree of `formulas.expression`, in which sums and products may have any number of parts and leaves
may be symbols, the quantities of a network, and figures, numbers that each notation rounds.
"""
