"""A formula as people write it, by hand, for SymPy or in Python, in the grammar of formulas: `np.exp`,
`Rational(1, 2)`, `σ(z)`, `x²`, `w1[0][1]`, `dL/dh1`, `Sum(w2[i,0]*delta_o[i], (i, 0, 1))`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gradcalc.analysis.point import nearest
from gradcalc.errors import UsageError
from gradcalc.expressions.expression import ONE, Expression, FormulaError
from gradcalc.expressions.functions import PUBLIC
from gradcalc.expressions.parser import Alias, parse

MODULE = re.compile(r"\b(?:np|numpy|math|torch|sympy|sp|jnp)\.(?=[a-zA-Z])")
INDEX = re.compile(r"([^\W\d]\w*?)((?:\s*\[\s*\d+(?:\s*,\s*\d+)*\s*\])+)")
DERIVATIVE = re.compile(r"σ\s*[′']\s*\(\s*z_(\w+?)\s*\)")  # behind indices, which have become part of names
BY_LOSS = re.compile(r"(?:dL\s*/\s*d|∂L\s*/\s*∂)(z_)?(\w+)")
ROOT = re.compile(r"√\s*(\w[\w.]*)")
POWERS = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
FROM_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
MEANT = {
    "−": "-",
    "–": "-",
    "·": "*",
    "×": "*",
    "⋅": "*",
    "÷": "/",
    "π": "pi",
    "δ": "delta",
    "√": "sqrt",
    "σ(": "sigmoid(",
}
SUM = re.compile(r"\bSum\s*\(")
RANGE = re.compile(r"\s*\(\s*([^\W\d]\w*)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)\s*")
MOST_TERMS = 1_000
LONGEST = 4_096


def called(name: str) -> Callable[..., Expression]:
    """A function of the grammar."""
    return lambda *parts: Expression(name, parts)


def inverse(name: str) -> Callable[..., Expression]:
    """1 over a function of the grammar."""
    return lambda x: Expression("/", (ONE, Expression(name, (x,))))


def logarithm(base: str) -> Callable[..., Expression]:
    """The logarithm to a base."""
    return lambda x: to_base(x, Expression("number", value=base))


def to_base(x: Expression, base: Expression | None = None) -> Expression:
    """ln x, over that of a base."""
    whole = Expression("log", (x,))
    return whole if base is None else Expression("/", (whole, Expression("log", (base,))))


MANY = tuple(range(1, 32))
ALIASES: Mapping[str, Alias] = {
    "ln": Alias((1,), called("log")),
    "log": Alias((1, 2), to_base),
    "log2": Alias((1,), logarithm("2")),
    "log10": Alias((1,), logarithm("10")),
    "Abs": Alias((1,), called("abs")),
    "Max": Alias(MANY, lambda *parts: Expression("max", parts) if len(parts) > 1 else parts[0]),
    "Min": Alias(MANY, lambda *parts: Expression("min", parts) if len(parts) > 1 else parts[0]),
    "maximum": Alias((2,), called("max")),
    "minimum": Alias((2,), called("min")),
    "Pow": Alias((2,), called("^")),
    "pow": Alias((2,), called("^")),
    "power": Alias((2,), called("^")),
    "square": Alias((1,), lambda x: Expression("*", (x, x))),
    "Mul": Alias((2,), called("*")),
    "Add": Alias((2,), called("+")),
    "Rational": Alias((1, 2), lambda x, y=ONE: Expression("/", (x, y))),
    **{name: Alias((1,), lambda x: x) for name in ("Integer", "Float", "S", "sympify", "float")},
    "Heaviside": Alias((1, 2), lambda x, at_0=None: Expression("step", (x,))),
    "heaviside": Alias((2,), lambda x, at_0: Expression("step", (x,))),
    "expit": Alias((1,), called("sigmoid")),
    "erfc": Alias((1,), lambda x: Expression("-", (ONE, Expression("erf", (x,))))),
    **{short: Alias((1,), inverse(of)) for short, of in (("sec", "cos"), ("csc", "sin"), ("cot", "tan"))},
    **{short: Alias((1,), inverse(of)) for short, of in (("sech", "cosh"), ("csch", "sinh"), ("coth", "tanh"))},
}
"""Functions of SymPy, NumPy and Python by what they are here."""


def parsed(text: str, formula: str, known: Mapping[str, object]) -> Expression:
    """The formula as a tree over known names. Raises UsageError, with the place in the formula."""
    flat = formula
    try:
        flat = in_our_grammar(formula, known)
        aliases = {name: alias for name, alias in ALIASES.items() if name not in known}
        return parse(flat, known, PUBLIC | {"step"}, aliases)
    except FormulaError as error:
        word = flat[error.start : error.end].strip()
        at = f" (character {formula.find(word) + 1})" if word and word in formula else ""
        if word.isidentifier() and word not in known:
            raise UsageError(f"{text}: {formula}: nothing is called {word}{at}; {nearest(word, list(known))}") from None
        raise UsageError(f"{text}: {formula}: {error.message}{f', at {word!r}' if word else ''}{at}") from None


def in_our_grammar(formula: str, known: Mapping[str, object]) -> str:
    """The formula without what others write otherwise: indices are parts of names."""
    flat = MODULE.sub("", formula.replace("\N{GREEK SMALL LETTER SIGMA} (", "σ("))
    flat = with_sums(flat)
    flat = BY_LOSS.sub(lambda found: by_loss(found, known), flat)
    flat = POWERS.sub(lambda found: f"^({found[0].translate(FROM_SUPERSCRIPT)})", flat)
    flat = ROOT.sub(lambda found: f"sqrt({found[1]})", flat)
    for sign, meant in MEANT.items():
        flat = flat.replace(sign, meant)
    flat = INDEX.sub(lambda found: f"{found[1]}_{'_'.join(re.findall(r'[0-9]+', found[2]))}", flat)
    flat = DERIVATIVE.sub(lambda found: f"s_{found[1]}", flat)
    return flat if "E" in known else re.sub(r"\bE\b", "e", flat)


def by_loss(found: re.Match[str], known: Mapping[str, object]) -> str:
    """`dL/dh1` as g_h1 and `dL/dz_h1` as d_h1, where these are names; else as it stands."""
    name = f"{'d' if found[1] else 'g'}_{found[2]}"
    return name if any(one == name or one.startswith(f"{name}_") for one in known) else found[0]


def with_sums(formula: str) -> str:
    """The formula with `Sum(term, (i, 0, 2))` written out. Raises FormulaError where a sum is no such."""
    while (found := SUM.search(formula)) and len(formula) <= LONGEST:
        inside, end = arguments(formula, found.end())
        limits = RANGE.fullmatch(inside[-1]) if len(inside) == 2 else None
        if limits is None:
            raise FormulaError("Sum takes a term and one range: Sum(w2[i,0]*delta_o[i], (i, 0, 1))", *found.span())
        name, first, last = limits[1], int(limits[2]), int(limits[3])
        if last - first >= MOST_TERMS:
            raise FormulaError(f"a Sum has at most {MOST_TERMS:,} terms", *found.span())
        terms = [re.sub(rf"\b{name}\b", str(n), inside[0]) for n in range(first, last + 1)]
        formula = f"{formula[: found.start()]}({' + '.join(f'({term})' for term in terms) or '0'}){formula[end:]}"
    return formula


def arguments(formula: str, start: int) -> tuple[list[str], int]:
    """What stands between the parentheses that open before `start`, split at their commas, and where they end."""
    depth, begin, found = 1, start, list[str]()
    for at in range(start, len(formula)):
        character = formula[at]
        depth += (character in "([") - (character in ")]")
        if depth == 0 or (depth == 1 and character == ","):
            found.append(formula[begin:at])
            begin = at + 1
        if depth == 0:
            return found, at + 1
    raise FormulaError("this parenthesis is never closed", start - 1, start)
