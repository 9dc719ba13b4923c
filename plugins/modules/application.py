#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an application in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: application
short_description: Create, change and delete applications
version_added: 0.1.0
description:
  - Keeps an application of the account in the wanted state. An application is a program that uses the service; the policy groups it
    belongs to say what it may do, and it shows who it is by one of its access keys, which M(pelion.device_management.access_key) makes.
  - All access keys of an application share one notification channel and its subscriptions. Give programs that listen to devices an
    application each.
  - Services of before 2020-08 have no applications; there use M(pelion.device_management.api_key).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.membership
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  name:
    description:
      - The name of the application, unique in the account. It finds the application when O(id) is not given.
    type: str
  description:
    description:
      - What the application is for. V("") clears it.
    type: str
  groups:
    description:
      - The policy groups of the application, by id or by name. O(membership) says whether these are all of them.
    type: list
    elements: str
  status:
    description:
      - V(INACTIVE) stops the application and B(clears its notification channels and subscriptions). After V(ACTIVE) it has to make them
        anew.
    type: str
    choices: [ACTIVE, INACTIVE]
  force:
    description:
      - Whether the application may be deleted or stopped although the task logs in by one of its keys. Nothing can be done with that key
        afterwards.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.application_info
  - module: pelion.device_management.access_key
  - module: pelion.device_management.policy_group
"""

EXAMPLES = r"""
- name: Make an application that may do what developers may
  pelion.device_management.application:
    name: Dashboard
    description: Shows the state of all pumps
    groups: [Developers]

- name: Put it into a second group, and keep the first
  pelion.device_management.application:
    name: Dashboard
    groups: [Water team]
    membership: add

- name: Stop it for now
  pelion.device_management.application:
    name: Dashboard
    status: INACTIVE

- name: Set up access from nothing, and keep the key where only its owner can read it
  block:
    - name: Make the group that says what may be done
      pelion.device_management.policy_group:
        name: Water team

    - name: Make the application
      pelion.device_management.application:
        name: Pump control
        groups: [Water team]

    - name: Make its access key
      pelion.device_management.access_key:
        application_id: Pump control
        name: Pump control 1
        secret_file: /etc/pump-control/access-key

- name: Delete it, with its access keys
  pelion.device_management.application:
    name: Dashboard
    state: absent
"""

RETURN = r"""
application:
  description: The application as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01705c6383f6c85b76f92f4e00000000
    object: application
    account_id: 01619571e2e90242ac12000600000000
    name: Dashboard
    description: Shows the state of all pumps
    groups: [01619571dec00242ac12000600000000]
    status: ACTIVE
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
    last_used_at: "2026-02-02T06:00:00.000000Z"
    etag: "2"
  contains:
    id:
      description: The id of the application.
      type: str
      returned: always, except for an application that check mode would create
    account_id:
      description: The id of the account that it belongs to.
      type: str
      returned: always, except for an application that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What it is for.
      type: str
      returned: when set
    groups:
      description: The ids of the policy groups that it belongs to.
      type: list
      returned: when it belongs to any
    status:
      description: Whether it is in use, V(ACTIVE) or V(INACTIVE).
      type: str
      returned: always, except for an application that check mode would create
    last_used_at:
      description: When one of its access keys was last used, UTC.
      type: str
      returned: when it was used
    created_at:
      description: When it was created, UTC.
      type: str
      returned: always, except for an application that check mode would create
    updated_at:
      description: When it was last changed, UTC.
      type: str
      returned: always, except for an application that check mode would create
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
        access.APPLICATION,
        recipe=access.ApplicationRecipe,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
            groups=dict(type="list", elements="str"),
            status=dict(type="str", choices=["ACTIVE", "INACTIVE"]),
        ),
        extra_spec=dict(force=dict(type="bool", default=False)),
    ).main()


if __name__ == "__main__":
    main()
