#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a trusted certificate in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: trusted_certificate
short_description: Upload, change and delete trusted certificates
version_added: 0.1.0
description:
  - Keeps a certificate that the bootstrap or LwM2M server trusts when devices connect in the wanted state.
  - Certificates are compared by their SHA-256 fingerprint, so line breaks, order and comments of the PEM text do not matter.
  - For the certificates of developer devices, whose private key the service makes, use
    M(pelion.device_management.developer_certificate).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.clear
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices: [description]
  name:
    description:
      - The name of the certificate, unique in the account, at most 100 characters. It finds the certificate when O(id) is not given.
      - When no certificate has the name, one with the fingerprint of O(certificate) is taken and gets the name.
    type: str
  certificate:
    description:
      - The certificate in PEM form, or a chain that holds all certificates from the root to the one to be trusted, in any order.
      - A certificate with this fingerprint is found also without O(name). When O(name) finds one with another fingerprint, it is
        replaced.
      - A text that holds a private key is refused before anything is sent.
    type: str
  certificate_fingerprint:
    description:
      - Find the certificate by its SHA-256 fingerprint, 64 hexadecimal digits with or without colons. O(name) is then a new name for it.
    type: str
  service:
    description:
      - The server that trusts the certificate. Needed to create one. It cannot change for developer certificates.
    type: str
    choices: [lwm2m, bootstrap]
  status:
    description:
      - Whether devices with certificates that this one issued may connect. The service makes new ones V(ACTIVE).
    type: str
    choices: [ACTIVE, INACTIVE]
  description:
    description:
      - A description of at most 500 characters.
    type: str
seealso:
  - module: pelion.device_management.trusted_certificate_info
  - module: pelion.device_management.developer_certificate
  - module: pelion.device_management.certificate_issuer
"""

EXAMPLES = r"""
- name: Trust the CA that issues the certificates of the factory
  pelion.device_management.trusted_certificate:
    name: Factory CA 2026
    certificate: "{{ lookup('ansible.builtin.file', 'factory-ca-2026.pem') }}"
    service: bootstrap
    description: Issues what the line in Oslo puts into devices

- name: Do not let devices of the old CA bootstrap any more
  pelion.device_management.trusted_certificate:
    name: Factory CA 2021
    status: INACTIVE

- name: Delete a certificate of which only the file is at hand
  pelion.device_management.trusted_certificate:
    certificate: "{{ lookup('ansible.builtin.file', 'factory-ca-2016.pem') }}"
    state: absent

- name: Let all tenants trust the CA, and tell where it runs out within a year
  block:
    - name: Upload it to each
      pelion.device_management.trusted_certificate:
        account_id: "{{ item }}"
        name: Factory CA 2026
        certificate: "{{ lookup('ansible.builtin.file', 'factory-ca-2026.pem') }}"
        service: bootstrap
      loop: "{{ tenants }}"

    - name: Find what expires
      pelion.device_management.trusted_certificate_info:
        filters:
          expire: 365
          status: ACTIVE
      register: expiring
"""

RETURN = r"""
trusted_certificate:
  description: The certificate as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100382
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
  contains:
    id:
      description: The id of the certificate.
      type: str
      returned: always, except for a certificate that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    certificate:
      description: The certificate in PEM form.
      type: str
      returned: always
    certificate_fingerprint:
      description: Its SHA-256 fingerprint, 64 hexadecimal digits.
      type: str
      returned: always, except for a certificate that check mode would create
    service:
      description: The server that trusts it.
      type: str
      returned: always
    status:
      description: V(ACTIVE) or V(INACTIVE).
      type: str
      returned: always
    validity:
      description: When it expires.
      type: str
      returned: always, except for a certificate that check mode would create
    valid:
      description: Whether it has not expired.
      type: bool
      returned: always, except for a certificate that check mode would create
    device_execution_mode:
      description: V(1) for a developer certificate.
      type: int
      returned: always, except for a certificate that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import AmbiguousError, Recipe
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class TrustedCertificateRecipe(Recipe):
    def prepare(self, client, params):
        wanted = security.fingerprint(params["certificate"]) if params["certificate"] else params["certificate_fingerprint"]
        return {**params, "certificate_fingerprint": wanted and security.plain_fingerprint(wanted)}

    def find(self, client, params):
        wanted, named = params["certificate_fingerprint"], None
        if params["id"] or not wanted or (params["name"] and params["certificate"]):
            named = super().find(client, params)
            if params["id"] or not wanted or (named and named.get("certificate_fingerprint") == wanted):
                return named
        held = security.by_fingerprint(client, params, wanted)
        if named and held:
            raise AmbiguousError(
                f"The name {params['name']!r} is that of {named['id']}, but the certificate is that of {held['id']}, "
                f"{held['name']!r}. Give the id of the one you mean, or delete the other first.",
                [named["id"], held["id"]],
            )
        return named or held

    def desired(self, params, current):
        if current and params["certificate"] and current.get("certificate_fingerprint") == params["certificate_fingerprint"]:
            # The same certificate, however its text is laid out.
            params = {**params, "certificate": current["certificate"]}
        return super().desired(params, current)


def main():
    ResourceModule(
        security.TRUSTED_CERTIFICATE,
        argument_spec=dict(
            name=dict(type="str"),
            certificate=dict(type="str"),
            service=dict(type="str", choices=["lwm2m", "bootstrap"]),
            status=dict(type="str", choices=["ACTIVE", "INACTIVE"]),
            description=dict(type="str"),
        ),
        extra_spec=dict(certificate_fingerprint=dict(type="str")),
        recipe=TrustedCertificateRecipe,
        required_one_of=[("id", "name", "certificate", "certificate_fingerprint")],
        mutually_exclusive=[("certificate", "certificate_fingerprint")],
    ).main()


if __name__ == "__main__":
    main()
