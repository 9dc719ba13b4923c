#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an API key in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: api_key
short_description: Create, change, reset and delete API keys
version_added: 0.1.0
description:
  - Keeps an API key of the account in the wanted state. An API key belongs to a user and has policy groups of its own.
  - The vendor deprecated API keys in 2020. They still work, and older services have nothing else; for anything new use
    M(pelion.device_management.application) and M(pelion.device_management.access_key).
  - The service tells the key itself only when it is created or reset. It goes into O(secret_file), or into the result with
    O(return_secret).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.secrets
  - pelion.device_management.resource.membership
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
attributes:
  idempotent:
    support: partial
    details: With O(state=reset) there is a new secret each time.
options:
  id:
    description:
      - The id of the key, 32 hexadecimal digits, or V(me) for the one that the task uses. With it, the other options can change the name
        too.
      - V(me) cannot go with O(account_id).
    type: str
  state:
    description:
      - V(present) creates the key where it is missing and changes what differs; options left out are left alone.
      - V(reset) changes what differs as well, and gives the key a new secret. The old one does not work any more. The key must be there.
      - V(absent) deletes it.
    type: str
    choices: [present, absent, reset]
    default: present
  name:
    description:
      - The name of the key. It finds the key when O(id) is not given.
      - Names need not be unique. When several keys have the name the task fails and lists their ids.
    type: str
  owner:
    description:
      - The user who owns the key, by id or by e-mail address. By default it is who creates it; in a sub-tenant account there is no
        default.
    type: str
  groups:
    description:
      - The policy groups of the key, by id or by name. O(membership) says whether these are all of them.
    type: list
    elements: str
  status:
    description:
      - With V(INACTIVE) the key cannot be used.
    type: str
    choices: [ACTIVE, INACTIVE]
  force:
    description:
      - Whether the key may be deleted, reset or made inactive although it is the one that the task uses.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.api_key_info
  - module: pelion.device_management.access_key
  - module: pelion.device_management.policy_group
"""

EXAMPLES = r"""
- name: Make a key for a build server, and keep it where only its owner can read it
  pelion.device_management.api_key:
    name: build server
    groups: [Developers]
    secret_file: /etc/build/pelion-key

- name: Put it into a second group, and keep the first
  pelion.device_management.api_key:
    name: build server
    groups: [Water team]
    membership: add

- name: Give it a new secret
  pelion.device_management.api_key:
    name: build server
    state: reset
    secret_file: /etc/build/pelion-key

- name: Replace the key that the tasks use, step by step
  block:
    - name: See what it is
      pelion.device_management.api_key_info:
        id: me
      register: old

    - name: Make another like it
      pelion.device_management.api_key:
        name: "{{ old.api_keys[0].name }} {{ now(utc=true, fmt='%Y-%m-%d') }}"
        groups: "{{ old.api_keys[0].groups }}"
        return_secret: true
      register: new
      no_log: true

    - name: Delete the old one, with the new one
      pelion.device_management.api_key:
        id: "{{ old.api_keys[0].id }}"
        state: absent
        api_key: "{{ new.secret.key }}"
      no_log: true

- name: Delete a key
  pelion.device_management.api_key:
    name: build server
    state: absent
"""

RETURN = r"""
api_key:
  description: The key as it is now, without what makes it secret; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01619571f7020242ac12000600000000
    object: api-key
    account_id: 01619571e2e90242ac12000600000000
    name: build server
    owner: 01619571e2e89242ac12000600000000
    groups: [01619571dec00242ac12000600000000]
    status: ACTIVE
    created_at: "2026-01-31T12:00:00.000000Z"
    creation_time: 1769860800000
    updated_at: "2026-02-01T08:15:30.000000Z"
    last_login_time: 1769933730000
    etag: "1"
  contains:
    id:
      description: The id of the key.
      type: str
      returned: always, except for a key that check mode would create
    account_id:
      description: The id of the account that it belongs to.
      type: str
      returned: always, except for a key that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    owner:
      description: The id of the user who owns it.
      type: str
      returned: when known
    groups:
      description: The ids of the policy groups that it belongs to.
      type: list
      returned: when it belongs to any
    status:
      description: Whether it can be used, V(ACTIVE) or V(INACTIVE).
      type: str
      returned: always, except for a key that check mode would create
    created_at:
      description: When it was created, UTC.
      type: str
      returned: always, except for a key that check mode would create
    updated_at:
      description: When it was last changed, UTC.
      type: str
      returned: always, except for a key that check mode would create
    last_login_time:
      description: When it was last used, in milliseconds since 1970.
      type: int
      returned: when it was used
secret:
  description: The key itself. The service does not tell it again.
  returned: when the key was created or reset and O(return_secret) is set
  type: dict
  sample:
    key: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER
  contains:
    key:
      description: What requests are sent with, also as the option O(api_key) of all modules.
      type: str
      returned: always
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import access


def main():
    ResourceModule(
        access.API_KEY,
        recipe=access.ApiKeyRecipe,
        argument_spec=dict(
            name=dict(type="str"),
            owner=dict(type="str"),
            groups=dict(type="list", elements="str"),
            status=dict(type="str", choices=["ACTIVE", "INACTIVE"]),
        ),
        extra_spec=dict(force=dict(type="bool", default=False)),
    ).main()


if __name__ == "__main__":
    main()
