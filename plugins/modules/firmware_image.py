#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a firmware image in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_image
short_description: Upload and delete firmware images
version_added: 0.1.0
description:
  - Keeps a firmware image on the service, from a file of the machine that runs the task.
  - Names of images need not be unique, and an image cannot be changed. So an image is taken for the wanted one when its name and its
    SHA-256 are those of the file; otherwise the file is uploaded as a new image, and images of the same name with other content stay.
  - A small file is sent in one request. A large one is sent in chunks by an upload job; when that is interrupted, the next run compares
    what has arrived with the file and goes on from there. The job is deleted when the image is there. The file is never read into memory
    whole.
  - What devices do with an image is said by a manifest, which is made and signed with the vendor's manifest tool and uploaded with
    M(pelion.device_management.firmware_manifest).
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
      - The name of the image. Together with the checksum it finds the image when O(id) is not given.
    type: str
  description:
    description:
      - What the image is for. It can be set only when the image is uploaded.
    type: str
  path:
    description:
      - The file to upload, of the machine that runs the task. Its name may have 166 characters.
      - Also with O(state=absent) it picks, of several images with the name, the one with this content.
    type: path
  datafile_checksum:
    description:
      - The SHA-256 that the image has, in hexadecimal digits. It picks one of several images with the name.
      - Together with O(path) it is what the file must have; the task fails when it has not.
    type: str
  chunked_from:
    description:
      - Files of this many bytes or more are uploaded in chunks. The service takes less than 100 MB in one request; an account may have a
        lower limit.
    type: int
    default: 99000000
  chunk_size:
    description:
      - Bytes a chunk, 5242880 to 100000000. So much memory is used. It is made larger where the file would need more than 10,000 chunks.
    type: int
    default: 6291456
  wait_timeout:
    description:
      - Seconds that the service may take to make an image from the chunks.
    type: float
    default: 600
  wait_interval:
    description:
      - Seconds between two looks, and before a chunk is tried again.
    type: float
    default: 5
seealso:
  - module: pelion.device_management.firmware_image_info
  - module: pelion.device_management.firmware_upload_job
  - module: pelion.device_management.firmware_manifest
"""

EXAMPLES = r"""
- name: Upload an image, unless it is there already
  pelion.device_management.firmware_image:
    name: Pump firmware 2.2
    description: Quieter at night
    path: build/pump-2.2.bin
  register: image

- name: Upload a large one over a slow line
  pelion.device_management.firmware_image:
    name: Gateway root file system 7
    path: build/gateway-7.img
    chunked_from: 20000000
    chunk_size: 5242880
    wait_timeout: 3600

- name: Upload only what the build has announced
  pelion.device_management.firmware_image:
    name: Pump firmware 2.2
    path: build/pump-2.2.bin
    datafile_checksum: e979fe432d6a19b0e70a93b33ac29094cd5fe35a8fd5fbedfd383d8d107d6a7e

- name: Show what a manifest has to name
  ansible.builtin.debug:
    msg: "{{ image.firmware_image.datafile }} {{ image.firmware_image.datafile_checksum }}"

- name: Delete the image with this content
  pelion.device_management.firmware_image:
    name: Pump firmware 2.1
    path: build/pump-2.1.bin
    state: absent
"""

RETURN = r"""
firmware_image:
  description: The image as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 016e652be671000000000001001001e6
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
      returned: always, except for an image that check mode would upload
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
      returned: always, except for an image that check mode would upload
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
      returned: always, except for an image that check mode would upload
    updated_at:
      description: When the image was last changed, UTC.
      type: str
      returned: always, except for an image that check mode would upload
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
        update.FIRMWARE_IMAGE,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
        ),
        extra_spec=dict(
            path=dict(type="path"),
            datafile_checksum=dict(type="str"),
            chunked_from=dict(type="int", default=99_000_000),
            chunk_size=dict(type="int", default=6_291_456),
            wait_timeout=dict(type="float", default=600),
            wait_interval=dict(type="float", default=5),
        ),
        recipe=update.FirmwareImageRecipe,
    ).main()


if __name__ == "__main__":
    main()
