"""The loss that is the output itself, Σ y: for circuits, and for the gradient of a value."""

from __future__ import annotations

from gradcalc.losses.row import Row

OUTPUT = Row(
    "output",
    term="y",
    terms=lambda ys, ts, f: list(ys),
    slopes=lambda ys, ts, f: [f.number(1) for _ in ys],
    array_terms=lambda y, t, np: y,
    array_slopes=lambda y, t, np: np.ones_like(y),
    takes_target=False,
    slope="1",
)
ROWS = (OUTPUT,)
