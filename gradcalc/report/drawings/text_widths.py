"""How wide a text is at most, whatever font shows it: the widths of DejaVu Sans, as wide as Verdana, in parts of its
size. A picture that leaves so much room has no label that is cut or runs into another."""

from __future__ import annotations

from gradcalc.report.text import width as columns

WIDTHS = {
    0.23: "′",
    0.28: "'ijl",
    0.32: " IJ,.·",
    0.38: "/:;\\|ιf″-",
    0.42: "()[]t⟨⟩ᵀ!⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉rℓ",
    0.53: '"*_`‖–∂sz⁻⁺',
    0.6: "?cεζLνξΓFkυχκςvxyγλ",
    0.64: "PπτTYaeoδθο$0123456789ESbdghnpqu{}βημρσΞΣ√",
    0.7: "Kαφψ∇∑ABVXZΔΛCR",
    0.79: "UNHΠ∏Ω&DGOQΘΦΨ",
    0.84: "w#+<=>^~ω−×÷→←≤≥≠≈∞⊙±",
    1.0: "M%½¼⅓mW@…—⋯⋮",
}
ADVANCE = {character: size for size, characters in WIDTHS.items() for character in characters}
OTHER = 0.9  # of any other character that takes one column of a terminal; those that take two are wider still
BOLD = 1.17  # how much wider bold text is


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in the unit of its size."""
    widths = (ADVANCE.get(character) or OTHER * columns(character) for character in text)
    return size * sum(widths) * (BOLD if bold else 1)
