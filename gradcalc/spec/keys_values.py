"""The keys of what a layer is given: weights and biases, entries of `parameters`, activations and losses."""

from gradcalc.spec import kinds
from gradcalc.spec.keys import Group, Key, Rule
from gradcalc.spec.keys_network import ACTIVATION_VALUE, LOSS_NAME
from gradcalc.spec.kinds import CONSTANT, NUMBER, REFERENCE, ROWS, TRUTH, WHOLE
from gradcalc.spec.vocabulary import drawn, gained, initialisations, reductions

FORMULA = Key(
    "formula", (kinds.formula("x"),), "The activation as a formula in x.", examples=("x / (1 + exp(-1.702 x))",)
)
VALUE = Key("value", (NUMBER, ROWS, CONSTANT), "The value.", examples=(0.5,))
INITIAL = (
    Key(
        "init",
        (kinds.names("the name of an initialisation", initialisations, "initialisation"),),
        "How the initial value is drawn.",
        examples=("xavier_normal",),
    ),
    Key("seed", (WHOLE,), "A seed of its own for this value.", "the spec's generator", (7,)),
    Key("gain", (NUMBER, CONSTANT), "A factor on what is drawn.", "1", ("sqrt(2)",)),
    Key("low", (NUMBER, CONSTANT), "The lower end of init uniform.", "0", (-0.5,)),
    Key("high", (NUMBER, CONSTANT), "The upper end of init uniform.", "1", (0.5,)),
    Key("mean", (NUMBER, CONSTANT), "The mean of init normal.", "0", (0,)),
    Key("std", (NUMBER, CONSTANT), "The standard deviation of init normal.", "1", (0.02,)),
)
FROZEN = Key("frozen", (TRUTH,), "Whether training leaves it as it is.", "false", (True,))
INITIAL_RULES = (
    Rule("value", "init", lambda: drawn("value"), excludes="a value is given or drawn, not both"),
    Rule("seed", "init"),
    Rule("gain", "init", gained),
    Rule("low", "init", lambda: ("uniform",)),
    Rule("high", "init", lambda: ("uniform",)),
    Rule("mean", "init", lambda: ("normal",)),
    Rule("std", "init", lambda: ("normal",)),
)

WEIGHT = Group(
    "weight",
    "A weight or bias with more to say than its value.",
    (
        VALUE._replace(kinds=(NUMBER, ROWS, REFERENCE)),
        Key("name", (kinds.NAME,), "What the parameter is called.", "`w{i}`, `b{i}`", ("W",)),
        *INITIAL,
        FROZEN,
    ),
    INITIAL_RULES,
    one_of=("value", "init"),
)

ENTRY = Group(
    "entry",
    "An entry of `parameters` with more to say than its value.",
    (VALUE, *INITIAL, FROZEN),
    INITIAL_RULES,
    one_of=("value", "init"),
)

ACTIVATION = Group(
    "activation",
    "An activation with its options, or one by formula.",
    (
        Key("name", ACTIVATION_VALUE[:1], "Which activation.", examples=("leaky_relu",)),
        FORMULA,
    ),
    rules=(Rule("formula", "name", excludes="an activation is named or given by formula"),),
    one_of=("name", "formula"),
    options="activations",
)

LOSS = Group(
    "loss",
    "A loss with its options, or one by formula, summed over the units.",
    (
        Key("name", (LOSS_NAME,), "Which loss.", examples=("huber",)),
        FORMULA._replace(
            kinds=(kinds.formula("y", "t"),), about="One unit's term, in y and t.", examples=("(y - t)^2 / 2",)
        ),
        Key(
            "reduction",
            (kinds.names("mean or sum", reductions, "reduction"),),
            "How the examples of a batch are put together.",
            "`mean`",
            ("sum",),
        ),
        Key("scale", (NUMBER, CONSTANT), "A factor on the loss.", "1", (0.5,)),
    ),
    rules=(Rule("formula", "name", excludes="a loss is named or given by formula"),),
    one_of=("name", "formula"),
    options="losses",
)

VALUES: dict[str, Group] = {group.name: group for group in (WEIGHT, ENTRY, ACTIVATION, LOSS)}
"""These mappings by their names."""
