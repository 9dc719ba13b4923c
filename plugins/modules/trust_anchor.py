#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the account's trust anchor for secure device access."""

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_anchor
short_description: Create, describe and delete the account's trust anchor
version_added: 0.1.0
description:
  - Keeps the trust anchor of secure device access, a key pair that signs the access tokens which
    M(pelion.device_management.device_access_token) gets. Devices are given its public key; the private key stays with the service.
  - An account has one trust anchor at most, so nothing has to be given to find it.
  - Services of 2019 do not have trust anchors.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  id:
    description:
      - The id of the trust anchor, 32 hexadecimal digits. With it, one that has taken its place meanwhile is not touched.
    type: str
  description:
    description:
      - What the trust anchor is for, 1 to 256 characters. Needed to create it, and all that can change later.
    type: str
  confirm_deletion:
    description:
      - Must be V(true) to delete. Nothing brings a trust anchor back. All access tokens are worthless from then on, and each device
        needs the public key of a new one.
    type: bool
    default: false
  state:
    description:
      - V(present) creates the trust anchor where there is none, and changes its description.
      - V(absent) deletes it, if O(confirm_deletion=true).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: pelion.device_management.trust_anchor_info
  - module: pelion.device_management.device_access_token
"""

EXAMPLES = r"""
- name: Have a trust anchor
  pelion.device_management.trust_anchor:
    description: Technicians of the plants
  register: anchor

- name: Save its public key for the provisioning of devices
  ansible.builtin.copy:
    content: "{{ anchor.trust_anchor.public_key }}"
    dest: trust-anchor.pem
    mode: "0644"

- name: Change the description
  pelion.device_management.trust_anchor:
    description: Technicians of the plants and of the depots

- name: Delete it, so that no access token works any more
  pelion.device_management.trust_anchor:
    state: absent
    confirm_deletion: true
"""

RETURN = r"""
trust_anchor:
  description: The trust anchor as it is now; V(null) when it is absent. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100392
    object: trust-anchor
    description: Technicians of the plants
    public_key: "-----BEGIN PUBLIC KEY-----\nMFkw...\n-----END PUBLIC KEY-----\n"
    public_key_der: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE...
    fingerprint: mbed.ta.Xc2Mx3Zq0n9cYd0YbqTn0rBfM0Q1lUXyC8vFQ1sYb3o=
    etag: "1"
    created_at: "2026-01-31T12:00:00Z"
    updated_at: "2026-01-31T12:00:00Z"
  contains:
    id:
      description: The id.
      type: str
      returned: always, except for one that check mode would create
    description:
      description: The description.
      type: str
      returned: always
    public_key:
      description: The public key in PEM form.
      type: str
      returned: always, except for one that check mode would create
    public_key_der:
      description: The public key in DER form, as base64.
      type: str
      returned: always, except for one that check mode would create
    fingerprint:
      description: What devices call the trust anchor, C(mbed.ta.) and the SHA-256 of the public key.
      type: str
      returned: always, except for one that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Recipe, ResourceError, listing
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security


class TrustAnchorRecipe(Recipe):
    def find(self, client, params):
        if params["id"] is not None:
            return super().find(client, params)
        return next(listing(client, self.row, params), None)

    def delete(self, current, params):
        if not params["confirm_deletion"]:
            raise ResourceError(
                f"Deleting the trust anchor {current['id']} cannot be undone: all access tokens are worthless then, and each device needs "
                "the public key of a new one. Set confirm_deletion if you mean it."
            )
        return super().delete(current, params)


def main():
    ResourceModule(
        security.TRUST_ANCHOR,
        argument_spec=dict(description=dict(type="str")),
        extra_spec=dict(confirm_deletion=dict(type="bool", default=False)),
        recipe=TrustAnchorRecipe,
    ).main()


if __name__ == "__main__":
    main()
