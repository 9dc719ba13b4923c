# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter language: what users write, both spellings that are sent, splitting, and matching on this side."""

from __future__ import annotations

import datetime
import re
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import filters as subject
from ansible_collections.pelion.device_management.plugins.module_utils.filters import (
    OPERATORS,
    Condition,
    FilterError,
    date,
    direct,
    matches,
    packed,
    parse,
    query,
    split,
    unpack,
)
from hypothesis import given
from hypothesis import strategies as st

ALLOWED = {
    "state": ("eq", "neq", "in", "nin"),
    "created_at": ("in", "nin", "lte", "gte"),
    "devices_count": ("eq", "neq", "in", "nin", "lte", "gte"),
    "custom_attributes": ("eq", "neq"),
    "subject": ("eq", "like"),
}
NESTED = ("custom_attributes",)
KNOWN = "this list can be filtered by: created_at, custom_attributes, devices_count, state, subject."
NO_MAPPING = "The filter custom_attributes needs a mapping of names, such as {custom_attributes: {site: oslo}}."
NO_DATE = "is no date; write 2026-01-31T12:00:00Z or 20260131T120000Z."
COMMA = "A value of the filter state holds a comma, which separates the values of a list; use eq for it."

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["&", "=", "%", "+", " ", "a&b=c", "%3D", "%2526", "a+b", ",", "é", "漢", "__eq=1", "#?/", "\n"]
)
_FIELD = st.sampled_from(["a", "state", "created_at", "custom_attributes__site", "custom_attributes__a__eq", "c__é & ß=%+", "c__in"])


@st.composite
def conditions_of(draw):
    operator = draw(st.sampled_from(OPERATORS))
    if operator in ("in", "nin"):
        values = draw(st.lists(_TEXT.filter(lambda text: "," not in text), min_size=1, max_size=5))
    else:
        values = [draw(_TEXT)]
    return Condition(draw(_FIELD), operator, tuple(values))


def problem(given_filters):
    with pytest.raises(FilterError) as caught:
        parse(given_filters, ALLOWED, NESTED)
    return str(caught.value)


# -- parse


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        (None, []),
        ({}, []),
        ({"state": "registered"}, [("state", "eq", "registered")]),
        ({"state": ["a", "b"]}, [("state", "in", "a", "b")]),
        ({"state": ("a",)}, [("state", "in", "a")]),
        ({"state": {"in": "a"}}, [("state", "in", "a")]),
        ({"state": {"nin": ["a"], "neq": "b"}}, [("state", "nin", "a"), ("state", "neq", "b")]),
        ({"state__neq": "a"}, [("state", "neq", "a")]),
        ({"state__in": ["a", "b"]}, [("state", "in", "a", "b")]),
        ({"state": True}, [("state", "eq", "true")]),
        ({"state": False}, [("state", "eq", "false")]),
        ({"state": "a,b"}, [("state", "eq", "a,b")]),
        ({"state": ""}, [("state", "eq", "")]),
        ({"state": 5}, [("state", "eq", "5")]),
        ({"state": "2026-01-01"}, [("state", "eq", "2026-01-01")]),
        ({"devices_count": {"gte": 5, "lte": "9"}}, [("devices_count", "gte", "5"), ("devices_count", "lte", "9")]),
        ({"created_at": {"gte": "2026-01-01"}}, [("created_at", "gte", "2026-01-01T00:00:00Z")]),
        ({"created_at": [datetime.date(2026, 1, 1)]}, [("created_at", "in", "2026-01-01T00:00:00Z")]),
        ({"custom_attributes": {"site": "oslo"}}, [("custom_attributes__site", "eq", "oslo")]),
        (
            {"custom_attributes": {"a__b": {"neq": "x"}, 1: 2}},
            [("custom_attributes__a__b", "neq", "x"), ("custom_attributes__1", "eq", "2")],
        ),
        ({"subject": {"like": "CN"}}, [("subject", "like", "CN")]),
    ],
)
def test_what_users_write(written, parsed):
    assert parse(written, ALLOWED, NESTED) == tuple(Condition(field, operator, tuple(values)) for field, operator, *values in parsed)


def test_without_a_list_of_fields_everything_is_taken():
    assert parse({"anything": "x", "a__b__gte": 5, "c__like": "d"}) == (
        Condition("anything", "eq", ("x",)),
        Condition("a__b", "gte", ("5",)),
        Condition("c", "like", ("d",)),
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"stat": "x"}, "Unknown filter field 'stat'; " + KNOWN),
        ({"stat__eq": "x"}, "Unknown filter field 'stat__eq'; " + KNOWN),
        ({5: "x"}, "Unknown filter field '5'; " + KNOWN),
        ({"state": {"like": "x"}}, "The filter state does not take the operator 'like'; it takes: eq, neq, in, nin."),
        ({"state": {"equals": "x"}}, "The filter state does not take the operator 'equals'; it takes: eq, neq, in, nin."),
        ({"state__gte": 5}, "The filter state does not take the operator 'gte'; it takes: eq, neq, in, nin."),
        ({"created_at": "2026-01-01"}, "The filter created_at does not take the operator 'eq'; it takes: in, nin, lte, gte."),
        ({"custom_attributes": {"a": ["b"]}}, "The filter custom_attributes__a does not take the operator 'in'; it takes: eq, neq."),
        ({"custom_attributes": "x"}, NO_MAPPING),
        ({"custom_attributes": {}}, NO_MAPPING),
        ({"custom_attributes__eq": {"a": "b"}}, NO_MAPPING),
        ({"state": {}}, "The filter state is empty; give a value or an operator."),
        ({"state": []}, "The filter state has an empty list for the operator in; give at least one value."),
        ({"state": None}, "The filter state has no value."),
        ({"state": [None]}, "The filter state has no value."),
        ({"state": {"eq": ["a", "b"]}}, "The filter state with the operator eq takes one value, not several."),
        ({"state": {"eq": {"a": "b"}}}, "The filter state with the operator eq takes one value, not several."),
        ({"state": ["a,b"]}, COMMA),
        ({"state": {"nin": "a,b"}}, COMMA),
        ({"created_at": {"gte": "soon"}}, "The filter created_at needs a date or a whole number: 'soon' " + NO_DATE),
        ({"devices_count": 1.5}, "The filter devices_count needs a date or a whole number: '1.5' " + NO_DATE),
        (["state"], "filters must be a mapping of field to value, such as {state: registered}."),
        ("state=x", "filters must be a mapping of field to value, such as {state: registered}."),
    ],
)  # fmt: skip
def test_mistakes(written, text):
    assert problem(written) == text


def test_a_day_that_the_month_has_not():
    text = "The filter created_at needs a date or a whole number: '2026-02-30' is no date: day "
    assert problem({"created_at": {"gte": "2026-02-30"}}).startswith(text)


def test_check():
    conditions = unpack("state=x&custom_attributes__a__neq=y")
    assert subject.check(conditions, ALLOWED) == conditions
    with pytest.raises(FilterError, match="Unknown filter field 'stat'"):
        subject.check(unpack("stat=x"), ALLOWED)
    with pytest.raises(FilterError, match="The filter state does not take the operator 'lte'; it takes: eq, neq, in, nin"):
        subject.check(unpack("state__lte=5"), ALLOWED)


# -- dates

DATES = [
    ("2016-11-30T16:25:12.1234Z", "2016-11-30T16:25:12.1234Z"),
    ("2016-11-30T16:25:12Z", "2016-11-30T16:25:12Z"),
    ("2016-11-30t16:25:12z", "2016-11-30T16:25:12Z"),
    ("20161130T162512Z", "20161130T162512Z"),
    (" 2016-11-30 16:25:12 ", "2016-11-30T16:25:12Z"),
    ("2016-11-30T16:25", "2016-11-30T16:25:00Z"),
    ("2016-11-30", "2016-11-30T00:00:00Z"),
    ("2016-12-01T00:25:12.123456789+08:00", "2016-11-30T16:25:12.123456789Z"),
    ("2016-11-30 11:25:12 -0500", "2016-11-30T16:25:12Z"),
    ("0999-01-01", "0999-01-01T00:00:00Z"),
    (datetime.datetime(2016, 11, 30, 16, 25, 12, 500000), "2016-11-30T16:25:12.500000Z"),
    (datetime.datetime(2016, 11, 30, 18, 25, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "2016-11-30T16:25:12Z"),
    (datetime.date(2016, 11, 30), "2016-11-30T00:00:00Z"),
]


@pytest.mark.parametrize(("value", "text"), DATES)
def test_dates_in_every_form(value, text):
    assert date(value) == text
    assert date(date(value)) == text


NO_DATES = [
    *("", "soon", "2016-13-01", "2016-11-31", "2016-11-30T25:00:00Z", "2016-11-30T16", "20161130", "20161331T162512Z", "20161130T162599Z"),
    *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2016-11-30T16:25:12Zx", "٢٠١٦-11-30", "2016-11-30\n2016", 5, None),
]


@pytest.mark.parametrize("value", NO_DATES)
def test_what_is_no_date(value):
    with pytest.raises(FilterError, match=re.escape(f"'{str(value).strip()}' is no date")):
        date(value)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_law_of_dates(moment, minutes):
    """However a moment is written, the same moment is sent."""
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    aware = moment.replace(tzinfo=datetime.timezone.utc)
    try:
        elsewhere = aware.astimezone(zone)
    except OverflowError:
        return
    wanted = date(moment)
    assert date(elsewhere) == wanted
    assert date(wanted) == wanted
    assert date(elsewhere.isoformat()) == wanted
    assert datetime.datetime.fromisoformat(wanted[:-1]) == moment


# -- both spellings


@given(st.lists(conditions_of(), max_size=5))
def test_law_of_the_packed_string(conditions):
    """Nothing is lost on the way through the packed string, also when it is stored encoded once more."""
    text = packed(conditions)
    assert unpack(text) == tuple(conditions)
    assert unpack(quote(text, safe="")) == tuple(conditions)
    # As the service reads it: the query string decoded once, and the result parsed as a query string.
    received = dict(parse_qsl(urlencode({"filter": text}), keep_blank_values=True)).get("filter", "")
    assert parse_qsl(received, keep_blank_values=True) == direct(conditions)


def test_the_packed_string_is_readable():
    written = {"state": ["a", "b"], "created_at": {"gte": "2026-01-01T00:00:00Z"}, "custom_attributes": {"the site": "a&b=c%d+é 1/2"}}
    assert packed(parse(written, ALLOWED, NESTED)) == (
        "state__in=a,b&created_at__gte=2026-01-01T00:00:00Z&custom_attributes__the%20site__eq=a%26b%3Dc%25d%2B%C3%A9 1/2"
    )


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("", []),
        ("&&", []),
        ("state=a", [("state", "eq", "a")]),
        ("state__in=a,b&x__nin=", [("state", "in", "a", "b"), ("x", "nin", "")]),
        ("a=b=c", [("a", "eq", "b=c")]),
        ("a__b=c", [("a__b", "eq", "c")]),
        ("custom_attributes__a__b__neq=c", [("custom_attributes__a__b", "neq", "c")]),
        ("a__gt=5", [("a__gt", "eq", "5")]),
        ("__eq=x", [("__eq", "eq", "x")]),
        ("name=a+b%20c%2B", [("name", "eq", "a b c+")]),
        ("state%3Da%26name__eq%3Db%2520c", [("state", "eq", "a"), ("name", "eq", "b c")]),
        ("state__eq%3da", [("state", "eq", "a")]),
    ],
)
def test_packed_strings_of_others(text, parsed):
    assert unpack(text) == tuple(Condition(field, operator, tuple(values)) for field, operator, *values in parsed)


@pytest.mark.parametrize(("text", "part"), [("state", "state"), ("a=b&state", "state"), ("a%3Db&c=d", "a%3Db")])
def test_what_is_no_packed_string(text, part):
    with pytest.raises(FilterError) as caught:
        unpack(text)
    assert str(caught.value) == f"'{part}' in the query is not of the form field=value or field__operator=value."


def test_spellings_are_not_mixed():
    state, date_equal = Condition("state", "eq", ("a",)), Condition("created_at", "eq", ("2026-01-01T00:00:00Z",))
    site = Condition("custom_attributes__site", "eq", ("oslo",))
    table = {"state": ("eq",), "created_at": ("gte",)}
    assert query((), table) == []
    assert query((state,), table) == [("state__eq", "a")]
    assert query((state, date_equal), table) == [("filter", "state__eq=a&created_at__eq=2026-01-01T00:00:00Z")]
    assert query((site,), table) == [("filter", "custom_attributes__site__eq=oslo")]
    assert query((state, site), None) == [("state__eq", "a"), ("custom_attributes__site__eq", "oslo")]


# -- splitting


def length(conditions):
    return 60 + len(urlencode(direct(conditions)))


@given(
    st.lists(st.integers(0, 10**30).map("{:x}".format), min_size=1, max_size=60),
    st.lists(st.sampled_from(["a", "bb", "deregistered", "unenrolled"]), min_size=1, max_size=8),
    st.integers(170, 700),
)
def test_law_of_splitting(ids, states, longest):
    """The parts are short enough, and each combination of values is asked for exactly once."""
    conditions = (Condition("name", "eq", ("x",)), Condition("id", "in", tuple(ids)), Condition("state", "in", tuple(states)))
    parts = split(conditions, length, longest)
    asked = [(identity, state) for part in parts for identity in set(part[1].values) for state in set(part[2].values)]
    if len(parts) > 1:
        assert all(length(part) < longest for part in parts)
        assert len(asked) == len(set(asked))
    assert set(asked) == {(identity, state) for identity in ids for state in states}
    assert all(part[0] == conditions[0] for part in parts)
    assert all((part[1].operator, part[1].field, part[2].operator, part[2].field) == ("in", "id", "in", "state") for part in parts)


def test_what_fits_is_left_alone():
    conditions = (Condition("id", "in", ("a", "a")),)
    assert split(conditions, lambda _conditions: 99, 100) == [conditions]
    assert split((), lambda _conditions: 99, 100) == [()]


@pytest.mark.parametrize(
    "conditions",
    [
        (Condition("name", "eq", ("x" * 200,)),),
        (Condition("id", "in", ("x" * 200,)),),
        (Condition("id", "in", ("x" * 200, "y")),),
        # Two requests would find what either half leaves out.
        (Condition("id", "nin", tuple("abcdefghijklmnopqrstuvwxyz")),),
    ],
)
def test_what_cannot_be_split(conditions):
    with pytest.raises(FilterError) as caught:
        split(conditions, length, 120)
    assert str(caught.value) == "The filters make an address of 120 characters or more, which the service refuses; use fewer values."


# -- matching

ITEM = {
    "state": "registered",
    "auto_update": True,
    "devices_count": 12,
    "created_at": "2026-01-01T00:00:00.500Z",
    "groups": ["a", "b"],
    "custom_attributes": {"site": "oslo", "n": 7, "a__b": "c"},
    "name": None,
    "serial": "007",
    "note": "2026-99-99",
    "strange": "20269999T999999Z",
}


@pytest.mark.parametrize(
    ("text", "fulfilled"),
    [
        ("state=registered", True),
        ("state=Registered", False),
        ("state__neq=registered", False),
        ("state__in=x,registered", True),
        ("state__nin=x,registered", False),
        ("state__nin=x", True),
        ("state=registered&auto_update=false", False),
        ("auto_update=True", True),
        ("auto_update__neq=TRUE", False),
        ("devices_count=12", True),
        ("devices_count__gte=9", True),
        ("devices_count__lte=9", False),
        ("devices_count__gte=2026-01-01", False),
        ("serial=7", False),
        ("serial=007", True),
        ("serial__gte=6", True),
        ("created_at=2026-01-01T00:00:00.5Z", True),
        ("created_at=2026-01-01T02:00:00.50%2B02:00", True),
        ("created_at__gte=20260101T000000Z", True),
        ("created_at__lte=20260101T000000Z", False),
        ("created_at__gte=2026-01-01T00:00:00.49Z", True),
        ("created_at__in=20260101T000000Z", False),
        ("groups=a", True),
        ("groups__neq=a", False),
        ("groups__nin=c,d", True),
        ("custom_attributes__site=oslo", True),
        ("custom_attributes__n=7", True),
        ("custom_attributes__a__b=c", True),
        ("custom_attributes__none=x", False),
        ("custom_attributes__none__neq=x", True),
        ("state__none=x", False),
        ("name=", True),
        ("name__neq=x", True),
        ("name__gte=5", False),
        ("missing=", True),
        ("missing__lte=5", False),
        ("note=2026-99-99", True),
        ("note__gte=2026-01-01", False),
        ("strange=20269999T999999Z", True),
        ("state__like=REGIS", True),
        ("state__like=x", False),
        ("name__like=", False),
    ],
)
def test_matching(text, fulfilled):
    assert matches(unpack(text), ITEM) is fulfilled


@given(
    st.fixed_dictionaries({"a": st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "X", "é", "true", "01", "1"])}),
    st.sampled_from(["eq", "neq", "in", "nin", "lte", "gte"]),
    st.lists(st.sampled_from(["", "x", "X", "é", "True", "false", "01", "1", "-2"]), min_size=1, max_size=3),
)
def test_law_of_matching(item, operator, values):
    """Against a reference written from the description: text is equal as text, numbers are ordered, the negations negate."""
    values = values if operator in ("in", "nin") else values[:1]
    held = item["a"]
    text = {None: "", True: "true", False: "false"}[held] if held is None or isinstance(held, bool) else str(held)

    def same(left, right):
        return left == right or (left.lower() == right.lower() and left.lower() in ("true", "false"))

    if operator in ("lte", "gte"):
        numbers = [re.fullmatch(r"-?\d+", side) for side in (text, values[0])]
        if all(numbers):
            expected = int(text) <= int(values[0]) if operator == "lte" else int(text) >= int(values[0])
        elif any(numbers) or held is None:
            expected = False
        else:
            return
    else:
        expected = any(same(text, value) for value in values) is (operator in ("eq", "in"))
    assert matches([Condition("a", operator, tuple(values))], item) is expected


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    conditions_of(),
)
def test_no_object_breaks_matching(value, condition):
    assert matches([condition], {condition.root: value}) in (True, False)


@given(st.text())
def test_only_filter_errors_come_out(text):
    for call in (
        unpack,
        date,
        lambda given_text: parse({"created_at": {"gte": given_text}}, ALLOWED),
        lambda given_text: unpack(unquote_plus(given_text)),
    ):
        try:
            call(text)
        except FilterError as error:
            assert str(error)


LEVELS = {"level": ("DEBUG", "INFO", "ERROR")}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"gte": "info"}, [("level", "gte", ("INFO",))]),
        ({"gte": "INFO", "lte": "Error"}, [("level", "gte", ("INFO",)), ("level", "lte", ("ERROR",))]),
        (["debug", "ERROR"], [("level", "in", ("DEBUG", "ERROR"))]),
        ("ERROR", [("level", "eq", ("ERROR",))]),
    ],
)
def test_words_have_an_order_of_their_own(value, found):
    operators = {"level": ("eq", "in", "lte", "gte")}
    conditions = parse({"level": value}, operators, words=LEVELS)
    assert [(condition.field, condition.operator, condition.values) for condition in conditions] == found
    assert {type(text) for condition in conditions for text in condition.values} == {str}


def test_words_by_suffix():
    assert parse({"level__gte": "info"}, {"level": ("gte",)}, words=LEVELS) == (Condition("level", "gte", ("INFO",)),)


def test_other_words_are_refused():
    with pytest.raises(FilterError, match=r"^'LOUD' is no level; in order they are: DEBUG, INFO, ERROR\.$"):
        parse({"level": {"gte": "LOUD"}}, {"level": ("gte",)}, words=LEVELS)
    with pytest.raises(FilterError, match=r"^The filter level does not take the operator 'eq'; it takes: gte\.$"):
        parse({"level": "INFO"}, {"level": ("gte",)}, words=LEVELS)
