#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a pre-shared key in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pre_shared_key
short_description: Upload, replace and delete the pre-shared keys of devices
version_added: 0.1.0
description:
  - Keeps the pre-shared key with which one device may bootstrap.
  - The service never tells the secret, so it cannot be compared. A key that is there is left as it is, unless O(update_secrets) is
    V(always).
  - A key cannot be changed. To replace it, it is deleted and uploaded anew; if the upload fails, the device is left without a key, and
    the task has to be run again.
  - For devices with certificates it is of no use, and not every account has the feature; the licence must have been accepted in the
    portal.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.state
  - pelion.device_management.resource.update_secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  endpoint_name:
    description:
      - The endpoint name of the device, 16 to 64 printable ASCII characters.
    type: str
    required: true
  secret_hex:
    description:
      - The secret, 32 to 64 hexadecimal digits, with or without V(0x) before them. Needed to upload a key.
    type: str
seealso:
  - module: pelion.device_management.pre_shared_key_info
"""

EXAMPLES = r"""
- name: Upload the key of a device, unless it has one
  pelion.device_management.pre_shared_key:
    endpoint_name: pump-0001-2026-11
    secret_hex: "{{ vault_pump_0001_psk }}"

- name: Replace it
  pelion.device_management.pre_shared_key:
    endpoint_name: pump-0001-2026-11
    secret_hex: "{{ vault_pump_0001_new_psk }}"
    update_secrets: always

- name: Upload the keys of a whole batch
  pelion.device_management.pre_shared_key:
    endpoint_name: "{{ item.endpoint_name }}"
    secret_hex: "{{ item.secret_hex }}"
  loop: "{{ vault_factory_batch }}"
  loop_control:
    label: "{{ item.endpoint_name }}"
  no_log: true

- name: Delete it
  pelion.device_management.pre_shared_key:
    endpoint_name: pump-0001-2026-11
    state: absent
"""

RETURN = r"""
pre_shared_key:
  description: The key as it is now, never with its secret; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    endpoint_name: pump-0001-2026-11
    created_at: "2026-11-02T08:15:30.000000Z"
  contains:
    endpoint_name:
      description: The endpoint name of the device.
      type: str
      returned: always
    created_at:
      description: When the key was uploaded.
      type: str
      returned: always, except for a key that check mode would upload
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import re

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe, ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


class PreSharedKeyRecipe(Recipe):
    def desired(self, params, current):
        if params["secret_hex"] is not None and not re.fullmatch(r"(0[xX])?[0-9a-fA-F]{32,64}", params["secret_hex"]):
            raise ResourceError("secret_hex must be 32 to 64 hexadecimal digits, with or without 0x before them.")
        return super().desired(params, current)

    def update(self, current, changes, params):
        return [*self.delete(current, params), *self.create({"endpoint_name": current["endpoint_name"], **changes}, params)]


def main():
    ResourceModule(
        enrollment.PRE_SHARED_KEY,
        argument_spec=dict(
            endpoint_name=dict(type="str", required=True),
            secret_hex=dict(type="str", no_log=True),
        ),
        recipe=PreSharedKeyRecipe,
    ).main()


if __name__ == "__main__":
    main()
