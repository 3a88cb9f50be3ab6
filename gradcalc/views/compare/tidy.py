"""A comparison for data frames: a row for every entry of every gradient in every network."""

from __future__ import annotations

from gradcalc.blocks import Column, Percent, Table
from gradcalc.magnitudes import entries
from gradcalc.questions.comparing import Comparison

NAMES = ("network", "loss", "parameter", "entry", "gradient", "norm", "log10", "ratio", "paths", "largest")


def tidy_table(comparison: Comparison) -> Table:
    """Norm, log10, ratio, number of paths and largest share stand with every entry of their gradient."""
    rows = []
    for number, side in enumerate(comparison.sides):
        for name, value in side.gradients.items():
            times = comparison.ratios[name][number]
            about = [side.norms[name], side.log10[name], times, side.paths.count(name), Percent(side.paths.share(name))]
            rows += [
                [side.name, side.loss, name, ",".join(map(str, index)), entry, *about]
                for index, entry in entries(value)
            ]
    return Table([Column(name) for name in NAMES], rows)
