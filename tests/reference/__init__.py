"""An independent evaluator of networks at 60 digits: what the engine is held against, slow and plain.

It reads the same records as the engine and nothing else of it: functions come from a table of its own, derivatives are
differences, gradients are differences of the whole loss, and paths are listed by recursion, one after the other.
"""

from reference.functions import DIGITS, mp
from reference.network import Point, evaluate, loss_at, moved
from reference.paths import Found, layer_paths, unit_paths

__all__ = ["DIGITS", "Found", "Point", "evaluate", "layer_paths", "loss_at", "moved", "mp", "unit_paths"]
