# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The constructed features of inventory plugins, with each expression evaluated once for all hosts that look alike to it.

`MemoisedConstructable` takes the place of `ansible.plugins.inventory.Constructable`, with nothing else to change in a plugin. The stock
methods do the work; what they are given for the time of a call is a templar that knows what came of an expression before, for the
same values of all that the expression refers to. What cannot be known that way is evaluated by the stock templar, as ever.

Groups, variables, errors and warnings are those of the stock class. One thing only is not: with ansible-core 2.19 and later a value
that an expression gives notes where that expression was written, which error messages of later uses can show; here it may keep the
note that it came with, or have none.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import re
from collections.abc import Hashable
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

import ansible.plugins
import jinja2
import jinja2.defaults
import jinja2.nodes
import jinja2.parser
from ansible.plugins.inventory import Constructable
from ansible.plugins.loader import filter_loader, test_loader

try:
    from ansible.template import is_trusted_as_template
except ImportError:
    # Before ansible-core 2.19 all text is templated that is not marked as unsafe, a variable with all that lies in it.
    LEGACY = True

    def is_trusted_as_template(value: Any) -> bool:
        """Whether a text may be a template."""
        return True

else:
    LEGACY = False

# So many outcomes of one expression are kept at most, and an expression that had fewer hits meanwhile is not worth it.
_LIMIT = 4096
_WORTH = _LIMIT // 32
# A value with more parts than this is no key.
_PARTS = 256

# What these give depends on nothing but what they are given, and they change nothing. Whether a name means them is looked up.
_FILTERS = (
    "abs b64decode b64encode basename batch bool capitalize center checksum combinations combine count d default dict2items dictsort "
    "difference dirname extract filesizeformat first flatten float format from_json from_yaml hash human_readable human_to_bytes "
    "indent int intersect items items2dict join last length list log lower mandatory map max md5 min permutations pow product quote "
    "regex_escape regex_findall regex_replace regex_search reject rejectattr rekey_on_member replace reverse root round select "
    "selectattr sha1 sort split splitext string striptags subelements sum symmetric_difference ternary title to_json to_nice_json "
    "to_nice_yaml to_uuid to_yaml tojson trim truncate type_debug union unique upper urldecode urlencode urlsplit win_basename "
    "win_dirname win_splitdrive wordcount wordwrap zip zip_longest"
)
_TESTS = (
    "all any boolean contains defined divisibleby eq equalto even false falsy float ge greaterthan gt in integer issubset issuperset "
    "iterable le lessthan lower lt mapping match ne none number odd regex search sequence string subset superset true truthy "
    "undefined upper version version_compare"
)
# Where filters take the names of others: the place of the name, and what it is the name of.
_NAMING = {"map": (0, "filter"), "select": (0, "test"), "reject": (0, "test"), "selectattr": (1, "test"), "rejectattr": (1, "test")}

_CALCULATION = (jinja2.nodes.BinExpr, jinja2.nodes.UnaryExpr, jinja2.nodes.Compare, jinja2.nodes.Concat)
_CONTAINERS = (
    jinja2.nodes.List,
    jinja2.nodes.Tuple,
    jinja2.nodes.Dict,
    jinja2.nodes.Pair,
    jinja2.nodes.Keyword,
    jinja2.nodes.Slice,
    jinja2.nodes.Operand,
    jinja2.nodes.Getitem,
    jinja2.nodes.Getattr,
)
_TRANSPARENT = (jinja2.nodes.Template, jinja2.nodes.Output, jinja2.nodes.And, jinja2.nodes.Or)
# Names that mean something where no variable has them.
_GLOBALS = frozenset(jinja2.defaults.DEFAULT_NAMESPACE) | {"lookup", "query", "q", "now", "undef", "omit"}
_SPECIAL = frozenset({"vars", "hostvars", "self", "super", "caller", "varargs", "kwargs", "loop", "environment", "context"})
# Marks that change nothing in what an expression gives: that a text may be a template, which is part of the key, and where it was written.
_MARKS = frozenset({"TrustedAsTemplate", "Origin"})
_SINGLE = re.compile(r"\{\{\s*\w+\s*\}\}")


class _UnknowableError(Exception):
    """The outcome of an expression cannot be known from those before."""


class _Path(NamedTuple):
    """A variable that an expression refers to, or something in it.

    `steps` are attributes (True, name) and items (False, key). Where `shows` is true, what has no value may be shown with all that is
    around it.
    """

    root: str
    steps: Tuple[Tuple[bool, Union[str, int]], ...]
    shows: bool


class _Undefined(NamedTuple):
    """Where a path ends early: after how many steps, at what."""

    depth: int
    at: Any


def _remembering(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the stock class that has a templar with a memory while it runs."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        stock = self.templar
        if isinstance(stock, _Templar):  # a stock method calls another
            return method(self, *args, **options)
        remembering = self.__dict__.get("_memoising")
        if remembering is None or remembering.stock is not stock:
            if stock is None or not self._memoises():
                return method(self, *args, **options)
            self._memoising = remembering = _Templar(stock)
        remembering.available_variables = stock.available_variables
        self.templar = remembering
        try:
            return method(self, *args, **options)
        finally:
            self.templar = stock
            # A plugin may go on with what the stock method has left behind.
            stock.available_variables = remembering.available_variables

    return call


class MemoisedConstructable(Constructable):
    """`ansible.plugins.inventory.Constructable`, faster for many hosts.

    Evaluates as the stock class where the option `memoise_expressions` of the plugin is false; a plugin need not have that option.
    """

    _compose = _remembering(Constructable._compose)
    _set_composite_vars = _remembering(Constructable._set_composite_vars)
    _add_host_to_composed_groups = _remembering(Constructable._add_host_to_composed_groups)
    _add_host_to_keyed_groups = _remembering(Constructable._add_host_to_keyed_groups)

    def _memoises(self) -> bool:
        try:
            return bool(self.get_option("memoise_expressions"))
        except Exception:  # the plugin has no such option
            return True


class _Templar:
    """What the stock methods use of a templar, from memory where that is possible."""

    def __init__(self, stock: Any) -> None:
        self.stock = stock
        self.available_variables: Any = {}
        # The last text that was given, and what can be known of it: the same text is mostly the same object.
        self._expressions: Dict[Tuple[str, str], Tuple[str, Optional[_Expression]]] = {}
        self._understandings: Dict[Tuple[str, str], Optional[_Expression]] = {}
        self._native = bool(getattr(stock, "jinja2_native", False))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stock, name)

    def evaluate_expression(self, expression: Any, **options: Any) -> Any:
        return self._outcome("evaluate_expression", expression, options)

    def evaluate_conditional(self, conditional: Any, **options: Any) -> Any:
        return self._outcome("evaluate_conditional", conditional, options)

    def template(self, variable: Any, **options: Any) -> Any:
        return None if variable is None else self._outcome("template", variable, options)

    def evaluate(self, method: str, text: Any, options: Mapping[str, Any]) -> Any:
        """What the stock templar says."""
        self.stock.available_variables = self.available_variables
        return getattr(self.stock, method)(text, **options)

    def _outcome(self, method: str, text: Any, options: Mapping[str, Any]) -> Any:
        if isinstance(text, str) and (not options or options == {"disable_lookups": True}):
            key = (method, text)
            known = self._expressions.get(key)
            if known is None or not (LEGACY or known[0] is text):
                # An expression that is not trusted has no outcome but an error, whatever is known of a trusted one.
                known = self._expressions[key] = (text, self._understood(key) if is_trusted_as_template(text) else None)
            if known[1] is not None:
                return known[1].outcome(self, method, text, options)
        return self.evaluate(method, text, options)

    def _understood(self, key: Tuple[str, str]) -> Optional[_Expression]:
        if key not in self._understandings:
            self._understandings[key] = _understood(*key, native=self._native)
        return self._understandings[key]


class _Expression:
    """An expression whose outcome depends on nothing but its paths, and what came of it."""

    def __init__(self, paths: List[_Path], bare: Optional[Callable[[Any], bool]] = None) -> None:
        """`bare` says of the value of the only path whether that is what the expression gives."""
        self._paths = paths
        self._bare = bare
        self._known: Optional[Dict[Hashable, Tuple[bool, Any]]] = {}
        self._hits = 0
        self._raised: Optional[BaseException] = None

    def outcome(self, templar: _Templar, *asked: Any) -> Any:
        """What the expression gives or raises, by evaluating it where that has to be."""
        variables = templar.available_variables
        try:
            if self._bare is not None:
                value = _resolved(self._paths[0], variables)
                if self._bare(value) and not (LEGACY and self._paths[0].steps and _unsafe_inside(variables[self._paths[0].root])):
                    return value
            if self._known is None:
                return templar.evaluate(*asked)
            key = tuple([_part(path, variables) for path in self._paths])
        except _UnknowableError:
            return templar.evaluate(*asked)
        outcome = self._known.get(key)
        if outcome is None:
            return self._learned(key, templar, *asked)
        self._hits += 1
        succeeded, result = outcome
        if succeeded:
            return _copied(result)
        self._raises(result)
        raise result

    def _learned(self, key: Hashable, templar: _Templar, *asked: Any) -> Any:
        if any(_may_be_template(_resolved(path, templar.available_variables)) for path in self._paths):
            return templar.evaluate(*asked)
        try:
            result = templar.evaluate(*asked)
        except Exception as error:
            self._keep(key, False, error)
            self._raises(error)
            raise
        with contextlib.suppress(_UnknowableError):
            self._keep(key, True, _copied(result))
        return result

    def _raises(self, error: BaseException) -> None:
        """Let what was raised before go of the frames that it came through: they hold all variables of its host."""
        before, self._raised = [self._raised], error
        while before:
            last = before.pop()
            if last is not None and last.__traceback__ is not None:
                last.__traceback__ = None
                before += [last.__cause__, last.__context__]

    def _keep(self, key: Hashable, succeeded: bool, result: Any) -> None:
        if len(self._known) >= _LIMIT:
            if self._hits < _WORTH:
                self._known = None
                return
            self._known.clear()
            self._hits = 0
        self._known[key] = (succeeded, result)


# -- values


def _resolved(path: _Path, variables: Mapping[str, Any]) -> Any:
    """What a path leads to, as Jinja goes along it.

    :raises _UnknowableError: where it leads to something that is not a plain value, such as a method, or past a mark that does something
    """
    root, steps, _shows = path
    if root not in variables:
        if root in _GLOBALS:
            raise _UnknowableError
        return _Undefined(0, None)
    value = variables[root]
    for depth, (attribute, name) in enumerate(steps, 1):
        kind = type(value)
        if kind is dict and name in value and not (attribute and name in _METHODS):
            value = value[name]
            continue
        if not (kind in _PLAIN or _is_container(kind) or isinstance(value, str)):
            raise _UnknowableError
        _marks(value)
        if isinstance(value, str) and (not isinstance(name, str) or _may_be_template(value)):
            raise _UnknowableError  # a character, or something in what the template gives
        is_item = name in value if isinstance(value, dict) else isinstance(value, list) and isinstance(name, int) and name < len(value)
        is_attribute = isinstance(name, str) and hasattr(kind, name)
        if is_attribute and (attribute or not is_item):
            raise _UnknowableError
        if not is_item:
            return _Undefined(depth, value)
        value = value[name]
    return value


def _part(path: _Path, variables: Mapping[str, Any]) -> Hashable:
    """What of the key of an outcome comes from one path: equal only for values that no expression can tell apart."""
    value = _resolved(path, variables)
    kind = type(value)
    if kind is str:
        part: Hashable = value
    elif kind is _Undefined:
        part = (_Undefined, value.depth, _form(value.at) if path.shows else type(value.at))
    else:
        part = _form(value)
    if LEGACY and path.root in variables and type(variables[path.root]) not in _TEXT:
        # The whole variable is templated, and what is unsafe in it makes the outcome unsafe.
        return (part, _unsafe_inside(variables[path.root]))
    return part


def _form(value: Any) -> Hashable:
    if isinstance(value, str):
        return (type(value), _marks(value), value)
    return _inner_form(value, iter(range(_PARTS)), False)


def _inner_form(value: Any, room: Iterator[int], inside: bool) -> Hashable:
    """A value with its types and marks, the order of its parts included.

    :raises _UnknowableError: for what is large, may be a template inside of something, or is of another kind than what comes from JSON
    """
    kind = type(value)
    if next(room, None) is None:
        raise _UnknowableError
    if isinstance(value, str):
        if inside and _may_be_template(value):
            raise _UnknowableError
        return value if kind is str else (kind, _marks(value), value)
    if kind is float:
        return (kind, repr(value))  # 0.0 equals -0.0
    if kind in _PLAIN:
        return (kind, value)
    if not _is_container(kind):
        raise _UnknowableError
    if isinstance(value, dict):
        parts = [(_inner_form(key, room, False), _inner_form(inner, room, True)) for key, inner in dict.items(value)]
    else:
        parts = [_inner_form(inner, room, True) for inner in list.__iter__(value)]
    return (kind, _marks(value), tuple(parts))


def _marks(value: Any) -> Tuple[type, ...]:
    """The kinds of marks that ansible-core 2.19 and later have put on a value.

    :raises _UnknowableError: when there is one that does something, such as a warning that the value should no longer be used
    """
    marks = tuple(getattr(value, "_ansible_tags_mapping", ()))
    if not _are_harmless(marks):
        raise _UnknowableError
    return marks


@functools.lru_cache(maxsize=64)
def _are_harmless(marks: Tuple[type, ...]) -> bool:
    return all(mark.__name__ in _MARKS for mark in marks)


_TEXT = frozenset({str})
_PLAIN = frozenset({str, int, float, bool, type(None)})
_METHODS = frozenset(dir(dict))


@functools.lru_cache(maxsize=64)
def _is_container(kind: type) -> bool:
    """Whether a type is that of lists and dicts of JSON, or ansible-core's own kind of these."""
    return issubclass(kind, (list, dict)) and (kind in (list, dict) or kind.__module__.startswith("ansible."))


def _may_be_template(value: Any) -> bool:
    if not isinstance(value, str) or (LEGACY and hasattr(value, "__UNSAFE__")):
        return False
    return "{{" in value or "{%" in value or "{#" in value or value.startswith("#jinja2:")


def _unsafe_inside(value: Any) -> bool:
    """Whether ansible-core before 2.19 takes a value for unsafe because of what it is or holds.

    :raises _UnknowableError: when there is a template in it
    """
    if isinstance(value, dict):
        return any(list(map(_unsafe_inside, value.values())))
    if isinstance(value, (list, tuple)):
        return any(list(map(_unsafe_inside, value)))
    if _may_be_template(value):
        raise _UnknowableError
    return hasattr(value, "__UNSAFE__")


def _copied(value: Any) -> Any:
    """The same value, whose lists and dicts nobody else has.

    :raises _UnknowableError: for what is neither a plain value nor made of such
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if not _is_container(type(value)):
        raise _UnknowableError
    # With the marks that it has.
    fresh = copy.copy(value)
    for place, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        fresh[place] = _copied(inner)
    return fresh


# -- expressions


def _understood(method: str, text: str, native: bool) -> Optional[_Expression]:
    """What can be known of an expression or a template; none where its outcome may depend on more than the values of its paths."""
    if text.startswith("#jinja2:"):
        return None
    try:
        # A template that ends with a newline gives one, too.
        environment = jinja2.Environment(keep_trailing_newline=True)
        if method == "template":
            tree: jinja2.nodes.Node = environment.parse(text)
        else:
            parser = jinja2.parser.Parser(environment, text, state="variable")
            tree = parser.parse_expression()
            if not parser.stream.eos:
                return None
        paths: List[_Path] = []
        _gather(tree, paths, False)
    except (jinja2.TemplateSyntaxError, _UnknowableError):
        return None
    # Whether a backslash is one in the text of a key depends on the ansible-core.
    if "\\" in text and any(isinstance(key, str) and not attribute for path in paths for attribute, key in path.steps):
        return None
    while isinstance(tree, (jinja2.nodes.Template, jinja2.nodes.Output)) and len(inner := list(tree.iter_child_nodes())) == 1:
        tree = inner[0]
    bare = None
    if method != "evaluate_conditional" and _path(tree) is not None:
        bare = functools.partial(_stays_legacy, native, bool(_SINGLE.fullmatch(text))) if LEGACY else _stays
    return _Expression(paths, bare)


def _stays(value: Any) -> bool:
    """Whether a variable with this value evaluates to it."""
    if isinstance(value, str):
        return not _may_be_template(value) and _are_harmless(tuple(getattr(value, "_ansible_tags_mapping", ())))
    return type(value) in _PLAIN


def _stays_legacy(native: bool, single: bool, value: Any) -> bool:
    """The same before ansible-core 2.19, where text that looks like a list, say, becomes one.

    :param native: whether text that looks like a number becomes one
    :param single: whether the template is nothing but braces around a name, for which alone numbers stay what they are
    """
    if not isinstance(value, str):
        return single and type(value) in (int, float, bool)
    if _may_be_template(value) or value in ("True", "False", "None"):
        return False
    return value.isidentifier() if native else not value.startswith(("{", "["))


def _gather(node: jinja2.nodes.Node, paths: List[_Path], shows: bool) -> None:
    """Find the paths of an expression.

    :param shows: whether what has no value may be shown rather than be an error or be replaced
    :raises _UnknowableError: when there is something in it whose outcome may differ for the same values
    """
    path = _path(node)
    if path is not None:
        if path[0] in _SPECIAL or any(str(key).startswith("_") for _attribute, key in path[1]):
            raise _UnknowableError
        paths.append(_Path(*path, shows))
        return
    if isinstance(node, (jinja2.nodes.Const, jinja2.nodes.TemplateData)):
        if isinstance(node, jinja2.nodes.Const) and _may_be_template(node.value):
            raise _UnknowableError
        return
    inner = list(node.iter_child_nodes())
    if isinstance(node, (jinja2.nodes.Filter, jinja2.nodes.Test)):
        kind = "filter" if isinstance(node, jinja2.nodes.Filter) else "test"
        _check_pure(kind, node)
        replaced = node.name in (("default", "d") if kind == "filter" else ("defined", "undefined"))
        if replaced:
            _gather(node.node, paths, False)
            inner.remove(node.node)
        shows = shows if replaced else True
    elif isinstance(node, (jinja2.nodes.CondExpr, jinja2.nodes.If)):
        _gather(node.test, paths, False)
        inner.remove(node.test)
    elif isinstance(node, _TRANSPARENT):
        pass
    elif isinstance(node, _CALCULATION):
        shows = False
    elif isinstance(node, _CONTAINERS):
        if isinstance(node, jinja2.nodes.Getattr) and node.attr.startswith("_"):
            raise _UnknowableError
        shows = True
    else:
        raise _UnknowableError
    for child in inner:
        _gather(child, paths, shows)


def _path(node: jinja2.nodes.Node) -> Optional[Tuple[str, Tuple[Tuple[bool, Union[str, int]], ...]]]:
    """The root and the steps of a node that does nothing but name something in a variable."""
    steps: List[Tuple[bool, Union[str, int]]] = []
    while not isinstance(node, jinja2.nodes.Name):
        if isinstance(node, jinja2.nodes.Getattr):
            steps.append((True, node.attr))
        elif isinstance(node, jinja2.nodes.Getitem) and isinstance(node.arg, jinja2.nodes.Const) and type(node.arg.value) in (str, int):
            steps.append((False, node.arg.value))
        else:
            return None
        node = node.node
    return (node.name, tuple(reversed(steps))) if node.ctx == "load" else None


def _check_pure(kind: str, node: Any) -> None:
    """:raises _UnknowableError: when a filter or test is not known to give the same for the same"""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise _UnknowableError
    names = [(kind, node.name)]
    if kind == "filter" and node.name in _NAMING:
        place, named = _NAMING[node.name]
        if len(node.args) > place:
            # What is named may itself be given the name of another.
            if not isinstance(node.args[place], jinja2.nodes.Const) or node.args[place].value in _NAMING:
                raise _UnknowableError
            names.append((named, node.args[place].value))
    for sort, name in names:
        if not _is_pure(sort, name):
            raise _UnknowableError


def _is_pure(kind: str, name: Any) -> bool:
    """Whether a name is that of a pure filter or test, and means the one of Ansible or Jinja rather than one of the user's own."""
    loader, pure = (filter_loader, _FILTERS) if kind == "filter" else (test_loader, _TESTS)
    if not isinstance(name, str) or name not in pure.split():
        return False
    try:
        found = loader.get(name)
    except Exception:  # that of Jinja is none of Ansible's
        found = None
    return found is None or os.path.dirname(found._original_path).startswith(os.path.dirname(ansible.plugins.__file__))
