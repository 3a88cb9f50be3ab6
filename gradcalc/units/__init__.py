"""Narrow networks, unit by unit: every unit and every weight entry a number of its own, in plain Python lists.

Paths over single units come free here, and so do numbers of any kind: the lists hold whatever an arithmetic brings.
"""
