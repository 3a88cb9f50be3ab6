"""Sums over the units of an example, in any arithmetic; in doubles each is rounded once."""

from __future__ import annotations

from gradcalc.losses.loss import Functions, Number, Numbers


def total(terms: Numbers, f: Functions) -> Number:
    """Σ terms, by the arithmetic's own `sum` where it has one."""
    if len(terms) == 1:
        return terms[0]
    own = getattr(f, "sum", None)
    return own(terms) if own else sum(terms, f.number(0))


def sums_of_others(terms: Numbers, f: Functions) -> list[Number]:
    """Σ over j ≠ i of the terms, for every i: from the total where that loses nothing, else added up anew."""
    whole = total(terms, f)
    return [
        whole - term if 0 <= 2 * term <= whole else total([*terms[:i], *terms[i + 1 :]], f)
        for i, term in enumerate(terms)
    ]
