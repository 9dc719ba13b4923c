#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read trusted certificates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: trusted_certificate_info
short_description: Read trusted certificates
version_added: 0.1.0
description:
  - Reads one trusted certificate or lists those that match, developer certificates among them.
  - For the certificates of the service's own servers use M(pelion.device_management.server_credentials_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  name:
    description:
      - Read the certificate with this name.
    type: str
  certificate_fingerprint:
    description:
      - Read the certificate with this SHA-256 fingerprint, 64 hexadecimal digits with or without colons.
    type: str
seealso:
  - module: pelion.device_management.trusted_certificate
  - module: pelion.device_management.developer_certificate_info
"""

EXAMPLES = r"""
- name: List all trusted certificates
  pelion.device_management.trusted_certificate_info:
    fields: [name, subject, validity, status]
  register: certificates

- name: List active ones that expire within 30 days
  pelion.device_management.trusted_certificate_info:
    filters:
      expire: 30
      status: ACTIVE
      valid: true

- name: Find those that a certain CA issued, without developer certificates
  pelion.device_management.trusted_certificate_info:
    filters:
      issuer: {like: o=northlight}
      device_execution_mode: {neq: 1}

- name: Look whether a tenant trusts a certificate
  pelion.device_management.trusted_certificate_info:
    account_id: 015c3029f6f7000000000001001000c3
    certificate_fingerprint: A1:0F:B2:C8:BA:90:E6:DE:92:7B:D0:AE:39:1D:CC:38:F6:11:56:85:DE:2D:70:24:71:2A:F3:7E:AD:06:08:F1
  register: found
"""

RETURN = r"""
trusted_certificates:
  description: The certificates found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100382
      object: trusted-cert
      account_id: 015c3029f6f7000000000001001000c3
      name: Factory CA 2026
      description: Issues what the line in Oslo puts into devices
      certificate: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
      certificate_fingerprint: a10fb2c8ba90e6de927bd0ae391dcc38f6115685de2d7024712af37ead0608f1
      service: bootstrap
      status: ACTIVE
      subject: CN=Factory CA 2026,O=Northlight
      issuer: CN=Factory CA 2026,O=Northlight
      validity: "2036-01-31T12:00:00Z"
      valid: true
      device_execution_mode: 0
      enrollment_mode: false
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

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class TrustedCertificateInfo(InfoModule):
    def read(self, client, params):
        if params["certificate_fingerprint"]:
            found = security.by_fingerprint(client, params, params["certificate_fingerprint"])
            if found is None:
                return []
            params = {**params, "id": found["id"], "certificate_fingerprint": None}
        return super().read(client, params)


def main():
    TrustedCertificateInfo(
        security.TRUSTED_CERTIFICATE,
        mutually_exclusive=[("id", "certificate_fingerprint", other) for other in ("name", "filters")],
    ).main()


if __name__ == "__main__":
    main()
