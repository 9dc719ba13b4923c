#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read saved device queries."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_query_info
short_description: Read saved device queries
version_added: 0.1.0
description:
  - Reads one saved query or lists those that match. It does not run them.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  name:
    description:
      - Read the queries with this name.
    type: str
seealso:
  - module: pelion.device_management.device_query
"""

EXAMPLES = r"""
- name: List all saved queries
  pelion.device_management.device_query_info:

- name: Read one and list the devices that it finds
  block:
    - name: Read the query
      pelion.device_management.device_query_info:
        name: Pumps to look after
      register: saved

    - name: Run it
      pelion.device_management.device_info:
        query: "{{ saved.device_queries[0].query }}"
"""

RETURN = r"""
device_queries:
  description: The queries found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100371
      name: Pumps to look after
      query: device_class__in=pump-v1,pump-v2&state__neq=registered
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

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    InfoModule(directory.DEVICE_QUERY).main()


if __name__ == "__main__":
    main()
