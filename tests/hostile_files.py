"""Spec files that mean harm, of many kinds: too much, too deep, too long, or other than they look.

Each kind is a function that draws one file of it, and what is run on it; all are to be refused. Sizes are those that
once took minutes, gigabytes or a traceback.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import NamedTuple

GRAMMARS = ("json", "toml", "yaml")


def good(grammar: str, given: str = "0.5", weights: str = "[1]") -> str:
    """A spec, in which only what is given may be wrong."""
    if grammar == "json":
        return f'{{"input": {given}, "weights": {weights}}}'
    between = " = " if grammar == "toml" else ": "
    return f"input{between}{given}\nweights{between}{weights}\n"


GOOD = {grammar: good(grammar).removesuffix("}") for grammar in GRAMMARS}
"""Specs to which more is added, JSON without its end."""


class HostileFile(NamedTuple):
    """A file, and the command line after which its name stands."""

    extension: str
    text: str | bytes
    command: tuple[str, ...] = ("compute",)
    size: int = 0  # in bytes, up to which it is filled with zeros


Kind = Callable[[Random], HostileFile]
KINDS: dict[str, Kind] = {}


def kind(draw: Kind) -> Kind:
    """A kind, by the name of its function."""
    KINDS[draw.__name__] = draw
    return draw


def pairs(grammar: str, keys: list[str], value: str = "1") -> str:
    """A good spec with more keys behind it."""
    if grammar == "json":
        return GOOD["json"] + "".join(f", {json.dumps(key)}: {value}" for key in keys) + "}"
    between = " = " if grammar == "toml" else ": "
    return GOOD[grammar] + "".join(f"{key}{between}{value}\n" for key in keys)


def with_formula(text: str, *command: str) -> HostileFile:
    """An activation by formula."""
    spec = {"input": 0.5, "target": 1, "weights": [1], "activation": {"formula": text}}
    return HostileFile("json", json.dumps(spec), command or ("compute",))


def layered(*layers: object, **keys: object) -> HostileFile:
    """Layers, and other keys beside them."""
    return HostileFile("json", json.dumps({"input": 0.5, "layers": layers, **keys}))


# Too deep


@kind
def toml_key_of_many_parts(random: Random) -> HostileFile:
    return HostileFile("toml", GOOD["toml"] + ".".join(["a"] * random.randint(1_000, 60_000)) + " = 1\n")


@kind
def toml_table_of_many_parts(random: Random) -> HostileFile:
    return HostileFile("toml", GOOD["toml"] + "[" + ".".join(['"a"'] * random.randint(1_000, 20_000)) + "]\nb = 1\n")


@kind
def toml_inline_key_of_many_parts(random: Random) -> HostileFile:
    return HostileFile("toml", GOOD["toml"] + "loss = {" + ".".join(["a"] * random.randint(1_000, 20_000)) + " = 1}\n")


@kind
def toml_keys_of_parts(random: Random) -> HostileFile:
    front = ".".join(["a"] * random.randint(20, 60))
    return HostileFile(
        "toml", GOOD["toml"] + "".join(f"{front}.b{i} = 1\n" for i in range(random.randint(100, 20_000)))
    )


@kind
def toml_nested(random: Random) -> HostileFile:
    deep = random.randint(100, 100_000)
    inner = "[" * deep + "]" * deep if random.random() < 0.5 else "{a = " * deep + "1" + "}" * deep
    return HostileFile("toml", f"weights = [1]\ninput = {inner}\n")


@kind
def json_nested(random: Random) -> HostileFile:
    deep = random.randint(70, 200_000)
    return HostileFile("json", good("json", given="[" * deep + "]" * random.choice((deep, 0))))


@kind
def yaml_nested(random: Random) -> HostileFile:
    deep = random.randint(70, 100_000)
    blocks = "\n".join(" " * level + "a:" for level in range(min(deep, 2_000)))
    return HostileFile("yaml", random.choice(("input: " + "[" * deep, "{" * deep, blocks, "- " * deep)))


@kind
def deep_setting(random: Random) -> HostileFile:
    key = random.choice((".a", "[0]")) * random.randint(1_000, 20_000)
    return HostileFile("yaml", GOOD["yaml"], ("compute", "--set", f"layers{key}=1"))


# Too much


@kind
def unknown_keys(random: Random) -> HostileFile:
    grammar = random.choice(GRAMMARS)
    return HostileFile(grammar, pairs(grammar, [f"k{i}" for i in range(random.randint(5_000, 1_000_000))]))


@kind
def repeated_keys(random: Random) -> HostileFile:
    grammar = random.choice(GRAMMARS)
    return HostileFile(grammar, pairs(grammar, ["k"] * random.randint(2, 500_000)))


@kind
def toml_tables(random: Random) -> HostileFile:
    return HostileFile("toml", GOOD["toml"] + "".join(f"[t{i}]\n" for i in range(random.randint(100, 300_000))))


@kind
def toml_lines(random: Random) -> HostileFile:
    return HostileFile(
        "toml", GOOD["toml"] + random.choice(("\n", "#\n", " \n")) * random.randint(1_100_000, 10_000_000)
    )


@kind
def layers_with_mistakes(random: Random) -> HostileFile:
    wrong = random.choice(
        ('{"wieght": 1}', '{"weight": 1, "activation": "sigmod"}', "3", '{"weight": {"init": "nrm"}}')
    )
    layers = ", ".join([wrong] * random.randint(1_000, 200_000))
    return HostileFile("json", f'{{"input": 0.5, "layers": [{layers}]}}')


@kind
def layers_of_wrong_shape(random: Random) -> HostileFile:
    layers = ", ".join(['{"weight": [[1, 2, 3], [1, 2, 3]]}'] * random.randint(1_000, 30_000))
    return HostileFile("json", f'{{"input": [0.5, 1], "layers": [{layers}]}}')


@kind
def skips_with_mistakes(random: Random) -> HostileFile:
    count = random.randint(1_000, 100_000)
    wrong = random.choice(('{"form": "x", "to": "y"}', '{"from": "q", "to": "y"}', '{"from": "y", "to": "x"}'))
    return HostileFile("json", f'{GOOD["json"]}, "skips": [{", ".join([wrong] * count)}]}}')


@kind
def targets_of_no_layer(random: Random) -> HostileFile:
    targets = json.dumps({f"q{i}": 1 for i in range(random.randint(1_000, 300_000))})
    return HostileFile("json", f'{GOOD["json"]}, "target": {targets}}}')


@kind
def entries_that_are_no_numbers(random: Random) -> HostileFile:
    word, count = random.choice(('"abc"', "true", '"1e3"')), random.randint(1_000, 200_000)
    return entries(random.choice(GRAMMARS), word, count)


@kind
def entries_that_are_lists_of_lists(random: Random) -> HostileFile:
    return entries(random.choice(GRAMMARS), "[[[1]]]", random.randint(1_000, 200_000))


def entries(grammar: str, word: str, count: int) -> HostileFile:
    """So many times the same for weights."""
    return HostileFile(grammar, good(grammar, weights=f"[{', '.join([word] * count)}]"))


@kind
def batch_with_one_mistake(random: Random) -> HostileFile:
    rows = [random.choice(("[0.25, 3]", "[1, 2]"))] * random.randint(100_000, 800_000)
    rows[random.randrange(len(rows))] = random.choice(('[1, "abc"]', "[1]", "[1, [2]]", "1", "[1, true]"))
    return HostileFile("json", f'{{"input": [{", ".join(rows)}], "weights": [[[1, 1]]]}}')


@kind
def ragged_rows(random: Random) -> HostileFile:
    rows = ", ".join(["[1, 2]", "[1]"] * random.randint(1_000, 100_000))
    return HostileFile("json", f'{{"input": 0.5, "layers": [{{"weight": [{rows}]}}]}}')


@kind
def more_than_ten_million_entries(random: Random) -> HostileFile:
    zeros = ",".join(["0"] * random.randint(10_100_000, 15_000_000))
    grammar = random.choice(GRAMMARS)
    if grammar == "json":
        return HostileFile("json", f'{{"input": 0.5, "weights": [[{zeros}]]}}')
    return HostileFile(grammar, pairs(grammar, ["target"], f"[{zeros}]"))


@kind
def drawn_weights(random: Random) -> HostileFile:
    width = random.randint(4_000, 10**9)
    draws = random.choice(("normal", "orthogonal", "zeros", "he_normal"))
    layer = {"width": width, "weight": {"init": draws}, "bias": random.choice((0, {"init": "normal"}))}
    return layered(layer, layer)


@kind
def repeated_drawn_weights(random: Random) -> HostileFile:
    width = random.randint(800, 1_500)
    layer = {"width": width, "weight": {"init": "normal"}}
    return layered(layer, {**layer, "repeat": random.randint(20, 10_000)})


@kind
def repeated_layers(random: Random) -> HostileFile:
    return layered({"weight": 1, "repeat": random.randint(10**6 + 1, 10**18)})


@kind
def chains_with_all_paths(random: Random) -> HostileFile:
    commands = (("compute",), ("compute", "--json"), ("paths", "--json"), ("explain",), ("report",))
    count, command = random.randint(500_000, 900_000), random.choice(commands)
    if random.random() < 0.3:
        return layered({"weight": 1, "repeat": count}, target=1)._replace(command=command)
    return written_out(random, count)._replace(command=command)


@kind
def layers_beyond_all(random: Random) -> HostileFile:
    return written_out(random, random.randint(1_100_000, 3_000_000))


def written_out(random: Random, count: int) -> HostileFile:
    """A chain of so many layers, one after the other."""
    grammar, form = random.choice(GRAMMARS), random.choice(("weights", "layers", "lines"))
    if grammar == "json":
        one = "0.9" if form == "weights" else random.choice(('{"weight": 0.9}', '{"weight": 0.9, "bias": 0.1}'))
        key = "weights" if form == "weights" else "layers"
        return HostileFile("json", f'{{"input": 0.5, "target": 1, "{key}": [{f"{one}, " * count}{one}]}}')
    equals = " = " if grammar == "toml" else ": "
    if form == "lines":
        one = "[[layers]]\nweight = 0.9\n" if grammar == "toml" else "- weight: 0.9\n  bias: 0.1\n"
        text = ("" if grammar == "toml" else "layers:\n") + one * count
    else:
        one = "0.9" if form == "weights" else f"{{weight{equals}0.9}}"
        text = f"{form}{equals}[{f'{one}, ' * count}{one}]\n"
    return HostileFile(grammar, f"input{equals}0.5\ntarget{equals}1\n{text}")


@kind
def widths_that_double(random: Random) -> HostileFile:
    sources = ["x", *(f"h{i}" for i in range(1, random.randint(30, 90)))]
    bias = random.choice(({}, {"bias": 0}))
    return layered(*({"from": [source] * 2, "join": "concat", **bias} for source in sources))


@kind
def class_beyond_all_units(random: Random) -> HostileFile:
    return layered({"weight": [1, 2]}, loss="cross_entropy", target=random.randint(2, 10**18))


@kind
def pieces_of_a_maxout(random: Random) -> HostileFile:
    return layered({"weight": 1, "activation": {"name": "maxout", "pieces": random.randint(2, 10**15)}})


@kind
def aliases_of_aliases(random: Random) -> HostileFile:
    many = random.randint(5, 12)
    text = "a0: &a0 [" + ", ".join(["1"] * many) + "]\n"
    text += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * many)}]\n" for i in range(1, random.randint(10, 40)))
    return HostileFile("yaml", text + GOOD["yaml"])


@kind
def aliases_of_a_list(random: Random) -> HostileFile:
    many = random.randint(1_100, 5_000)
    again = "".join(f"  p{i}: *a\n" for i in range(many))
    return HostileFile("yaml", f"input: 0.5\nparameters:\n  a: &a [{', '.join(['1'] * many)}]\n{again}weights: [a]\n")


@kind
def aliases_of_a_text(random: Random) -> HostileFile:
    many = random.randint(2_000, 100_000)
    return HostileFile("yaml", f"{GOOD['yaml']}name: &a {'x' * 200_000}\nfrozen: [{', '.join(['*a'] * many)}]\n")


@kind
def patterns_of_stars(random: Random) -> HostileFile:
    name, pattern = "a" * random.randint(50, 200), "*a" * random.randint(10, 5_000) + "*b"
    layer = {"weight": {"value": 1, "name": name}, "repeat": random.choice((1, 1, 1_000))}
    return layered(layer, frozen=[pattern] * random.randint(1, 50))


@kind
def patterns_for_many_names(random: Random) -> HostileFile:
    return layered({"weight": 1, "repeat": 10_000}, frozen=[f"q{i}*" for i in range(random.randint(2_000, 10_000))])


@kind
def larger_than_is_read(random: Random) -> HostileFile:
    return HostileFile(random.choice(GRAMMARS), GOOD["json"] + "}", size=2**26 + random.randint(1, 2**20))


# Too long


@kind
def long_key(random: Random) -> HostileFile:
    grammar = random.choice(GRAMMARS)
    return HostileFile(grammar, pairs(grammar, ["x" * random.randint(200_000, 5_000_000)]))


@kind
def long_text(random: Random) -> HostileFile:
    grammar, key = random.choice(GRAMMARS), random.choice(("name", "notes", "activation", "loss"))
    text = random.choice(("x", "x\\n" if grammar == "json" else "xy", "é")) * random.randint(200_000, 3_000_000)
    return HostileFile(grammar, pairs(grammar, [key], f'"{text}"'))


@kind
def long_name(random: Random) -> HostileFile:
    name = "x" * random.randint(300, 1_000_000)
    return layered({"weight": random.choice((1, {"value": 1, "name": name})), "name": name})


@kind
def long_word_for_a_number(random: Random) -> HostileFile:
    word = random.choice(("a", "1/", "(1/3)+", "(", "-", "1_", "é")) * random.randint(5_000, 2_000_000)
    return HostileFile("yaml", f'input: 0.5\nweights: ["{word}"]\n')


@kind
def long_formula(random: Random) -> HostileFile:
    return with_formula(random.choice(("x+", "sin(", "x", "(", "-", "1")) * random.randint(5_000, 1_000_000) + "1")


@kind
def endless_number(random: Random) -> HostileFile:
    grammar, digits = random.choice(GRAMMARS), "3" * random.randint(10_000, 4_000_000)
    number = random.choice((digits, f"0.{digits}", f"-{digits}.5", f"{digits}e5"))
    return HostileFile(grammar, good(grammar, given=number))


@kind
def open_text(random: Random) -> HostileFile:
    grammar = random.choice(GRAMMARS)
    again = random.choice(("\\\\", '\\"', "x", '1_\\"\\\n'))
    text = pairs(grammar, ["name"], '"' + again * random.randint(10_000, 500_000))
    return HostileFile(grammar, text.rstrip("}\n"))


# Numbers and formulas


@kind
def number_beyond_doubles(random: Random) -> HostileFile:
    number = random.choice(("1e{}", "-1e{}", "1e-{}", "0.1e-{}", "9.9e+{}")).format(random.randint(400, 10**12))
    return HostileFile("yaml", f"input: {number}\nweights: [1]\n", (random.choice(("compute", "explain", "paths")),))


@kind
def constant_without_end(random: Random) -> HostileFile:
    big = random.randint(5, 9)
    short = ("{0}^{0}^{0}^{0}", "1/0", "sqrt(-{0})", "1e308*{0}", "log(0)", "2^-2^{0}^{0}", "(1/3)^1{0}000")
    long = ("1.0000001^9999999{0}", "exp(exp(exp(1{0})))", "2*(1e99999999{0})", "exp(1e15)^exp(1e1{0})")
    constant = random.choice((*short, *long, "((({0}^{0})^{0})^{0})^{0}")).format(big)
    command = random.choice((("compute",), ("explain", "--symbolic"), ("compute", "--dps", "50")))
    return HostileFile("json", json.dumps({"input": 0.5, "target": 1, "weights": [constant]}), command)


@kind
def numbers_that_are_none(random: Random) -> HostileFile:
    number = random.choice((".nan", "-.inf", "12:30:45", "2024-01-01", "1_000", "yes", "true", "0b11", "~", "1..2"))
    return HostileFile("yaml", f"input: [{', '.join([number] * random.randint(1, 20_000))}]\nweights: [1]\n")


@kind
def toml_grouped_numbers(random: Random) -> HostileFile:
    numbers = ", ".join(["1_0"] * random.randint(1, 300_000))
    return HostileFile("toml", f"input = 0.5\nweights = [{numbers}]\n")


@kind
def largest_of_many(random: Random) -> HostileFile:
    count, head = random.randint(40, 400), random.choice(("max", "min"))
    text = f"{head}({', '.join(f'x+{i}' for i in range(count))})"
    return with_formula(text, random.choice(("compute", "explain", "paths")))


@kind
def many_quotients(random: Random) -> HostileFile:
    count = random.randint(250, 400)
    text = "x" + "".join(f"/(x+{i})" for i in range(count))
    return with_formula(text, "explain", *random.choice((("--symbolic",), ())))


@kind
def nested_quotients(random: Random) -> HostileFile:
    deep = random.randint(160, 190)
    return with_formula("1/(1+" * deep + "x" + ")" * deep, "explain", *random.choice((("--symbolic",), ())))


@kind
def many_factors(random: Random) -> HostileFile:
    text = "*".join(f"(x^2+x+{i})" for i in range(random.randint(150, 250)))
    return with_formula(text, "explain", *random.choice((("--symbolic",), ())))


@kind
def nested_functions(random: Random) -> HostileFile:
    function, deep = random.choice(("exp", "log", "sinh", "2^")), random.randint(30, 400)
    command = random.choice((("compute",), ("explain", "--symbolic"), ("paths",)))
    return with_formula(
        (function if function == "2^" else f"{function}(") * deep + "x" + ")" * deep * (function != "2^"), *command
    )


@kind
def many_formulas(random: Random) -> HostileFile:
    form = random.choice(("x/(1+{}*x^2)", "tanh(x)*{0}/(1+exp(-{0}x))", "log(1+exp(sin({}*x))^2)/cosh(x)"))
    return layered(
        *({"weight": 1, "activation": {"formula": form.format(i)}} for i in range(random.randint(1_500, 9_000)))
    )


@kind
def code_in_a_formula(random: Random) -> HostileFile:
    code = ("__import__('os').system('id')", "x.__class__", "().__class__", "lambda: x", "x if x else 1", "eval(x)")
    more = ("open(1)", "x[0]", "x; y", "print(x)", "x@x", "f(x)", "x'", "'x'*9", "x**", "{x}", "exec(x)", "x := 1", "#")
    return with_formula(random.choice(code + more), *random.choice((("compute",), ("explain", "--symbolic"))))


@kind
def outside_the_domain(random: Random) -> HostileFile:
    text = random.choice(("log(-x)", "1/(x-x)", "sqrt(-1-x)", "log(x-x)", "(-x)^0.5", "log(log(x))"))
    return with_formula(text, random.choice(("compute", "explain", "paths", "compare")))


# Other than it looks


@kind
def names_that_look_alike(random: Random) -> HostileFile:
    one, other = random.choice((("a", "a\ufe0f"), ("a", "a\U000e0101"), ("é", "e\u0301"), ("ﬁ", "fi"), ("a", "ａ")))
    if random.random() < 0.5:
        return layered({"weight": 1, "name": one}, {"weight": 1, "name": other})
    return layered({"weight": one}, {"weight": other}, parameters={one: 1, other: 2})


@kind
def names_with_hidden_characters(random: Random) -> HostileFile:
    hidden = random.choice("\u034f\u3164\u115f\u200b\u200d\u202e\u2066\u00ad\ufeff\u17b4")
    return layered({"weight": 1, "name": f"a{hidden}b"})


@kind
def names_that_are_none(random: Random) -> HostileFile:
    names = ("", " ", "a b", "../../etc/passwd", "<script>alert(1)</script>", "$(id)", "a\nb", "\x1b[31m", "%s", "a;b")
    return layered({"weight": 1, "name": random.choice((*names, "1a", "a-b", "a.b", "{x}", "\\input{x}", "t", "😀"))})


@kind
def control_characters(random: Random) -> HostileFile:
    grammar, character = random.choice(GRAMMARS), chr(random.choice((0, 7, 8, 27, 127, 133, 155, 12)))
    return HostileFile(grammar, pairs(grammar, ["name"], f'"{"x" * random.randint(0, 100_000)}{character}"'))


@kind
def toml_carriage_returns(random: Random) -> HostileFile:
    return HostileFile("toml", "input = 0.5\r" + "weights = [1]\r" * random.randint(1, 100_000))


@kind
def bytes_that_are_no_text(random: Random) -> HostileFile:
    wrong = random.choice((b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"))
    return HostileFile(random.choice(GRAMMARS), b"input: 0.5\n# " + b"x" * random.randint(0, 10**6) + wrong + b"\n")


@kind
def archives_and_pickles(random: Random) -> HostileFile:
    begin = random.choice((b"PK\x03\x04", b"\x80\x02", b"\x80\x04\x95", b"\x93NUMPY\x01"))
    extension = random.choice((*GRAMMARS, "pt", "pkl", "npz", "safetensors", "ckpt"))
    return HostileFile(extension, begin + random.randbytes(random.randint(10, 100_000)))


@kind
def random_bytes(random: Random) -> HostileFile:
    return HostileFile(random.choice((*GRAMMARS, "txt")), b"\xff" + random.randbytes(random.randint(1, 10**6)))


@kind
def yaml_tags(random: Random) -> HostileFile:
    tag = random.choice(("!!python/object/apply:os.system ['id']", "!!binary aGk=", "!!float 3", "! 3", "!!set {a}"))
    return HostileFile("yaml", f"weights: [1]\ninput: {tag}\n")


@kind
def yaml_merges(random: Random) -> HostileFile:
    return HostileFile("yaml", "a: &a {x: 1}\n" + "<<: *a\n" * random.randint(1, 50_000) + GOOD["yaml"])


@kind
def yaml_documents(random: Random) -> HostileFile:
    return HostileFile("yaml", (GOOD["yaml"] + "---\n") * random.randint(2, 50_000))


@kind
def yaml_keys_that_are_no_text(random: Random) -> HostileFile:
    key = random.choice(("? [a, b]\n", "? {a: b}\n", "3", "true", "null", "1.5", "? |\n  a\n"))
    return HostileFile("yaml", GOOD["yaml"] + f"{key}: 1\n" * random.randint(1, 20_000))


@kind
def broken_off(random: Random) -> HostileFile:
    layers = [{"weight": [[0.1, 0.2], [0.3, 0.4]], "bias": [0, 1]}] * random.randint(1, 10_000)
    text = json.dumps({"input": [1, 2], "layers": layers})
    return HostileFile("json", text[: random.randint(1, len(text) - 1)])


@kind
def other_grammar(random: Random) -> HostileFile:
    texts = (
        pairs("toml", ["seed"]),
        "<svg onload=alert(1)/>",
        "#!/bin/sh\nrm -rf /\n",
        "\\documentclass{article}",
        "a,b\n1,2\n",
    )
    return HostileFile(random.choice(("json", "yaml")), random.choice(texts) * random.randint(1, 1_000))


@kind
def cycles(random: Random) -> HostileFile:
    count = random.randint(2, 3_000)
    skips = [{"from": "y", "to": f"h{i}"} for i in range(1, count)]
    return HostileFile("json", json.dumps({"input": 1, "target": 1, "weights": [1] * count, "skips": skips}))


@kind
def layers_that_read_themselves(random: Random) -> HostileFile:
    return layered(*({"from": [f"h{i + 1}"] * 2, "weight": 1} for i in range(random.randint(1, 3_000))), {"weight": 1})
