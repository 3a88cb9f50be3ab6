"""Formulas as text: in their own grammar, in Unicode, in LaTeX. One file per notation, one walk for all."""

from gradcalc.formulas.writing.latex import LATEX
from gradcalc.formulas.writing.notation import Notation, write
from gradcalc.formulas.writing.plain import PLAIN
from gradcalc.formulas.writing.pretty import PRETTY

__all__ = ["LATEX", "PLAIN", "PRETTY", "Notation", "write"]
