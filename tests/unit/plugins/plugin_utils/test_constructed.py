# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memoised constructed features beside the stock ones: the same groups, variables, errors and warnings, with fewer evaluations."""

from __future__ import annotations

import gc
import inspect
import re
import weakref
from types import SimpleNamespace

import pytest
from ansible import constants
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.template import Templar
from ansible.utils.display import Display
from ansible_collections.pelion.device_management.plugins.plugin_utils import constructed
from ansible_collections.pelion.device_management.plugins.plugin_utils.constructed import LEGACY, MemoisedConstructable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if LEGACY:
    from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

    def trusted(text):
        return text

    def is_marked(value):
        return isinstance(value, AnsibleUnsafe)

else:
    from ansible.template import is_trusted_as_template as is_marked
    from ansible.template import trust_as_template as trusted


class Stock(BaseInventoryPlugin, Constructable):
    NAME = "stock"


class Memoised(BaseInventoryPlugin, MemoisedConstructable):
    NAME = "memoised"


class CountingTemplar:
    """A stock templar that notes what it is asked."""

    def __init__(self, stock):
        self.__dict__.update(stock=stock, asked=[])

    def __getattr__(self, name):
        found = getattr(self.stock, name)
        if name in ("template", "evaluate_expression", "evaluate_conditional"):

            def noted(text, **options):
                self.asked.append(text)
                return found(text, **options)

            return noted
        return found

    def __setattr__(self, name, value):
        setattr(self.stock, name, value)


def plugin(kind, extra=None, **options):
    made = kind()
    made.inventory = InventoryData()
    made.templar = CountingTemplar(Templar(loader=DataLoader()))
    made._vars = extra or {}
    made._options = {"leading_separator": True, "use_extra_vars": bool(extra), **options}
    return made


def steady(text):
    """A text without addresses of objects, which are in it when Jinja shows a method."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def marked(value):
    """What of a value can be told apart: types, trust, and the order of what it holds."""
    if isinstance(value, dict):
        return ("dict", [(marked(key), marked(inner)) for key, inner in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__.replace("_AnsibleTaggedList", "list"), [marked(inner) for inner in value])
    if isinstance(value, str):
        return (str, steady(str.__str__(value)), is_marked(value))
    for kind in (bool, int, float):  # of which ansible-core 2.19 and later have kinds of their own
        if isinstance(value, kind):
            return (kind, repr(kind(value)))
    return (type(value), steady(repr(value)))


def outcome(error):
    return None if error is None else (type(error), steady(str(error)), type(error.__context__), steady(str(error.__context__)))


def construct(made, hosts, compose, groups, keyed, strict, fetch=True):
    """What becomes of the hosts: inventory, errors in their order."""
    errors = []
    inventory = made.inventory
    for name, values in hosts:
        inventory.add_host(name)
        for method, entries, rest in (
            ("_set_composite_vars", compose, {}),
            ("_add_host_to_composed_groups", groups, {"fetch_hostvars": fetch}),
            ("_add_host_to_keyed_groups", keyed, {"fetch_hostvars": fetch}),
        ):
            try:
                getattr(made, method)(entries, values, name, strict=strict, **rest)
            except Exception as error:
                errors.append((name, outcome(error)))
    made_groups = inventory.groups.values()
    return {
        "errors": errors,
        "groups": sorted((steady(group.name), host.name) for group in made_groups for host in group.hosts),
        "order": [group for group in inventory.groups if steady(group) == group],
        "children": {(steady(group.name), steady(child.name)) for group in made_groups for child in group.child_groups},
        "variables": {name: marked(host.vars) for name, host in inventory.hosts.items()},
    }


def both(hosts, compose=None, groups=None, keyed=None, strict=False, fetch=True, extra=None, **options):
    """The same of the stock class and of ours, after checking that it is the same; and what was evaluated by each."""
    results, told, asked = [], [], []
    for kind in (Stock, Memoised):
        warnings = set()
        with pytest.MonkeyPatch.context() as patch:
            for sort in ("warning", "deprecated"):
                patch.setattr(Display, sort, lambda self, msg, *args, _sort=sort, _seen=warnings, **rest: _seen.add((_sort, msg)))
            made = plugin(kind, extra, **options)
            results.append(construct(made, hosts, compose, groups, keyed, strict, fetch))
        told.append(warnings)
        asked.append(made.templar.asked)
    assert results[1] == results[0]
    assert told[1] == told[0]
    assert made.templar.available_variables is not None
    return SimpleNamespace(**results[0], warnings=told[0], stock=asked[0], ours=asked[1])


def texts(mapping):
    """Expressions of a user, which are trusted."""
    return {name: trusted(text) for name, text in mapping.items()}


# -- the law

NAMES = ["name", "state", "count", "flag", "nothing", "attributes", "tags", "groups", "absent"]
PLAIN = [
    "",
    "a",
    "b",
    "A b",
    "1",
    "1.0",
    "True",
    "None",
    "{x",
    "[1]",
    "{'a': 1}",
    "a\n",
    "{{",
    "{{ name }}",
    "{% if x %}",
    "{{ absent }}",
    "#jinja2:x",
]

scalars = st.sampled_from([*PLAIN[:8], *PLAIN[:8], *PLAIN, None, True, False, 0, 1, 2, 1.0, 0.0, -0.0, 1.5])
inner = st.recursive(
    scalars,
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.sampled_from(["site", "floor", "items", "a b"]), part, max_size=3),
    max_leaves=4,
)
hosts = st.fixed_dictionaries(
    {"name": st.sampled_from(PLAIN[:6])},
    optional={
        "state": scalars,
        "count": st.sampled_from([0, 1, True, 1.0, "1", -1, 10**20]),
        "flag": st.booleans(),
        "nothing": st.none(),
        "attributes": st.dictionaries(st.sampled_from(["site", "floor", "items"]), inner, max_size=3) | scalars,
        "tags": st.lists(scalars, max_size=3) | inner,
        "groups": st.lists(st.sampled_from(["x", "y", ""]), max_size=2),
    },
)

paths = st.sampled_from(
    [
        *NAMES,
        "attributes.site",
        "attributes.floor",
        "attributes['site']",
        "attributes.items",
        "attributes.absent.deeper",
        "tags[0]",
        "tags[1].site",
        "groups[-1]",
        "groups[5]",
        "attributes[name]",
        "name[0]",
        "name[:1]",
        "name.upper",
        "inventory_hostname",
        "attributes.__class__",
        "range",
        "omit",
        "vars",
    ]
)
atoms = paths | st.sampled_from(["1", "0", "''", "'a'", "'{{ x }}'", "true", "none", "[]", "1.0"])
pure = st.sampled_from(
    [
        "lower",
        "upper",
        "length",
        "default('d')",
        "default(absent)",
        "default('',true)",
        "int",
        "float",
        "string",
        "list",
        "first",
        "last",
        "sort",
        "unique",
        "to_json",
        "tojson",
        "bool",
        "type_debug",
        "mandatory",
        "trim",
        "join('-')",
        "map('upper')",
        "map(attribute='site')",
        "select('defined')",
        "selectattr('site')",
        "reject('none')",
        "map('default','q')",
        "items",
        "dict2items",
        "combine({'x':1})",
        "ternary('y','n')",
        "regex_replace('a','{')",
        "replace('a','\\\\1')",
        "abs",
        "round",
        "title",
        "split(',')",
        "flatten",
        "nofilter",
    ]
)
tests = st.sampled_from(
    ["defined", "undefined", "none", "string", "number", "mapping", "in ['a', 1]", "match('a')", "truthy", "eq(1)", "version('1','>')"]
)


def grown(part):
    return st.one_of(
        st.tuples(part, pure).map(lambda words: f"{words[0]} | {words[1]}"),
        st.tuples(part, tests).map(lambda words: f"({words[0]}) is {words[1]}"),
        st.tuples(part, st.sampled_from(["==", "!=", "<", "in", "not in", "~", "+", "*", "and", "or"]), part).map(
            lambda words: f"({' '.join(words)})"
        ),
        st.tuples(part, part, part).map(lambda words: f"({words[0]} if {words[1]} else {words[2]})"),
        st.tuples(part, part).map(lambda words: f"[{words[0]}, {words[1]}]"),
        st.tuples(part, part).map(lambda words: "{{'k': {}, 'l': {}}}".format(*words)),
        part.map(lambda word: f"not {word}"),
        part.map(lambda word: f"({word})"),
        part.map(lambda word: f"({word} | random(seed=1))"),
        part.map(lambda word: f"query('items', {word})"),
        part.map(lambda word: f"{word} }}}} {{{{"),
        part.map(lambda word: f"({word}"),
    )


expressions = paths | st.recursive(atoms, grown, max_leaves=4)
keyed_groups = st.fixed_dictionaries(
    {"key": expressions.map(trusted)},
    optional={
        "prefix": st.sampled_from(["", "p", "a b"]),
        "separator": st.sampled_from(["", "_", "-"]),
        "default_value": st.sampled_from(["", "none"]),
        "trailing_separator": st.booleans(),
        "parent_group": st.sampled_from(
            ["all_of_them", "{{ name }}", "{{ absent }}", "{{ state | default(omit) }}", "p_a", "x-{{ count }}", "{{ name }}\n"]
        ).map(trusted),
    },
)
marking = st.sampled_from(["raw", "trusted", "unsafe"])


def with_marks(value, how):
    """A value as plugins give it: as it is, as text that may be a template, or marked as never being one."""
    if isinstance(value, dict):
        return {key: with_marks(part, how) for key, part in value.items()}
    if isinstance(value, list):
        return [with_marks(part, how) for part in value]
    if how == "trusted" and isinstance(value, str):
        return trusted(value)
    return wrap_var(value) if LEGACY and how == "unsafe" else value


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    fleet=st.lists(st.tuples(hosts, marking), min_size=2, max_size=7),
    composed=st.lists(expressions.map(trusted), max_size=2),
    conditions=st.lists(expressions.map(trusted), max_size=2),
    keyed=st.lists(keyed_groups, max_size=2),
    strict=st.booleans(),
    fetch=st.booleans(),
    leading=st.booleans(),
    extra=st.sampled_from([None, None, {"state": "x", "more": "{{ name }}"}]),
    native=st.booleans(),
)
def test_nobody_can_tell_it_from_the_stock_class(fleet, composed, conditions, keyed, strict, fetch, leading, extra, native):
    with pytest.MonkeyPatch.context() as patch:
        if LEGACY:
            patch.setattr(constants, "DEFAULT_JINJA2_NATIVE", native)
        named = [(f"h{number}", {key: with_marks(value, how) for key, value in host.items()}) for number, (host, how) in enumerate(fleet)]
        both(
            # Twice, so that each is met with a memory of it.
            [*named, *((f"{name}x", values) for name, values in named)],
            {f"c{number}": text for number, text in enumerate(composed)},
            {f"g {number}": text for number, text in enumerate(conditions)},
            keyed,
            strict=strict,
            fetch=fetch,
            extra=extra,
            leading_separator=leading,
        )


# -- what is evaluated how often


def numbered(*values):
    """Hosts that differ in one variable."""
    return [(f"h{number}", {"x": value}) for number, value in enumerate(values)]


def evaluations(expression, hosts, **options):
    return len(both(hosts, compose={"made": trusted(expression)}, **options).ours)


@pytest.mark.parametrize(
    ("expression", "values", "count"),
    [
        ("x | type_debug", [1, True, 1.0, "1", 1, True, 1.0, "1"], 4),
        ("x | type_debug", ["", None, "", None], 2),
        ("x ~ ''", [0.0, -0.0, 0, False], 4),
        ("x | to_json", [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2}], 2),
        ("x | to_json", [[1, "a"], [1, "a"], [True, "a"]], 2),
        ("x | to_json", [{1: "a"}, {True: "a"}, {1.0: "a"}, {"1": "a"}], 4),
        ("x[5] is defined", [["1"], ["1", "2"], ["1"] * 6], 2),
        ("x.a | default('none')", [{"a": 1}, {"b": 1}, {"c": 1}, {"a": 1, "b": 2}], 2),
        ("x.a is defined and x.a == 1", [{"a": 1}, {}, "text", None, {}, "text"], 4),
        ("[x.a] | string", [{"b": 1}, {"c": 1}, {"b": 1}], 2),
        ("[x.a] ~ ''", [{"b": 1}, {"c": 1}, {"b": 1}], 2),
        ("x.a | string", [{"b": 1}, {"c": 1}, {"b": 1}], 2),
        ("[true and x.a] | string", [{"b": 1}, {"c": 1}, {"b": 1}], 2),
        ("[false or x.a] | string", [{"b": 1}, {"c": 1}, {"b": 1}], 2),
        ("x.a.b ~ '!'", [{}, {"a": {}}, {}, {"a": {}}], 2),
        ("x['a'] ~ '!'", [{"a": "1"}, {"a": "1", "b": 2}], 1),
        ("x[0] ~ '!'", [["1"], ["1", "2"]], 1),
        ("'constant'", ["a", "b", "c"], 1),
        ("(x | map('upper') | list) + ['a']", [["a"], ["a"]], 1),
        ("x | select('match', 'a') | list", [["a"], ["a"]], 1),
    ],
)
def test_once_for_each_distinct_tuple_of_typed_values(expression, values, count):
    assert evaluations(expression, numbered(*values)) == count


@pytest.mark.parametrize("expression", ["x", "x.y", "x['y']", "x.y.z", "x[0]"])
def test_a_bare_path_to_text_is_never_evaluated(expression):
    values = {"x": "a", "x.y": {"y": "b"}, "x['y']": {"y": "b"}, "x.y.z": {"y": {"z": "c"}}, "x[0]": ["d", 1]}[expression]
    assert evaluations(expression, numbered(values, values)) == 0


@pytest.mark.parametrize("value", [1, True, 1.5])
def test_nor_is_one_to_a_number(value):
    assert evaluations("x", numbered(value)) == 0


def test_what_a_bare_path_gives_is_the_value_itself():
    made = plugin(Memoised)
    value = "unique text"
    assert made._compose(trusted("a.b"), {"a": {"b": value}}) is value


@pytest.mark.parametrize(
    "expression",
    [
        "x | random(seed=1)",
        "x ~ now(fmt='x')",
        "lookup('items', x)",
        "query('items', x)",
        "range(x | length) | list",
        "dict(a=x)",
        "x.upper()",
        "x | map('random') | default('') is string",
        "[[x]] | map('map', 'random') | map('list') | list",
        "[[x]] | map('select', 'nothing_known') | list",
        "[x] | map(x) | default(1) | string",
        "[x] | map(*['upper']) | list",
        "x | strftime",
        "x | community.general.version_sort",
        "x | nofilter",
        "x is nothing_known",
        "x ~ omit",
        "x ~ vars",
        "x.__class__",
        "(x | first).__class__",
        "x ~ '{{ 1 }}'",
        "x)",
        "x y",
    ],
)
def test_what_may_give_something_else_each_time_is_evaluated_each_time(expression):
    made = plugin(Memoised)
    made.inventory.add_host("h")
    for _time in range(2):
        made._set_composite_vars({"made": trusted(expression)}, {"x": "text"}, "h")
    assert len(made.templar.asked) == 2


@pytest.mark.parametrize("value", ["{{ y }}", "{% if y %}{% endif %}", "{# y #}", "#jinja2: trim_blocks:False\ny", {"a": ["{{ y }}"]}])
@pytest.mark.parametrize("expression", ["x", "x | string", "[x]"])
def test_values_that_look_like_templates_are_evaluated_each_time(expression, value):
    value = with_marks(value, "trusted")
    assert evaluations(expression, [("a", {"x": value, "y": 1}), ("b", {"x": value, "y": 2}), ("c", {"x": value, "y": 3})]) == 3


def test_failures_are_remembered_too():
    found = both(numbered({}, {}, {"y": 1}), compose={"made": trusted("x.y + 1")}, strict=True)
    assert len(found.ours) == 2
    assert [error[1][0].__name__ for error in found.errors] == ["AnsibleError", "AnsibleError"]
    assert found.errors[1][1][1].startswith("Could not set made for host h1: ")


def test_failures_do_not_keep_the_variables_of_hosts():
    class Unused:
        """Stands for all other variables of a host."""

    made, alive = plugin(Memoised), []
    made.templar = Templar(loader=DataLoader())
    for number in (1, 2, 3, 1, 2, 3):
        variables = {"x": number, "unused": Unused()}
        alive.append(weakref.ref(variables["unused"]))
        with pytest.raises(Exception, match="zero"):
            made._compose(trusted("x / 0"), variables)
    del variables
    made._compose(trusted("'another'"), {})
    gc.collect()
    assert [number for number, unused in enumerate(alive) if unused() is not None] in ([], [5])


def test_attributes_are_methods_first_and_items_are_items_first():
    values = [{"items": "a"}, {"items": "a"}, {"b": 1}]
    found = both(numbered(*values), compose={"made": trusted("x.items is string"), "item": trusted("x['items'] is string")})
    assert len(found.ours) == 3 + 2


LITERALS = ["True", "False", "None", "1", "1.5", "[1]", "{'a': 1}", "(1,)", "'a'", "a", "a b", "", 1, True, 1.5, None, [1], {"a": 1}]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("value", LITERALS)
def test_a_path_gives_what_ansible_makes_of_such_a_value(monkeypatch, native, value):
    if LEGACY:
        monkeypatch.setattr(constants, "DEFAULT_JINJA2_NATIVE", native)
    hosts = [(f"h{number}", {"x": value, "y": {"x": value}}) for number in range(2)]
    paths = ["x", "(x)", "y.x", "y['x']", "y"]
    both(hosts, {f"made{number}": trusted(path) for number, path in enumerate(paths)}, strict=True)
    for path in paths:
        for strict in (True, False):
            both(hosts, groups={"g": trusted(path)}, keyed=[{"key": trusted(path)}], strict=strict)


def test_what_a_backslash_means_is_left_to_the_stock_class():
    values = {"a\nb": "one", "a\\nb": "two"}
    assert evaluations(r"x['a\nb']", numbered(values, values)) == 2
    assert evaluations(r"x['a\nb'] ~ '!'", numbered(values, values)) == 2


def test_templates_on_the_way_are_evaluated_each_time():
    values = [trusted(text) for text in ("text", "{{ broken", "text", "{{ {'a': 1} }}")]
    found = both(numbered(*values), compose={"made": trusted("x.a ~ '!'")}, strict=True)
    assert len(found.ours) == 3
    assert [name for name, _error in found.errors] == ["h0", "h1", "h2"]


def test_results_that_can_be_changed_belong_to_one_host_each():
    made = plugin(Memoised)
    values = {"x": ["a"], "y": {"a": [1]}}
    for expression in ("x + ['b']", "{'k': y}", "[y, [x]]", "x", "y"):
        one, other = (made._compose(trusted(expression), values) for _time in range(2))
        third = made._compose(trusted(expression), values)
        assert marked(one) == marked(other) == marked(third)
        holders = [one, other, third, values["x"], values["y"]]
        assert len({id(holder) for holder in holders}) == len(holders)
    one["a"].append(2)
    assert made._compose(trusted("y"), values) == {"a": [1]}


def test_an_expression_over_unique_values_is_forgotten(monkeypatch):
    monkeypatch.setattr(constructed, "_LIMIT", 10)
    monkeypatch.setattr(constructed, "_WORTH", 2)
    made = plugin(Memoised)
    for number in range(100):
        assert made._compose(trusted("x ~ '!'"), {"x": str(number)}) == f"{number}!"
        assert made._compose(trusted("y ~ '!'"), {"y": str(number // 5)}) == f"{number // 5}!"
    ((_text, unique), (_other, shared)) = made._memoising._expressions.values()
    assert unique._known is None
    assert 0 < len(shared._known) <= 10
    assert sum("x" in str(text) for text in made.templar.asked) == 100
    assert sum("y" in str(text) for text in made.templar.asked) == 20


def test_large_values_are_no_key():
    large = list(range(1000))
    assert evaluations("x | length", numbered(large, large)) == 2
    assert evaluations("x | length", numbered(large[:100], large[:100])) == 1


def test_it_can_be_switched_off():
    hosts = numbered("a", "a", "a")
    assert evaluations("x ~ '!'", hosts, memoise_expressions=False) == 3
    assert evaluations("x ~ '!'", hosts, memoise_expressions=True) == 1
    assert evaluations("x", hosts, memoise_expressions=False) == 3


def test_an_expression_that_is_not_trusted_is_an_error_as_ever():
    made = plugin(Memoised)
    for expression in ("x", "x ~ '!'"):
        assert made._compose(trusted(expression), {"x": "a"}).startswith("a")
        if LEGACY:
            continue
        with pytest.raises(Exception, match="trust"):
            made._compose(expression, {"x": "a"})


def test_filters_of_the_user_are_not_taken_for_those_of_ansible(monkeypatch):
    stock = constructed.filter_loader

    class Loader:
        def get(self, name):
            return SimpleNamespace(_original_path="/home/user/filter_plugins/mine.py") if name == "upper" else stock.get(name)

    monkeypatch.setattr(constructed, "filter_loader", Loader())
    assert evaluations("x | upper", numbered("a", "a")) == 2
    assert evaluations("x | lower", numbered("a", "a")) == 1
    assert evaluations("[x] | map('upper') | list", numbered("a", "a")) == 2


def test_extra_variables_are_part_of_what_an_expression_refers_to():
    hosts = numbered("a", "a")
    assert evaluations("x ~ more", hosts, extra={"more": "b"}) == 1
    assert evaluations("more", hosts, extra={"more": "b"}) == 0
    assert evaluations("more", hosts, extra={"more": trusted("{{ x }}")}) == 2


def test_group_names_and_parents():
    keyed = [
        {"key": trusted("x"), "prefix": "p q", "parent_group": trusted("above {{ x }}")},
        {"key": trusted("x"), "separator": "", "parent_group": trusted("top")},
        {"key": trusted("{x: 1, 'e': ''}"), "prefix": "d", "trailing_separator": False},
        {"key": trusted("[x, '']"), "prefix": "l", "default_value": "none"},
        {"key": trusted("x"), "parent_group": trusted("{{ absent }}")},
        {"key": trusted("x"), "parent_group": trusted("{{ x }}\n")},
        {"key": trusted("x"), "parent_group": trusted("#jinja2: variable_start_string:'[[', variable_end_string:']]'\nabove [[ x ]]")},
        "no entry",
    ]
    for strict in (True, False):
        found = [
            both(numbered("a", "b c", "a"), keyed=[entry], strict=strict, leading_separator=lead)
            for entry in keyed
            for lead in (True, False)
        ]
        assert len(found) == 16
    assert ("p_q_b_c", "h1") in both(numbered("a", "b c"), keyed=keyed[:1]).groups


def test_signatures_are_those_of_the_stock_class():
    for name in ("_compose", "_set_composite_vars", "_add_host_to_composed_groups", "_add_host_to_keyed_groups"):
        assert inspect.signature(getattr(Memoised, name)) == inspect.signature(getattr(Stock, name))
        assert getattr(Memoised, name).__doc__ == getattr(Stock, name).__doc__


def test_the_plugin_has_its_own_templar_back_with_what_the_stock_methods_leave():
    made = plugin(Memoised)
    templar = made.templar
    made._compose(trusted("x ~ '!'"), {"x": "a"})
    made._compose(trusted("x ~ '!'"), {"x": "a", "y": "b"})
    assert made.templar is templar
    assert templar.available_variables == {"x": "a", "y": "b"}
    templar.available_variables = {"z": "c"}
    made._set_composite_vars({}, {"x": "a"}, "h")
    assert templar.available_variables == {"z": "c"}
    with pytest.raises(Exception, match="nowhere"):
        made._compose(trusted("nowhere ~ '!'"), {})
    assert made.templar is templar


def test_another_templar_is_another_memory():
    made = plugin(Memoised)
    made._compose(trusted("x ~ '!'"), {"x": "a"})
    made.templar = CountingTemplar(Templar(loader=DataLoader()))
    made._compose(trusted("x ~ '!'"), {"x": "a"})
    assert len(made.templar.asked) == 1


@pytest.mark.skipif(LEGACY, reason="ansible-core before 2.19 marks unsafe text, not trusted text")
def test_marks_that_do_something_are_seen_each_time():
    from ansible.module_utils.datatag import deprecate_value

    value = deprecate_value("a", "Use something else.", collection_name="pelion.device_management", version="9.0.0")
    found = both(numbered(value, value), compose={"bare": trusted("x"), "more": trusted("x ~ '!'")})
    assert len(found.ours) == 4
    assert found.warnings or len(found.stock) == 4


@pytest.mark.skipif(LEGACY, reason="ansible-core before 2.19 has no marks of this kind")
@pytest.mark.parametrize(("place", "expression"), [(place, more) for place in "xyz" for more in ("x.y.z", "x.y.z ~ '!'", "x | to_json")])
def test_marks_around_and_inside_of_a_value_are_seen_too(place, expression):
    from ansible.module_utils.datatag import deprecate_value

    def deprecated(value):
        return deprecate_value(value, "Use something else.", collection_name="pelion.device_management", version="9.0.0")

    value = "a"
    for name in "zyx":
        value = deprecated(value) if name == place else value
        value = value if name == "x" else {name: value}
    assert evaluations(expression, numbered(value, value)) == 2


@pytest.mark.skipif(not LEGACY, reason="ansible-core 2.19 and later mark trusted text, not unsafe text")
def test_what_is_unsafe_beside_a_value_makes_the_outcome_unsafe():
    from ansible.utils.unsafe_proxy import wrap_var

    beside = [{"y": "a"}, {"y": "a", "z": wrap_var("{{ evil }}")}]
    found = both(numbered(*beside, *beside), compose={"bare": "x.y", "more": "x.y ~ '!'"})
    made = [{key[1]: value for key, value in found.variables[f"h{number}"][1]} for number in range(4)]
    assert [held["bare"][2] for held in made] == [False, True, False, True]
    assert [held["more"][2] for held in made] == [False, True, False, True]
    assert len(found.ours) == 3
