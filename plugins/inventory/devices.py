# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device directory as an Ansible inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: devices
short_description: Devices of the device directory as inventory hosts
version_added: 0.1.0
description:
  - Lists the devices of an account, all or those that O(filters) and O(device_groups) pick, and makes each of them a host.
  - All hosts are in the group C(pelion_devices). A device is an object of the API, not a machine to log in to, so the variables of
    this group make plays against it run on the controller, with the Python of the playbook. See O(local_connection) for gateways that
    are reached over SSH.
  - Each host has the variable C(pelion_id), which is what the modules of this collection take as O(ignore:id), and one variable for
    each field of the device.
  - The file that holds the options must be named C(pelion.yml) or C(pelion_devices.yml), or end so, as C(oslo.pelion.yml) does. The
    ending C(.yaml) will do as well.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - constructed
  - pelion.device_management.memoised_constructed
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [pelion.device_management.devices]
  filters:
    description:
      - Conditions that all must be met, as field to value. The service filters, so that only what matches is sent.
      - 'A plain value means equal, a list means one of these, and a mapping names operators: C(eq), C(neq), C(in), C(nin), C(lte),
        C(gte). Which of them a field takes is told when one is used that it does not.'
      - Dates are written as V(2026-01-31T12:00:00Z) or V(20260131T120000Z).
      - May be a template.
    type: dict
    default: {}
  device_groups:
    description:
      - Only devices that are in one of these device groups, given by name or id. This takes one listing a group.
      - May be a template.
    type: list
    elements: str
    default: []
  fields:
    description:
      - Make variables of these fields only. C(pelion_id) is always there. By default all fields become variables.
      - With large fleets this saves about half of the memory.
      - Fields that O(hostnames), O(groups_from) and the expressions name need not be listed.
    type: list
    elements: str
    default: []
  vars_prefix:
    description:
      - What the names of the variables begin with. Expressions can name a field with or without it.
      - It cannot be empty, since the field C(groups) would then hide a variable of Ansible's own.
    type: str
    default: pelion_
  hostnames:
    description:
      - How a host gets its name. The first entry that gives a text counts; the last resort is the C(id) of the device.
      - An entry is a field, such as V(name) or V(custom_attributes.site), an expression, such as V(name ~ '-' ~ id[:6]), or a template
        with braces.
      - Names of devices need not be unique. Where an entry gives several devices the same name, a warning says so and none of them gets
        it; the next entry counts for them. So no device hides another, and a name does not depend on the order of the devices.
      - Characters other than letters, digits, C(_), C(-) and C(.) are replaced by C(_), since they mean something else in host patterns
        and file names. Names that mean something to Ansible, such as V(localhost) and those of groups, are not used.
    type: list
    elements: str
    default: [name, endpoint_name]
  groups_from:
    description:
      - What to make groups from. An entry is a word, or a mapping with the keys C(by), which is the word, C(prefix), C(separator) and
        C(parent_group).
      - V(device_group) makes a group of each device group, by its name. V(host_gateway) makes a group of the devices behind each
        gateway, by the gateway's host name where it is in the inventory, and by its id elsewhere. Any other word is a field, such as
        V(state), V(device_class) or V(endpoint_type).
      - A group is named prefix, separator, value, as in C(state_registered). By default the prefix is the word and the separator V(_).
        Without a prefix O(leading_separator) says whether the name begins with the separator.
      - C(parent_group) names a group that gets these groups as its children.
      - Characters that group names cannot have are replaced by C(_).
    type: list
    elements: raw
    default: []
  concurrency:
    description:
      - The most requests under way. A long list is read in ranges of the time of creation, side by side; a list of up to 3,000 devices
        is read in one go.
      - V(1) reads page after page.
    type: int
    default: 4
  shard:
    description:
      - One part of the devices only, so that several inventories share a fleet that is too large for one. C(count) is the number of parts,
        C(index) says which of them this is, from V(0) to C(count) - 1.
      - No device is in two parts and none is left out. The parts are about equal in size, except with O(device_groups), whose devices may
        lie in few of them. Only what is in the part is fetched.
      - A part is all devices that were created between two moments, which each reader works out from the number of devices with some
        twenty small requests, or twice as many where most devices were created at once. What is created meanwhile does not move them. When
        devices are deleted meanwhile, more than a tenth of a part is created, or a new day (UTC) begins, a moment can move, though rarely,
        and a device can be in two parts or in none. So read all parts at about the same time.
      - May be a template, so that the index can come from the environment.
    type: dict
    default: {}
    suboptions:
      count:
        description: How many parts there are.
        type: int
        required: true
      index:
        description: Which part this is, from V(0).
        type: int
        required: true
  incremental:
    description:
      - Keep the devices in a file, so that later runs only ask what has changed since. They get what a new listing would give.
      - The file is its owner's alone and holds no secret. Each account, address and set of options has its own. A broken one is noticed,
        and the devices are listed anew.
      - A device does not show when it changed its groups. So with the field C(groups), which is there unless O(fields) leaves it out, the
        members of each group are asked for each time; and with O(device_groups) all is listed again.
      - O(filters) that differ at each run, as a template with the present time makes them, find nothing kept and leave one more file.
      - 'C(ansible-playbook --flush-cache) lists everything anew. C(meta: refresh_inventory) asks what has changed, whatever
        O(refresh_after) says.'
      - It takes the place of Ansible's C(cache), with which all or nothing would be asked.
    type: bool
    default: false
    env:
      - name: PELION_INVENTORY_INCREMENTAL
  refresh_after:
    description: For so many seconds after the service was asked last nothing is asked at all. V(0) asks each time what has changed.
    type: int
    default: 0
  cache_dir:
    description:
      - The folder of the files. It must be its owner's alone. Files that nobody used for 30 days are removed.
      - By default C(pelion_device_management) in E(XDG_CACHE_HOME), which itself is C(~/.cache) by default.
    type: path
    env:
      - name: PELION_CACHE_DIR
  sweep_after:
    description:
      - After how many seconds everything is listed anew, even if only changes would be asked for.
      - It finds what a count cannot tell, such as a device that somebody else changed without the service noting the time.
    type: int
    default: 86400
  stale_if_error:
    description:
      - When the service is down, use the devices as they were kept last, if that is not longer ago than so many seconds. A warning tells
        their age.
      - The service is down when it cannot be reached or is overloaded, not when it refuses the key or the request. Requests are repeated
        first, as O(retries) and O(timeout) say.
      - It needs O(incremental). V(0) makes each failure an error.
    type: int
    default: 0
  local_connection:
    description:
      - Whether the group C(pelion_devices) gets the variables C(ansible_connection=local) and
        C(ansible_python_interpreter={{ ansible_playbook_python }}).
      - Switch it off for gateways that Ansible logs in to, and set C(ansible_host) with O(compose).
    type: bool
    default: true
notes:
  - The connection options can be templates, such as V({{ lookup('env', 'MY_KEY'\) }}), or vaulted.
  - For each of them an environment variable can be used instead, as its description says, so that the file holds no secret.
  - When the list cannot be read to its end this is an error and there are no hosts. By default Ansible only warns about an inventory
    source that failed. Set E(ANSIBLE_INVENTORY_UNPARSED_FAILED=true) or E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true) to make it stop.
  - A device that an expression fails for is kept, and so is all else that it has; a warning names the expression and the device. With
    O(strict) this is an error and there are no hosts.
  - Values from the API are never templated, nor are those that O(compose) makes of them. C(ansible-inventory --list), which is what AWX
    imports, shows them as plain text, except for texts that look like a template.
  - With O(incremental) the devices are kept as the service gave them. Groups and variables are made anew at each run, so that changes of
    the expressions take effect at once.
seealso:
  - module: pelion.device_management.device
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
# fleet.pelion.yml: registered pumps of one site; groups like pilot, state_registered and device_class_pump_v2; few variables.
# The key comes from the environment variable PELION_API_KEY. Look at it with: ansible-inventory -i fleet.pelion.yml --graph
plugin: pelion.device_management.devices
filters:
  state: registered
  device_class: [pump-v1, pump-v2]
  custom_attributes:
    site: oslo
fields: [name, state, device_class, custom_attributes]
hostnames:
  - name
  - device_class ~ '-' ~ id[-6:]
groups_from:
  - state
  - device_class
  - by: device_group
    prefix: ""
    parent_group: device_groups
leading_separator: false
compose:
  site: custom_attributes.site | default('unknown')
groups:
  suspended: operator_suspended or system_suspended
keyed_groups:
  - key: custom_attributes.floor
    prefix: floor

# What follows are further files; take the comment signs away.

# -- The shortest: all devices, with the key of a profile.
# plugin: pelion.device_management.devices
# api_profile: production

# -- Gateways that Ansible logs in to over SSH, and what was seen behind each of them.
# plugin: pelion.device_management.devices
# filters:
#   endpoint_type: MBED_GW
# local_connection: false
# compose:
#   ansible_host: name ~ '.gateways.example.com'
#   ansible_user: "'maintenance'"

# -- The devices of two device groups; each group of devices behind one gateway below the group behind_gateways.
# plugin: pelion.device_management.devices
# device_groups: [pilot, cold-stores]
# groups_from:
#   - by: host_gateway
#     prefix: behind
#     parent_group: behind_gateways

# -- A large fleet: few variables; ask nothing for ten minutes and then for changes only; for a day, do without the service if need be.
# plugin: pelion.device_management.devices
# fields: [name, state, device_class, custom_attributes]
# incremental: true
# refresh_after: 600
# stale_if_error: 86400

# -- One of ten parts of a fleet; the runner says which.
# plugin: pelion.device_management.devices
# shard:
#   count: 10
#   index: "{{ lookup('ansible.builtin.env', 'FLEET_PART') }}"

# -- The key from a vault: ansible-vault encrypt_string --name api_key
# plugin: pelion.device_management.devices
# api_url: https://api.us-east-1.mbedcloud.com
# api_key: !vault |
#   $ANSIBLE_VAULT;1.1;AES256
#   6237...

# -- AWX: an inventory source "Sourced from a Project" with this file and a credential that sets PELION_API_KEY.
# # It imports what this prints: ansible-inventory -i fleet.pelion.yml --list --export
# plugin: pelion.device_management.devices
# groups_from: [device_group, state]
"""

import contextlib
import functools
import gc
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

import jinja2
import jinja2.nodes
from ansible import context
from ansible.errors import AnsibleError, AnsibleParserError, AnsibleUndefinedVariable
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.release import __version__ as ansible_version

try:
    from ansible.template import is_trusted_as_template as _is_trusted
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19: text is templated unless it is marked as unsafe
    from ansible.utils.unsafe_proxy import wrap_var as _untrusted

    def _trusted(text: str) -> str:
        return str.__str__(text)

    def _is_trusted(text: str) -> bool:
        return False

else:
    _TRUSTED = trust_as_template("")

    def _untrusted(text: str) -> str:
        return text

    def _trusted(text: str) -> str:
        """As Ansible's function, with one mark for all texts rather than one for each: that is quicker, and saves a fifth of the memory."""
        trusted = type(_TRUSTED)(text)
        trusted._ansible_tags_mapping = _TRUSTED._ansible_tags_mapping
        return trusted

    try:
        if not _is_trusted(_trusted("")):
            _trusted = trust_as_template
    except AttributeError:  # an Ansible that marks texts in another way
        _trusted = trust_as_template


from ansible_collections.pelion.device_management.plugins.module_utils.client import VERSION, ApiError, Client
from ansible_collections.pelion.device_management.plugins.module_utils.filters import FilterError
from ansible_collections.pelion.device_management.plugins.module_utils.fleet import Content, Keeping, Selection, current, listed
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory
from ansible_collections.pelion.device_management.plugins.module_utils.settings import SETTINGS, SettingsError, resolve
from ansible_collections.pelion.device_management.plugins.module_utils.snapshot import Store
from ansible_collections.pelion.device_management.plugins.module_utils.transport import REQUESTS_IMPORT_ERROR, TransportError
from ansible_collections.pelion.device_management.plugins.plugin_utils.constructed import MemoisedConstructable

Device = Dict[str, Any]

GROUP = "pelion_devices"
_FILES = ("pelion.yml", "pelion.yaml", "pelion_devices.yml", "pelion_devices.yaml")
_CONNECTION = (*SETTINGS, "api_profile", "api_profile_path")
_TEMPLATED = {*_CONNECTION, "access_key", "filters", "device_groups", "shard"}
_LOCAL = {"ansible_connection": _trusted("local"), "ansible_python_interpreter": _trusted("{{ ansible_playbook_python }}")}
_RESERVED = {"localhost", "127.0.0.1", GROUP}
_SHOWN = 5  # how many examples a warning names

_FIELD_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
# A brace at the end counts too: the start of a template may be put together from two values.
_TEMPLATE = re.compile(r"\{(?:[{%#]|\Z)")
# Makes other characters the delimiters of the text that it begins.
_HEADER = "#jinja2:"


_SCALARS = frozenset({int, float, bool, type(None)})


@functools.lru_cache(maxsize=16384)
def _text(text: str) -> str:
    if _TEMPLATE.search(text) or (text.startswith("#") and (text.startswith(_HEADER) or _HEADER.startswith(text))):
        return _untrusted(text)
    return _trusted(text)


def plain(value: Any) -> Any:
    """The value with each text marked so that Ansible never templates it and yet shows it as plain text where it is harmless.

    Repeated texts, as most are in a fleet, become one object.
    """
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind in _SCALARS:
        return value
    if isinstance(value, str):
        return value if _is_trusted(value) else _text(value)
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, Mapping):
        return {plain(key): plain(inner) for key, inner in value.items()}
    return value


@dataclass(frozen=True)
class GroupSource:
    """An entry of ``groups_from``."""

    by: str
    prefix: str
    separator: str
    parent: Optional[str]


@dataclass
class Failure:
    """What went wrong with some devices: the first ids and reason, and how many there are."""

    reason: str
    ids: List[str] = field(default_factory=list)
    count: int = 0


class InventoryModule(BaseInventoryPlugin, MemoisedConstructable):
    """Lists devices. Errors of the service, the settings and the options become AnsibleParserError with one sentence."""

    NAME = "pelion.device_management.devices"

    def verify_file(self, path: str) -> bool:
        """Whether the name of the file is one for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(_FILES)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Template what may be a template before Ansible makes paths and numbers of it."""
        if direct is not None:
            direct = {name: self._templated(name, value) if name in _TEMPLATED else value for name, value in direct.items()}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory, or raise AnsibleParserError and add no host."""
        super().parse(inventory, loader, path, cache)
        if self._read_config_data(path).get("cache"):
            raise AnsibleParserError("cache is no option of this plugin. Use incremental: it asks only for what has changed.")
        if not re.fullmatch(r"[A-Za-z_]\w*", self.get_option("vars_prefix"), re.ASCII):
            raise AnsibleParserError("vars_prefix must begin with a letter or _ and hold only letters, digits and _.")
        self._strict: bool = self.get_option("strict")
        self._failures: Dict[str, Failure] = {}
        self._sources = [_group_source(entry) for entry in self.get_option("groups_from")]
        try:
            content = self._content(cache)
        except (ApiError, TransportError, SettingsError, ResourceError, FilterError) as error:
            raise AnsibleParserError(str(error)) from None
        total = len(content.devices)
        with _few_collections():
            self._populate(content)
        self._warn(total)

    # -- what the service says

    def _content(self, cache: bool) -> Content:
        settings = resolve({name: self.get_option(name) for name in _CONNECTION})
        selection = self._selection()

        def connect() -> Client:
            if REQUESTS_IMPORT_ERROR is not None:
                raise AnsibleParserError(missing_required_lib("requests"))
            return Client(settings, user_agent=f"inventory/devices ansible-core/{ansible_version}", pool_size=selection.concurrency)

        if not self.get_option("incremental"):
            with connect() as client:
                return listed(client, selection)
        keeping = Keeping(
            Store(self._cache_dir(), json.dumps([VERSION, settings.account, selection.key]), self.display.warning),
            fresh=self.get_option("refresh_after"),
            sweep_after=self.get_option("sweep_after"),
            stale=self.get_option("stale_if_error"),
            ask=not cache,
            # Ansible says no more than that the cache is not to be used, for `meta: refresh_inventory` as well.
            anew=not cache and bool(context.CLIARGS.get("flush_cache")),
        )
        return current(connect, selection, keeping, warn=self.display.warning, note=self.display.vvv)

    def _selection(self) -> Selection:
        concurrency = self.get_option("concurrency")
        if not 1 <= concurrency <= 64:
            raise AnsibleParserError(f"concurrency must be 1 to 64, not {concurrency}.")
        fields = self._needed_fields()
        return Selection(
            conditions=directory.DEVICE.conditions(self.get_option("filters")),
            device_groups=tuple(self.get_option("device_groups")),
            fields=None if fields is None else tuple(fields),
            named_groups=any(source.by == "device_group" for source in self._sources),
            shard=_shard(self.get_option("shard")),
            concurrency=concurrency,
        )

    def _cache_dir(self) -> str:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
        return os.path.expanduser(self.get_option("cache_dir") or os.path.join(home, "pelion_device_management"))

    def _needed_fields(self) -> Optional[List[str]]:
        """What is kept of each device: the fields asked for and those that names, groups and expressions refer to."""
        asked = self.get_option("fields")
        if not asked:
            return None
        expressions = [*self.get_option("hostnames"), *self.get_option("compose").values(), *self.get_option("groups").values()]
        expressions += [entry.get(part, "") for entry in self.get_option("keyed_groups") for part in ("key", "parent_group")]
        prefix = self.get_option("vars_prefix")
        named = {"groups" if source.by == "device_group" else source.by for source in self._sources}
        for expression in expressions:
            for name in _names_in(str(expression)):
                named |= {name, name[len(prefix) :] if name.startswith(prefix) else name}
        # Options are texts of Ansible's own kind, which would become the keys of all that is kept.
        return sorted({"id", *(str.__str__(name) for name in (*asked, *named))})

    # -- what becomes of it

    def _populate(self, content: Content) -> None:
        """Make hosts of the devices, which are let go one by one."""
        devices = content.devices
        for identity, device in devices.items():
            devices[identity] = plain(device)
        self._check_fields(devices.values())
        prefix, asked = self.get_option("vars_prefix"), set(self.get_option("fields"))
        variable_names = {name: prefix + re.sub(r"\W", "_", name, flags=re.ASCII) for name in set().union(*devices.values())}
        host_names = self._host_names(devices)
        groups = Groups(self, content.group_names, host_names)
        steps = self._steps()
        self.inventory.add_group(GROUP)
        if self.get_option("local_connection"):
            for name, value in _LOCAL.items():
                self.inventory.set_variable(GROUP, name, value)
        added, known = [], set()
        try:
            for identity, host in host_names.items():
                device = devices.pop(identity)
                prefixed = {variable_names[name]: value for name, value in device.items()}
                variables = {variable_names[name]: value for name, value in device.items() if name in asked} if asked else prefixed
                prefixed["pelion_id"] = variables["pelion_id"] = device["id"]
                is_new = host not in self.inventory.hosts
                if is_new:
                    added.append(host)
                self.inventory.add_host(host, group=GROUP)
                held = self.inventory.get_host(host)
                if is_new and known.issuperset(variables):
                    # What Ansible does for each of them, without looking at their names anew for each host.
                    held.vars.update(variables)
                else:
                    for name, value in variables.items():
                        held.set_variable(name, value)
                    known.update(variables)
                for source in self._sources:
                    groups.add(source, device, host)
                if steps:
                    self._construct(steps, identity, held, {**device, **prefixed})
        except Exception:
            # Half an inventory must not be taken for the whole.
            for host in added:
                self.inventory.remove_host(self.inventory.get_host(host))
            raise
        groups.warn()

    def _construct(self, steps: List[Tuple[str, bool, Callable[..., None]]], identity: str, host: Any, variables: Device) -> None:
        """The constructed features, one entry at a time, so that a failure takes nothing else with it and can be named."""
        fetched = False
        for what, with_host_variables, apply in steps:
            if with_host_variables and not fetched:
                variables = {**variables, **host.vars, **host.get_magic_vars()}
                fetched = True
            try:
                apply(variables, host.name)
            except Exception as error:  # whatever an expression meets belongs to its device
                # `omit` leaves a variable out on purpose; newer versions of Ansible signal that by an exception.
                if self._strict or error.__context__.__class__.__name__ != "AnsibleValueOmittedError":
                    self._failed(what, identity, error.__context__ or error)

    def _steps(self) -> List[Tuple[str, bool, Callable[..., None]]]:
        """For each entry of compose, groups and keyed_groups: its name, whether it sees the host's variables, what it does."""
        steps: List[Tuple[str, bool, Callable[..., None]]] = []
        for name, expression in self.get_option("compose").items():
            steps.append((f"compose '{name}'", False, functools.partial(self._set_composed, str(name), expression)))
        for name, expression in self.get_option("groups").items():
            grouped = functools.partial(self._add_host_to_composed_groups, {name: expression}, strict=True, fetch_hostvars=False)
            steps.append((f"groups '{name}'", True, grouped))
        for entry in self.get_option("keyed_groups"):
            keyed = functools.partial(self._add_host_to_keyed_groups, [entry], strict=True, fetch_hostvars=False)
            steps.append((f"keyed_groups '{entry.get('key')}'", True, keyed))
        return steps

    def _set_composed(self, name: str, expression: Any, variables: Device, host: str) -> None:
        """As the stock class, without the copy that newer versions of Ansible make of each value: equal devices share theirs.

        A `name` with marks of Ansible's would make each host's dict of variables three times as large.
        """
        try:
            value = self._compose(expression, variables)
        except Exception as error:
            raise AnsibleError(f"Could not set {name} for host {host}: {error}") from error
        self.inventory.get_host(host).set_variable(name, value)

    def _compose(self, template: Any, variables: Any, *args: Any, **options: Any) -> Any:
        """As the stock one; what comes out may hold values of the API, so it is marked as they are."""
        return plain(super()._compose(template, variables, *args, **options))

    def _variables(self, device: Device) -> Dict[str, Any]:
        """What an expression sees: each field by its own name and with the prefix."""
        prefix = self.get_option("vars_prefix")
        return {**device, **{prefix + name: value for name, value in device.items()}, "pelion_id": device["id"]}

    def _check_fields(self, devices: Iterable[Device]) -> None:
        """A misspelt field would go unnoticed, as a field that no device has."""
        words = {source.by for source in self._sources} - {"device_group"}
        for option, names in (("fields", self.get_option("fields")), ("groups_from", words)):
            missing = [name for name in names if devices and not any(name in device for device in devices)]
            if missing:
                self.display.warning(f"{option}: no device has {', '.join(sorted(missing))}.")

    # -- names

    def _host_names(self, devices: Mapping[str, Device]) -> Dict[str, str]:
        """A name for each device id, in the order of the devices; no two are alike."""
        found: Dict[str, str] = {}
        shared: Dict[str, List[str]] = {}
        refused: Set[str] = {*_RESERVED, *self.inventory.groups}
        waiting = list(devices)
        for preference in (*self.get_option("hostnames"), "id"):
            candidates = {identity: self._host_name(preference, devices[identity]) for identity in waiting}
            # Nobody may take the id of another device: that would leave the other without any name.
            usable = {
                identity: name
                for identity, name in candidates.items()
                if name and name not in refused and (name == identity or name not in devices)
            }
            counts = Counter(usable.values())
            for identity, name in usable.items():
                if counts[name] == 1:
                    found[identity] = name
                else:
                    shared.setdefault(name, []).append(identity)
            refused |= {*found.values(), *shared}
            waiting = [identity for identity in waiting if identity not in found]
        if shared:
            texts = [f"{name} ({_some(ids)})" for name, ids in shared.items()]
            self.display.warning(
                f"Several devices would have the same host name, so each is named by the next entry of hostnames: {_some(texts)}"
            )
        for identity in waiting:
            self._failed("The host name", identity, "nothing gives it a name")
        return {identity: found[identity] for identity in devices if identity in found}

    def _host_name(self, preference: str, device: Device) -> str:
        """The name that one entry of hostnames gives, empty where it gives none."""
        if _FIELD_PATH.fullmatch(preference):
            value: Any = self._variables(device) if preference.startswith(self.get_option("vars_prefix")) else device
            for part in preference.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        else:
            try:
                value = self._expression(preference, device)
            except AnsibleUndefinedVariable:
                return ""
            except AnsibleError as error:
                self._failed(f"hostnames '{preference}'", device["id"], error)
                return ""
        if value is None or isinstance(value, (Mapping, list, bool)):
            return ""
        return re.sub(r"^[.-]|[^\w.-]", "_", str(value).strip())

    def _expression(self, preference: str, device: Device) -> Any:
        variables = self._variables(device)
        if not _is_template(preference):
            return self._compose(preference, variables)
        self.templar.available_variables = {**variables, **(self._vars if self.get_option("use_extra_vars") else {})}
        return self.templar.template(preference)

    # -- failures

    def _failed(self, what: str, identity: str, reason: Any) -> None:
        """Note that something does not work for one device; an error at once where the user wants it strict."""
        if self._strict:
            raise AnsibleParserError(f"{what} failed for the device {identity}: {reason}") from None
        failure = self._failures.setdefault(what, Failure(str(reason)))
        failure.count += 1
        if failure.count <= _SHOWN:
            failure.ids.append(identity)

    def _warn(self, total: int) -> None:
        for what, failure in self._failures.items():
            more = f" and {failure.count - _SHOWN} more" if failure.count > _SHOWN else ""
            self.display.warning(f"{what} failed for {failure.count} of {total} devices ({', '.join(failure.ids)}{more}): {failure.reason}")

    def _templated(self, name: str, value: Any) -> Any:
        try:
            self.templar.available_variables = self._vars
            return self.templar.template(value)
        except AnsibleError as error:
            raise AnsibleParserError(f"The template of the option {name} failed: {error}") from None


class Groups:
    """The groups of ``groups_from``: made when first needed, without templating."""

    def __init__(self, plugin: InventoryModule, device_groups: Mapping[str, str], host_names: Mapping[str, str]) -> None:
        self._plugin = plugin
        self._device_groups = device_groups
        self._host_names = host_names
        self._made: Dict[Tuple[GroupSource, str], str] = {}
        self._origin: Dict[str, Tuple[GroupSource, str]] = {}
        self._merged: List[str] = []
        self._unknown: Dict[str, None] = {}

    def add(self, source: GroupSource, device: Device, host: str) -> None:
        """Put a host into its groups of one source."""
        for value in self._values(source, device):
            if (source, value) not in self._made:
                self._made[(source, value)] = self._make(source, value, device["id"])
            self._plugin.inventory.add_host(host, group=self._made[(source, value)])

    def warn(self) -> None:
        """Say what the user may not expect."""
        if self._unknown:
            missing = _some(list(self._unknown))
            self._plugin.display.warning(f"Devices belong to device groups that are not listed, so no groups are made of them: {missing}")
        if self._merged:
            self._plugin.display.warning(f"Different names make the same group, which has the hosts of both: {_some(self._merged)}")

    def _values(self, source: GroupSource, device: Device) -> Iterator[str]:
        if source.by == "device_group":
            held = device.get("groups")
            for identity in map(str, held if isinstance(held, list) else ()):
                if identity in self._device_groups:
                    yield self._device_groups[identity]
                else:
                    self._unknown[identity] = None
            return
        value = device.get(source.by)
        if value is None or value == "" or isinstance(value, (dict, list)):
            return
        yield self._host_names.get(str(value), str(value)) if source.by == "host_gateway" else str(value)

    def _make(self, source: GroupSource, value: str, identity: str) -> str:
        plugin = self._plugin
        without = source.prefix == "" and plugin.get_option("leading_separator") is False
        name = plugin._sanitize_group_name(f"{source.prefix}{'' if without else source.separator}{value}")
        other = self._origin.setdefault(name, (source, value))
        if other != (source, value):
            self._merged.append(f"{name} (from {other[1]!r} and {value!r})")
        plugin.inventory.add_group(name)
        if source.parent:
            parent = plugin._sanitize_group_name(source.parent)
            plugin.inventory.add_group(parent)
            try:
                plugin.inventory.add_child(parent, name)
            except Exception as error:  # Ansible itself raises it so
                plugin._failed(f"groups_from: the group {name} below {parent}", identity, error)
        return name


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Let Python look for garbage among young objects only.

    Else it goes through all of a growing inventory again and again, which takes longer for each host the more there are.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 20, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _group_source(entry: Any) -> GroupSource:
    given = {"by": entry} if isinstance(entry, str) else entry
    known = ("by", "prefix", "separator", "parent_group")
    if not isinstance(given, Mapping) or not isinstance(given.get("by"), str) or set(given) - set(known):
        raise AnsibleParserError(f"groups_from: an entry is a word such as state, or a mapping with by and perhaps {', '.join(known[1:])}.")
    return GroupSource(given["by"], given.get("prefix", given["by"]), given.get("separator", "_"), given.get("parent_group"))


def _is_template(text: str) -> bool:
    """Whether a text that the user wrote has braces of its own, so that it is no bare expression."""
    return "{{" in text or "{%" in text


def _names_in(expression: str) -> Set[str]:
    """The variables that an expression or template refers to; none where it is wrong, which its use will tell."""
    try:
        tree = jinja2.Environment().parse(expression if _is_template(expression) else "{{ " + expression + " }}")
    except jinja2.TemplateSyntaxError:
        return set()
    return {node.name for node in tree.find_all(jinja2.nodes.Name)}


def _shard(given: Mapping[str, Any]) -> Tuple[int, int]:
    """How many parts, and which of them."""
    if not given:
        return 1, 0
    # From the environment numbers come as texts.
    texts = [str(given.get(name)) for name in ("count", "index")]
    count, index = (int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1 for text in texts)
    if set(given) != {"count", "index"} or not 0 <= index < count:
        raise AnsibleParserError(f"shard needs count, the number of parts, and index, which is 0 to count - 1, not {dict(given)}.")
    return count, index


def _some(texts: List[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
