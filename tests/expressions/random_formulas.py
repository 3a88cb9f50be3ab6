"""Random formulas for hypothesis: trees of the grammar over x, of the sizes that people write."""

from hypothesis import strategies as st

from gradcalc.expressions.expression import Expression, name

SMOOTH = ("exp", "sin", "cos", "tanh", "erf", "sigmoid", "softplus")
EDGED = ("log", "sqrt", "tan", "sinh", "cosh", "abs", "sign", "relu")


def numbers():
    return st.one_of(
        st.integers(0, 9).map(str), st.sampled_from(["0.5", "1.702", "2.25", "1e-3", "3.", ".25", "12e1"])
    ).map(lambda text: Expression("number", value=text))


def leaves(names):
    return st.one_of(numbers(), st.sampled_from([*names, "pi", "e"]).map(name))


def calls(functions, parts):
    return st.builds(lambda head, part: Expression(head, (part,)), st.sampled_from(functions), parts)


def binary(heads, parts):
    return st.builds(lambda head, a, b: Expression(head, (a, b)), st.sampled_from(heads), parts, parts)


def powers(parts):
    exponents = st.sampled_from(["2", "3", "0.5"]).map(lambda text: Expression("number", value=text))
    return st.builds(lambda base, exponent: Expression("^", (base, exponent)), parts, exponents)


def negatives(parts):
    return st.builds(lambda part: Expression("negative", (part,)), parts)


def formulas(names=("x",), functions=SMOOTH, heads="+-*"):
    """Formulas of up to a dozen leaves."""

    def grown(parts):
        return st.one_of(binary(list(heads), parts), calls(functions, parts), negatives(parts), powers(parts))

    return st.recursive(leaves(names), grown, max_leaves=12)


def any_formulas(names=("x", "y")):
    """Formulas of every shape, with or without a value: for reading and writing."""

    def grown(parts):
        many = st.builds(
            lambda head, some: Expression(head, tuple(some)),
            st.sampled_from(["min", "max"]),
            st.lists(parts, min_size=2, max_size=4),
        )
        return st.one_of(binary(list("+-*/^"), parts), calls(SMOOTH + EDGED, parts), negatives(parts), many)

    return st.recursive(leaves(names), grown, max_leaves=15)
