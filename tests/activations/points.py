"""Where activations are tested: over ±745, over all doubles, and close around kinks, roots and switches of series."""

import math

SPECIAL = (
    *(0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, -1.5),
    *(
        -1.2784645427610738,
        -1.1924337209,
        -0.7517915,
        -0.752461,
        -1.4142135623730951,
    ),  # roots and extremes of derivatives
    *(-26.0, -38.0, 26.0, -40.0, 40.0, -20.0, 20.0, -700.0, -708.4, -745.13, 709.7, 372.8, -21.5, -22.3),  # switches
    *(math.pi, math.pi / 2, 1e22),
)


def points(generator, count):
    """That many doubles, and the special ones."""
    draws = (
        lambda: generator.uniform(-745, 745) * 1.02,
        lambda: generator.uniform(-45, 45),
        lambda: generator.uniform(-12, 12),
        lambda: generator.uniform(-2, 2),
        lambda: signed(generator, 10 ** generator.uniform(-323, 308)),
        lambda: generator.choice(SPECIAL) + signed(generator, 10 ** generator.uniform(-17, 0)),
    )
    return [*SPECIAL, *(draws[number % len(draws)]() for number in range(count))]


def signed(generator, size):
    return math.copysign(size, generator.random() - 0.5)
