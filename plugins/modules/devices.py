#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the entries of many devices in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: devices
short_description: Change, suspend, resume and delete many devices in one task
version_added: 0.1.0
description:
  - Keeps the directory entries of many devices in the wanted state - names, descriptions, custom attributes, device groups - with one task
    instead of one a device.
  - The devices are given one by one, by id, or by filter. A few listings tell how they are; only those that differ are changed, several
    side by side.
  - A device that is not there, or that cannot be as wanted, fails by itself. The others are changed all the same, unless
    O(max_failures) says otherwise; then the task fails and returns RV(failed_devices), which can be given to O(devices) as it is.
  - For a single device there is M(pelion.device_management.device), which can also create an entry and wait for the device.
    Devices that are not found are never created here. To make one group hold exactly certain devices, use
    M(pelion.device_management.device_group_member).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.purge
  - pelion.device_management.resource.membership
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  devices:
    description:
      - The devices one by one, each with what is wanted of it. Give this, O(device_ids) or O(filters).
      - What an entry does not say is taken from the option of the same name beside this list, and left alone where that is not given
        either. An entry that says it has its own instead; the two are not merged.
      - Entries that name the same device must ask the same of it.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The id of the device.
        type: str
      endpoint_name:
        description:
          - The name that the device was made with. It finds the device when the entry has no C(id). It cannot be changed.
        type: str
      name:
        description:
          - The name of the device. It finds the device when the entry has neither C(id) nor C(endpoint_name); otherwise it is the name
            to give. V("") clears it.
          - A name that several devices have fails, and the message lists their ids.
        type: str
      description:
        description:
          - As O(description).
        type: str
      custom_attributes:
        description:
          - As O(custom_attributes).
        type: dict
      purge:
        description:
          - As O(purge).
        type: bool
      endpoint_type:
        description:
          - As O(endpoint_type).
        type: str
      host_gateway:
        description:
          - As O(host_gateway).
        type: str
      ca_id:
        description:
          - The id of the issuer of the device's certificate. It comes from the device; the vendor advises not to change it.
        type: str
      device_key:
        description:
          - The fingerprint of the device's certificate. It comes from the device; the vendor advises not to change it.
        type: str
      groups:
        description:
          - As O(groups).
        type: list
        elements: str
      membership:
        description:
          - As O(membership).
        type: str
        choices: [exact, add, remove]
      state:
        description:
          - As O(state).
        type: str
        choices: [present, absent, suspended, active]
      block:
        description:
          - As O(block).
        type: dict
        suboptions:
          category:
            description:
              - The reference of a category.
            type: str
          description:
            description:
              - The reason in words.
            type: str
      msg:
        description:
          - Not used. Entries may have it so that RV(failed_devices) can be given as it is.
        type: str
      status:
        description:
          - Not used, as C(msg).
        type: int
      type:
        description:
          - Not used, as C(msg).
        type: str
      fields:
        description:
          - Not used, as C(msg).
        type: list
        elements: dict
      request_id:
        description:
          - Not used, as C(msg).
        type: str
  device_ids:
    description:
      - The ids of the devices, which then shall all be as the options beside this list say.
    type: list
    elements: str
  filters:
    description:
      - The devices that meet all these conditions, as in M(pelion.device_management.device_info). They shall all be as the options beside
        it say.
      - When no device meets them, nothing is done.
    type: dict
  state:
    description:
      - V(present) changes what differs; options left out are left alone.
      - V(suspended) does so too and suspends the devices. They are disconnected and cannot connect any more.
      - V(active) does so too and ends the suspension. The devices connect again when they next try to, which can take up to a week.
      - V(absent) deletes the entries, by O(devices) or O(device_ids) only. The service refuses that for devices in production. A device
        that is not there is as wanted.
    type: str
    choices: [present, absent, suspended, active]
    default: present
  block:
    description:
      - Why the devices are suspended, or why they are not any more, as in M(pelion.device_management.device).
    type: dict
    suboptions:
      category:
        description:
          - The reference of a category that M(pelion.device_management.device_block_category_info) lists, such as V(maintenance).
        type: str
      description:
        description:
          - The reason in words, 2000 characters at most.
        type: str
  description:
    description:
      - A description. V("") clears it.
    type: str
  custom_attributes:
    description:
      - Up to five attributes, name to value. Names given are set, names given as V(null) are removed, others stay unless O(purge) is set.
      - V({}) removes all.
      - Names must not begin with a digit. Names and values have at most 128 characters.
    type: dict
  endpoint_type:
    description:
      - The type of the devices, such as V(MBED_GW) for gateways.
    type: str
  host_gateway:
    description:
      - The id of the gateway that the devices are behind.
    type: str
  groups:
    description:
      - Device groups, by name or by id. With O(membership=exact), the default, a device is in these groups and no others; with V(add) and
        V(remove) it stays in others.
      - In check mode a group with this name need not exist, since a task before may be what creates it. A warning says so.
    type: list
    elements: str
  full:
    description:
      - Whether the result tells everything - the ids of the devices that are as wanted already, and with C(--diff) the changes of each
        device instead of a summary. With very many devices that becomes long.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.device
  - module: pelion.device_management.device_info
  - module: pelion.device_management.device_group_member
  - module: pelion.device_management.device_block_category_info
"""

EXAMPLES = r"""
- name: Set one attribute on all pumps of Oslo
  pelion.device_management.devices:
    filters:
      device_class: pump-v2
      custom_attributes:
        site: oslo
    custom_attributes:
      reviewed: "2026-11"

- name: See first what that would change, on how many devices
  pelion.device_management.devices:
    filters:
      device_class: pump-v2
    custom_attributes:
      reviewed: "2026-11"
  check_mode: true
  diff: true

- name: Name devices one by one, and put all of them into a group
  pelion.device_management.devices:
    devices:
      - endpoint_name: 0166c8f2a1b300000000000100100370
        name: pump-17
        custom_attributes: {site: oslo, floor: 2}
      - endpoint_name: 0166c8f2a1b300000000000100100371
        name: pump-18
        custom_attributes: {site: oslo, floor: 3}
    groups: [Pumps in Oslo]
    membership: add

- name: One task for all devices of a play, so that --limit, serial and the job slices of AWX choose which
  hosts: pelion_devices
  gather_facts: false
  serial: 1000
  tasks:
    - name: Mark the devices of this batch
      pelion.device_management.devices:
        device_ids: "{{ ansible_play_batch | map('extract', hostvars, 'pelion_id') }}"
        custom_attributes:
          wave: one
      run_once: true

- name: Name the devices as a table says, with the columns endpoint_name, name and description
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Read the table
      community.general.read_csv:
        path: pumps.csv
      register: pumps

    # An empty cell clears the field.
    - name: Name the devices
      pelion.device_management.devices:
        devices: "{{ pumps.list }}"
        concurrency: 16
        max_failures: 5%
      register: named
      ignore_errors: true

    - name: Try once more with those that failed
      pelion.device_management.devices:
        devices: "{{ named.failed_devices }}"
      when: named is failed

- name: Suspend the devices that were on a stolen truck
  pelion.device_management.devices:
    filters:
      custom_attributes:
        truck: "0042"
    state: suspended
    block:
      category: lost_or_stolen
      description: Stolen on 2026-11-02

- name: Delete the entries of devices with developer certificates
  pelion.device_management.devices:
    device_ids:
      - 01667c6e992c00000000000100100370
      - 01667c6e992c00000000000100100371
    state: absent
"""

RETURN = r"""
changed_devices:
  description: The ids of the devices that were changed, or that check mode would change, in the order given.
  returned: success, and when some devices failed
  type: list
  elements: str
  sample: [01667c6e992c00000000000100100370]
unchanged:
  description: How many devices were as wanted already.
  returned: success, and when some devices failed
  type: int
  sample: 411
unchanged_devices:
  description: Their ids. Of a device that is not there, as is wanted, what named it.
  returned: with O(full)
  type: list
  elements: str
  sample: [01667c6e992c00000000000100100371]
failed_devices:
  description:
    - The devices that could not be changed, and those that were not tried any more. Each is an entry for O(devices) with all that was
      wanted of it, and the reason beside.
    - One of several requests for a device may have been carried out. A next run does what is left.
  returned: when some devices failed
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100372
      custom_attributes: {wave: one}
      msg: "PUT /v3/devices/01667c6e992c00000000000100100372/ failed with HTTP 500 internal_server_error: Try later."
      status: 500
      type: internal_server_error
      fields: []
      request_id: 0161991d63150242ac12000600000000
  contains:
    id:
      description: The id of the device.
      type: str
      returned: always, except where an C(endpoint_name) or C(name) finds no device or several
    msg:
      description: The reason.
      type: str
      returned: always
    status:
      description: The HTTP status.
      type: int
      returned: when the service answered
    type:
      description: The service's word for it.
      type: str
      returned: when the service answered
    fields:
      description: What the service says of single fields.
      type: list
      elements: dict
      returned: when the service answered
    request_id:
      description: The id of the request.
      type: str
      returned: when the service answered
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils import bulk, device_states
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule

# What can be wanted of all devices alike, and what of a single one only.
ALIKE = dict(
    description=dict(type="str"),
    custom_attributes=dict(type="dict"),
    endpoint_type=dict(type="str"),
    host_gateway=dict(type="str"),
    groups=dict(type="list", elements="str"),
)
SINGLE = dict(
    endpoint_name=dict(type="str"),
    name=dict(type="str"),
    ca_id=dict(type="str"),
    device_key=dict(type="str", no_log=False),
)
BLOCK = dict(type="dict", options=dict(category=dict(type="str"), description=dict(type="str")))
STATES = ["present", "absent", "suspended", "active"]
MEMBERSHIPS = ["exact", "add", "remove"]
# What a run before has told of an entry.
TOLD = dict(
    msg=dict(type="str"),
    status=dict(type="int"),
    type=dict(type="str"),
    fields=dict(type="list", elements="dict"),
    request_id=dict(type="str"),
)


class Devices(ApiModule):
    def __init__(self, **words):
        super().__init__(**words)
        self.recipe = device_states.DevicesRecipe(device_states.ROW, (*SINGLE, *ALIKE))

    def work(self, client, params, check_mode):
        return device_states.ensure(client, self.recipe, params, dry_run=check_mode)


def main():
    Devices(
        argument_spec=dict(
            devices=dict(
                type="list",
                elements="dict",
                options=dict(
                    id=dict(type="str"),
                    **SINGLE,
                    **ALIKE,
                    purge=dict(type="bool"),
                    membership=dict(type="str", choices=MEMBERSHIPS),
                    state=dict(type="str", choices=STATES),
                    block=BLOCK,
                    **TOLD,
                ),
            ),
            device_ids=dict(type="list", elements="str"),
            filters=dict(type="dict"),
            **ALIKE,
            purge=dict(type="bool", default=False),
            membership=dict(type="str", choices=MEMBERSHIPS, default="exact"),
            state=dict(type="str", choices=STATES, default="present"),
            block=BLOCK,
            full=dict(type="bool", default=False),
            **bulk.BULK_SPEC,
        ),
        required_one_of=[("devices", "device_ids", "filters")],
        mutually_exclusive=[("devices", "device_ids", "filters")],
    ).main()


if __name__ == "__main__":
    main()
