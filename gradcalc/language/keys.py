"""The spec language as one table: every mapping of the language, its keys, the kinds of their values, their meaning.

The checker, the JSON Schema and the reference are made from it, so that they cannot disagree. Names
of activations, losses and initialisations, and their options, come from the program's own tables when they are needed.
"""

from typing import Any

from gradcalc.language import kinds
from gradcalc.language.kinds import (
    CONSTANT,
    NODE,
    NOTHING,
    NUMBER,
    REFERENCE,
    ROWS,
    TEXT,
    TRUTH,
    WHOLE,
    Group,
    Key,
    KeyRule,
    Kind,
    mapping,
)
from gradcalc.language.known_names import KnownNames, activations, initialisations, initialisations_with, joins, losses

# The spec itself, its layers and its skips.


WEIGHT_VALUE = (NUMBER, ROWS, REFERENCE, mapping("weight"))

ACTIVATION_VALUE = (
    kinds.named("the name of an activation", "activation", activations, "activations"),
    mapping("activation"),
)

LOSS_NAME = kinds.named("the name of a loss", "loss", losses, "losses")
REDUCTIONS = KnownNames(("mean", "sum"), {})


def _check_every(value: dict[str, Any], path: Any, problems: Any) -> None:
    if "every" not in value and ("from" in value or "to" in value):
        problems.error(path, "needs a list of skip edges, [{from: …, to: …}], even of one")
    else:
        kinds.check_group(value, path, problems, "every")


EVERY_VALUE = Kind("a mapping {every: k}", (dict,), {"$ref": "#/$defs/every"}, _check_every)
INTO = Key(
    "into",
    (kinds.named("preactivation or output", "place", lambda: KnownNames(("preactivation", "output"), {})),),
    "Whether the skip enters before the activation, σ(W h + b + W_skip s), or after it, σ(W h + b) + W_skip s.",
    "`preactivation`",
    ("output",),
)


SPEC = Group(
    "spec",
    "A network, what goes in and what should come out.",
    (
        Key("name", (TEXT,), "A title, free text.", "the file's stem", ("residual",), computed=False),
        Key(
            "input",
            (NUMBER, CONSTANT, ROWS, kinds.mapping_of((NUMBER, CONSTANT, ROWS), "a mapping of names", least=1)),
            "What goes in: a number, a list (one example), a list of lists (a batch), or a mapping of names to these.",
            examples=(0.5, [1, 2], [[1, 2], [3, 4]], {"x1": 0.05, "x2": 0.1}),
            required=True,
        ),
        Key(
            "target",
            (NUMBER, CONSTANT, ROWS, kinds.mapping_of((NUMBER, CONSTANT, ROWS), "a mapping of layers", least=1)),
            "What should come out: a number, a list, a batch, a class index, or a mapping of layer names to targets.",
            "none: the forward pass alone",
            (1, [0.01, 0.99], {"y1": 1.0, "y2": 2.0}),
        ),
        Key("activation", ACTIVATION_VALUE, "The activation of layers that name none.", "`sigmoid`", ("tanh",)),
        Key(
            "loss",
            (LOSS_NAME, mapping("loss")),
            "How far the output is from the target.",
            "`mse`",
            ("bce", {"name": "huber", "delta": 0.5}, {"formula": "(y - t)^2 / 2"}),
        ),
        Key(
            "weights",
            (kinds.list_of(WEIGHT_VALUE, "a list of weights", least=1),),
            "Short form of `layers`: one weight per layer, in order.",
            examples=([0.2, 0.1, 0.1],),
        ),
        Key(
            "biases",
            (kinds.list_of((*WEIGHT_VALUE, NOTHING), "a list of biases", least=1),),
            'One bias per entry of `weights`; null (in TOML the text "null") is none.',
            "none",
            ([0.1, None, 0.2],),
        ),
        Key(
            "layers",
            (kinds.list_of((mapping("layer"),), "a list of layers", least=1),),
            "The layers in order of computation.",
            examples=([{"weight": 0.5, "repeat": 39}, {"weight": 0.5}],),
        ),
        Key(
            "skips",
            (kinds.list_of((mapping("skip", unless="every"),), "a list of skips"), EVERY_VALUE),
            "Skip edges, or {every: k}: one across every k layers. A list may hold both.",
            "none",
            ([{"from": "h1", "to": "y", "weight": 0.1, "name": "w_r"}], {"every": 2}),
        ),
        Key(
            "parameters",
            (kinds.mapping_of((NUMBER, ROWS, CONSTANT, mapping("entry")), "a mapping of names to values"),),
            "Values by name, for those used more than once (tied weights).",
            "none",
            ({"Wh": 0.1},),
        ),
        Key(
            "frozen",
            (kinds.list_of((TEXT,), "a list of names"),),
            "Parameters that are not trained, by name or pattern (`*` and `?` are wild).",
            "none",
            (["b*"],),
            computed=False,
        ),
        Key("seed", (WHOLE,), "The seed of the initial values that `init` draws.", "0", (7,)),
        Key("notes", (TEXT,), "Free text, shown by explain.", "none", ("From the second lecture.",), computed=False),
    ),
    rules=(
        KeyRule("weights", "layers", excludes="`weights` is the short form of `layers`; keep one of them"),
        KeyRule("biases", "layers", excludes="`biases` goes with `weights`; give each of the layers its `bias`"),
    ),
    one_of=("layers", "weights"),
)

LAYER = Group(
    "layer",
    "A layer: z = join over its sources of W·s, plus bias, plus skips; output = activation(z), plus skips.",
    (
        Key("name", (kinds.NAME,), "What the layer is called.", "`h{i}`, the last `y`", ("hidden",)),
        Key(
            "from",
            (
                NODE,
                kinds.list_of((NODE,), "a list of nodes", least=1),
                kinds.mapping_of(WEIGHT_VALUE, "a mapping of nodes to weights", least=1),
            ),
            "What it reads: a node, a list of nodes (by identity edges), or a mapping of nodes to weights.",
            "the layer before, or the inputs",
            ("x", ["h1", "h2"], {"x2": "Wx", "h1": 0.1}),
        ),
        Key(
            "weight",
            WEIGHT_VALUE,
            "A number, rows [out][in], a flat list, an entry of `parameters`, an exact constant, or a mapping.",
            "none: the layer only joins and activates",
            (0.5, [[0.15, 0.2], [0.25, 0.3]], "1/3", {"init": "he_normal"}),
        ),
        Key(
            "bias",
            (*WEIGHT_VALUE, NOTHING),
            "What is added to the preactivation: one number per unit, or a number that every unit starts from.",
            "none",
            (0.1, [0.35, 0.35]),
        ),
        Key("activation", ACTIVATION_VALUE, "The layer's own activation.", "the spec's", ("relu",)),
        Key("width", (kinds.whole(1),), "Its units; needed only where init draws a value.", "from the weight", (64,)),
        Key(
            "join",
            (kinds.named("the name of a join", "join", joins),),
            "How several sources meet; all but concat need equal widths.",
            "`sum`",
            ("multiply",),
        ),
        Key("repeat", (kinds.whole(1),), "The layer so many times in a row, each with its own parameters.", "1", (40,)),
        Key("share", (TRUTH,), "With repeat: the copies use one tied parameter.", "false", (True,)),
    ),
    rules=(
        KeyRule("weight", "from", excludes="a mapping in `from` holds the weights", of_type=dict),
        KeyRule("repeat", "from", excludes="a mapping in `from` names the sources of one layer", of_type=dict),
        KeyRule("share", "repeat"),
    ),
)

SKIP = Group(
    "skip",
    "A skip edge from a node to a later layer; or {every: k} among others.",
    (
        Key("from", (NODE,), "Any node that comes before `to`.", examples=("h1",), required=True),
        Key("to", (NODE,), "The layer it enters.", examples=("y",), required=True),
        Key("weight", WEIGHT_VALUE, "Its weight.", "the identity, a constant", (0.1,)),
        INTO,
        Key("name", (kinds.NAME,), "What its weight is called.", "`w_{from}_{to}`", ("w_r",)),
    ),
)

EVERY = Group(
    "every",
    "A skip across every k layers in their order; a last incomplete block gets none.",
    (
        Key("every", (kinds.whole(1),), "How many layers a skip crosses.", examples=(2,), required=True),
        Key("weight", WEIGHT_VALUE, "A number gives each its own parameter, a name ties them.", "the identity", (0.1,)),
        INTO,
        Key("start", (NODE,), "The node where the first skip begins.", "the input if it fits, else the first layer"),
        Key(
            "until",
            (NODE,),
            "The last node where a skip may end: of a wide body before a narrow head.",
            "the last layer",
        ),
    ),
)

# Weights and biases, entries of `parameters`, activations and losses.


FORMULA = Key(
    "formula", (kinds.formula("x"),), "The activation as a formula in x.", examples=("x / (1 + exp(-1.702 x))",)
)

VALUE = Key("value", (NUMBER, ROWS, CONSTANT), "The value.", examples=(0.5,))

INITIAL = (
    Key(
        "init",
        (kinds.named("the name of an initialisation", "initialisation", initialisations),),
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
    KeyRule(
        "value", "init", lambda: initialisations_with("value", False), excludes="a value is given or drawn, not both"
    ),
    KeyRule("seed", "init"),
    KeyRule("gain", "init", lambda: initialisations_with("gain")),
    KeyRule("low", "init", lambda: ("uniform",)),
    KeyRule("high", "init", lambda: ("uniform",)),
    KeyRule("mean", "init", lambda: ("normal",)),
    KeyRule("std", "init", lambda: ("normal",)),
)

WEIGHT = Group(
    "weight",
    "A weight or bias as a mapping: its value or `init`, and further settings.",
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
    "An entry of `parameters` as a mapping: its value or `init`, and further settings.",
    (VALUE, *INITIAL, FROZEN),
    INITIAL_RULES,
    one_of=("value", "init"),
)

ACTIVATION = Group(
    "activation",
    "An activation with its options, or one by formula.",
    (Key("name", ACTIVATION_VALUE[:1], "Which activation.", examples=("leaky_relu",)), FORMULA),
    rules=(KeyRule("formula", "name", excludes="an activation is named or given by formula"),),
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
            (kinds.named("mean or sum", "reduction", lambda: REDUCTIONS),),
            "How the examples of a batch are put together.",
            "`mean`",
            ("sum",),
        ),
        Key("scale", (NUMBER, CONSTANT), "A factor on the loss.", "1", (0.5,)),
    ),
    rules=(KeyRule("formula", "name", excludes="a loss is named or given by formula"),),
    one_of=("name", "formula"),
    options="losses",
)

GROUPS = {
    "spec": SPEC, "layer": LAYER, "skip": SKIP, "every": EVERY,
    "weight": WEIGHT, "entry": ENTRY, "activation": ACTIVATION, "loss": LOSS,
}  # fmt: skip
"""Every mapping of the language by its name, the whole spec first."""

NOT_COMPUTED = frozenset(key.name for key in SPEC.keys if not key.computed)  # no number depends on them
