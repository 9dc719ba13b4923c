#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the account's trust anchor."""

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_anchor_info
short_description: Read the account's trust anchor
version_added: 0.1.0
description:
  - Reads the trust anchor of secure device access, with the public key that devices are given. An account has one at most.
  - Services of 2019 do not have trust anchors.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
seealso:
  - module: pelion.device_management.trust_anchor
  - module: pelion.device_management.device_access_token
"""

EXAMPLES = r"""
- name: Read the trust anchor
  pelion.device_management.trust_anchor_info:
  register: found

- name: Save its public key
  ansible.builtin.copy:
    content: "{{ found.trust_anchors[0].public_key }}"
    dest: trust-anchor.pem
    mode: "0644"
  when: found.trust_anchors | length > 0
"""

RETURN = r"""
trust_anchors:
  description: The trust anchor; an empty list when the account has none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100392
      object: trust-anchor
      description: Technicians of the plants
      public_key: "-----BEGIN PUBLIC KEY-----\nMFkw...\n-----END PUBLIC KEY-----\n"
      public_key_der: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE...
      fingerprint: mbed.ta.Xc2Mx3Zq0n9cYd0YbqTn0rBfM0Q1lUXyC8vFQ1sYb3o=
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


def main():
    InfoModule(security.TRUST_ANCHOR).main()


if __name__ == "__main__":
    main()
