#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a certificate issuer in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issuer
short_description: Create, change, verify and delete certificate issuers
version_added: 0.1.0
description:
  - Keeps the access to an outside certificate authority, which issues certificates for devices, in the wanted state. An account can have
    20 of them.
  - Which certificates it issues is said by M(pelion.device_management.certificate_issuer_config).
  - To trust the certificates of a CA that devices bring from the factory use M(pelion.device_management.trusted_certificate).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.clear
  - pelion.device_management.resource.update_secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices: [description]
  name:
    description:
      - The name of the issuer, unique in the account, at most 50 characters. It finds the issuer when O(id) is not given.
    type: str
  issuer_type:
    description:
      - The kind of authority. Needed to create an issuer, and fixed from then on.
    type: str
    choices: [GLOBAL_SIGN, CFSSL_AUTH]
  issuer_attributes:
    description:
      - How to reach a V(CFSSL_AUTH) authority. Needed to create such an issuer; a V(GLOBAL_SIGN) one has none.
      - The attributes are changed as a whole.
    type: dict
    suboptions:
      host_url:
        description:
          - The address of the CFSSL service.
        type: str
        required: true
      cfssl_label:
        description:
          - The label that chooses the signer.
        type: str
      cfssl_profile:
        description:
          - The profile that the signer uses.
        type: str
  issuer_credentials:
    description:
      - The credentials of the account at the authority. Needed to create an issuer.
      - The service never returns them, so a change of them alone is sent only with O(update_secrets=always).
    type: dict
    suboptions:
      api_key:
        description:
          - The API key at GlobalSign. Needed for V(GLOBAL_SIGN).
        type: str
      api_secret:
        description:
          - The API secret at GlobalSign. Needed for V(GLOBAL_SIGN).
        type: str
      client_certificate:
        description:
          - The client certificate for GlobalSign in PEM form. Needed for V(GLOBAL_SIGN).
        type: str
      private_key:
        description:
          - The private key of O(issuer_credentials.client_certificate) in PEM form. Needed for V(GLOBAL_SIGN).
        type: str
      passphrase:
        description:
          - The passphrase of O(issuer_credentials.private_key), when it has one.
        type: str
      hmac_hex_key:
        description:
          - The key that requests to CFSSL are authenticated with, 1 to 32 bytes as pairs of hexadecimal digits. Needed for V(CFSSL_AUTH).
        type: str
  description:
    description:
      - A description of at most 100 characters.
    type: str
  verify:
    description:
      - Whether to have the issuer sign a test certificate when it is as wanted. The task fails when it cannot.
      - This happens on every run, except in check mode, and never counts as a change. With some authorities it uses up a part of what
        the account may have signed.
    type: bool
    default: false
notes:
  - An issuer that a certificate issuer configuration names cannot be deleted. Point the configuration to another one first.
seealso:
  - module: pelion.device_management.certificate_issuer_info
  - module: pelion.device_management.certificate_issuer_config
  - module: pelion.device_management.certificate_renewal
"""

EXAMPLES = r"""
- name: Have certificates issued by a CFSSL server, and see that it works
  pelion.device_management.certificate_issuer:
    name: Own CA
    issuer_type: CFSSL_AUTH
    issuer_attributes:
      host_url: https://cfssl.example.com:8888
      cfssl_label: devices
    issuer_credentials:
      hmac_hex_key: "{{ cfssl_key }}"
    description: The CA in the cellar
    verify: true

- name: Send new credentials
  pelion.device_management.certificate_issuer:
    name: Own CA
    issuer_credentials:
      hmac_hex_key: "{{ new_cfssl_key }}"
    update_secrets: always

- name: Move the issuing to GlobalSign and delete the old issuer
  block:
    - name: Have the new issuer
      pelion.device_management.certificate_issuer:
        name: GlobalSign
        issuer_type: GLOBAL_SIGN
        issuer_credentials:
          api_key: "{{ globalsign.key }}"
          api_secret: "{{ globalsign.secret }}"
          client_certificate: "{{ lookup('ansible.builtin.file', 'globalsign.pem') }}"
          private_key: "{{ lookup('ansible.builtin.file', 'globalsign.key') }}"
        verify: true

    - name: Let it issue
      pelion.device_management.certificate_issuer_config:
        reference: customer.dlms
        certificate_issuer_id: GlobalSign

    - name: Delete the old one
      pelion.device_management.certificate_issuer:
        name: Own CA
        state: absent
"""

RETURN = r"""
certificate_issuer:
  description: The issuer as it is now, without its credentials; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100386
    object: certificate-issuer
    name: Own CA
    issuer_type: CFSSL_AUTH
    issuer_attributes: {host_url: "https://cfssl.example.com:8888", cfssl_label: devices}
    description: The CA in the cellar
    etag: "1"
    created_at: "2026-01-31T12:00:00Z"
  contains:
    id:
      description: The id of the issuer.
      type: str
      returned: always, except for an issuer that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    issuer_type:
      description: The kind of authority.
      type: str
      returned: always
    issuer_attributes:
      description: How it is reached.
      type: dict
      returned: when it has any
verification:
  description: What the test of the issuer gave, C(successful) and C(message).
  returned: when O(verify=true), outside check mode
  type: dict
  sample: {successful: true, message: ""}
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import re

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe, ResourceError, WaitError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security

# What each kind of authority needs, and what it takes besides (GlobalSignCredentials, CfsslAuthCredentials).
NEEDED = {"GLOBAL_SIGN": ("api_key", "api_secret", "client_certificate", "private_key"), "CFSSL_AUTH": ("hmac_hex_key",)}
FURTHER = {"GLOBAL_SIGN": ("passphrase",), "CFSSL_AUTH": ()}


class CertificateIssuerRecipe(Recipe):
    def prepare(self, client, params):
        given = {name: params[name] for name in ("issuer_attributes", "issuer_credentials") if params[name]}
        return {**params, **{name: {key: value for key, value in held.items() if value is not None} for name, held in given.items()}}

    def desired(self, params, current):
        wanted = super().desired(params, current)
        kind = wanted.get("issuer_type") or (current or {}).get("issuer_type")
        if wanted.get("issuer_credentials") is not None and kind in NEEDED:
            self.check(kind, wanted["issuer_credentials"])
        if kind == "CFSSL_AUTH" and current is None and not wanted.get("issuer_attributes"):
            raise ResourceError("issuer_attributes must name the host_url of a CFSSL_AUTH issuer.")
        if kind == "GLOBAL_SIGN" and wanted.get("issuer_attributes"):
            raise ResourceError("A GLOBAL_SIGN issuer has no issuer_attributes; leave them out.")
        return wanted

    def same(self, name, current, wanted):
        if name == "issuer_attributes":
            # The service may name those that have no value, too.
            current = {key: value for key, value in (current or {}).items() if value is not None}
        return super().same(name, current, wanted)

    @staticmethod
    def check(kind, credentials):
        missing = [name for name in NEEDED[kind] if not credentials.get(name)]
        if missing:
            raise ResourceError(f"The issuer_credentials of a {kind} issuer need also: {', '.join(missing)}.")
        foreign = sorted(set(credentials) - {*NEEDED[kind], *FURTHER[kind]})
        if foreign:
            raise ResourceError(f"The issuer_credentials of a {kind} issuer do not have: {', '.join(foreign)}.")
        if kind == "CFSSL_AUTH" and not re.fullmatch("([0-9a-fA-F]{2}){1,32}", credentials["hmac_hex_key"]):
            raise ResourceError("hmac_hex_key must be 1 to 32 pairs of hexadecimal digits.")


class CertificateIssuer(ResourceModule):
    def work(self, client, params, check_mode):
        result = super().work(client, params, check_mode)
        issuer = result[self.recipe.row.name]
        if params["verify"] and issuer and not check_mode:
            answer = result["verification"] = client.post(f"{self.recipe.row.item(params, issuer['id'])}/verify")
            if not answer.get("successful"):
                reason = (answer.get("message") or "no reason was given").rstrip(".")
                failure = WaitError(
                    f"The certificate issuer {issuer['name']!r} ({issuer['id']}) is there, but cannot sign a test certificate: {reason}. "
                    "Correct it; new credentials are sent with update_secrets set to always.",
                    self.recipe.row,
                    issuer,
                )
                failure.changed = result["changed"]
                raise failure
        return result


def main():
    CertificateIssuer(
        security.CERTIFICATE_ISSUER,
        argument_spec=dict(
            name=dict(type="str"),
            issuer_type=dict(type="str", choices=["GLOBAL_SIGN", "CFSSL_AUTH"]),
            issuer_attributes=dict(
                type="dict",
                options=dict(host_url=dict(type="str", required=True), cfssl_label=dict(type="str"), cfssl_profile=dict(type="str")),
            ),
            issuer_credentials=dict(
                type="dict",
                no_log=True,
                options=dict(
                    api_key=dict(type="str", no_log=True),
                    api_secret=dict(type="str", no_log=True),
                    client_certificate=dict(type="str"),
                    private_key=dict(type="str", no_log=True),
                    passphrase=dict(type="str", no_log=True),
                    hmac_hex_key=dict(type="str", no_log=True),
                ),
            ),
            description=dict(type="str"),
        ),
        extra_spec=dict(verify=dict(type="bool", default=False)),
        recipe=CertificateIssuerRecipe,
    ).main()


if __name__ == "__main__":
    main()
