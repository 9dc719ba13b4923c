#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read which issuers the certificates of devices come from."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issuer_config_info
short_description: Read which issuers the certificates of devices come from
version_added: 0.1.0
description:
  - Reads the configuration of one device certificate or lists those that match.
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
  reference:
    description:
      - Read the configuration of the device certificate with this name. V(LwM2M) is the certificate with which devices connect to
        Device Management.
    type: str
seealso:
  - module: pelion.device_management.certificate_issuer_config
  - module: pelion.device_management.certificate_issuer_info
"""

EXAMPLES = r"""
- name: List all configurations
  pelion.device_management.certificate_issuer_config_info:
  register: configs

- name: Show which certificate comes from which issuer
  ansible.builtin.debug:
    msg: "{{ configs.certificate_issuer_configs | items2dict(key_name='reference', value_name='certificate_issuer_id') }}"

- name: Read the one of the certificates that devices connect with
  pelion.device_management.certificate_issuer_config_info:
    reference: LwM2M
"""

RETURN = r"""
certificate_issuer_configs:
  description: The configurations found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100388
      object: certificate-issuer-configuration
      reference: customer.dlms
      certificate_issuer_id: 01667c6e992c00000000000100100386
      is_custom: true
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

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class CertificateIssuerConfigInfo(InfoModule):
    def read(self, client, params):
        return super().read(client, security.with_default_id(params))


def main():
    CertificateIssuerConfigInfo(security.CERTIFICATE_ISSUER_CONFIG).main()


if __name__ == "__main__":
    main()
