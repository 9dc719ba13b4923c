#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get a token for access to devices on the spot."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_access_token
short_description: Get a token for access to devices on the spot
version_added: 0.1.0
description:
  - Gets an access token of secure device access. With it, and with the private key that belongs to O(cnf), an application may carry out
    operations on devices without the service in between.
  - What the holder of a token may do, and for how long, is said by access policies, which are made in the portal. The token is signed
    with the account's trust anchor, see M(pelion.device_management.trust_anchor).
  - Every run gets a new token. Tokens cannot be listed nor taken back, and the account may have to pay for each.
  - The vendor's description asks for the roles Service or ServiceAdministrator and shows a JWT; whether access keys are taken is not
    certain.
  - For access to devices through the service use M(pelion.device_management.device_resource). Services of 2019 have no such tokens.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.action
options:
  aud:
    description:
      - The devices, 1 to 50, each as V(id:) and its id or V(ep:) and its endpoint name. When one of them is refused, the whole request is.
    type: list
    elements: str
    required: true
  scope:
    description:
      - The operations that are asked for, 1 to 20, each of up to 60 letters, digits and hyphens that begin with a letter.
    type: list
    elements: str
    required: true
  cnf:
    description:
      - The public key of the application in PEM form. Whoever uses the token must prove to have the private key.
    type: str
    required: true
seealso:
  - module: pelion.device_management.trust_anchor
  - module: pelion.device_management.device_resource
"""

EXAMPLES = r"""
- name: Get a token for the door of the plant
  pelion.device_management.device_access_token:
    aud: ["id:01667c6e992c00000000000100100370"]
    scope: [open-door]
    cnf: "{{ lookup('ansible.builtin.file', 'technician.pub') }}"
    secret_file: /run/technician/token
  register: access

- name: Tell until when it is good
  ansible.builtin.debug:
    msg: "{{ access.device_access_token.granted_until }}"

- name: Hand a token for all pumps of a site on to the server of the app
  block:
    - name: Find the pumps
      pelion.device_management.device_info:
        filters:
          device_class: pump-v2
          custom_attributes: {site: oslo}
        fields: [id]
      register: pumps

    - name: Get the token
      pelion.device_management.device_access_token:
        aud: "{{ pumps.devices | map(attribute='id') | map('regex_replace', '^', 'id:') | list }}"
        scope: [read-flow, reset-alarm]
        cnf: "{{ lookup('ansible.builtin.file', 'app.pub') }}"
        return_secret: true
      register: access
      no_log: true

    - name: Hand it on
      ansible.builtin.uri:
        url: https://app.example.com/token
        method: POST
        body_format: json
        body:
          token: "{{ access.secret.access_token }}"
      no_log: true
"""

RETURN = r"""
device_access_token:
  description: What the service tells beside the token. In check mode C(granted_until) is V(null).
  returned: success
  type: dict
  sample:
    granted_until: "2026-01-31T20:00:00Z"
  contains:
    granted_until:
      description: When the token expires.
      type: str
      returned: always
secret:
  description: The token, a signed CWT as base64.
  returned: when O(return_secret=true), outside check mode
  type: dict
  sample:
    access_token: 2D3ShEOhASag...
  contains:
    access_token:
      description: The token.
      type: str
      returned: always
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import re

from ansible_collections.pelion.device_management.plugins.module_utils.module import SECRETS_SPEC, ApiModule, SecretDelivery
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security

# What each entry must look like, how many there may be, and how to say so (TokenRequest).
LISTS = {
    "aud": ("id:[0-9a-fA-F]{32}|ep:[a-zA-Z0-9 -]{1,57}", 50, "id: and a device id, or ep: and an endpoint name of up to 57 characters"),
    "scope": ("[a-zA-Z][a-zA-Z0-9-]{0,59}", 20, "a word of up to 60 letters, digits and hyphens that begins with a letter"),
}


class DeviceAccessToken(ApiModule):
    def work(self, client, params, check_mode):
        delivery = SecretDelivery(params)
        delivery.check()
        self.check(params)
        if check_mode:
            return {"changed": True, "device_access_token": {"granted_until": None}}
        body = {"grant_type": "client_credentials", "aud": params["aud"], "scope": " ".join(params["scope"]), "cnf": params["cnf"]}
        answer = client.post(security.DEVICE_ACCESS_TOKEN, body)
        secret = {"access_token": answer.pop("access_token")}
        return {"changed": True, "device_access_token": answer, **delivery.deliver(secret)}

    @staticmethod
    def check(params):
        for name, (pattern, most, words) in LISTS.items():
            if not 1 <= len(params[name]) <= most:
                raise ResourceError(f"{name} has {len(params[name])} entries; it must have 1 to {most}.")
            wrong = [entry for entry in params[name] if not re.fullmatch(pattern, entry)]
            if wrong:
                raise ResourceError(f"{name} has the entry {wrong[0]!r}, which is not {words}.")
        if "PRIVATE KEY-----" in params["cnf"] or "-----BEGIN PUBLIC KEY-----" not in params["cnf"]:
            raise ResourceError("cnf must be a public key in PEM form, which begins with -----BEGIN PUBLIC KEY-----.")


def main():
    DeviceAccessToken(
        argument_spec=dict(
            aud=dict(type="list", elements="str", required=True),
            scope=dict(type="list", elements="str", required=True),
            cnf=dict(type="str", required=True),
            **SECRETS_SPEC,
        )
    ).main()


if __name__ == "__main__":
    main()
