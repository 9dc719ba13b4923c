# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin against scripted answers: exact requests, each option, each error, the cache, and hostile values."""

from __future__ import annotations

import datetime
import functools
import gc
import itertools
import json
import re
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
import yaml
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.filters import Condition
from ansible_collections.pelion.device_management.plugins.module_utils.fleet import Selection
from ansible_collections.pelion.device_management.plugins.module_utils.transport import RawReply, TransportError
from hypothesis import given
from hypothesis import strategies as st

NAME = "pelion.device_management.devices"
KEY = "ak_2MDE2unittestsonlyunittestsonly00000000"
BASE = "https://api.example.com"
EVIL = "{{ lookup('pipe', 'touch PROOF') }}"
HEADER = "#jinja2: variable_start_string:'[['\n[[ lookup('pipe', 'touch PROOF') ]]"
MODULE = sys.modules[type(inventory_loader.get(NAME)).__module__]


def identity(number):
    return f"{number:032x}"


def device(number, **fields):
    return {
        "id": identity(number),
        "object": "device",
        "name": f"dev-{number}",
        "endpoint_name": f"ep-{number}",
        "state": "registered",
        "device_class": "pump",
        "host_gateway": "",
        "custom_attributes": {},
        "groups": [],
        **fields,
    }


def page(*items, more=False):
    body = {"object": "list", "limit": 1000, "after": None, "order": "ASC", "has_more": more, "data": list(items)}
    return RawReply(200, {"Content-Type": "application/json", "X-Request-ID": "req-1"}, json.dumps(body).encode())


def error(status, kind, message):
    body = {"object": "error", "code": status, "type": kind, "message": message, "request_id": "req-9", "fields": []}
    return RawReply(status, {"Content-Type": "application/json", "X-Request-ID": "req-9"}, json.dumps(body).encode())


class Service:
    """Answers from a script and keeps what it was asked."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.sent = []

    def send(self, method, url, *, query=(), **_rest):
        assert url.startswith(BASE)
        self.sent.append((method, url[len(BASE) :], dict(query)))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self):
        pass


class Run(SimpleNamespace):
    """One use of the plugin: the inventory it filled, the warnings it gave, the requests it sent."""

    def graph(self, group="all"):
        return sorted(host.name for host in self.inventory.groups[group].get_hosts())

    def groups(self):
        return {name: self.graph(name) for name in self.inventory.groups if name not in ("all", "ungrouped")}

    def variables(self, host):
        held = self.inventory.hosts[host].vars
        return {name: value for name, value in held.items() if name not in ("inventory_file", "inventory_dir")}


@pytest.fixture
def run(tmp_path, monkeypatch):
    for variable in ("PELION_PROFILE", "PELION_PROFILE_PATH", "MBED_CLOUD_SDK_API_KEY", "MBED_CLOUD_SDK_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PELION_API_KEY", KEY)
    monkeypatch.setenv("PELION_API_URL", BASE)
    monkeypatch.setenv("PELION_RETRIES", "0")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    numbers = itertools.count()

    def parse(outcomes=(), use_cache=True, before=None, **options):
        path = tmp_path / f"{next(numbers)}.pelion.yml"
        path.write_text(yaml.safe_dump({"plugin": NAME, "concurrency": 1, **options}), encoding="utf-8")
        plugin = inventory_loader.get(NAME)
        service, warnings, inventory = Service(*outcomes), [], InventoryData()
        if before:
            before(inventory)
        monkeypatch.setattr(MODULE, "Client", functools.partial(Client, transport=service))
        monkeypatch.setattr(plugin, "display", SimpleNamespace(warning=warnings.append, vvv=print, debug=print))
        result = Run(inventory=inventory, warnings=warnings, service=service, sent=service.sent, failure=None)
        try:
            plugin.parse(inventory, DataLoader(), str(path), cache=use_cache)
        except AnsibleError as failure:
            result.failure = failure
        else:
            assert not service.outcomes, "the plugin did not ask for all that the script holds"
        inventory.reconcile_inventory()
        return result

    return parse


def fails(result, text):
    assert isinstance(result.failure, AnsibleParserError)
    assert text in str(result.failure)
    assert KEY not in str(result.failure)
    assert not result.inventory.hosts


# -- the file


@pytest.mark.parametrize(
    "name", ["pelion.yml", "pelion.yaml", "oslo.pelion.yml", "my_pelion.yaml", "pelion_devices.yml", "x.pelion_devices.yaml"]
)
def test_takes_files_of_its_name(tmp_path, name):
    (tmp_path / name).write_text("plugin: x")
    assert inventory_loader.get(NAME).verify_file(str(tmp_path / name)) is True


@pytest.mark.parametrize("name", ["hosts.yml", "pelion.json", "pelion.yml.bak", "pelion"])
def test_leaves_other_files_alone(tmp_path, name):
    (tmp_path / name).write_text("plugin: x")
    assert inventory_loader.get(NAME).verify_file(str(tmp_path / name)) is False
    assert inventory_loader.get(NAME).verify_file(str(tmp_path / "missing.pelion.yml")) is False


# -- what is asked and what comes of it


def test_the_least_file(run):
    result = run([page(device(1), device(2), more=True), page(device(3))])
    assert result.failure is None
    assert result.sent == [
        ("GET", "/v3/devices/", {"limit": "1000"}),
        ("GET", "/v3/devices/", {"limit": "1000", "after": identity(2)}),
    ]
    assert result.groups() == {"pelion_devices": ["dev-1", "dev-2", "dev-3"]}
    assert result.variables("dev-1") == {"pelion_" + name: value for name, value in device(1).items()}
    assert result.inventory.groups["pelion_devices"].vars == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    assert result.warnings == []


def test_the_interpreter_of_the_group_is_a_template_that_works(run):
    held = run([page()]).inventory.groups["pelion_devices"].vars
    templar = Templar(loader=DataLoader(), variables={"ansible_playbook_python": "/the/python"})
    assert templar.template(held["ansible_python_interpreter"]) == "/the/python"


@pytest.mark.parametrize("answer", [page(), error(404, "not_found", "unable to find page")])
def test_no_devices_is_an_empty_inventory(run, answer):
    result = run([answer], fields=["nothing"], groups_from=["state"])
    assert result.failure is None
    assert result.groups() == {"pelion_devices": []}
    assert result.warnings == []


def test_options_without_a_value_have_their_defaults(run):
    empty = dict.fromkeys(
        ("filters", "fields", "hostnames", "groups_from", "device_groups", "compose", "groups", "keyed_groups", "timeout")
    )
    assert run([page(device(1))], **empty).graph() == ["dev-1"]


@pytest.mark.parametrize("hostname", ["name ~ site", "{{ name }}{{ site }}"])
def test_extra_variables_are_seen_where_the_user_wants_it(run, monkeypatch, hostname):
    module = sys.modules[BaseInventoryPlugin.__module__]
    monkeypatch.setattr(module, "load_extra_vars", lambda loader: {"site": "oslo"})
    options = {"hostnames": [hostname], "compose": {"where": "site"}}
    result = run([page(device(1))], use_extra_vars=True, **options)
    assert result.variables("dev-1oslo")["where"] == "oslo"
    assert run([page(device(1))], **options).graph() == [identity(1)]


def test_local_connection_can_be_left_out(run):
    assert run([page(device(1))], local_connection=False).inventory.groups["pelion_devices"].vars == {}


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({"state": "registered"}, {"state__eq": "registered"}),
        ({"state": {"in": ["a", "b"]}, "name": {"neq": "x"}}, {"state__in": "a,b", "name__neq": "x"}),
        ({"created_at": {"gte": "2026-01-01"}}, {"created_at__gte": "2026-01-01T00:00:00Z"}),
        ({"created_at": {"lte": datetime.date(2026, 1, 1)}}, {"created_at__lte": "2026-01-01T00:00:00Z"}),
        (None, {}),
        ({"custom_attributes": {"site": "oslo"}}, {"filter": "custom_attributes__site__eq=oslo"}),
        ({"state": "{{ lookup('env', 'WANTED') }}"}, {"state__eq": "deregistered"}),
    ],
)
def test_the_service_filters(run, monkeypatch, filters, query):
    monkeypatch.setenv("WANTED", "deregistered")
    assert run([page()], filters=filters).sent == [("GET", "/v3/devices/", {**query, "limit": "1000"})]


def test_device_groups_narrow_by_name_or_id_and_a_device_in_both_is_one_host(run):
    groups = page({"id": identity(91), "name": "pilot"}, {"id": identity(92), "name": "cold"})
    result = run(
        [groups, page(device(1), device(2)), page(device(2), device(3))],
        device_groups=["pilot", identity(92)],
        filters={"state": "registered"},
    )
    assert [path for _method, path, _query in result.sent] == [
        "/v3/device-groups/",
        f"/v3/device-groups/{identity(91)}/devices/",
        f"/v3/device-groups/{identity(92)}/devices/",
    ]
    assert result.sent[1][2] == {"state__eq": "registered", "limit": "1000"}
    assert result.graph() == ["dev-1", "dev-2", "dev-3"]


def test_an_unknown_device_group_is_an_error_that_names_those_there_are(run):
    groups = page({"id": identity(91), "name": "pilot"}, {"id": identity(92), "name": "cold"})
    fails(run([groups], device_groups=["nope"]), "There is no device group 'nope'; there are: cold, pilot.")


def test_fields_keep_variables_few_and_expressions_can_use_the_others(run):
    result = run(
        [page(device(1, custom_attributes={"site": "oslo"}, floor=3, serial_number="77"))],
        fields=["state"],
        hostnames=["serial_number"],
        compose={"where": "pelion_custom_attributes.site ~ pelion_id[:1]"},
        groups={"pumps": "device_class == 'pump'"},
        keyed_groups=[{"key": "floor | string", "prefix": "floor"}],
    )
    assert result.variables("77") == {"pelion_id": identity(1), "pelion_state": "registered", "where": "oslo0"}
    assert set(result.groups()) == {"pelion_devices", "pumps", "floor_3"}
    assert result.warnings == []


def test_a_field_that_no_device_has_is_told(run):
    result = run([page(device(1))], fields=["name", "nmae"], groups_from=["staet"])
    assert result.warnings == ["fields: no device has nmae.", "groups_from: no device has staet."]
    assert result.graph() == ["dev-1"]


def test_vars_prefix(run):
    held = run([page(device(1))], vars_prefix="dm_", fields=["name"]).variables("dev-1")
    assert held == {"dm_name": "dev-1", "pelion_id": identity(1)}
    held = run([page(device(1))], vars_prefix="dm_", fields=["id"], compose={"both": "dm_name ~ name"}).variables("dev-1")
    assert held == {"dm_id": identity(1), "pelion_id": identity(1), "both": "dev-1dev-1"}


@pytest.mark.parametrize("prefix", ["", "1x", "a-b"])
def test_a_prefix_that_makes_no_variable_name_is_refused(run, prefix):
    fails(run([], vars_prefix=prefix), "vars_prefix must begin with a letter or _")


def test_a_field_that_is_no_variable_name_becomes_one(run):
    assert run([page(device(1, **{"new-field": 1}))]).variables("dev-1")["pelion_new_field"] == 1


# -- host names


@pytest.mark.parametrize(
    ("hostnames", "fields", "expected"),
    [
        (["name"], {}, "dev-1"),
        (["custom_attributes.site", "name"], {"custom_attributes": {"site": "oslo"}}, "oslo"),
        (["custom_attributes.site", "name"], {}, "dev-1"),
        (["name", "endpoint_name"], {"name": ""}, "ep-1"),
        (["name", "endpoint_name"], {"name": None}, "ep-1"),
        (["pelion_name"], {}, "dev-1"),
        (["name ~ '-' ~ id[-2:]"], {}, "dev-1-01"),
        (["{{ name }}.{{ state }}"], {}, "dev-1.registered"),
        (["{% if state == 'registered' %}on{% endif %}"], {}, "on"),
        (["custom_attributes.a ~ 'x'", "name"], {}, "dev-1"),
        (["{{ custom_attributes.a }}", "name"], {}, "dev-1"),
        (["custom_attributes"], {}, identity(1)),
        (["nothing"], {}, identity(1)),
        (["mechanism_version"], {"mechanism_version": 7}, "7"),
        (["name"], {"name": " pump 17/ø:[a]"}, "pump_17_ø__a_"),
        (["name"], {"name": "../secret"}, "_._secret"),
        (["name"], {"name": "-x"}, "_x"),
        (["name", "endpoint_name"], {"name": "localhost"}, "ep-1"),
        (["name", "endpoint_name"], {"name": "127.0.0.1"}, "ep-1"),
        (["name", "endpoint_name"], {"name": "all"}, "ep-1"),
        (["name", "endpoint_name"], {"name": "pelion_devices"}, "ep-1"),
        (["name"], {"name": EVIL}, "___lookup__pipe____touch_PROOF_____"),
    ],
)
def test_the_first_entry_that_gives_a_name_counts(run, hostnames, fields, expected):
    result = run([page(device(1, **fields))], hostnames=hostnames)
    assert result.graph() == [expected]
    assert result.warnings == []


def test_devices_of_one_name_are_all_named_by_the_next_entry(run):
    result = run([page(device(1, name="pump"), device(2, name="pump"), device(3))])
    assert result.graph() == ["dev-3", "ep-1", "ep-2"]
    (told,) = result.warnings
    assert told.startswith("Several devices would have the same host name, so each is named by the next entry of hostnames: ")
    assert told.endswith(f": pump ({identity(1)}, {identity(2)})")


def test_a_name_is_not_given_to_a_third_after_two_lost_it(run):
    items = [device(1, name="pump"), device(2, name="pump"), device(3, name="", endpoint_name="pump")]
    assert run([page(*items)]).graph() == [identity(3), "ep-1", "ep-2"]


def test_no_device_takes_the_id_of_another(run):
    result = run([page(device(1, name=identity(2)), device(2, name="", endpoint_name=""))])
    assert result.graph() == [identity(2), "ep-1"]
    assert result.variables(identity(2))["pelion_id"] == identity(2)


names = st.sampled_from(["", "a", "b", "a b", "a_b", "all", identity(1), identity(2)])


@given(st.lists(st.tuples(names, names), max_size=6), st.randoms())
def test_names_are_unique_complete_and_independent_of_order(pairs, source):
    plugin = inventory_loader.get(NAME)
    plugin.inventory = InventoryData()
    plugin._options = {"hostnames": ["name", "endpoint_name"], "vars_prefix": "pelion_"}
    plugin.display = SimpleNamespace(warning=lambda text: None)
    devices = {identity(number): device(number, name=one, endpoint_name=two) for number, (one, two) in enumerate(pairs)}
    found = plugin._host_names(devices)
    assert set(found) == set(devices)
    assert len(set(found.values())) == len(devices)
    shuffled = list(devices)
    source.shuffle(shuffled)
    assert plugin._host_names({name: devices[name] for name in shuffled}) == found
    wanted = Counter(one for one, _two in pairs)
    for number, (one, _two) in enumerate(pairs):
        if wanted[one] == 1 and one in ("a", "b"):
            assert found[identity(number)] == one


# -- groups


def test_device_groups_by_name_with_one_listing(run):
    groups = page({"id": identity(91), "name": "pilot"}, {"id": identity(92), "name": "cold stores"}, {"id": identity(93), "name": "empty"})
    result = run(
        [groups, page(device(1, groups=[identity(91), identity(92)]), device(2, groups=[identity(92), identity(99)]))],
        groups_from=["device_group"],
    )
    assert [path for _method, path, _query in result.sent] == ["/v3/device-groups/", "/v3/devices/"]
    assert result.groups() == {
        "pelion_devices": ["dev-1", "dev-2"],
        "device_group_pilot": ["dev-1"],
        "device_group_cold_stores": ["dev-1", "dev-2"],
    }
    assert result.warnings == [f"Devices belong to device groups that are not listed, so no groups are made of them: {identity(99)}"]


def test_device_groups_do_not_need_the_field(run):
    groups = page({"id": identity(91), "name": "pilot"})
    result = run([groups, page(device(1, groups=[identity(91)]))], groups_from=["device_group"], fields=["name"])
    assert result.graph("device_group_pilot") == ["dev-1"]
    assert set(result.variables("dev-1")) == {"pelion_id", "pelion_name"}


def test_different_names_that_make_one_group_are_told(run):
    groups = page({"id": identity(91), "name": "a b"}, {"id": identity(92), "name": "a-b"})
    result = run([groups, page(device(1, groups=[identity(91), identity(92)]))], groups_from=["device_group"])
    assert result.groups()["device_group_a_b"] == ["dev-1"]
    assert result.warnings == ["Different names make the same group, which has the hosts of both: device_group_a_b (from 'a b' and 'a-b')"]


def test_groups_from_fields_and_gateways(run):
    items = [device(1), device(2, host_gateway=identity(1), state="unenrolled"), device(3, host_gateway=identity(77), flag=True)]
    result = run([page(*items)], groups_from=["state", "host_gateway", "flag"])
    assert result.groups() == {
        "pelion_devices": ["dev-1", "dev-2", "dev-3"],
        "state_registered": ["dev-1", "dev-3"],
        "state_unenrolled": ["dev-2"],
        "host_gateway_dev_1": ["dev-2"],
        f"host_gateway_{identity(77)}": ["dev-3"],
        "flag_True": ["dev-3"],
    }


@pytest.mark.parametrize(
    ("entry", "options", "name"),
    [
        ({"by": "state"}, {}, "state_registered"),
        ({"by": "state", "prefix": "s"}, {}, "s_registered"),
        ({"by": "state", "prefix": "s", "separator": "__"}, {}, "s__registered"),
        ({"by": "state", "prefix": ""}, {}, "_registered"),
        ({"by": "state", "prefix": ""}, {"leading_separator": False}, "registered"),
        ({"by": "state", "prefix": "s"}, {"leading_separator": False}, "s_registered"),
    ],
)
def test_groups_from_prefix_and_separator(run, entry, options, name):
    assert run([page(device(1))], groups_from=[entry], **options).groups() == {"pelion_devices": ["dev-1"], name: ["dev-1"]}


def test_groups_from_parent(run):
    result = run([page(device(1), device(2, state="unenrolled"))], groups_from=[{"by": "state", "parent_group": "all states"}])
    assert result.graph("all_states") == ["dev-1", "dev-2"]
    assert sorted(group.name for group in result.inventory.groups["all_states"].child_groups) == ["state_registered", "state_unenrolled"]


def test_a_device_group_named_like_its_parent_kills_nothing(run):
    groups = page({"id": identity(91), "name": "fleet"})
    options = {"groups_from": [{"by": "device_group", "prefix": "", "parent_group": "fleet"}], "leading_separator": False}
    result = run([groups, page(device(1, groups=[identity(91)]), device(2))], **options)
    assert result.graph("fleet") == ["dev-1"]
    assert result.graph() == ["dev-1", "dev-2"]
    assert result.warnings[0].startswith(f"groups_from: the group fleet below fleet failed for 1 of 2 devices ({identity(1)}): ")


@pytest.mark.parametrize("entry", [{"prefix": "x"}, {"by": "state", "foo": 1}, 7])
def test_a_wrong_entry_of_groups_from_is_refused(run, entry):
    fails(run([], groups_from=[entry]), "groups_from: an entry is a word such as state, or a mapping with by")


def test_constructed_features(run):
    items = [device(1, custom_attributes={"floor": "2"}), device(2, state="unenrolled", custom_attributes={"floor": ""})]
    result = run(
        [page(*items)],
        compose={"copy": "name", "upper": "pelion_state | upper"},
        groups={"on": "state == 'registered'", "named": "upper == 'UNENROLLED'", "by_host": "inventory_hostname == 'dev-1'"},
        keyed_groups=[
            {"key": "custom_attributes.floor", "prefix": "floor", "default_value": "none"},
            {"key": "upper", "separator": "-", "parent_group": "words"},
        ],
        leading_separator=False,
    )
    assert result.variables("dev-1")["copy"] == "dev-1"
    assert result.groups() == {
        "pelion_devices": ["dev-1", "dev-2"],
        "on": ["dev-1"],
        "named": ["dev-2"],
        "by_host": ["dev-1"],
        "floor_2": ["dev-1"],
        "floor_none": ["dev-2"],
        "REGISTERED": ["dev-1"],
        "UNENROLLED": ["dev-2"],
        "words": ["dev-1", "dev-2"],
    }
    assert result.warnings == []


CONSTRUCTED = {
    "compose": {"where": "custom_attributes.floor ~ state", "copied": "serial_number", "random": "1000 | random(seed=name)"},
    "groups": {"on": "state == 'registered'", "low": "custom_attributes.floor | int < 2"},
    "keyed_groups": [{"key": "where", "prefix": "w"}, {"key": "custom_attributes", "separator": "-"}, {"key": "groups"}],
}


def test_memoised_expressions_give_what_others_give(run):
    held = [{"floor": "1"}, {"floor": 1}, {}, None]
    kinds = enumerate(itertools.product(["registered", "unenrolled", EVIL], held))
    items = [
        device(number, serial_number=f"no. {number}", state=state, custom_attributes=attributes) for number, (state, attributes) in kinds
    ]
    memoised, stock = (run([page(*items)], memoise_expressions=memoise, **CONSTRUCTED) for memoise in (True, False))
    assert memoised.groups() == stock.groups()
    assert memoised.warnings == stock.warnings
    for host in stock.graph():
        assert memoised.variables(host) == stock.variables(host)
        for name, value in stock.variables(host).items():
            assert is_plain(memoised.variables(host)[name]) == is_plain(value)


def test_equal_values_are_one_object_and_copied_ones_are_those_of_the_device(run):
    items = [device(number, serial_number=f"serial {number}", custom_attributes={"floor": "1"}) for number in (1, 2)]
    one, other = map(run([page(*items)], **CONSTRUCTED).variables, ("dev-1", "dev-2"))
    assert one["copied"] is one["pelion_serial_number"]
    assert one["where"] is other["where"]
    assert one["pelion_state"] is other["pelion_state"]
    assert one["pelion_custom_attributes"] is not other["pelion_custom_attributes"]
    # A dict takes twice as much memory when one of its keys is of another class than str.
    assert {type(name) for name in one} == {str}


@pytest.mark.parametrize("strict", [False, True])
def test_collection_of_garbage_is_as_it_was_before(run, strict):
    before = gc.get_threshold()
    result = run([page(device(1))], compose={"x": "nothing"}, strict=strict)
    assert (result.failure is not None) is strict
    assert gc.get_threshold() == before


def test_devices_are_let_go_as_their_hosts_are_made(run, monkeypatch):
    contents = []
    populate = MODULE.InventoryModule._populate
    monkeypatch.setattr(MODULE.InventoryModule, "_populate", lambda plugin, content: (contents.append(content), populate(plugin, content)))
    assert len(run([page(device(1), device(2))]).graph()) == 2
    assert contents[0].devices == {}


# -- what goes wrong


def test_one_bad_device_takes_nothing_with_it(run):
    items = [device(1, custom_attributes={"floor": "2"}), device(2), device(3, custom_attributes={"floor": "4"})]
    result = run(
        [page(*items)],
        compose={"floor": "custom_attributes.floor", "copy": "name"},
        groups={"second": "custom_attributes.floor == '2'"},
        keyed_groups=[{"key": "custom_attributes.floor", "prefix": "floor"}, {"key": "state", "prefix": "is"}],
        hostnames=["custom_attributes.floor | int | nofilter", "name"],
    )
    assert result.failure is None
    assert result.graph("is_registered") == ["dev-1", "dev-2", "dev-3"]
    assert result.graph("second") == ["dev-1"]
    assert result.variables("dev-2")["copy"] == "dev-2"
    assert "floor" not in result.variables("dev-2")
    told = [re.sub(r": .*", "", text) for text in result.warnings]
    assert told == [
        f"hostnames 'custom_attributes.floor | int | nofilter' failed for 3 of 3 devices ({identity(1)}, {identity(2)}, {identity(3)})",
        f"compose 'floor' failed for 1 of 3 devices ({identity(2)})",
        f"groups 'second' failed for 1 of 3 devices ({identity(2)})",
        f"keyed_groups 'custom_attributes.floor' failed for 1 of 3 devices ({identity(2)})",
    ]


def test_a_warning_names_the_first_few_of_many(run):
    result = run([page(*(device(number) for number in range(1, 9)))], compose={"floor": "custom_attributes.floor"})
    ids = ", ".join(identity(number) for number in range(1, 6))
    assert result.warnings[0].startswith(f"compose 'floor' failed for 8 of 8 devices ({ids} and 3 more): ")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"compose": {"floor": "custom_attributes.floor"}}, "compose 'floor'"),
        ({"groups": {"second": "custom_attributes.floor == '2'"}}, "groups 'second'"),
        ({"keyed_groups": [{"key": "custom_attributes.floor"}]}, "keyed_groups 'custom_attributes.floor'"),
        (
            {"hostnames": ["name if custom_attributes else name | nofilter(1)"]},
            "hostnames 'name if custom_attributes else name | nofilter(1)'",
        ),
    ],
)
def test_strict_makes_it_an_error_without_hosts(run, options, what):
    result = run([page(device(1, custom_attributes={"floor": "2"}), device(2))], strict=True, **options)
    fails(result, f"{what} failed for the device ")
    assert what.startswith("hostnames") or identity(2) in str(result.failure)


def test_strict_keeps_hosts_of_other_sources(run):
    result = run([page(device(1), device(2))], strict=True, compose={"x": "nothing"}, before=lambda inventory: inventory.add_host("dev-1"))
    assert result.failure is not None
    assert list(result.inventory.hosts) == ["dev-1"]


@pytest.mark.parametrize("bad", ["text", None, {}, {"id": None}, {"id": 7}, {"name": "no id"}])
def test_a_list_with_what_is_no_device_is_an_error(run, bad):
    fails(run([page(device(1), bad, device(2))]), "Object 2 of the list of devices has no id, so the list cannot be used.")


@pytest.mark.parametrize(
    "fields",
    [{"groups": None}, {"groups": [None, {}, identity(91)]}, {"groups": 7}, {"custom_attributes": None}, {"name": ["x"]}, {"state": {}}],
)
def test_odd_values_do_no_harm(run, fields):
    groups = page({"id": identity(91), "name": "pilot"}, None, {"id": identity(92)}, {"name": "x"})
    result = run([groups, page(device(1, **fields), device(2))], groups_from=["device_group", "state", "host_gateway", "custom_attributes"])
    assert len(result.graph()) == 2
    assert result.failure is None


BROKEN = [
    (
        error(500, "internal_server_error", "Oops."),
        "GET /v3/devices/ failed with HTTP 500 internal_server_error on page 2 of the list, after 2 objects",
    ),
    (
        TransportError("The answer broke off.", maybe_done=True),
        "got no answer on page 2 of the list, after 2 objects: The answer broke off.",
    ),
    (error(404, "not_found", "gone"), "on page 2 of the list"),
    (RawReply(200, {"Content-Type": "application/json"}, b'{"data": [{"id'), "The answer is not valid JSON"),
    (RawReply(200, {"Content-Type": "application/json"}, b""), "The answer is no list."),
    (page(more=True), "the list broke off after 2 objects"),
]


@pytest.mark.parametrize(("outcome", "text"), BROKEN)
def test_a_list_that_breaks_off_is_an_error_and_no_short_inventory(run, outcome, text):
    result = run([page(device(1), device(2), more=True), outcome])
    assert result.failure is not None
    assert text.lower() in str(result.failure).lower()
    fails(result, "")


def test_errors_are_one_sentence_with_the_request_id_and_without_the_key(run):
    result = run([error(401, "invalid_apikey", f"The key {KEY} is not valid.")])
    fails(
        result,
        "GET /v3/devices/ failed with HTTP 401 invalid_apikey: The key ******** is not valid. (request id req-9) "
        "Check that api_key is a valid, active key of this service and region.",
    )
    fails(
        run([TransportError("The host cannot be reached.", maybe_done=False)]),
        "GET /v3/devices/ got no answer: The host cannot be reached.",
    )


def test_a_failing_list_of_groups_is_an_error(run):
    fails(run([error(403, "access_denied", "No.")], groups_from=["device_group"]), "GET /v3/device-groups/ failed with HTTP 403")


def test_wrong_settings_and_filters_are_errors(run, monkeypatch):
    fails(run([], filters={"colour": "red"}), "colour")
    fails(run([], filters={"state": {"lte": 1}}), "The filter state does not take the operator 'lte'")
    fails(run([], api_url="https://portal.mbedcloud.com"), "is the web portal")
    fails(run([], ca_path="/does/not/exist"), "The file /does/not/exist of ca_path cannot be read")
    monkeypatch.delenv("PELION_API_KEY")
    fails(run([]), "No API key: set the option api_key, the environment variable PELION_API_KEY")


def test_the_http_library_is_missing(run, monkeypatch):
    monkeypatch.setattr(MODULE, "REQUESTS_IMPORT_ERROR", "Traceback ...")
    fails(run([]), "requests")


# -- connection options


def test_connection_options_may_be_templates(run, monkeypatch, tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    monkeypatch.setenv("PLACE", str(tmp_path))
    seen = []
    resolve = MODULE.resolve
    monkeypatch.setattr(MODULE, "resolve", lambda options: seen.append(resolve(options)) or seen[0])
    result = run(
        [page()],
        api_key="{{ lookup('env', 'PELION_API_KEY') ~ 'x' }}",
        ca_path="{{ lookup('env', 'PLACE') }}/ca.pem",
        timeout="{{ 20 + 10 }}",
        retries="{{ 1 + 1 }}",
    )
    assert result.failure is None
    assert (seen[0].api_key, seen[0].ca_path, seen[0].timeout, seen[0].retries) == (KEY + "x", str(tmp_path / "ca.pem"), 30, 2)


def test_a_template_that_fails_names_the_option(run):
    fails(run([], api_key="{{ nothing_here }}"), "The template of the option api_key failed: ")


# -- how it is listed and kept


@pytest.mark.parametrize(
    "shard",
    [
        {"count": 2},
        {"index": 1},
        {"count": 2, "index": 2},
        {"count": 2, "index": -1},
        {"count": 0, "index": 0},
        {"count": 2, "index": "x"},
        {"count": 2, "index": ""},
        {"count": 2, "index": None},
        {"count": 2, "index": 1.0},
        {"count": 2, "index": True},
        {"count": 2, "index": 1, "of": 3},
    ],
)
def test_a_part_that_is_none(run, shard):
    result = run([], shard=shard)
    fails(result, "")
    assert str(result.failure) == f"shard needs count, the number of parts, and index, which is 0 to count - 1, not {shard}."


@pytest.mark.parametrize("width", [0, -1, 65])
def test_concurrency_has_limits(run, width):
    fails(run([], concurrency=width), f"concurrency must be 1 to 64, not {width}.")


@pytest.mark.parametrize("flushed", [False, True])
@pytest.mark.parametrize("use_cache", [False, True])
def test_what_the_options_mean_for_listing_and_keeping(run, monkeypatch, tmp_path, use_cache, flushed):
    given = []

    def current(connect, selection, keeping, **_tell):
        given.extend([selection, keeping])
        return MODULE.Content({}, {})

    monkeypatch.setattr(MODULE, "current", current)
    monkeypatch.setattr(MODULE, "context", SimpleNamespace(CLIARGS={"flush_cache": flushed}))
    options = {
        "incremental": True,
        "refresh_after": 5,
        "sweep_after": 7,
        "stale_if_error": 9,
        "cache_dir": str(tmp_path / "kept"),
        "filters": {"state": "registered"},
        "device_groups": ["pilot"],
        "groups_from": ["device_group"],
        "fields": ["name"],
        "hostnames": ["name"],
        "shard": {"count": "3", "index": "{{ 1 + 1 }}"},
        "concurrency": 6,
    }
    assert run([], use_cache=use_cache, **options).failure is None
    selection, keeping = given
    assert selection == Selection(
        conditions=(Condition("state", "eq", ("registered",)),),
        device_groups=("pilot",),
        fields=("groups", "id", "name"),
        named_groups=True,
        shard=(3, 2),
        concurrency=6,
    )
    assert (keeping.fresh, keeping.sweep_after, keeping.stale) == (5, 7, 9)
    assert (keeping.ask, keeping.anew) == (not use_cache, flushed and not use_cache)
    assert keeping.store.folder == str(tmp_path / "kept")


@pytest.mark.parametrize("shard", [{}, None])
def test_without_it_there_is_one_part(run, shard):
    assert run([page(device(1))], shard=shard).sent == [("GET", "/v3/devices/", {"limit": "1000"})]


@pytest.mark.parametrize(
    ("environment", "options", "folder"),
    [
        ({}, {}, "~/.cache/pelion_device_management"),
        ({"XDG_CACHE_HOME": ""}, {}, "~/.cache/pelion_device_management"),
        ({"XDG_CACHE_HOME": "/x"}, {}, "/x/pelion_device_management"),
        ({"XDG_CACHE_HOME": "/x", "PELION_CACHE_DIR": "/y"}, {}, "/y"),
        ({"PELION_CACHE_DIR": "/y"}, {"cache_dir": "~/z"}, "~/z"),
    ],
)
def test_where_it_is_kept(run, monkeypatch, tmp_path, environment, options, folder):
    for name in ("XDG_CACHE_HOME", "PELION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    given = []
    monkeypatch.setattr(MODULE, "current", lambda connect, selection, keeping, **_tell: given.append(keeping) or MODULE.Content({}, {}))
    assert run([], incremental=True, **options).failure is None
    assert given[0].store.folder == folder.replace("~", str(tmp_path))


# -- values of the API


@pytest.mark.parametrize("value", [EVIL, HEADER, "{% if x %}", "{# x #}", "a {{", "half {", "#", "#jin", "#jinja2:"])
def test_what_looks_like_a_template_is_never_one(run, tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    items = page(
        device(1, description=value, custom_attributes={"deep": [value, {"er": value}]}, other="{ lookup('pipe', 'touch PROOF') }}")
    )
    result = run(
        [items],
        compose={
            "copied": "description",
            "joined": "description ~ other",
            "nested": "{'a': [description]}",
            "lower": "description | lower",
        },
        keyed_groups=[{"key": "description", "prefix": "d"}],
        groups={"g": "description != 'x'"},
    )
    held = result.variables("dev-1")
    templar = Templar(loader=DataLoader(), variables=held)
    for name in ("pelion_description", "copied"):
        assert templar.template(held[name]) == value
    assert templar.template(held["nested"]) == {"a": [value]}
    assert templar.template(held["pelion_custom_attributes"]) == {"deep": [value, {"er": value}]}
    assert templar.template(held["joined"]) == value + "{ lookup('pipe', 'touch PROOF') }}"
    assert templar.template(held["lower"]) == value.lower()
    assert not (tmp_path / "PROOF").exists()


@given(st.text(alphabet="{}%#[]:j inja2x'\n", max_size=20) | st.sampled_from([EVIL, HEADER]))
def test_templating_a_value_gives_the_value(text):
    templar = Templar(loader=DataLoader(), variables={})
    assert MODULE.plain(text) == text
    assert templar.template(MODULE.plain(text)) == text
    assert templar.template(MODULE.plain({text: [text]})) == {text: [text]}


@pytest.mark.parametrize("text", ["", "pump", "a {b} c", "50 %", "#1 pump", "}}", "%}"])
def test_harmless_values_are_plain_text_for_ansible(run, text):
    items = [device(1, description=text, custom_attributes={"site": text}), device(2, description=text, evil=EVIL)]
    compose = {"copied": "description", "made": "description ~ '!'", "both": "[description, evil | default(name)]"}
    result = run([page(*items)], compose=compose, hostnames=["id"])
    held = result.variables(identity(1))
    attributes = held["pelion_custom_attributes"]
    values = [held["pelion_description"], held["pelion_id"], held["copied"], held["made"], *held["both"], *attributes, *attributes.values()]
    assert all(is_plain(value) for value in values)
    assert [is_plain(value) for value in result.variables(identity(2))["both"]] == [True, False]
    assert all(is_plain(value) for value in result.inventory.groups["pelion_devices"].vars.values())


@pytest.mark.parametrize("text", [EVIL, HEADER, "{", "#", "#jin"])
def test_others_are_not(run, text):
    held = run([page(device(1, description=text, custom_attributes={text: "x"}))], compose={"copied": "description"}).variables("dev-1")
    assert not any(is_plain(value) for value in (held["pelion_description"], held["copied"], *held["pelion_custom_attributes"]))


def is_plain(value):
    """Whether ansible-inventory --list prints it as text: from ansible-core 2.19 on when trusted, before when not marked unsafe."""
    try:
        from ansible.template import is_trusted_as_template
    except ImportError:
        from ansible.utils.unsafe_proxy import AnsibleUnsafe

        return not isinstance(value, AnsibleUnsafe)
    return is_trusted_as_template(value)


# -- the cache


@pytest.fixture
def cache_options(tmp_path):
    # Without the field groups, for which the members of all groups would be asked for.
    return {"incremental": True, "cache_dir": str(tmp_path / "cache"), "refresh_after": 3600, "fields": ["name", "state"]}


def entries(tmp_path):
    return sorted((tmp_path / "cache").iterdir())


GROUPS = page({"id": identity(91), "name": "pilot"})


def test_a_cache_hit_asks_nothing_and_gives_the_same(run, cache_options):
    options = {**cache_options, "groups_from": ["device_group", "state"], "compose": {"copied": "name"}, "fields": []}
    first = run([GROUPS, page(device(1, groups=[identity(91)], description=EVIL), device(2, name="dup"), device(3, name="dup"))], **options)
    again = run([], **options)
    assert (first.failure, again.failure, again.sent) == (None, None, [])
    assert again.groups() == first.groups()
    assert again.groups()["device_group_pilot"] == ["dev-1"]
    for host in first.graph():
        assert again.variables(host) == first.variables(host)
    assert not is_plain(again.variables("dev-1")["pelion_description"])
    assert is_plain(again.variables("dev-1")["pelion_name"])
    assert again.warnings == first.warnings


def test_a_cache_hit_makes_groups_and_variables_anew(run, cache_options):
    run([page(device(1))], compose={"copied": "name"}, **cache_options)
    again = run([], compose={"copied": "state"}, vars_prefix="dm_", groups_from=["state"], local_connection=False, **cache_options)
    assert again.variables("dev-1")["copied"] == "registered"
    assert again.variables("dev-1")["dm_name"] == "dev-1"
    assert again.groups() == {"pelion_devices": ["dev-1"], "state_registered": ["dev-1"]}


def test_flush_cache_reads_anew_and_keeps_that(run, cache_options):
    run([page(device(1))], **cache_options)
    assert run([page(device(2))], use_cache=False, **cache_options).graph() == ["dev-2"]
    assert run([], **cache_options).graph() == ["dev-2"]


@pytest.mark.parametrize(
    "changed",
    [
        {"filters": {"state": "registered"}},
        {"fields": ["device_class"]},
        {"groups_from": ["device_class"]},
        {"api_url": BASE + "/"},
        {"api_key": KEY + "x"},
    ],
)
def test_another_request_or_account_has_its_own_entry(run, cache_options, tmp_path, changed):
    run([page(device(1))], **cache_options)
    if "api_url" in changed:
        # The same address, only written otherwise.
        assert run([], **{**cache_options, **changed}).graph() == ["dev-1"]
        return
    assert run([page(device(2))], **{**cache_options, **changed}).graph() == ["dev-2"]
    assert run([], **cache_options).graph() == ["dev-1"]
    assert len(entries(tmp_path)) == 2


def test_the_cache_holds_no_secret_and_only_what_is_needed(run, cache_options, tmp_path):
    run([page(device(1))], api_key=KEY, **cache_options)
    (entry,) = entries(tmp_path)
    content = entry.read_bytes()
    assert KEY not in entry.name
    assert KEY.encode() not in content
    assert all(word.encode() in content for word in ("ep-1", identity(1), "dev-1", "registered"))
    assert not any(word in content for word in (b"pump", b"device_class", b"custom_attributes"))


def test_what_another_version_kept_is_ignored(run, cache_options, monkeypatch):
    run([page(device(1))], **cache_options)
    monkeypatch.setattr(MODULE, "VERSION", "99.0.0")
    assert run([page(device(2))], **cache_options).graph() == ["dev-2"]
    assert run([], **cache_options).graph() == ["dev-2"]


@pytest.mark.parametrize("content", [b"", b"{ broken", b"pelion.device_management snapshot 1"])
def test_a_broken_entry_is_read_anew_with_a_warning(run, cache_options, tmp_path, content):
    run([page(device(1))], **cache_options)
    entries(tmp_path)[0].write_bytes(content)
    result = run([page(device(2))], **cache_options)
    assert result.graph() == ["dev-2"]
    assert len(result.warnings) == 1
    assert "is not used, and all is read anew: it is damaged" in result.warnings[0]
    again = run([], **cache_options)
    assert (again.graph(), again.warnings) == (["dev-2"], [])


def test_ansibles_cache_is_refused(run):
    fails(run([], cache=True), "cache is no option of this plugin. Use incremental: it asks only for what has changed.")


def test_a_list_that_breaks_off_is_not_kept(run, cache_options):
    fails(run([page(device(1), more=True), error(500, "internal_server_error", "Oops.")], **cache_options), "HTTP 500")
    assert run([page(device(1), device(2))], **cache_options).graph() == ["dev-1", "dev-2"]
