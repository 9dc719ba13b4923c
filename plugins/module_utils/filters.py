# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""One filter language, three spellings: what users write, direct query parameters, and the packed ``filter`` string.

Users write a mapping: ``{state: registered}`` means equal, ``{state: [a, b]}`` means one of, and
``{created_at: {gte: 2026-01-01T00:00:00Z}}`` names operators. Conditions are ANDed. ``custom_attributes`` and
``component_attributes`` hold a further level: ``{custom_attributes: {site: oslo}}``.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any, Callable, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set, Tuple
from urllib.parse import quote, unquote_plus

OPERATORS = ("eq", "neq", "lte", "gte", "in", "nin", "like")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?\s*([Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_INTEGER = re.compile(r"-?\d{1,30}", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)


class FilterError(ValueError):
    """A filter that the service would not understand; the text names the field and what is allowed."""


@dataclass(frozen=True)
class Condition:
    """``field operator values``; all values are text as the service takes it, one unless the operator is in or nin."""

    field: str
    operator: str
    values: Tuple[str, ...]

    @property
    def key(self) -> str:
        """The name of the query parameter."""
        return f"{self.field}__{self.operator}"

    @property
    def root(self) -> str:
        """The field without the attribute name: ``custom_attributes`` for ``custom_attributes__site``."""
        return self.field.split("__", 1)[0]


Conditions = Tuple[Condition, ...]
Allowed = Mapping[str, Sequence[str]]


def parse(
    given: Optional[Mapping[str, Any]],
    allowed: Optional[Allowed] = None,
    mappings: Iterable[str] = (),
    words: Optional[Mapping[str, Sequence[str]]] = None,
) -> Conditions:
    """Turn what a user wrote into conditions.

    :param allowed: field -> operators that the list understands; without it any field and operator is taken.
    :param mappings: the fields that hold a further level of names.
    :param words: the fields that hold one of certain words, in their order from the least on; users may write them in any case.
    :raises FilterError: for an unknown field or operator, or a value that the operator cannot take.
    """
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise FilterError("filters must be a mapping of field to value, such as {state: registered}.")
    conditions: List[Condition] = []
    nested = set(mappings)
    for field, value in given.items():
        field = str(field)
        field, suffix = _suffix(field, allowed)
        operators = _operators(field, allowed)
        if words and field in words:
            value = _worded(field, value, words[field])
        if field in nested:
            if suffix or not isinstance(value, Mapping) or not value:
                raise FilterError(f"The filter {field} needs a mapping of names, such as {{{field}: {{site: oslo}}}}.")
            for name, inner in value.items():
                conditions.extend(_conditions(f"{field}__{name}", inner, operators))
        elif suffix:
            conditions.append(_condition(field, suffix, value, operators))
        else:
            conditions.extend(_conditions(field, value, operators))
    return tuple(conditions)


def check(conditions: Conditions, allowed: Allowed) -> Conditions:
    """The same conditions, if the list understands them all.

    :raises FilterError: naming the field and what is allowed.
    """
    for condition in conditions:
        operators = _operators(condition.root, allowed) or ()
        if condition.operator not in operators:
            raise _unknown_operator(condition.root, condition.operator, operators)
    return conditions


def direct(conditions: Iterable[Condition]) -> List[Tuple[str, str]]:
    """Query parameters ``field__operator=value`` (not yet percent-encoded)."""
    return [(condition.key, ",".join(condition.values)) for condition in conditions]


def packed(conditions: Iterable[Condition]) -> str:
    """The string of the parameter ``filter``, of saved queries and of campaigns: ``k__op=v&k2__op=v2``.

    Values are percent-encoded once, only where they hold characters that mean something inside the string; sending it as a
    query parameter encodes the whole once more.
    """
    return "&".join(f"{quote(condition.key, safe='_')}={quote(','.join(condition.values), safe=' :,.-_/@*')}" for condition in conditions)


def unpack(text: str) -> Conditions:
    """Read a packed string; a key without operator means equal. Unknown fields are kept.

    :raises FilterError: when a part is not ``key=value``.
    """
    parts = [part for part in text.split("&") if part]
    conditions: List[Condition] = []
    for part in parts:
        if "=" not in part:
            # The vendor's older SDK stores the whole string encoded.
            if "%3D" in part.upper() and len(parts) == 1:
                return unpack(unquote_plus(part))
            raise FilterError(f"'{part}' in the query is not of the form field=value or field__operator=value.")
        key, value = part.split("=", 1)
        key, value = unquote_plus(key), unquote_plus(value)
        field, _sep, operator = key.rpartition("__")
        if not field or operator not in OPERATORS:
            field, operator = key, "eq"
        values = tuple(value.split(",")) if operator in ("in", "nin") else (value,)
        conditions.append(Condition(field, operator, values))
    return tuple(conditions)


def meaning(text: str) -> Set[Tuple[str, str, FrozenSet[str]]]:
    """The conditions of a packed string without their order: two with the same meaning find the same objects.

    :raises FilterError: when it is none.
    """
    return {(condition.field, condition.operator, frozenset(condition.values)) for condition in unpack(text)}


def query(conditions: Conditions, direct_operators: Optional[Allowed] = None) -> List[Tuple[str, str]]:
    """Query parameters for a list: direct where the list documents every condition as a direct parameter, else packed.

    The two are never mixed in one request, since no document says how they combine.
    """
    if direct_operators is None or all(condition.operator in direct_operators.get(condition.field, ()) for condition in conditions):
        return direct(conditions)
    return [("filter", packed(conditions))]


def split(conditions: Conditions, length: Callable[[Conditions], int], longest: int) -> List[Conditions]:
    """Split a too long ``in`` list over several requests whose results together are those of the whole.

    :param length: the length of the URL that the conditions would make.
    :raises FilterError: when no splitting makes it short enough.
    """
    if length(conditions) < longest:
        return [conditions]
    position, longest_in = max(
        ((index, condition) for index, condition in enumerate(conditions) if condition.operator == "in"),
        key=lambda pair: len(",".join(pair[1].values)),
        default=(-1, None),
    )
    if longest_in is None or len(longest_in.values) < 2:
        raise FilterError(f"The filters make an address of {longest} characters or more, which the service refuses; use fewer values.")
    values = tuple(dict.fromkeys(longest_in.values))
    half = (len(values) + 1) // 2
    result: List[Conditions] = []
    for chunk in (values[:half], values[half:]):
        if chunk:
            part = (*conditions[:position], Condition(longest_in.field, "in", chunk), *conditions[position + 1 :])
            result.extend(split(part, length, longest))
    return result


def matches(conditions: Iterable[Condition], item: Mapping[str, Any]) -> bool:
    """Whether an object fulfils all conditions, for fields that the service's own list does not filter."""
    return all(_match(condition, item) for condition in conditions)


def date(value: Any) -> str:
    """RFC 3339 in UTC as the service takes it, from a date, a time, or text in RFC 3339; compact text stays as it is.

    :raises FilterError: when it is none of them.
    """
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return moment.isoformat() + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat() + "T00:00:00Z"
    text = str(value).strip()
    whole, fraction = _moment(text)
    return text if _COMPACT.fullmatch(text) else whole.isoformat() + fraction + "Z"


def timestamp(value: Any) -> str:
    """A time as bodies hold it: RFC 3339 in UTC, also where it was written compactly.

    :raises FilterError: when it is none.
    """
    whole, fraction = _moment(date(value))
    return whole.isoformat() + fraction + "Z"


def moment(value: Any) -> Tuple[datetime.datetime, str]:
    """A time for comparison, however it is written: the moment in UTC, and the digits of its fraction of a second.

    :raises FilterError: when it is none.
    """
    whole, fraction = _moment(date(value))
    return whole, fraction.strip(".").rstrip("0")


def _moment(text: str) -> Tuple[datetime.datetime, str]:
    """The moment in UTC to the second, and its fraction as written: it may be finer than Python's."""
    compact = _COMPACT.fullmatch(text)
    found = _DATE.fullmatch("{}-{}-{}T{}:{}:{}Z".format(*compact.groups()) if compact else text)
    if not found:
        raise FilterError(f"'{text}' is no date; write 2026-01-31T12:00:00Z or 20260131T120000Z.")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3, 4, 5, 6))
    zone = (found.group(8) or "Z").upper()
    ahead = datetime.timedelta() if zone == "Z" else datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
        return (moment + ahead if zone[0] == "-" else moment - ahead), found.group(7) or ""
    except (ValueError, OverflowError) as error:
        raise FilterError(f"'{text}' is no date: {error}.") from None


class _Word(str):
    """A word of a field whose values are certain words: compared by their order, it is neither a date nor a number."""


def _worded(field: str, value: Any, words: Sequence[str]) -> Any:
    if isinstance(value, Mapping):
        return {operator: _worded(field, inner, words) for operator, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_worded(field, inner, words) for inner in value]
    if str(value).upper() not in words:
        raise FilterError(f"'{value}' is no {field}; in order they are: {', '.join(words)}.")
    return _Word(str(value).upper())


def _suffix(field: str, allowed: Optional[Allowed]) -> Tuple[str, str]:
    """Take ``created_at__gte`` as well: that is how the API's own pages write it."""
    root, separator, operator = field.rpartition("__")
    if separator and operator in OPERATORS and (allowed is None or (field not in allowed and root in allowed)):
        return root, operator
    return field, ""


def _operators(field: str, allowed: Optional[Allowed]) -> Optional[Sequence[str]]:
    if allowed is None:
        return None
    if field not in allowed:
        raise FilterError(f"Unknown filter field '{field}'; this list can be filtered by: {', '.join(sorted(allowed))}.")
    return allowed[field]


def _unknown_operator(field: str, operator: str, operators: Sequence[str]) -> FilterError:
    return FilterError(f"The filter {field} does not take the operator '{operator}'; it takes: {', '.join(operators)}.")


def _conditions(field: str, value: Any, operators: Optional[Sequence[str]]) -> List[Condition]:
    if isinstance(value, Mapping):
        if not value:
            raise FilterError(f"The filter {field} is empty; give a value or an operator.")
        return [_condition(field, str(operator), operand, operators) for operator, operand in value.items()]
    operator = "in" if isinstance(value, (list, tuple, set, frozenset)) else "eq"
    return [_condition(field, operator, value, operators)]


def _condition(field: str, operator: str, value: Any, operators: Optional[Sequence[str]]) -> Condition:
    if operator not in (OPERATORS if operators is None else operators):
        raise _unknown_operator(field, operator, OPERATORS if operators is None else operators)
    # A field that can be compared holds dates or numbers; only there is a date rewritten, elsewhere it is just text.
    ordered = operator in ("lte", "gte") or (operators is not None and "gte" in operators)
    if operator in ("in", "nin"):
        several = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        values = tuple(_text(field, ordered, part) for part in several)
        if not values:
            raise FilterError(f"The filter {field} has an empty list for the operator {operator}; give at least one value.")
        if any("," in part for part in values):
            raise FilterError(f"A value of the filter {field} holds a comma, which separates the values of a list; use eq for it.")
        return Condition(field, operator, values)
    if isinstance(value, (list, tuple, set, frozenset, Mapping)):
        raise FilterError(f"The filter {field} with the operator {operator} takes one value, not several.")
    return Condition(field, operator, (_text(field, ordered, value),))


def _text(field: str, ordered: bool, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise FilterError(f"The filter {field} has no value.")
    if isinstance(value, _Word):
        return str(value)
    if isinstance(value, (datetime.datetime, datetime.date)) or (ordered and not _INTEGER.fullmatch(str(value))):
        try:
            return date(value)
        except FilterError as error:
            raise FilterError(f"The filter {field} needs a date or a whole number: {error}") from None
    return str(value)


def _match(condition: Condition, item: Mapping[str, Any]) -> bool:
    held: Any = item.get(condition.root)
    if "__" in condition.field:
        held = held.get(condition.field.split("__", 1)[1]) if isinstance(held, Mapping) else None
    if condition.operator in ("lte", "gte"):
        if held is None:
            return False
        left, right = _ordered(held), _ordered(condition.values[0])
        if type(left) is not type(right):
            return False
        return bool(left <= right if condition.operator == "lte" else left >= right)
    several = held if isinstance(held, list) else [held]
    if condition.operator == "like":
        return any(condition.values[0].lower() in str(part).lower() for part in several if part is not None)
    found = bool({_equal(part) for part in several} & {_equal(value) for value in condition.values})
    return found is (condition.operator in ("eq", "in"))


def _equal(value: Any) -> Any:
    """What equality is about: text, but dates as moments and switches whatever their spelling."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    try:
        moment, fraction = _moment(text)
    except FilterError:
        return text.lower() if text.lower() in ("true", "false") else text
    return (moment, fraction.rstrip(".0"))


def _ordered(value: Any) -> Any:
    """What order is about: numbers, and dates as moments."""
    return int(str(value)) if _INTEGER.fullmatch(str(value)) else _equal(value)
