#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forget the last known values of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_echo
short_description: Forget the last known values of devices
version_added: 0.1.0
description:
  - Removes devices from the service's device echo, and with them all values that they reported or that were written to them.
  - The devices stay in the device directory. A device that can connect brings its values back with its next message; to keep them away
    suspend it first, with M(pelion.device_management.device).
  - Values are written with M(pelion.device_management.device_resource), not here. Services from before 2021 do not have the device echo.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  state:
    description:
      - V(absent) removes the devices from the echo. There is nothing else that it can be asked for.
    type: str
    choices: [absent]
    required: true
seealso:
  - module: pelion.device_management.device_echo_info
  - module: pelion.device_management.device
"""

EXAMPLES = r"""
- name: Forget what a device reported
  pelion.device_management.device_echo:
    device_id: 01667c6e992c00000000000100100371
    state: absent

- name: Forget for good what sold devices reported
  block:
    - name: Keep them from connecting
      pelion.device_management.device:
        id: "{{ item }}"
        state: suspended
        block:
          category: maintenance
      loop: "{{ sold }}"

    - name: Remove their data
      pelion.device_management.device_echo:
        device_ids: "{{ sold }}"
        state: absent
"""

RETURN = r"""
removed:
  description: The ids of the devices that were in the echo.
  returned: success
  type: list
  elements: str
  sample: [01667c6e992c00000000000100100371]
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import connect


class DeviceEcho(ApiModule):
    def work(self, client, params, check_mode):
        def forget(device):
            twin = devices.echo(client, device)
            if twin is not None and not check_mode:
                client.delete(connect.echo(device))
            return twin

        ids = devices.asked(params)
        twins, failed = devices.each(client, ids, forget, params, "device echoes removed")
        held = {device: [part["resource_path"] for part in twin.get("resources") or ()] for device, twin in twins.items() if twin}
        diff = {"before": {"resources": held}, "after": {"resources": {}}}
        return devices.report({"changed": bool(held), "removed": list(held), "diff": diff}, failed, len(ids))


def main():
    DeviceEcho(argument_spec=dict(**devices.CHANGES_SPEC, state=dict(type="str", choices=["absent"], required=True))).main()


if __name__ == "__main__":
    main()
