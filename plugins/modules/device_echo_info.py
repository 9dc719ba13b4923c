#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the last known values of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_echo_info
short_description: Read the last known values of devices
version_added: 0.1.0
description:
  - Reads what devices last reported of their resources, and what was last asked of them, from the service's device echo.
  - The devices are not contacted and no notification channel is needed, so this is the simplest way to read values. To ask a device itself
    use M(pelion.device_management.device_resource).
  - The service fills it when devices register, send notifications and answer requests, and keeps it for six months after the last
    connection. Services from before 2021 do not have it.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.typed
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  paths:
    description:
      - Return only the resources at or below these paths, such as V(/3) or V(/3303/0/5700).
    type: list
    elements: str
    default: []
seealso:
  - module: pelion.device_management.device_echo
  - module: pelion.device_management.device_resource
  - module: pelion.device_management.device_resource_info
"""

EXAMPLES = r"""
- name: Read the temperature that a device last reported
  pelion.device_management.device_echo_info:
    device_id: 01667c6e992c00000000000100100371
    paths: [/3303/0/5700]
  register: echo

- name: Show it
  ansible.builtin.debug:
    msg: "{{ item.resource_path }} was {{ item.reported.decoded }} at {{ item.reported.reported_at }}"
  loop: "{{ echo.device_echoes[0].resources }}"

- name: Read a value of a type that only the vendor of the device knows
  pelion.device_management.device_echo_info:
    device_ids: "{{ pumps.devices | map(attribute='id') }}"
    paths: [/26241]
    types:
      "1": float
"""

RETURN = r"""
device_echoes:
  description: One entry for each device that the service has values of, in the order of O(device_ids).
  returned: success
  type: list
  elements: dict
  sample:
    - device_id: 01667c6e992c00000000000100100371
      endpoint_name: bench-0001
      object: device-echo
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-02-01T08:15:30.000000Z"
      last_reported_at: "2026-02-01T08:15:30.000000Z"
      resources:
        - resource_path: /3303/0/5700
          subscribed: false
          reported:
            value: MjIuNQ==
            content_type: text/plain
            reported_at: "2026-02-01T08:15:30.000000Z"
            decoded: 22.5
  contains:
    device_id:
      description: The id of the device.
      type: str
      returned: always
    endpoint_name:
      description: The name by which the device knows itself.
      type: str
      returned: when known
    last_reported_at:
      description: When the device last reported a value.
      type: str
      returned: when known
    last_desired_at:
      description: When a value was last written.
      type: str
      returned: when known
    resources:
      description:
        - The resources, each with its C(resource_path), whether it is C(subscribed), and what is C(reported) and C(desired).
        - Beside the C(value) in base64 there is C(decoded), the value as far as it can be read; where it cannot, it is V(null) and
          C(problem) says why. The C(status) of a desired value is 0 while it is pending, 1 when it was written and 2 when that failed.
      type: list
      elements: dict
      returned: always
failed_devices:
  description: The devices that failed, with the reason. The others have been dealt with.
  returned: when some devices failed
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100371
      msg: "GET /v2/endpoints/01667c6e992c00000000000100100371 failed with HTTP 500: Internal Server Error (the answer has no text)."
      status: 500
      type: null
      fields: []
      request_id: 0161991d63150242ac12000600000000
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
      description: The error type of the service; V(null) where it gives none.
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

from ansible_collections.pelion.device_management.plugins.module_utils import devices
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class DeviceEchoInfo(ApiModule):
    def work(self, client, params, check_mode):
        ids, types = devices.asked(params), devices.types_of(params)
        found, failed = devices.each(client, ids, lambda device: devices.echo(client, device), params, "device echoes read")
        echoes = [devices.readable(found[device], params["paths"], types) for device in ids if found.get(device)]
        return devices.report({"changed": False, "device_echoes": echoes}, failed, len(ids))


def main():
    DeviceEchoInfo(
        argument_spec=dict(**devices.DEVICES_SPEC, **devices.TYPES_SPEC, paths=dict(type="list", elements="str", default=[])),
    ).main()


if __name__ == "__main__":
    main()
