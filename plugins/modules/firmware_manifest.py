#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a firmware manifest in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_manifest
short_description: Upload and delete firmware manifests
version_added: 0.1.0
description:
  - Keeps a firmware manifest on the service, from a file of the machine that runs the task.
  - It does not make manifests. The vendor's manifest tool makes and signs them, and needs the address of the image for that.
  - Names of manifests need not be unique, and a manifest cannot be changed. So a manifest is taken for the wanted one when its name and its
    content are those of the file. The service tells no checksum of a manifest; those of the same name and size are therefore loaded from
    the address that the service gives and compared. Nothing is loaded when there is none of that name and size.
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
      - The name of the manifest. Together with the content it finds the manifest when O(id) is not given.
    type: str
  description:
    description:
      - What the manifest is for. It can be set only when the manifest is uploaded.
    type: str
  path:
    description:
      - The file to upload, of the machine that runs the task. It may have 2048 bytes, and its name 100 characters.
      - Also with O(state=absent) it picks, of several manifests with the name, the one with this content.
    type: path
  compare:
    description:
      - How to find out whether a manifest of this name has the content of O(path).
      - V(content) loads it. The address is one of a file server, not of the API; your key is not sent there.
      - V(size) compares the sizes only. Use it where that file server cannot be reached, and give each manifest a name of its own.
    type: str
    choices: [content, size]
    default: content
  key_table_path:
    description:
      - The file with the table of pre-shared keys of devices, of the machine that runs the task. The manifest tool makes it.
      - It is sent only with a new manifest, and nothing of it is ever shown. Keep the file secret.
    type: path
seealso:
  - module: pelion.device_management.firmware_manifest_info
  - module: pelion.device_management.firmware_image
  - module: pelion.device_management.update_campaign
"""

EXAMPLES = r"""
- name: Upload a manifest, unless it is there already
  pelion.device_management.firmware_manifest:
    name: Pump firmware 2.2
    path: build/pump-2.2.manifest

- name: From the image to the manifest
  block:
    - name: Upload the image
      pelion.device_management.firmware_image:
        name: Pump firmware 2.2
        path: build/pump-2.2.bin
      register: image

    - name: Make and sign the manifest
      ansible.builtin.command:
        argv:
          - manifest-tool
          - create
          - --config
          - build/pump-2.2.yaml
          - --key
          - signing/key.pem
          - --fw-url
          - "{{ image.firmware_image.datafile }}"
          - --output
          - build/pump-2.2.manifest
        creates: build/pump-2.2.manifest

    - name: Upload the manifest
      pelion.device_management.firmware_manifest:
        name: Pump firmware 2.2
        description: For all pumps of the second series
        path: build/pump-2.2.manifest

- name: Delete the manifest with this content
  pelion.device_management.firmware_manifest:
    name: Pump firmware 2.1
    path: build/pump-2.1.manifest
    state: absent
"""

RETURN = r"""
firmware_manifest:
  description:
    - The manifest as it is now; V(null) when it is absent. In check mode, as it would be. The address of its key table, a secret, is left
      out.
  returned: success
  type: dict
  sample:
    id: 016e83b46477000000000001001001f3
    object: firmware-manifest
    name: Pump firmware 2.2
    description: For all pumps of the second series
    datafile: https://firmware-catalog.example.com/77aa/pump-2.2.manifest
    datafile_size: 466
    manifest_schema_version: "3"
    device_class: 42c4d8de-704d-546e-b9d3-1ce1eb316167
    device_vendor: 5d645eae-c231-5a89-9764-2e655cd94fa8
    delivered_payload_digest: e979fe432d6a19b0e70a93b33ac29094cd5fe35a8fd5fbedfd383d8d107d6a7e
    delivered_payload_size: 1048576
    delivered_payload_type: full
    delivered_payload_url: https://firmware-catalog.example.com/9f2c/pump-2.2.bin
    precursor_payload_digest: 54d640fcd687c9b13420b9be66a265494899002aad1b7370cfb3dbfd7fbec42f
    update_priority: 1
    timestamp: "2026-01-31T11:58:00.000000Z"
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-01-31T12:00:00.000000Z"
    etag: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the manifest.
      type: str
      returned: always, except for a manifest that check mode would upload
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What the manifest is for.
      type: str
      returned: when set
    datafile:
      description: The address of the manifest itself.
      type: str
      returned: always, except for a manifest that check mode would upload
    datafile_size:
      description: The size of the manifest in bytes.
      type: int
      returned: always
    manifest_schema_version:
      description: The form of the manifest, V(1) or V(3).
      type: str
      returned: when the service could read it
    device_class:
      description: The class of devices that the manifest is for.
      type: str
      returned: when the manifest says so
    device_vendor:
      description: The vendor of the devices that the manifest is for.
      type: str
      returned: when the manifest says so
    delivered_payload_digest:
      description: The SHA-256 of what devices load, in hexadecimal digits.
      type: str
      returned: when the manifest says so
    delivered_payload_size:
      description: The size of what devices load, in bytes.
      type: int
      returned: when the manifest says so
    delivered_payload_type:
      description: Whether devices load a whole image (V(full)) or a difference (V(delta)).
      type: str
      returned: when the manifest says so
    delivered_payload_url:
      description: The address of what devices load.
      type: str
      returned: when the manifest says so
    precursor_payload_digest:
      description: The SHA-256 of the firmware that a difference is applied to.
      type: str
      returned: when the manifest says so
    update_priority:
      description: The priority that the application on the device is told.
      type: int
      returned: when the manifest says so
    timestamp:
      description: When the manifest was made, which is its version, UTC.
      type: str
      returned: when the manifest says so
    created_at:
      description: When the manifest was uploaded, UTC.
      type: str
      returned: always, except for a manifest that check mode would upload
    updated_at:
      description: When the manifest was last changed, UTC.
      type: str
      returned: always, except for a manifest that check mode would upload
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update


def main():
    ResourceModule(
        update.FIRMWARE_MANIFEST,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
        ),
        extra_spec=dict(
            path=dict(type="path"),
            compare=dict(type="str", choices=["content", "size"], default="content"),
            key_table_path=dict(type="path", no_log=False),
        ),
        recipe=update.FirmwareManifestRecipe,
    ).main()


if __name__ == "__main__":
    main()
