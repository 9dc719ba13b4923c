#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscribe to resources of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: subscription
short_description: Subscribe to resources of devices
version_added: 0.1.0
description:
  - Subscribes the key's application to resources of devices, or ends subscriptions. What the devices then report comes over the
    application's notification channel, which M(pelion.device_management.notification_channel) makes.
  - The service drops these subscriptions when a device registers anew, as it does after a restart. For subscriptions that last use
    M(pelion.device_management.presubscription).
  - When a device reports is set by notification rules, with M(pelion.device_management.device_resource) and
    O(pelion.device_management.device_resource#module:operation=write_attributes).
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
  paths:
    description:
      - The resources, instances or objects, such as V(/3303/0/5700).
      - Left out with O(state=absent), all subscriptions of the devices end.
    type: list
    elements: str
  exact:
    description:
      - Whether subscriptions to other paths of these devices end.
    type: bool
    default: false
  state:
    description:
      - V(present) subscribes to what is not subscribed to yet. V(absent) ends subscriptions.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: pelion.device_management.subscription_info
  - module: pelion.device_management.presubscription
  - module: pelion.device_management.notification_channel
"""

EXAMPLES = r"""
- name: Follow the temperature of all sensors
  pelion.device_management.subscription:
    device_ids: "{{ sensors.devices | map(attribute='id') }}"
    paths: [/3303/0/5700]

- name: Follow the battery instead
  pelion.device_management.subscription:
    device_ids: "{{ sensors.devices | map(attribute='id') }}"
    paths: [/3/0/9]
    exact: true

- name: Follow one thing less
  pelion.device_management.subscription:
    device_id: 01667c6e992c00000000000100100371
    paths: [/3/0/9]
    state: absent

- name: Follow nothing of a device any more
  pelion.device_management.subscription:
    device_id: 01667c6e992c00000000000100100371
    state: absent
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
      added: [/3303/0/5700]
      removed: []
      async_ids: [2b2e2d2c-0a4c-4f0e-9a37-3f1d0a8d8e11]
  contains:
    device_id:
      description: The id of the device.
      type: str
      returned: always
    paths:
      description: What is subscribed to, or in check mode would be.
      type: list
      elements: str
      returned: always
    added:
      description: What was not subscribed to before.
      type: list
      elements: str
      returned: always
    removed:
      description: What is not subscribed to any more.
      type: list
      elements: str
      returned: always
    async_ids:
      description:
        - The names under which the devices' answers come over the channel, where the service has to ask a device first.
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


class Subscription(ApiModule):
    def work(self, client, params, check_mode):
        ids, begun = devices.asked(params), set()

        def settle(device):
            return subscriptions.settle(client, device, params, check_mode, begun)

        found, failed = devices.each(client, ids, settle, params, "devices done")
        return devices.report(subscriptions.told([found[device] for device in ids if device in found], begun), failed, len(ids))


def main():
    Subscription(
        argument_spec=dict(
            **devices.CHANGES_SPEC,
            paths=dict(type="list", elements="str"),
            exact=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ("paths",))],
    ).main()


if __name__ == "__main__":
    main()
