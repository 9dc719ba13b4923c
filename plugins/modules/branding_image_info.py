#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read images of the portal."""

from __future__ import annotations

DOCUMENTATION = r"""
module: branding_image_info
short_description: Read images of the portal
version_added: 0.1.0
description:
  - Reads what is known of one image of a theme of the portal, or lists all of them, those at their default too.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.info
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  theme:
    description:
      - The theme.
    type: str
    choices: [dark, light]
    required: true
  reference:
    description:
      - Read the one image with this reference, such as V(brand_logo_square).
    type: str
seealso:
  - module: pelion.device_management.branding_image
"""

EXAMPLES = r"""
- name: List the images of the dark theme
  pelion.device_management.branding_image_info:
    theme: dark
  register: found

- name: Keep copies of those that were uploaded
  ansible.builtin.get_url:
    url: "{{ item.static_uri }}"
    dest: "{{ item.reference }}-{{ item.static_uri | basename }}"
    mode: "0644"
  loop: "{{ found.branding_images | selectattr('static_uri', 'defined') }}"

- name: Read one
  pelion.device_management.branding_image_info:
    theme: light
    reference: brand_logo_email
"""

RETURN = r"""
branding_images:
  description: The images found.
  returned: success
  type: list
  elements: dict
  sample:
    - object: branding_image
      reference: brand_logo_email
      static_uri: https://static.example.com/brand_logo_email.png
      updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    reference:
      description: Which image it is.
      type: str
      returned: always
    static_uri:
      description: Where it can be fetched.
      type: str
      returned: when it was uploaded
    updated_at:
      description: When it was uploaded, UTC.
      type: str
      returned: when it was uploaded
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import branding


def main():
    InfoModule(branding.BRANDING_IMAGE, dict(theme=dict(type="str", choices=["dark", "light"], required=True))).main()


if __name__ == "__main__":
    main()
