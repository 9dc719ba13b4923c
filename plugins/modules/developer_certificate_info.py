#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read developer certificates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: developer_certificate_info
short_description: Read developer certificates
version_added: 0.1.0
description:
  - Reads one developer certificate or lists those that match. Private keys are never returned.
  - To write the key or the C file of one to a file use M(pelion.device_management.developer_certificate).
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
      - Read the certificate with this name.
    type: str
seealso:
  - module: pelion.device_management.developer_certificate
  - module: pelion.device_management.trusted_certificate_info
"""

EXAMPLES = r"""
- name: List all developer certificates
  pelion.device_management.developer_certificate_info:
  register: developers

- name: Delete those that have expired
  pelion.device_management.developer_certificate:
    id: "{{ item.id }}"
    state: absent
  loop: "{{ developers.developer_certificates | rejectattr('valid') }}"
  loop_control:
    label: "{{ item.name }}"

- name: List the names of those that are switched off
  pelion.device_management.developer_certificate_info:
    filters:
      status: INACTIVE
    fields: [name]
"""

RETURN = r"""
developer_certificates:
  description: The certificates found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100384
      object: trusted-cert
      account_id: 015c3029f6f7000000000001001000c3
      name: Pump controller, development
      description: Boards on the desks
      certificate: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
      certificate_fingerprint: a10fb2c8ba90e6de927bd0ae391dcc38f6115685de2d7024712af37ead0608f1
      service: bootstrap
      status: ACTIVE
      subject: CN=01667c6e992c00000000000100100384
      issuer: CN=01667c6e992c00000000000100100384
      validity: "2036-01-31T12:00:00Z"
      valid: true
      device_execution_mode: 1
      owner_id: 015c3029f6f7000000000001001000c4
      etag: "1"
      created_at: "2026-01-31T12:00:00Z"
      updated_at: "2026-01-31T12:00:00Z"
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

from ansible_collections.pelion.device_management.plugins.module_utils.filters import Condition
from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class DeveloperCertificateInfo(InfoModule):
    def conditions(self, params):
        return (*super().conditions(params), Condition("device_execution_mode", "eq", ("1",)))


def main():
    DeveloperCertificateInfo(security.DEVELOPER_CERTIFICATE).main()


if __name__ == "__main__":
    main()
