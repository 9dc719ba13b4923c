#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read certificate issuers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issuer_info
short_description: Read certificate issuers
version_added: 0.1.0
description:
  - Reads one certificate issuer or lists those that match. Credentials are never among what is returned.
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
      - Read the issuer with this name.
    type: str
seealso:
  - module: pelion.device_management.certificate_issuer
  - module: pelion.device_management.certificate_issuer_config_info
"""

EXAMPLES = r"""
- name: List all certificate issuers
  pelion.device_management.certificate_issuer_info:
  register: issuers

- name: Find the one that certificates for LwM2M come from
  block:
    - name: Read the configuration
      pelion.device_management.certificate_issuer_config_info:
        reference: LwM2M
      register: config

    - name: Read its issuer
      pelion.device_management.certificate_issuer_info:
        id: "{{ config.certificate_issuer_configs[0].certificate_issuer_id }}"
      when: config.certificate_issuer_configs[0].certificate_issuer_id is not none
"""

RETURN = r"""
certificate_issuers:
  description: The issuers found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100386
      object: certificate-issuer
      name: Own CA
      issuer_type: CFSSL_AUTH
      issuer_attributes: {host_url: "https://cfssl.example.com:8888", cfssl_label: devices}
      description: The CA in the cellar
      etag: "1"
      created_at: "2026-01-31T12:00:00Z"
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


def main():
    InfoModule(security.CERTIFICATE_ISSUER).main()


if __name__ == "__main__":
    main()
