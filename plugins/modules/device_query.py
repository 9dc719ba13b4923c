#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a saved device query in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_query
short_description: Create, change and delete saved device queries
version_added: 0.1.0
description:
  - Keeps a saved query of the device directory in the wanted state. The portal and update campaigns use such queries.
  - A query is text; to list the devices that it finds, pass it to the option O(pelion.device_management.device_info#module:query) of
    M(pelion.device_management.device_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  name:
    description:
      - The name of the query. It finds the query when O(id) is not given.
      - Names need not be unique. When several queries have the name the task fails and lists their ids.
    type: str
  query:
    description:
      - The query as the API writes it, such as V(state__eq=registered&device_class__eq=pump-v2). Two queries that mean the same
        count as equal.
    type: str
  filters:
    description:
      - The query as conditions, as in M(pelion.device_management.device_info). Give this or O(query).
    type: dict
seealso:
  - module: pelion.device_management.device_query_info
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: Save a query
  pelion.device_management.device_query:
    name: Pumps to look after
    filters:
      device_class: [pump-v1, pump-v2]
      state: {neq: registered}

- name: Change it, written as the API writes it
  pelion.device_management.device_query:
    name: Pumps to look after
    query: device_class__in=pump-v1,pump-v2&state__eq=deregistered

- name: List the devices that it finds
  block:
    - name: Read the query
      pelion.device_management.device_query_info:
        name: Pumps to look after
      register: saved

    - name: Run it
      pelion.device_management.device_info:
        query: "{{ saved.device_queries[0].query }}"
        fields: [name, state]

- name: Delete it
  pelion.device_management.device_query:
    name: Pumps to look after
    state: absent
"""

RETURN = r"""
device_query:
  description: The query as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100371
    object: device-query
    name: Pumps to look after
    query: device_class__in=pump-v1,pump-v2&state__neq=registered
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the query.
      type: str
      returned: always, except for a query that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    query:
      description: The query.
      type: str
      returned: always
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.filters import meaning, packed, unpack
from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


class DeviceQueryRecipe(Recipe):
    def desired(self, params, current):
        query = packed(directory.DEVICE.conditions(params["filters"])) if params["filters"] else params["query"]
        unpack(query or "")  # raises for what is no query at all
        return super().desired({**params, "query": query}, current)

    def same(self, name, current, wanted):
        if name == "query" and current and wanted:
            return current == wanted or meaning(current) == meaning(wanted)
        return super().same(name, current, wanted)


def main():
    ResourceModule(
        directory.DEVICE_QUERY,
        argument_spec=dict(name=dict(type="str"), query=dict(type="str")),
        extra_spec=dict(filters=dict(type="dict")),
        recipe=DeviceQueryRecipe,
        mutually_exclusive=[("query", "filters")],
    ).main()


if __name__ == "__main__":
    main()
