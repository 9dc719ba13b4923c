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
  - Keeps the pre-shared keys with which devices may bootstrap, one of them or thousands in one task.
  - The service never tells the secret, so it cannot be compared. A key that is there is left as it is, unless O(update_secrets) is
    V(always).
  - A key cannot be changed. To replace it, it is deleted and uploaded anew; if the upload fails, the device is left without a key, and
    the task has to be run again.
  - With O(pre_shared_keys) or O(endpoint_names) what is there is found out first, and only what differs is sent, several requests side by
    side. A key that fails does not keep the others from being dealt with; the task then fails at the end, and tells which they are.
  - For devices with certificates it is of no use, and not every account has the feature; the licence must have been accepted in the
    portal.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.state
  - pelion.device_management.resource.update_secrets
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  endpoint_name:
    description:
      - The endpoint name of the device, 16 to 64 printable ASCII characters. Give this, O(pre_shared_keys) or O(endpoint_names).
    type: str
  secret_hex:
    description:
      - The secret, 32 to 64 hexadecimal digits, with or without V(0x) before them. Needed to upload a key.
    type: str
  pre_shared_keys:
    description:
      - The keys of several devices. Each is kept by the same rules as a single one.
      - The secrets are masked wherever they would be shown, which takes its time. Give more than ten thousand keys in several tasks, for
        example in a loop over the filter P(ansible.builtin.batch#filter).
    type: list
    elements: dict
    suboptions:
      endpoint_name:
        description:
          - The endpoint name of the device, 16 to 64 printable ASCII characters.
        type: str
        required: true
      secret_hex:
        description:
          - The secret, 32 to 64 hexadecimal digits, with or without V(0x) before them. Needed to upload a key.
        type: str
  endpoint_names:
    description:
      - The endpoint names of several devices, for O(state=absent).
    type: list
    elements: str
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

- name: Upload the keys of a whole batch, and try those that failed once more
  block:
    - name: Upload them
      pelion.device_management.pre_shared_key:
        pre_shared_keys: "{{ vault_factory_batch }}"
        max_failures: 5%
      register: batch
  rescue:
    - name: Try those that failed once more
      pelion.device_management.pre_shared_key:
        pre_shared_keys: "{{ vault_factory_batch | selectattr('endpoint_name', 'in', failed_names) }}"
      vars:
        failed_names: "{{ batch.failed_pre_shared_keys | map(attribute='endpoint_name') }}"

- name: Upload what the factory has written into a file, a line with name and secret for each device
  pelion.device_management.pre_shared_key:
    pre_shared_keys: "{{ dict(lines | map('split', ',')) | dict2items(key_name='endpoint_name', value_name='secret_hex') }}"
  vars:
    lines: "{{ lookup('ansible.builtin.file', '/srv/factory/keys.csv').splitlines() }}"

- name: Delete it
  pelion.device_management.pre_shared_key:
    endpoint_name: pump-0001-2026-11
    state: absent

- name: Delete those of devices that were scrapped
  pelion.device_management.pre_shared_key:
    endpoint_names: "{{ scrapped_endpoint_names }}"
    state: absent
"""

RETURN = r"""
pre_shared_key:
  description: The key as it is now, never with its secret; V(null) when it is absent. In check mode, as it would be.
  returned: success, with O(endpoint_name)
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
changed_pre_shared_keys:
  description:
    - The endpoint names of the devices whose keys were uploaded, replaced or deleted, in the order given. In check mode, whose would be.
  returned: with O(pre_shared_keys) or O(endpoint_names), also when some failed
  type: list
  elements: str
  sample: [pump-0001-2026-11, pump-0002-2026-11]
unchanged:
  description: How many keys were as wanted already.
  returned: with O(pre_shared_keys) or O(endpoint_names), also when some failed
  type: int
  sample: 498
failed_pre_shared_keys:
  description: The keys that failed or were not tried any more, in the order given. The others have been dealt with.
  returned: with O(pre_shared_keys) or O(endpoint_names), also when some failed
  type: list
  elements: dict
  sample:
    - endpoint_name: pump-0003-2026-11
      msg: "POST /v2/device-shared-keys failed with HTTP 500: Internal Server Error (the answer has no text)."
      status: 500
      type: null
      fields: []
      request_id: 0161991d63150242ac12000600000000
  contains:
    endpoint_name:
      description: The endpoint name of the device.
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
      description: The error type of the service.
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

from ansible_collections.pelion.device_management.plugins.module_utils import pre_shared_keys
from ansible_collections.pelion.device_management.plugins.module_utils.bulk import BULK_SPEC
from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import enrollment


class PreSharedKey(ResourceModule):
    def work(self, client, params, check_mode):
        if params["endpoint_name"] is None:
            return pre_shared_keys.ensure(client, params, dry_run=check_mode)
        return super().work(client, params, check_mode)


def main():
    name, secret = dict(type="str"), dict(type="str", no_log=True)
    PreSharedKey(
        enrollment.PRE_SHARED_KEY,
        argument_spec=dict(endpoint_name=name, secret_hex=secret),
        extra_spec=dict(
            endpoint_names=dict(type="list", elements="str"),
            pre_shared_keys=dict(
                type="list", elements="dict", no_log=False, options=dict(endpoint_name=dict(name, required=True), secret_hex=secret)
            ),
            **BULK_SPEC,
        ),
        recipe=enrollment.PreSharedKeyRecipe,
        required_one_of=[("endpoint_name", "endpoint_names", "pre_shared_keys")],
        mutually_exclusive=[
            ("endpoint_name", "endpoint_names", "pre_shared_keys"),
            ("secret_hex", "endpoint_names"),
            ("secret_hex", "pre_shared_keys"),
        ],
    ).main()


if __name__ == "__main__":
    main()
