#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the entry of a device in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device
short_description: Change, suspend, resume, create and delete devices in the device directory
version_added: 0.1.0
description:
  - Keeps the directory entry of one device in the wanted state, above all its name, description and custom attributes.
  - Devices appear in the directory by themselves when they bootstrap. So a device that is not found is an error, unless O(create) is set.
  - A lost or stolen device can be suspended, so that it cannot connect, and brought back to service.
  - What the device measures and does is not in the directory, and its groups are the matter of
    M(pelion.device_management.device_group_member).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.id
  - pelion.device_management.resource.purge
  - pelion.device_management.resource.wait
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  state:
    description:
      - V(present) changes what differs; options left out are left alone.
      - V(suspended) does so too and suspends the device. It is disconnected, shows as C(deregistered) and cannot connect any more.
      - V(active) does so too and ends the suspension. The device connects again when it next tries to, which can take up to a week.
      - V(absent) deletes the entry. The service refuses that for devices in production.
    type: str
    choices: [present, absent, suspended, active]
    default: present
  block:
    description:
      - Why the device is suspended, or why it is not any more. With O(state=suspended) a new reason for a device that is suspended already
        suspends it once more.
    type: dict
    suboptions:
      category:
        description:
          - The reference of a category that M(pelion.device_management.device_block_category_info) lists, such as V(maintenance).
          - With O(state=active) it is the category that the device was suspended with, which is used when this is left out. Another one is
            an error.
        type: str
      description:
        description:
          - The reason in words, 2000 characters at most.
        type: str
  wait:
    description:
      - With O(state=suspended), whether to wait until the device is disconnected; with O(state=active), until it is C(registered).
    type: bool
    default: false
  endpoint_name:
    description:
      - The name that the device was made with. It finds the device when O(id) is not given. It cannot be changed.
    type: str
  name:
    description:
      - The name of the device. It finds the device when neither O(id) nor O(endpoint_name) is given.
      - Names need not be unique. When several devices have the name the task fails and lists their ids.
    type: str
  description:
    description:
      - A description. V("") clears it.
    type: str
  custom_attributes:
    description:
      - Up to five attributes, name to value. Names given are set, names given as V(null) are removed, others stay.
      - V({}) removes all.
      - Names must not begin with a digit. Names and values have at most 128 characters.
    type: dict
  endpoint_type:
    description:
      - The type of the device, such as V(MBED_GW) for a gateway.
    type: str
  host_gateway:
    description:
      - The id of the gateway that the device is behind.
    type: str
  ca_id:
    description:
      - The id of the issuer of the device's certificate. It comes from the device; the vendor advises not to change it.
    type: str
  device_key:
    description:
      - The fingerprint of the device's certificate. It comes from the device; the vendor advises not to change it.
    type: str
  device_class:
    description:
      - The model and hardware revision. It can be set only when the entry is created.
    type: str
  vendor_id:
    description:
      - The id of the vendor of the device. It can be set only when the entry is created.
    type: str
  serial_number:
    description:
      - The serial number. It can be set only when the entry is created.
    type: str
  device_execution_mode:
    description:
      - V(1) for a device with a developer certificate, V(5) for one in production, V(0) when unknown.
      - It can be set only when the entry is created.
    type: int
    choices: [0, 1, 5]
  mechanism:
    description:
      - How the service talks to the device. It can be set only when the entry is created.
    type: str
    choices: [connector, direct]
  mechanism_url:
    description:
      - The address of the connector. It can be set only when the entry is created.
    type: str
  bootstrap_expiration_date:
    description:
      - The day on which the bootstrap certificate ends, as V(2030-01-31). It can be set only when the entry is created.
    type: str
  connector_expiration_date:
    description:
      - The day on which the LwM2M certificate ends, as V(2030-01-31). It can be set only when the entry is created.
    type: str
  issuer_fingerprint:
    description:
      - The SHA-256 fingerprint of the certificate that vouches for the device's, 64 hexadecimal digits. It can be set only when the
        entry is created.
    type: str
  create:
    description:
      - Whether an entry is created when no device is found.
      - Leave it off for devices that bootstrap; otherwise a misspelt name makes an entry that no device belongs to.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.device_info
  - module: pelion.device_management.device_block_category_info
  - module: pelion.device_management.device_group_member
  - module: pelion.device_management.device_enrollment
"""

EXAMPLES = r"""
- name: Name a device by its endpoint name and note where it stands
  pelion.device_management.device:
    endpoint_name: 0166c8f2a1b300000000000100100370
    name: pump-17
    description: Feed pump of basin 3
    custom_attributes:
      site: oslo
      floor: 2

- name: Take one attribute away and keep the others
  pelion.device_management.device:
    name: pump-17
    custom_attributes:
      floor:

- name: Run against the devices of the inventory, and see what would change
  hosts: pelion_devices
  gather_facts: false
  tasks:
    - name: Mark the devices of this play
      pelion.device_management.device:
        id: "{{ pelion_id }}"
        custom_attributes:
          reviewed: "2026-11"
      check_mode: true
      diff: true

- name: Suspend a device that was stolen, and be sure that it is disconnected
  pelion.device_management.device:
    name: pump-17
    state: suspended
    block:
      category: lost_or_stolen
      description: Missing since the break-in of 2026-11-02
    wait: true
    wait_timeout: 120

- name: Bring it back to service
  pelion.device_management.device:
    name: pump-17
    state: active
    block:
      description: Found in the store room
    description: Feed pump of basin 3, seal renewed

- name: Create an entry by hand
  pelion.device_management.device:
    name: bench-1
    serial_number: "0001"
    device_class: bench
    device_execution_mode: 1
    create: true

- name: Delete the entry of a device with a developer certificate
  pelion.device_management.device:
    name: bench-1
    state: absent
"""

RETURN = r"""
device:
  description: The device as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100370
    object: device
    name: pump-17
    endpoint_name: 0166c8f2a1b300000000000100100370
    endpoint_type: pump
    description: Feed pump of basin 3
    state: registered
    custom_attributes: {site: oslo, floor: "2"}
    groups: [015c3029f6f7000000000001001000c3]
    device_class: pump-v2
    device_execution_mode: 5
    host_gateway: ""
    lifecycle_status: enabled
    operator_suspended: false
    system_suspended: false
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the device, used everywhere in the API.
      type: str
      returned: always, except for an entry that check mode would create
    name:
      description: The name.
      type: str
      returned: when set
    endpoint_name:
      description: The name that the device was made with.
      type: str
      returned: when set
    state:
      description: V(unenrolled), V(cloud_enrolling), V(bootstrapped), V(registered) or V(deregistered). Registered does not mean online.
      type: str
      returned: always, except for an entry that check mode would create
    custom_attributes:
      description: The attributes.
      type: dict
      returned: when set
    lifecycle_status:
      description: V(enabled), or V(blocked) for a device that is suspended.
      type: str
      returned: always on services that can suspend devices
    operator_suspended:
      description: Whether the device is suspended by somebody of the account.
      type: bool
      returned: always on services that can suspend devices
    last_operator_suspended_category:
      description: The category of the last suspension or return to service.
      type: str
      returned: once the device has been suspended
    last_operator_suspended_description:
      description: The reason of it.
      type: str
      returned: once the device has been suspended
    groups:
      description: The ids of the groups that the device belongs to.
      type: list
      elements: str
      returned: always, except for an entry that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    ResourceModule(
        directory.DEVICE,
        argument_spec=dict(
            endpoint_name=dict(type="str"),
            name=dict(type="str"),
            description=dict(type="str"),
            custom_attributes=dict(type="dict"),
            endpoint_type=dict(type="str"),
            host_gateway=dict(type="str"),
            ca_id=dict(type="str"),
            device_key=dict(type="str", no_log=False),
            device_class=dict(type="str"),
            vendor_id=dict(type="str"),
            serial_number=dict(type="str"),
            device_execution_mode=dict(type="int", choices=[0, 1, 5]),
            mechanism=dict(type="str", choices=["connector", "direct"]),
            mechanism_url=dict(type="str"),
            bootstrap_expiration_date=dict(type="str"),
            connector_expiration_date=dict(type="str"),
            issuer_fingerprint=dict(type="str"),
        ),
        extra_spec=dict(
            create=dict(type="bool", default=False),
            block=dict(type="dict", options=dict(category=dict(type="str"), description=dict(type="str"))),
            wait=dict(type="bool", default=False),
        ),
        recipe=directory.DeviceRecipe,
    ).main()


if __name__ == "__main__":
    main()
