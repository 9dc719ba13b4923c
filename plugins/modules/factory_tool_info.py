#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read which version of the factory tool there is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: factory_tool_info
short_description: Read which version of the factory tool there is
version_added: 0.1.0
description:
  - Reads what the service says of the factory configurator utility, the program with which factories provision devices, and its release
    notes.
  - The archive itself is fetched with M(pelion.device_management.factory_tool).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  release_notes:
    description:
      - Whether to read the release notes too.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.factory_tool
"""

EXAMPLES = r"""
- name: Read the newest version and what is new in it
  pelion.device_management.factory_tool_info:
    release_notes: true
  register: tool

- name: Show it
  ansible.builtin.debug:
    msg: "{{ tool.factory_tool.version }}: {{ tool.release_notes }}"
"""

RETURN = r"""
factory_tool:
  description: What the service has.
  returned: success
  type: dict
  sample:
    version: 4.9.0
    download_size_bytes: 41230012
    download_url: https://api.us-east-1.mbedcloud.com/downloads/fcu/factory_configurator_utility.zip
    release_notes_url: https://api.us-east-1.mbedcloud.com/downloads/fcu/release_notes
  contains:
    version:
      description: The version.
      type: str
      returned: always
    download_size_bytes:
      description: The size of the archive in bytes.
      type: int
      returned: always
    download_url:
      description: Where the archive is.
      type: str
      returned: always
    release_notes_url:
      description: Where the release notes are.
      type: str
      returned: always
    license_type:
      description: The kind of licence.
      type: str
      returned: when set
    license_version:
      description: The version of the licence.
      type: str
      returned: when set
release_notes:
  description: The release notes, as Markdown.
  returned: when O(release_notes) is set
  type: str
  sample: "# Release 4.9.0"
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class FactoryToolInfo(ApiModule):
    def work(self, client, params, check_mode):
        found = {"factory_tool": numbers.factory_tool(client)}
        if params["release_notes"]:
            found["release_notes"] = client.fetch(numbers.FACTORY_TOOL_NOTES).decode()
        return {"changed": False, **found}


def main():
    FactoryToolInfo(dict(release_notes=dict(type="bool", default=False))).main()


if __name__ == "__main__":
    main()
