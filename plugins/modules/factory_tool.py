#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the factory tool."""

from __future__ import annotations

DOCUMENTATION = r"""
module: factory_tool
short_description: Fetch the factory tool
version_added: 0.1.0
description:
  - Fetches the archive of the factory configurator utility, the program with which factories provision devices.
  - The archive is made for the account; treat it as private. Only its owner can read the file.
  - The service may refuse it until the licence has been accepted in the Portal.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  dest:
    description:
      - The file to write on the machine that runs the task, or a folder that is there, in which the file gets the version in its name.
      - The service tells the version and the size of the archive, and no checksum. A file of that size is taken for the same, so prefer a
        folder, where another version is always another file.
    type: path
    required: true
  sha256:
    description:
      - The SHA-256 that the archive must have, in hexadecimal digits. An archive with another one is not kept.
    type: str
  force:
    description:
      - Whether to fetch it even if it seems to be there.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.factory_tool_info
"""

EXAMPLES = r"""
- name: Fetch the newest version for the factory
  pelion.device_management.factory_tool:
    dest: /srv/factory/
  register: tool

- name: Unpack it when it is new
  ansible.builtin.unarchive:
    src: "{{ tool.dest }}"
    dest: /srv/factory/current
    remote_src: true
  when: tool is changed

- name: Fetch it only if it is what was approved
  pelion.device_management.factory_tool:
    dest: /srv/factory/approved.zip
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
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
dest:
  description: The file.
  returned: success
  type: str
  sample: /srv/factory/factory_configurator_utility-4.9.0.zip
sha256:
  description: The SHA-256 of the file, in hexadecimal digits; V(null) when check mode would fetch it.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import os

from ansible_collections.pelion.device_management.plugins.module_utils.files import held, placed
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import numbers


class FactoryTool(ApiModule):
    def work(self, client, params, check_mode):
        tool = numbers.factory_tool(client)
        dest, size = placed(params["dest"], f"factory_configurator_utility-{tool['version']}.zip"), tool["download_size_bytes"]
        wanted = (params["sha256"] or "").lower()
        sha256 = held(dest) if not params["force"] and os.path.isfile(dest) and os.path.getsize(dest) == size else None
        changed = sha256 is None or wanted not in ("", sha256)
        if changed:
            sha256 = None if check_mode else numbers.save_factory_tool(client, dest, size, wanted)
        return {"changed": changed, "factory_tool": tool, "dest": dest, "sha256": sha256}


def main():
    FactoryTool(
        dict(
            dest=dict(type="path", required=True),
            sha256=dict(type="str"),
            force=dict(type="bool", default=False),
        )
    ).main()


if __name__ == "__main__":
    main()
