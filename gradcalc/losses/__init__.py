"""Losses: one row each, bound to options, scale and reduction when a spec names them."""

from gradcalc.losses.binding import LOSSES, bind, from_formula
from gradcalc.losses.loss import Loss

__all__ = ["LOSSES", "Loss", "bind", "from_formula"]
