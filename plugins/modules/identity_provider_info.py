#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read identity providers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_provider_info
short_description: Read identity providers
version_added: 0.1.0
description:
  - Reads one identity provider or lists all of them, those that are built in too.
  - The secret that the service uses at an OpenID Connect provider is left out of the result.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
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
      - Read the identity provider with this name.
    type: str
seealso:
  - module: pelion.device_management.identity_provider
"""

EXAMPLES = r"""
- name: List the identity providers
  pelion.device_management.identity_provider_info:
  register: found

- name: Show the certificate to give to the company's login service
  ansible.builtin.debug:
    msg: "{{ (found.identity_providers | selectattr('type', 'eq', 'SAML2') | first).saml2_attributes.sp_x509_cert }}"

- name: Read one of a customer's account
  pelion.device_management.identity_provider_info:
    account_id: 01619571e2e90242ac12000600000000
    name: Corporate login
"""

RETURN = r"""
identity_providers:
  description: The identity providers found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0161991d63150242ac12000600000009
      object: identity-provider
      account_id: 01619571e2e90242ac12000600000000
      name: Corporate login
      description: For everybody in the company
      type: OIDC
      status: ACTIVE
      is_default: false
      oidc_attributes:
        issuer: https://login.example.com
        client_id: pelion
        authorization_endpoint: https://login.example.com/authorize
        token_endpoint: https://login.example.com/token
        jwks_uri: https://login.example.com/jwks.json
        token_request_mode: POST
      etag: "1"
      created_at: "2026-01-31T12:00:00.000000Z"
      updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the identity provider.
      type: str
      returned: always
    name:
      description: The name.
      type: str
      returned: always
    type:
      description: V(SAML2) or V(OIDC); V(NATIVE) and V(MBED) are built in.
      type: str
      returned: always
    status:
      description: V(ACTIVE) or V(SUSPENDED).
      type: str
      returned: when set
    saml2_attributes:
      description: What is known of a SAML 2.0 provider.
      type: dict
      returned: for SAML2
    oidc_attributes:
      description: What is known of an OpenID Connect provider.
      type: dict
      returned: for OIDC
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


def main():
    InfoModule(accounts.IDENTITY_PROVIDER).main()


if __name__ == "__main__":
    main()
