#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the resources of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_resource_info
short_description: List the resources of devices
version_added: 0.1.0
description:
  - Lists the resources that devices have told the service about, and on request the values that they last reported.
  - The devices are not contacted and no notification channel is needed. To ask a device itself use
    M(pelion.device_management.device_resource).
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
  path:
    description:
      - List only the resources at or below this path, such as V(/3303) or V(/3/0/9).
    type: str
    default: /
  values:
    description:
      - Whether to add what each resource last reported, from the device echo. Services from before 2021 have none.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.device_resource
  - module: pelion.device_management.device_echo_info
  - module: pelion.device_management.subscription
"""

EXAMPLES = r"""
- name: List what a device has
  pelion.device_management.device_resource_info:
    device_id: 01667c6e992c00000000000100100371
  register: resources

- name: Show what can be subscribed to
  ansible.builtin.debug:
    msg: "{{ resources.device_resources | selectattr('obs') | map(attribute='uri') }}"

- name: Read the last known temperatures of several devices
  pelion.device_management.device_resource_info:
    device_ids: "{{ sensors }}"
    path: /3303
    values: true
"""

RETURN = r"""
device_resources:
  description: The resources, device by device in the order of O(device_ids). A device that the service does not know has none.
  returned: success
  type: list
  elements: dict
  sample:
    - device_id: 01667c6e992c00000000000100100371
      uri: /3303/0/5700
      rt: oma.lwm2m
      type: ""
      obs: true
      value: 22.5
      payload: MjIuNQ==
      content_type: text/plain
      reported_at: "2026-02-01T08:15:30.000000Z"
  contains:
    device_id:
      description: The id of the device.
      type: str
      returned: always
    uri:
      description: The path of the resource.
      type: str
      returned: always
    rt:
      description: The resource type that the device gives it.
      type: str
      returned: when known
    type:
      description: The content type of its value.
      type: str
      returned: when known
    obs:
      description: Whether it can be subscribed to.
      type: bool
      returned: when known
    value:
      description: What was last reported, as far as it can be read; V(null) where it cannot.
      type: raw
      returned: with O(values=true), when something was reported
    payload:
      description: What was last reported, in base64.
      type: str
      returned: with O(values=true), when something was reported
    content_type:
      description: The content type of what was reported.
      type: str
      returned: with O(values=true), when something was reported
    reported_at:
      description: When it was reported.
      type: str
      returned: with O(values=true), when something was reported
    problem:
      description: Why the value cannot be read.
      type: str
      returned: when it cannot
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


class DeviceResourceInfo(ApiModule):
    def work(self, client, params, check_mode):
        ids, types = devices.asked(params), devices.types_of(params)

        def resources(device):
            listed = client.get(connect.endpoint(device)) or []
            values = devices.reports(devices.echo(client, device), types) if params["values"] else {}
            return [
                {"device_id": device, **entry, **values.get(connect.resource_path(entry["uri"]), {})}
                for entry in listed
                if devices.below(params["path"], entry["uri"])
            ]

        found, failed = devices.each(client, ids, resources, params, "devices read")
        listed = [entry for device in ids for entry in found.get(device, ())]
        return devices.report({"changed": False, "device_resources": listed}, failed, len(ids))


def main():
    DeviceResourceInfo(
        argument_spec=dict(
            **devices.DEVICES_SPEC,
            **devices.TYPES_SPEC,
            path=dict(type="str", default="/"),
            values=dict(type="bool", default=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
