#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscribe to resources of devices as they register."""

from __future__ import annotations

DOCUMENTATION = r"""
module: presubscription
short_description: Subscribe to resources of devices as they register
version_added: 0.1.0
description:
  - Keeps the rules by which the service subscribes the key's application to resources of devices when these register. What the devices then
    report comes over the application's notification channel, which M(pelion.device_management.notification_channel) makes.
  - The rules take effect when a device registers the next time or renews its registration. To subscribe to devices that are registered now
    use M(pelion.device_management.subscription).
  - The service keeps all rules of an application as one list. This module reads the list, changes what was asked for, and writes it back,
    so two tasks should not do that at the same time.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  presubscriptions:
    description:
      - The rules. Rules for the same O(presubscriptions[].endpoint_name) and O(presubscriptions[].endpoint_type) are one.
      - At most 1024 rules with 256 different paths altogether.
    type: list
    elements: dict
    suboptions:
      endpoint_name:
        description:
          - The device, or with V(*) at the end all whose names begin so. At most 64 characters.
        type: str
      endpoint_type:
        description:
          - The type that devices give themselves. At most 64 characters.
        type: str
      resource_path:
        description:
          - The resources, or with V(*) at the end all whose paths begin so. At most 128 characters each.
          - Left out, all resources that can be subscribed to. With O(state=absent), the whole rule.
        type: list
        elements: str
  exact:
    description:
      - Whether other rules are removed.
    type: bool
    default: false
  state:
    description:
      - V(present) adds rules and gives those that are there exactly the paths named.
      - V(absent) takes the paths named from rules, and removes rules without paths. Without O(presubscriptions), all rules are removed.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: pelion.device_management.presubscription_info
  - module: pelion.device_management.subscription
  - module: pelion.device_management.notification_channel
"""

EXAMPLES = r"""
- name: Follow the temperature of whatever registers as a sensor
  pelion.device_management.presubscription:
    presubscriptions:
      - endpoint_type: sensor
        resource_path: [/3303/0/5700]

- name: Have these rules and no others
  pelion.device_management.presubscription:
    presubscriptions:
      - endpoint_type: sensor
        resource_path: [/3303/*]
      - endpoint_name: pump-*
        resource_path: [/3/0/9, /3/0/13]
    exact: true

- name: Follow one thing less
  pelion.device_management.presubscription:
    presubscriptions:
      - endpoint_name: pump-*
        resource_path: [/3/0/13]
    state: absent

- name: Remove all rules
  pelion.device_management.presubscription:
    state: absent
"""

RETURN = r"""
presubscriptions:
  description: All rules as they are now, or in check mode would be.
  returned: success
  type: list
  elements: dict
  sample:
    - endpoint_type: sensor
      resource_path: [/3303/0/5700]
  contains:
    endpoint_name:
      description: The device, or the beginning of the names of devices.
      type: str
      returned: when the rule has one
    endpoint_type:
      description: The type that devices give themselves.
      type: str
      returned: when the rule has one
    resource_path:
      description: The resources.
      type: list
      elements: str
      returned: when the rule names some
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils import presubscriptions
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class Presubscription(ApiModule):
    def work(self, client, params, check_mode):
        held = presubscriptions.read(client)
        wanted = presubscriptions.changed(held, params["presubscriptions"], params["state"], params["exact"])
        if wanted != held and not check_mode:
            presubscriptions.write(client, wanted)
        diff = {"before": {"presubscriptions": held}, "after": {"presubscriptions": wanted}}
        return {"changed": wanted != held, "presubscriptions": wanted, "diff": diff}


def main():
    Presubscription(
        argument_spec=dict(
            presubscriptions=dict(type="list", elements="dict", options=presubscriptions.RULE_SPEC),
            exact=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ("presubscriptions",))],
    ).main()


if __name__ == "__main__":
    main()
