#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read upload jobs and their chunks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firmware_upload_job_info
short_description: Read upload jobs of firmware images
version_added: 0.1.0
description:
  - Reads one upload job or lists those that match, on request with what has been uploaded of each.
  - The images that jobs have made are read with M(pelion.device_management.firmware_image_info).
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
      - Read the job with this name.
    type: str
  chunks:
    description:
      - Whether each job is returned with its chunks. That is a further request a job.
    type: bool
    default: false
  chunk_ids:
    description:
      - Return only the chunks with these numbers, counted from 1. A job that does not have one is returned without it.
    type: list
    elements: int
seealso:
  - module: pelion.device_management.firmware_upload_job
  - module: pelion.device_management.firmware_image
"""

EXAMPLES = r"""
- name: List the jobs that are not done
  pelion.device_management.firmware_upload_job_info:
    filters:
      complete: false

- name: See how much of one has arrived
  pelion.device_management.firmware_upload_job_info:
    name: Pump firmware 2.2
    chunks: true
  register: job

- name: Show it
  ansible.builtin.debug:
    msg: "{{ job.firmware_upload_jobs[0].chunks | sum(attribute='length') }} bytes"

- name: Look at the first chunk only
  pelion.device_management.firmware_upload_job_info:
    name: Pump firmware 2.2
    chunk_ids: [1]
"""

RETURN = r"""
firmware_upload_jobs:
  description: The jobs found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 016e652be671000000000001001001e5
      object: upload-job
      name: Pump firmware 2.2
      description: Filled by the build server
      status: in_progress
      complete: false
      chunks:
        - id: 1
          object: upload-info
          upload_job_id: 016e652be671000000000001001001e5
          length: 6291456
          hash: Q2h1Y2sgSW51ZwDIAXR5IQ==
          created_at: "2026-01-31T12:00:05.000000Z"
          updated_at: "2026-01-31T12:00:05.000000Z"
          etag: "2026-01-31T12:00:05.000000Z"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-01-31T12:00:00.000000Z"
      etag: "2026-01-31T12:00:00.000000Z"
  contains:
    chunks:
      description: What has been uploaded, with number, length in bytes and MD5. An empty chunk is the end.
      type: list
      elements: dict
      returned: when O(chunks) or O(chunk_ids) is given
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
from ansible_collections.pelion.device_management.plugins.module_utils.resource import listing, read
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update


class UploadJobInfo(InfoModule):
    def complete(self, client, item, params):
        row, parent = update.FIRMWARE_UPLOAD_CHUNK, {"upload_job_id": item["id"]}
        if params["chunk_ids"]:
            found = [read(client, row, parent, number) for number in params["chunk_ids"]]
            return {**item, "chunks": [chunk for chunk in found if chunk is not None]}
        return {**item, "chunks": list(listing(client, row, parent))} if params["chunks"] else item


def main():
    UploadJobInfo(
        update.FIRMWARE_UPLOAD_JOB,
        argument_spec=dict(
            chunks=dict(type="bool", default=False),
            chunk_ids=dict(type="list", elements="int"),
        ),
    ).main()


if __name__ == "__main__":
    main()
