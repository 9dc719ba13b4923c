#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read firmware images."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_image_info
short_description: Read firmware images
version_added: 0.1.0
description:
  - Reads one firmware image or lists those that match.
  - Uploads that are under way are read with M(pelion.device_management.firmware_upload_job_info).
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
      - Read the images with this name. Names need not be unique.
    type: str
seealso:
  - module: pelion.device_management.firmware_image
  - module: pelion.device_management.firmware_upload_job_info
"""

EXAMPLES = r"""
- name: List all images, newest first
  pelion.device_management.firmware_image_info:
    order: DESC
    fields: [name, datafile_size, created_at]

- name: Find the image with a certain content
  pelion.device_management.firmware_image_info:
    filters:
      datafile_checksum: e979fe432d6a19b0e70a93b33ac29094cd5fe35a8fd5fbedfd383d8d107d6a7e

- name: Delete all images that are older than a year
  block:
    - name: Find them
      pelion.device_management.firmware_image_info:
        filters:
          created_at:
            lte: "2025-01-31T00:00:00Z"
        fields: [name]
      register: old

    - name: Delete them
      pelion.device_management.firmware_image:
        id: "{{ item.id }}"
        state: absent
      loop: "{{ old.firmware_images }}"
"""

RETURN = r"""
firmware_images:
  description: The images found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 016e652be671000000000001001001e6
      object: firmware-image
      name: Pump firmware 2.2
      description: Quieter at night
      datafile: https://firmware-catalog.example.com/9f2c/pump-2.2.bin
      datafile_checksum: e979fe432d6a19b0e70a93b33ac29094cd5fe35a8fd5fbedfd383d8d107d6a7e
      datafile_size: 1048576
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-01-31T12:00:00.000000Z"
      etag: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the image.
      type: str
      returned: always
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What the image is for.
      type: str
      returned: when set
    datafile:
      description: The address of the file, which a manifest names.
      type: str
      returned: always
    datafile_checksum:
      description: The SHA-256 of the file in hexadecimal digits.
      type: str
      returned: always
    datafile_size:
      description: The size of the file in bytes.
      type: int
      returned: always
    created_at:
      description: When the image was created, UTC.
      type: str
      returned: always
    updated_at:
      description: When the image was last changed, UTC.
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
    InfoModule(update.FIRMWARE_IMAGE).main()


if __name__ == "__main__":
    main()
