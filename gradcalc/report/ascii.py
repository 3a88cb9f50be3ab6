"""Text in letters that every encoding has: σ′ becomes sigma', −6.2×10⁻¹⁶ becomes -6.2e-16, h1 → y becomes h1 -> y."""

from __future__ import annotations

import re

from gradcalc.expressions.print_unicode import FRACTIONS

RAISED, LOWERED = "⁻⁺⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹ᵉˣ", "ₑᵢⱼ"
FIGURES = str.maketrans(RAISED + LOWERED + "₀₁₂₃₄₅₆₇₈₉", "-+()0123456789exeij0123456789")

# fmt: off
GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau",
    "upsilon", "phi", "chi", "psi", "omega"
)
# fmt: on
"""From α on; there are two sigmas."""

SIGNS = {
    **{chr(ord("α") + number): name for number, name in enumerate(GREEK)},
    **{chr(ord("Α") + number): name.capitalize() for number, name in enumerate(GREEK)},
    **{fraction: f"1/{below}" for below, fraction in FRACTIONS.items()},
    **dict(zip("−–—·⋅×÷ℓ′‘’“”\u00a0\u202f", "---**x/l'''\"\"  ", strict=True)),
    **dict(zip("█▉▊▋▌▍▎▏▒▀▁▂▃▄▅▆▇└├─│░●◆○", "#######|-'_.-=+*%`|-|:@%o", strict=True)),
    "ϵ": "epsilon", "ϕ": "phi", "Σ": "sum", "∏": "prod", "∂": "d", "∇": "grad ", "√": "sqrt", "∞": "inf",
    "±": "+-", "⊙": ".*", "‖": "||", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "∈": "in", "⟨": "<", "⟩": ">",
    "→": "->", "←": "<-", "↔": "<->", "…": "...", "ᵀ": "^T", "✓": "ok", "✗": "no"
}  # fmt: skip
ASCII = str.maketrans(SIGNS)


def to_ascii(text: str) -> str:
    """The text with signs and Greek letters written out, Latin ones without accents; those of other scripts stay."""
    if text.isascii():
        return text
    text = re.sub(f"×10([{RAISED}]+)", lambda power: "e" + power[1].translate(FIGURES), text)
    text = re.sub(f"[{RAISED}]+", lambda power: "^" + power[0].translate(FIGURES), text)
    text = re.sub(f"[{LOWERED}]+", lambda index: "_" + index[0].translate(FIGURES), text)
    text = re.sub(r"√(\w+)", r"sqrt(\1)", text)
    text = re.sub(f"([{''.join(FRACTIONS.values())}])(?:(?=[\\w(|√])| (?=ln))", r"\1*", text)
    text = text.translate(FIGURES).translate(ASCII)
    if not text.isascii():
        from unicodedata import normalize

        text = re.sub("[À-ɏ]", lambda letter: normalize("NFD", letter[0])[0], text)
    return text
