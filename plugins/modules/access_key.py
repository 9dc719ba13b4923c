#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an access key in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: access_key
short_description: Create, change and delete the access keys of an application
version_added: 0.1.0
description:
  - Keeps an access key of an application in the wanted state. A program shows an access key with each request; what it may do is said by
    the groups of the application, see M(pelion.device_management.application).
  - An application has two access keys at most, so that one can be replaced while the other is in use. The examples show how.
  - The service tells the key itself only when it is created. It goes into O(secret_file), or into the result with O(return_secret).
  - To check that a key works, read the account with it, see M(pelion.device_management.account_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.secrets
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  application_id:
    description:
      - The application whose key it is, by its id or its name. A key cannot move to another application.
    type: str
    required: true
  name:
    description:
      - The name of the key. It finds the key among those of the application when O(id) is not given.
    type: str
  description:
    description:
      - What the key is for. V("") clears it.
    type: str
  expiration:
    description:
      - When the key stops to work, such as V(2027-01-31T12:00:00Z). It can be moved later, and so revives an expired key, but not be
        taken away.
    type: str
  status:
    description:
      - With V(INACTIVE) the key cannot be used. Notification channels that the application has stay open.
    type: str
    choices: [ACTIVE, INACTIVE]
  force:
    description:
      - Whether the key may be deleted or made inactive although it is the one that the task uses.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.access_key_info
  - module: pelion.device_management.application
  - module: pelion.device_management.api_key
"""

EXAMPLES = r"""
- name: Make a key that lasts a year, and keep it where only its owner can read it
  pelion.device_management.access_key:
    application_id: Dashboard
    name: Dashboard 2026
    expiration: "2027-01-31T00:00:00Z"
    secret_file: /etc/dashboard/access-key

- name: Let it last longer
  pelion.device_management.access_key:
    application_id: Dashboard
    name: Dashboard 2026
    expiration: "2027-06-30T00:00:00Z"

- name: Replace a key without a moment in which none works
  block:
    - name: Make the second key
      pelion.device_management.access_key:
        application_id: Dashboard
        name: Dashboard 2027
        return_secret: true
      register: second
      no_log: true

    - name: Hand it on when it is new
      ansible.builtin.copy:
        content: "{{ second.secret.key }}"
        dest: /etc/dashboard/access-key
        mode: "0600"
      when: second is changed
      no_log: true

    - name: Try it
      pelion.device_management.account_info:
        api_key: "{{ second.secret.key }}"
      when: second is changed
      no_log: true

    - name: Delete the first
      pelion.device_management.access_key:
        application_id: Dashboard
        name: Dashboard 2026
        state: absent

- name: Switch a key off for now
  pelion.device_management.access_key:
    application_id: 01705c6383f6c85b76f92f4e00000000
    id: 01619571f7020242ac12000600000000
    status: INACTIVE
"""

RETURN = r"""
access_key:
  description: The key as it is now, without what makes it secret; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01619571f7020242ac12000600000000
    object: access-key
    account_id: 01619571e2e90242ac12000600000000
    application_id: 01705c6383f6c85b76f92f4e00000000
    name: Dashboard 2026
    status: ACTIVE
    expiration: "2027-01-31T00:00:00.000000Z"
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
    last_used_at: "2026-02-02T06:00:00.000000Z"
    etag: "1"
  contains:
    id:
      description: The id of the key.
      type: str
      returned: always, except for a key that check mode would create
    application_id:
      description: The id of the application.
      type: str
      returned: always, except for a key that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What it is for.
      type: str
      returned: when set
    status:
      description: Whether it can be used, V(ACTIVE), V(INACTIVE) or V(EXPIRED).
      type: str
      returned: always, except for a key that check mode would create
    expiration:
      description: When it stops to work, UTC.
      type: str
      returned: when set
    last_used_at:
      description: When it was last used, UTC.
      type: str
      returned: when it was used
    created_at:
      description: When it was created, UTC.
      type: str
      returned: always, except for a key that check mode would create
    updated_at:
      description: When it was last changed, UTC.
      type: str
      returned: always, except for a key that check mode would create
secret:
  description: The key itself. The service does not tell it again.
  returned: when the key was created and O(return_secret) is set
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
        access.ACCESS_KEY,
        recipe=access.AccessKeyRecipe,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
            expiration=dict(type="str"),
            status=dict(type="str", choices=["ACTIVE", "INACTIVE"]),
        ),
        extra_spec=dict(application_id=dict(type="str", required=True), force=dict(type="bool", default=False)),
    ).main()


if __name__ == "__main__":
    main()
