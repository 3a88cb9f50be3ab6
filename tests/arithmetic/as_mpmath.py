"""Numbers of any arithmetic as mpmath's, to be compared with the definitions."""

from decimal import Decimal

from reference.functions import mp


def to_mpf(x):
    """A Decimal or an mpf of another context, exactly or to the context's digits."""
    if not isinstance(x, Decimal):
        return mp.mpf(x)
    sign, digits, exponent = x.as_tuple()
    return mp.mpf(int("".join(map(str, digits)))) * (-1 if sign else 1) * mp.mpf(10) ** exponent


def flat(results):
    return [x for part in results for x in (flat(part) if isinstance(part, list) else [part])]
