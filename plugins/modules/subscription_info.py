#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read subscriptions to resources of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: subscription_info
short_description: Read subscriptions to resources of devices
version_added: 0.1.0
description:
  - Lists what the key's application is subscribed to on devices, or tells whether it is subscribed to certain resources.
  - Rules that subscribe by themselves when devices register are read with M(pelion.device_management.presubscription_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  paths:
    description:
      - Tell of these resources, instances or objects only, such as V(/3303/0/5700).
    type: list
    elements: str
seealso:
  - module: pelion.device_management.subscription
  - module: pelion.device_management.presubscription_info
"""

EXAMPLES = r"""
- name: List all subscriptions of a device
  pelion.device_management.subscription_info:
    device_id: 01667c6e992c00000000000100100371
  register: subscribed

- name: Show them
  ansible.builtin.debug:
    msg: "{{ subscribed.subscriptions[0].paths }}"

- name: Find the sensors whose temperature nobody follows
  pelion.device_management.subscription_info:
    device_ids: "{{ sensors }}"
    paths: [/3303/0/5700]
  register: temperature
  failed_when: temperature.subscriptions | rejectattr('paths') | list | length > 0
"""

RETURN = r"""
subscriptions:
  description: One entry for each device, in the order of O(device_ids).
  returned: success
  type: list
  elements: dict
  sample:
    - device_id: 01667c6e992c00000000000100100371
      paths: [/3/0/9, /3303/0/5700]
  contains:
    device_id:
      description: The id of the device.
      type: str
      returned: always
    paths:
      description: What is subscribed to; an empty list when nothing is, and for a device that the service does not know.
      type: list
      elements: str
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

from ansible_collections.pelion.device_management.plugins.module_utils import devices, subscriptions
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class SubscriptionInfo(ApiModule):
    def work(self, client, params, check_mode):
        ids = devices.asked(params)

        def read(device):
            return subscriptions.read(client, device, params["paths"])

        found, failed = devices.each(client, ids, read, params, "devices read")
        entries = [{"device_id": device, "paths": found[device]} for device in ids if device in found]
        return devices.report({"changed": False, "subscriptions": entries}, failed, len(ids))


def main():
    SubscriptionInfo(argument_spec=dict(**devices.DEVICES_SPEC, paths=dict(type="list", elements="str"))).main()


if __name__ == "__main__":
    main()
