#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which issuer the certificates of devices come from."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issuer_config
short_description: Say which issuer the certificates of devices come from
version_added: 0.1.0
description:
  - Keeps the configuration in the wanted state that says which certificate issuer is used for device certificates of one name.
  - The credentials of an issuer are kept by M(pelion.device_management.certificate_issuer).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.clear
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices: [certificate_issuer_id]
  reference:
    description:
      - The name of the device certificate, as the factory made it, such as V(customer.dlms). It finds the configuration when O(id) is not
        given, and cannot change. Names that begin with V(mbed.) are the service's own.
      - V(LwM2M) is the certificate with which devices connect to Device Management. Its configuration always exists and cannot be
        deleted.
    type: str
  certificate_issuer_id:
    description:
      - The id of the issuer, or its name. To create a configuration, give this or clear it.
      - With O(clear=[certificate_issuer_id]) the certificates of V(LwM2M) come from Device Management itself.
    type: str
seealso:
  - module: pelion.device_management.certificate_issuer_config_info
  - module: pelion.device_management.certificate_issuer
  - module: pelion.device_management.certificate_renewal
"""

EXAMPLES = r"""
- name: Let an issuer issue a certificate of the application
  pelion.device_management.certificate_issuer_config:
    reference: customer.dlms
    certificate_issuer_id: Own CA

- name: Let it also issue the certificates that devices connect with, once it has been verified
  block:
    - name: Verify it
      pelion.device_management.certificate_issuer:
        name: Own CA
        verify: true
      register: issuer

    - name: Let it issue
      pelion.device_management.certificate_issuer_config:
        reference: LwM2M
        certificate_issuer_id: "{{ issuer.certificate_issuer.id }}"

- name: Go back to the certificates of Device Management itself
  pelion.device_management.certificate_issuer_config:
    reference: LwM2M
    clear: [certificate_issuer_id]

- name: Delete the configuration of a certificate that is not used any more
  pelion.device_management.certificate_issuer_config:
    reference: customer.dlms
    state: absent
"""

RETURN = r"""
certificate_issuer_config:
  description: The configuration as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100388
    object: certificate-issuer-configuration
    reference: customer.dlms
    certificate_issuer_id: 01667c6e992c00000000000100100386
    is_custom: true
    etag: "1"
    created_at: "2026-01-31T12:00:00Z"
    updated_at: "2026-01-31T12:00:00Z"
  contains:
    id:
      description: The id of the configuration.
      type: str
      returned: always, except for a configuration that check mode would create
    reference:
      description: The name of the device certificate.
      type: str
      returned: always
    certificate_issuer_id:
      description: The id of the issuer; V(null) for Device Management itself.
      type: str
      returned: always
    is_custom:
      description: Whether somebody made it, so that it can be deleted.
      type: bool
      returned: always, except for a configuration that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe, ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class CertificateIssuerConfigRecipe(Recipe):
    def prepare(self, client, params):
        return security.with_default_id(params)

    def item(self, current, params):
        if params["id"] == security.DEFAULT_ISSUER_CONFIG:
            return self.row.item(params, params["id"])
        return super().item(current, params)

    def delete(self, current, params):
        if not current.get("is_custom"):
            raise ResourceError(
                f"The configuration {current.get('reference')} is the service's own and cannot be deleted. Clear certificate_issuer_id to "
                "have its certificates issued by Device Management."
            )
        return super().delete(current, params)


def main():
    ResourceModule(
        security.CERTIFICATE_ISSUER_CONFIG,
        argument_spec=dict(
            reference=dict(type="str"),
            certificate_issuer_id=dict(type="str"),
        ),
        recipe=CertificateIssuerConfigRecipe,
    ).main()


if __name__ == "__main__":
    main()
