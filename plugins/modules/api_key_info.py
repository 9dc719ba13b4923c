#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read API keys."""

from __future__ import annotations

DOCUMENTATION = r"""
module: api_key_info
short_description: Read API keys
version_added: 0.1.0
description:
  - Reads one API key, lists those that match, or those that are in a policy group.
  - The key itself is never told, only what is known of it.
  - To learn which key a text is, filter by C(key). What is private of it is not sent.
  - Access keys, which programs should have today, are read with M(pelion.device_management.access_key_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  id:
    description:
      - Read the one key with this id, or V(me) for the one that the task uses. Without it, all keys are read, or those that the other
        options pick.
    type: str
  name:
    description:
      - Read the keys with this name. Names need not be unique.
    type: str
  policy_group_id:
    description:
      - Read the keys that are in this policy group, by its id or its name.
    type: str
seealso:
  - module: pelion.device_management.api_key
  - module: pelion.device_management.access_key_info
"""

EXAMPLES = r"""
- name: See which key the tasks use
  pelion.device_management.api_key_info:
    id: me

- name: See which key a program has
  pelion.device_management.api_key_info:
    filters:
      key: "{{ lookup('ansible.builtin.file', '/etc/build/pelion-key') }}"

- name: List the keys of one user
  pelion.device_management.api_key_info:
    filters:
      owner: 01619571e2e89242ac12000600000000

- name: See who else can do everything
  pelion.device_management.api_key_info:
    policy_group_id: Administrators
    fields: [name, owner, last_login_time]
"""

RETURN = r"""
api_keys:
  description: The keys found, without what makes them secret; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571f7020242ac12000600000000
      account_id: 01619571e2e90242ac12000600000000
      name: build server
      owner: 01619571e2e89242ac12000600000000
      groups: [01619571dec00242ac12000600000000]
      status: ACTIVE
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-02-01T08:15:30.000000Z"
      last_login_time: 1769933730000
missing:
  description: Those of O(ids) that nothing has.
  returned: when O(ids) is given
  type: list
  elements: str
  sample: [0161991d63150242ac120006000000ff]
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import re
from dataclasses import replace

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access

# The last 32 characters of a key are private: never to be shown, nor to be sent in a URL.
WHOLE_KEY = re.compile(r"(ak_\w{44})\w{32}")


class ApiKeyInfo(InfoModule):
    @staticmethod
    def secrets(params):
        return [found[0] for found in WHOLE_KEY.finditer(str(params["filters"]))]

    def conditions(self, params):
        return tuple(replace(one, values=tuple(WHOLE_KEY.sub(r"\1", text) for text in one.values)) for one in super().conditions(params))


def main():
    ApiKeyInfo(access.API_KEY, variants=dict(policy_group_id=access.API_KEY_OF_GROUP)).main()


if __name__ == "__main__":
    main()
