"""What somebody else got, checked: numbers against the network's own, formulas against it at six points; the first
wrong quantity in the order of the calculation; and the hypotheses that explain all given numbers at once, best first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

from gradcalc.analysis import foreign_names
from gradcalc.analysis.checked_gradients import TOLD
from gradcalc.analysis.given_values import (
    GivenValue,
    Hypothesis,
    given_value,
    order,
    ours,
    quantity_named,
    relative_error,
    shape_of,
    with_format,
    with_rounding,
    wrong_entries,
)
from gradcalc.analysis.point import Point, point, refuse_without_loss
from gradcalc.analysis.rounded_gradients import Finer, in_doubt, relative_difference, with_more_digits
from gradcalc.errors import UsageError
from gradcalc.expressions.numerals import decimal
from gradcalc.language.given import Claim, where
from gradcalc.network.network import Index, Network, Value, entries, mapped_entries, numbers
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.derivation.claimed_formula import FormulaCheck


class GivenRow(Record):
    """Given numbers beside the network's own, and which of them are wrong; of which entries rounding has left few
    digits in float64, and what: `ours` has these with more."""

    given: GivenValue
    ours: Value
    relative_error: float
    wrong: Sequence[Index]
    in_float64: Mapping[Index, float] = {}
    is_near: bool = False  # whether they are right but for what rounding may make of a sum

    @property
    def ok(self) -> bool:
        """Whether all are right to the digits given."""
        return not self.wrong


class GivenCheck(Record):
    """What `check --got` found. `wrong` are names as they were given, in the order of the calculation."""

    network: Network
    rows: tuple[GivenRow, ...]
    formulas: tuple[FormulaCheck, ...]
    wrong: tuple[str, ...]
    hypotheses: tuple[Hypothesis, ...] = ()
    fitting: tuple[Hypothesis, ...] = ()  # where none is told: those that fit, and as well by chance

    @property
    def ok(self) -> bool:
        """Whether everything is right."""
        return not self.wrong

    @property
    def first_wrong(self) -> str | None:
        """The first wrong quantity in the order of the calculation, as it was named; None where all is right."""
        return self.wrong[0] if self.wrong else None


def check_given(network: Network, claims: Sequence[Claim]) -> GivenCheck:
    """All that was given, against the network. Raises UsageError for what cannot be compared, DomainError,
    LimitError."""
    givens = list(given_values(network, claims))
    needs_loss = [given.text for given in givens if given.quantity not in ("output", "preactivation")]
    if needs_loss:
        refuse_without_loss(network, "no loss and no gradient", needs_loss[0])
    formulas = tuple(formula_checks(network, claims))
    at = point(network)
    rows = tuple(map(row, givens, repeat(at), with_right_digits(givens, at)))
    places = {one.given.text: order(network, one.given) for one in rows if not one.ok}
    for formula in formulas:
        if not formula.ok:
            places[formula.text] = order(network, given_value(network, formula.text, "0"))
    found = GivenCheck(network, rows, formulas, tuple(sorted(places, key=places.__getitem__)))
    if all(one.ok or one.in_float64 for one in rows):
        return found
    from gradcalc.analysis.hypotheses import explanations

    known = [(one, given) for one, given in zip(rows, givens) if not one.in_float64]
    as_given = [one.given if one.ok else given for one, given in known]  # wrong ones by their digits alone
    told, fitting = explanations(network, as_given)
    return found._replace(hypotheses=tuple(told), fitting=tuple(fitting))


def formula_checks(network: Network, claims: Sequence[Claim]) -> Iterator[FormulaCheck]:
    """Formulas against the network."""
    for claim in claims:
        if claim.formula:
            from gradcalc.derivation.claimed_formula import check_formula

            yield check_formula(network, claim.name, claim.formula)


def given_values(network: Network, claims: Sequence[Claim]) -> Iterator[GivenValue]:
    """Numbers with what they are of; names of another program are matched with parameters."""
    units = network.examples * sum(node.width for node in network.nodes)
    if len(claims) > 2 * sum(prod(one.shape) for one in network.parameters) + 10 * (1 + units):
        raise UsageError(f"{claims[-1].origin}: {len(claims):,} names are given, more than the network has numbers")
    numbers = [claim for claim in claims if not claim.formula]
    foreign = [one for one in numbers if is_foreign(network, one.name)]
    own = {name for one in numbers if (name := parameter_named(network, one.name))}
    matched = foreign_names.matches(network, {one.name: shape_of(one.name, one.data) for one in foreign}, own)
    for claim in claims:
        try:
            if claim.formula:
                quantity_named(network, claim.name)
            elif (match := matched.get(claim.name)) is None:
                yield given_value(network, claim.name, claim.data, claim.dtype)
            else:
                data: Any = [list(row) for row in zip(*claim.data)] if match.transposed else claim.data
                how = f"{claim.name} → {match.parameter}{' transposed' if match.transposed else ''}"
                yield given_value(network, claim.name, data, claim.dtype, match.parameter, how)
        except UsageError as error:
            raise UsageError(f"{where(claim)}: {error}") from None


def parameter_named(network: Network, name: str) -> str | None:
    """The parameter whose gradient, or an entry of it, a name is of."""
    try:
        quantity, of, _ = quantity_named(network, name)
    except UsageError:
        return None
    return of if quantity == "gradient" else None


def is_foreign(network: Network, name: str) -> bool:
    """Whether a name is none of the network's and has the form of another program's."""
    try:
        quantity_named(network, name)
    except UsageError:
        return foreign_names.is_foreign(name)
    return False


def with_right_digits(givens: Sequence[GivenValue], at: Point) -> Iterator[Value]:
    """The network's own values of all that was given, those in text of which float64 has few digits with more."""

    def read(near: Point) -> list[Any]:
        return [x for given in givens if not given.dtype for x in numbers(ours(given, near))]

    fine = iter(with_more_digits(at, read) if in_doubt(at, {"": read}) else ())
    for given in givens:
        own = ours(given, at)
        yield own if given.dtype else filled(own, iter([right_digits(x, next(fine, Finer())) for x in numbers(own)]))


def filled(value: Value, flat: Iterator[Any]) -> Value:
    """A value of the same shape with these numbers."""
    return mapped_entries(value, lambda *_: next(flat))


def right_digits(ours: Any, finer: Finer) -> Any:
    """A float64, or where it is far from the number with more digits the one that is nearest to that."""
    if not finer.dps or not isinstance(ours, float) or relative_difference(ours, finer.exact) <= TOLD:
        return ours
    nearest = float(finer.exact or 0)
    return nearest if isfinite(nearest) and (nearest or not finer.exact) else decimal(finer.exact)


def row(given: GivenValue, at: Point, own: Value) -> GivenRow:
    """Given numbers beside the network's."""
    wrong, is_near = wrong_entries(given, own), False
    if wrong and given.quantity == "gradient":  # a sum may cancel to what rounding leaves of it
        given = with_rounding(given, at)
        wrong = wrong_entries(given, own)
        is_near = not wrong and not given.dtype
    if wrong and given.dtype not in ("", "float64"):
        given = with_format(given, at)
        wrong = wrong_entries(given, own)
    in_float64 = {index: x for (index, x), right in zip(entries(ours(given, at)), numbers(own)) if x != right}
    return GivenRow(given, own, relative_error(given, own), wrong, in_float64, is_near)
