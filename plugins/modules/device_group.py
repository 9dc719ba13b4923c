#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a device group in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_group
short_description: Create, change and delete device groups
version_added: 0.1.0
description:
  - Keeps a device group of the device directory in the wanted state.
  - Which devices belong to it is the matter of M(pelion.device_management.device_group_member).
  - Do not confuse it with policy groups, which hold users and keys.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.purge
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  name:
    description:
      - The name of the group, unique in the account. It finds the group when O(id) is not given.
    type: str
  description:
    description:
      - What the group is for. V("") clears it.
    type: str
  custom_attributes:
    description:
      - Up to ten attributes, name to value. Names given are set, names given as V(null) are removed, others stay.
      - V({}) removes all.
      - Names must not begin with a digit. Names and values have at most 128 characters.
    type: dict
seealso:
  - module: pelion.device_management.device_group_info
  - module: pelion.device_management.device_group_member
"""

EXAMPLES = r"""
- name: Make a group
  pelion.device_management.device_group:
    name: Pumps in Oslo
    description: Everything that pumps in the Oslo plant
    custom_attributes:
      site: oslo
      owner: water team

- name: Move it to another owner and keep its other attributes
  pelion.device_management.device_group:
    name: Pumps in Oslo
    custom_attributes:
      owner: maintenance

- name: Rename it
  pelion.device_management.device_group:
    id: 015c3029f6f7000000000001001000c3
    name: Pumps in Oslo West

- name: Delete it; its devices stay
  pelion.device_management.device_group:
    name: Pumps in Oslo West
    state: absent
"""

RETURN = r"""
device_group:
  description: The group as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 015c3029f6f7000000000001001000c3
    object: device-group
    name: Pumps in Oslo
    description: Everything that pumps in the Oslo plant
    custom_attributes: {site: oslo, owner: water team}
    devices_count: 12
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
    etag: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the group.
      type: str
      returned: always, except for a group that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What the group is for.
      type: str
      returned: when set
    custom_attributes:
      description: The attributes.
      type: dict
      returned: when set
    devices_count:
      description: How many devices are in the group.
      type: int
      returned: always, except for a group that check mode would create
    created_at:
      description: When the group was created, UTC.
      type: str
      returned: always, except for a group that check mode would create
    updated_at:
      description: When the group was last changed, UTC.
      type: str
      returned: always, except for a group that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    ResourceModule(
        directory.DEVICE_GROUP,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
            custom_attributes=dict(type="dict"),
        ),
    ).main()


if __name__ == "__main__":
    main()
