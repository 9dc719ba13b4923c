#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put devices into a device group and take them out."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_group_member
short_description: Put devices into a device group and take them out
version_added: 0.1.0
description:
  - Adds any number of devices to a device group, removes them, or makes the group hold exactly these.
  - The devices are given by id or by filter. A few listings tell which of them are members; only what differs is sent, several requests
    side by side, since the service takes one device a request.
  - A device that is not there fails by itself, and the others are added all the same, unless O(max_failures) says otherwise; with
    O(state=exact) nothing is changed then. For devices that shall be in several groups, or have attributes as well, there is
    M(pelion.device_management.devices).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  device_group:
    description:
      - The name of the group. Give this or O(device_group_id).
      - In check mode a group with this name need not exist, since a task before may be what creates it. A warning says so.
    type: str
  device_group_id:
    description:
      - The id of the group.
    type: str
  device_ids:
    description:
      - The ids of the devices. Give this or O(filters).
    type: list
    elements: str
  filters:
    description:
      - The devices that meet all these conditions, as in M(pelion.device_management.device_info).
    type: dict
  state:
    description:
      - With V(present) the devices are added, with V(absent) they are removed; other members stay.
      - With V(exact) the group holds these devices and no others. O(device_ids) may be an empty list; O(filters) that match no device
        are an error, since they would empty the group.
    type: str
    choices: [present, absent, exact]
    default: present
seealso:
  - module: pelion.device_management.device_group
  - module: pelion.device_management.devices
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: Put all pumps of Oslo into the group
  pelion.device_management.device_group_member:
    device_group: Pumps in Oslo
    filters:
      device_class: pump-v2
      custom_attributes:
        site: oslo

- name: Keep the group as exactly these pumps from now on
  pelion.device_management.device_group_member:
    device_group: Pumps in Oslo
    filters:
      device_class: pump-v2
      custom_attributes:
        site: oslo
    state: exact

- name: Put the devices of this play into a group with one task
  pelion.device_management.device_group_member:
    device_group: First wave
    device_ids: "{{ ansible_play_batch | map('extract', hostvars, 'pelion_id') | list }}"
  run_once: true
  register: added
  ignore_errors: true

- name: Try once more with those that failed
  pelion.device_management.device_group_member:
    device_group: First wave
    device_ids: "{{ added.failed_devices | map(attribute='id') | list }}"
  run_once: true
  when: added is failed

- name: Take two devices out
  pelion.device_management.device_group_member:
    device_group_id: 015c3029f6f7000000000001001000c3
    device_ids:
      - 01667c6e992c00000000000100100370
      - 01667c6e992c00000000000100100371
    state: absent
"""

RETURN = r"""
device_group_id:
  description: The id of the group; V(null) for one that does not exist yet in check mode.
  returned: success, and when some devices failed
  type: str
  sample: 015c3029f6f7000000000001001000c3
added:
  description: The ids of the devices that were added, or would be in check mode.
  returned: success, and when some devices failed
  type: list
  elements: str
  sample: [01667c6e992c00000000000100100370]
removed:
  description: The ids of the devices that were removed, or would be in check mode.
  returned: success, and when some devices failed
  type: list
  elements: str
  sample: []
unchanged:
  description: How many of the devices asked for were already as wanted.
  returned: success, and when some devices failed
  type: int
  sample: 49
failed_devices:
  description:
    - The devices that could not be added or removed, and those that were not tried any more. Their ids are the O(device_ids) of a next
      run.
  returned: when some devices failed
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100372
      msg: There is no device with the id '01667c6e992c00000000000100100372'.
  contains:
    id:
      description: The id of the device.
      type: str
      returned: always
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

from ansible_collections.pelion.device_management.plugins.module_utils import bulk, group_members
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class DeviceGroupMember(ApiModule):
    def work(self, client, params, check_mode):
        return group_members.ensure(client, params, dry_run=check_mode)


def main():
    DeviceGroupMember(
        argument_spec=dict(
            device_group=dict(type="str"),
            device_group_id=dict(type="str"),
            device_ids=dict(type="list", elements="str"),
            filters=dict(type="dict"),
            state=dict(type="str", choices=["present", "absent", "exact"], default="present"),
            **bulk.BULK_SPEC,
        ),
        required_one_of=[("device_group", "device_group_id"), ("device_ids", "filters")],
        mutually_exclusive=[("device_group", "device_group_id"), ("device_ids", "filters")],
    ).main()


if __name__ == "__main__":
    main()
