#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an upload job in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_upload_job
short_description: Create, rename and delete upload jobs of firmware images
version_added: 0.1.0
description:
  - Keeps an upload job in the wanted state, by which a large firmware image is uploaded in chunks.
  - You rarely need it, since M(pelion.device_management.firmware_image) makes, fills and deletes its jobs itself. Use it to rename a job
    or to delete one that was left behind.
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
      - The name of the job, unique in the account, and of the image that it makes. It finds the job when O(id) is not given.
    type: str
  description:
    description:
      - What the image is for. V("") clears it.
    type: str
seealso:
  - module: pelion.device_management.firmware_upload_job_info
  - module: pelion.device_management.firmware_image
"""

EXAMPLES = r"""
- name: Delete a job that was left behind
  pelion.device_management.firmware_upload_job:
    name: Pump firmware 2.1
    state: absent

- name: Rename a job before it is finished
  pelion.device_management.firmware_upload_job:
    id: 016e652be671000000000001001001e5
    name: Pump firmware 2.1 (aborted)

- name: Make a job that something else fills
  pelion.device_management.firmware_upload_job:
    name: Pump firmware 2.2
    description: Filled by the build server
  register: job

- name: Delete all jobs that have made their image
  block:
    - name: Find them
      pelion.device_management.firmware_upload_job_info:
        filters:
          complete: true
        fields: [name]
      register: done

    - name: Delete them; the images stay
      pelion.device_management.firmware_upload_job:
        id: "{{ item.id }}"
        state: absent
      loop: "{{ done.firmware_upload_jobs }}"
      loop_control:
        label: "{{ item.name }}"
"""

RETURN = r"""
firmware_upload_job:
  description: The job as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 016e652be671000000000001001001e5
    object: upload-job
    name: Pump firmware 2.2
    description: Filled by the build server
    status: in_progress
    complete: false
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-01-31T12:00:00.000000Z"
    etag: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the job.
      type: str
      returned: always, except for a job that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What the image is for.
      type: str
      returned: when set
    status:
      description: How far the job is, such as V(in_progress) or V(success).
      type: str
      returned: always, except for a job that check mode would create
    complete:
      description: Whether the job is done.
      type: bool
      returned: always, except for a job that check mode would create
    firmware_image_id:
      description: The id of the image that the job has made.
      type: str
      returned: when it has
    created_at:
      description: When the job was created, UTC.
      type: str
      returned: always, except for a job that check mode would create
    updated_at:
      description: When the job was last changed, UTC.
      type: str
      returned: always, except for a job that check mode would create
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
        update.FIRMWARE_UPLOAD_JOB,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
        ),
    ).main()


if __name__ == "__main__":
    main()
