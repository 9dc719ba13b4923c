#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the rules that subscribe to resources of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: presubscription_info
short_description: Read the rules that subscribe to resources of devices
version_added: 0.1.0
description:
  - Reads the rules by which the service subscribes the key's application to resources of devices when these register.
  - What is subscribed to on certain devices is read with M(pelion.device_management.subscription_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options: {}
seealso:
  - module: pelion.device_management.presubscription
  - module: pelion.device_management.subscription_info
"""

EXAMPLES = r"""
- name: Read the rules
  pelion.device_management.presubscription_info:
  register: rules

- name: Stop if nobody follows the sensors
  ansible.builtin.assert:
    that: rules.presubscriptions | selectattr('endpoint_type', 'defined') | selectattr('endpoint_type', 'eq', 'sensor') | list
"""

RETURN = r"""
presubscriptions:
  description: The rules; an empty list when there are none.
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


class PresubscriptionInfo(ApiModule):
    def work(self, client, params, check_mode):
        return {"changed": False, "presubscriptions": presubscriptions.read(client)}


def main():
    PresubscriptionInfo(argument_spec={}).main()


if __name__ == "__main__":
    main()
