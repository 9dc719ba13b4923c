#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an identity provider in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_provider
short_description: Create, change and delete identity providers
version_added: 0.1.0
description:
  - Lets users log in by a service of their company, over SAML 2.0 or OpenID Connect, and keeps what is known of that service.
  - The providers V(NATIVE) and V(MBED) are built in and cannot be changed.
  - Which users log in by it is said by O(pelion.device_management.user#module:login_profiles) of M(pelion.device_management.user).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.resource
  - pelion.device_management.resource.update_secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
attributes:
  check_mode:
    support: partial
    details: Whether O(refresh_jwks) finds other keys cannot be foretold.
  idempotent:
    support: partial
    details: O(sp_certificate=renewed) has a new certificate made each time, and O(update_secrets=always) sends secrets each time.
options:
  name:
    description:
      - The name. It finds the identity provider when O(id) is not given.
    type: str
  type:
    description:
      - What it speaks. Services of before 2020 know V(SAML2) only. Needed to create one.
    type: str
    choices: [SAML2, OIDC]
  description:
    description:
      - What it is for. V("") clears it.
    type: str
  status:
    description:
      - Whether users can log in by it.
    type: str
    choices: [ACTIVE, SUSPENDED]
  saml2_attributes:
    description:
      - What is known of a SAML 2.0 provider. Values given are set, others stay.
    type: dict
    suboptions:
      entity_descriptor:
        description:
          - The provider's metadata, XML in base64, at most 65535 characters. The service takes the other values from it.
          - It is never returned. It is sent when the identity provider is created, with every other change of these values, and as
            O(update_secrets) says.
        type: str
      idp_entity_id:
        description:
          - The entity id of the provider.
        type: str
      idp_x509_certs:
        description:
          - The certificates of the provider in PEM form.
        type: list
        elements: str
      slo_endpoint:
        description:
          - The URL for logging out.
        type: str
      sp_entity_id:
        description:
          - The entity id of this service. Better left out; the service makes one.
        type: str
      sso_endpoint:
        description:
          - The URL for logging in.
        type: str
  oidc_attributes:
    description:
      - What is known of an OpenID Connect provider. Values given are set, others stay.
    type: dict
    suboptions:
      issuer:
        description:
          - The issuer.
        type: str
        required: true
      client_id:
        description:
          - The name of this service at the provider.
        type: str
      client_secret:
        description:
          - The password of this service at the provider. It is never shown.
          - It is sent when the identity provider is created, with every other change of these values, and as O(update_secrets) says.
        type: str
      authorization_endpoint:
        description:
          - The URL for logging in.
        type: str
      token_endpoint:
        description:
          - The URL that gives tokens.
        type: str
      userinfo_endpoint:
        description:
          - The URL that tells about a user.
        type: str
      revocation_endpoint:
        description:
          - The URL that takes tokens back.
        type: str
      end_session_endpoint:
        description:
          - The URL for logging out.
        type: str
      redirect_uri:
        description:
          - Where the provider sends users back to. Better left out; the service has one.
        type: str
      jwks_uri:
        description:
          - The URL of the keys that the provider signs with.
        type: str
      keys:
        description:
          - The public keys that the provider signs with, where it has no O(oidc_attributes.jwks_uri).
        type: list
        elements: dict
        suboptions:
          kid:
            description:
              - The id of the key.
            type: str
            required: true
          key:
            description:
              - The public key in PEM form.
            type: str
            required: true
      scopes:
        description:
          - What is asked for at login, divided by spaces; V(openid profile email) unless told otherwise.
        type: str
      claim_mapping:
        description:
          - How the provider calls what it tells about a user, where it does not use the usual names. Values given are set, others stay.
        type: dict
        suboptions:
          email:
            description:
              - The claim with the mail address.
            type: str
          email_verified:
            description:
              - The claim that says whether the address is confirmed.
            type: str
          family_name:
            description:
              - The claim with the family name.
            type: str
          given_name:
            description:
              - The claim with the given name.
            type: str
          name:
            description:
              - The claim with the whole name.
            type: str
          phone_number:
            description:
              - The claim with the phone number.
            type: str
          sub:
            description:
              - The claim with the id of the user.
            type: str
          updated_at:
            description:
              - The claim with the time of the last change.
            type: str
          updated_at_pattern:
            description:
              - How that time is written, as the Java class C(SimpleDateFormat) says it.
            type: str
      token_request_mode:
        description:
          - How tokens are asked for. The standard demands V(POST).
        type: str
        choices: [POST, GET]
      token_response_path:
        description:
          - Where in the answer the token lies, the levels divided by dots.
        type: str
      auto_enrollment:
        description:
          - Meant for later by the vendor.
        type: bool
  discovery:
    description:
      - Whether the service looks up the endpoints and keys of an OpenID Connect provider itself, from its issuer, whenever this module
        creates or changes the provider.
    type: bool
    default: false
  sp_certificate:
    description:
      - The certificate that this service signs its SAML 2.0 requests with.
      - V(present) has one made where there is none, V(renewed) has a new one made each time, V(absent) deletes it.
    type: str
    choices: [present, renewed, absent]
  sp_certificate_algorithm:
    description:
      - The algorithm and key size for a certificate that is made; the service takes V(RSA2048) if it is left out.
    type: str
    choices: [RSA2048, RSA3072, EC224, EC256, EC384, EC521, ECDSA224, ECDSA256, ECDSA384, ECDSA521]
  sp_certificate_validity:
    description:
      - For how many days a certificate that is made is valid.
    type: int
  refresh_jwks:
    description:
      - Whether the service fetches the keys of an OpenID Connect provider from its O(oidc_attributes.jwks_uri) again. It counts as a change
        when the keys are others than before. Check mode cannot foretell that, and says so. Services of before 2020 cannot do it.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.identity_provider_info
  - module: pelion.device_management.user
"""

EXAMPLES = r"""
- name: Let users log in by the company's OpenID Connect service
  pelion.device_management.identity_provider:
    name: Corporate login
    type: OIDC
    oidc_attributes:
      issuer: https://login.example.com
      client_id: pelion
      client_secret: "{{ vault_client_secret }}"
    discovery: true

- name: Tell the service about a changed client secret
  pelion.device_management.identity_provider:
    name: Corporate login
    oidc_attributes:
      issuer: https://login.example.com
      client_secret: "{{ vault_client_secret }}"
    update_secrets: always

- name: Have the provider's keys fetched again
  pelion.device_management.identity_provider:
    name: Corporate login
    refresh_jwks: true

- name: Let users log in over SAML 2.0, with a certificate of the service
  pelion.device_management.identity_provider:
    name: Partner login
    type: SAML2
    saml2_attributes:
      entity_descriptor: "{{ lookup('ansible.builtin.file', 'partner-metadata.xml') | b64encode }}"
    sp_certificate: present
    sp_certificate_algorithm: EC256
    sp_certificate_validity: 730
  register: partner

- name: Show the certificate to give to the partner
  ansible.builtin.debug:
    msg: "{{ partner.identity_provider.saml2_attributes.sp_x509_cert }}"

- name: Nobody logs in by it for now
  pelion.device_management.identity_provider:
    name: Partner login
    status: SUSPENDED

- name: Delete it
  pelion.device_management.identity_provider:
    name: Partner login
    state: absent
"""

RETURN = r"""
identity_provider:
  description: The identity provider as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 0161991d63150242ac12000600000009
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
      returned: always, except for one that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    type:
      description: What it speaks.
      type: str
      returned: always
    description:
      description: What it is for.
      type: str
      returned: when set
    status:
      description: Whether users can log in by it.
      type: str
      returned: when set
    saml2_attributes:
      description: What is known of a SAML 2.0 provider, with the certificate of this service in C(sp_x509_cert).
      type: dict
      returned: for SAML2
    oidc_attributes:
      description: What is known of an OpenID Connect provider, without the client secret.
      type: dict
      returned: for OIDC
    is_default:
      description: Whether it is the one of the whole service.
      type: bool
      returned: since 2020
    created_at:
      description: When it was created, UTC.
      type: str
      returned: always, except for one that check mode would create
    updated_at:
      description: When it was last changed, UTC.
      type: str
      returned: always, except for one that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


class IdentityProvider(ResourceModule):
    def work(self, client, params, check_mode):
        result = super().work(client, params, check_mode)
        now = result["identity_provider"]
        if not params["refresh_jwks"] or now is None:
            return result
        if not check_mode:
            return accounts.refreshed(client, self.recipe.item(now, params), result)
        warning = "Whether refresh_jwks finds other keys is only known once it is carried out."
        return {**result, "warnings": [*result["warnings"], warning]}


def main():
    IdentityProvider(
        accounts.IDENTITY_PROVIDER,
        recipe=accounts.ProviderRecipe,
        argument_spec=dict(
            name=dict(type="str"),
            type=dict(type="str", choices=["SAML2", "OIDC"]),
            description=dict(type="str"),
            status=dict(type="str", choices=["ACTIVE", "SUSPENDED"]),
            saml2_attributes=dict(
                type="dict",
                options=dict(
                    entity_descriptor=dict(type="str"),
                    idp_entity_id=dict(type="str"),
                    idp_x509_certs=dict(type="list", elements="str"),
                    slo_endpoint=dict(type="str"),
                    sp_entity_id=dict(type="str"),
                    sso_endpoint=dict(type="str"),
                ),
            ),
            oidc_attributes=dict(
                type="dict",
                options=dict(
                    issuer=dict(type="str", required=True),
                    client_id=dict(type="str"),
                    client_secret=dict(type="str", no_log=True),
                    authorization_endpoint=dict(type="str"),
                    token_endpoint=dict(type="str", no_log=False),
                    userinfo_endpoint=dict(type="str"),
                    revocation_endpoint=dict(type="str"),
                    end_session_endpoint=dict(type="str"),
                    redirect_uri=dict(type="str"),
                    jwks_uri=dict(type="str"),
                    keys=dict(
                        type="list",
                        elements="dict",
                        no_log=False,
                        options=dict(kid=dict(type="str", required=True), key=dict(type="str", required=True, no_log=False)),
                    ),
                    scopes=dict(type="str"),
                    claim_mapping=dict(
                        type="dict",
                        options=dict(
                            email=dict(type="str"),
                            email_verified=dict(type="str"),
                            family_name=dict(type="str"),
                            given_name=dict(type="str"),
                            name=dict(type="str"),
                            phone_number=dict(type="str"),
                            sub=dict(type="str"),
                            updated_at=dict(type="str"),
                            updated_at_pattern=dict(type="str"),
                        ),
                    ),
                    token_request_mode=dict(type="str", choices=["POST", "GET"], no_log=False),
                    token_response_path=dict(type="str", no_log=False),
                    auto_enrollment=dict(type="bool"),
                ),
            ),
        ),
        extra_spec=dict(
            discovery=dict(type="bool", default=False),
            sp_certificate=dict(type="str", choices=["present", "renewed", "absent"]),
            sp_certificate_algorithm=dict(
                type="str",
                choices=["RSA2048", "RSA3072", "EC224", "EC256", "EC384", "EC521", "ECDSA224", "ECDSA256", "ECDSA384", "ECDSA521"],
            ),
            sp_certificate_validity=dict(type="int"),
            refresh_jwks=dict(type="bool", default=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
