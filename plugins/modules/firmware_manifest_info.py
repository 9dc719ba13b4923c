#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read firmware manifests."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_manifest_info
short_description: Read firmware manifests
version_added: 0.1.0
description:
  - Reads one firmware manifest or lists those that match, with what the service has read in them.
  - The address of a manifest's key table, which is a secret, is left out.
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
      - Read the manifests with this name. Names need not be unique.
    type: str
seealso:
  - module: pelion.device_management.firmware_manifest
  - module: pelion.device_management.update_campaign
"""

EXAMPLES = r"""
- name: List all manifests for one class of devices
  pelion.device_management.firmware_manifest_info:
    filters:
      device_class: 42c4d8de-704d-546e-b9d3-1ce1eb316167
    fields: [name, timestamp, delivered_payload_url]

- name: Read the newest manifest of a name
  pelion.device_management.firmware_manifest_info:
    name: Pump firmware
    order: DESC
    limit: 1
"""

RETURN = r"""
firmware_manifests:
  description: The manifests found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 016e83b46477000000000001001001f3
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
      returned: always
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
      returned: always
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
      returned: always
    updated_at:
      description: When the manifest was last changed, UTC.
      type: str
      returned: always
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update


def main():
    InfoModule(update.FIRMWARE_MANIFEST).main()


if __name__ == "__main__":
    main()
