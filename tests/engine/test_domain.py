"""Outside a domain the error names the node and the value, in the forward pass, in a derivative, and in the loss."""

import pytest
from specs import network

from gradcalc.analysis.computation import compute
from gradcalc.errors import DomainError


def spec(values, formula=None, loss="output", target=None):
    activation = "identity" if formula is None else {"formula": formula}
    found = {"input": values, "loss": loss, "layers": [{"name": "h"}, {"name": "q", "activation": activation}]}
    return found | {"activation": "identity"} | ({} if target is None else {"target": target})


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("formula", "loss", "value", "message"),
    [
        ("log(x)", "output", -1.5, "q: ln of -1.5"),
        ("1/x", "output", 0, "q: 1 divided by 0"),
        ("sqrt(x)", "output", 0, "q: .*0: 1 divided by 0|q: 1 divided by 0"),
        (None, "bce", 0, "q: bce takes the logarithm of an output, and this one is 0"),
        (None, {"formula": "log(y - t)"}, 0, "q: ln of -1"),
    ],
)
def test_what_has_no_value_names_its_node(formula, loss, value, message, wide):
    target = None if loss == "output" else [1] * 100 if wide else 1
    built = network(spec([value] * 100 if wide else value, formula, loss, target))
    with pytest.raises(DomainError, match=f"^({message})"):
        compute(built)
