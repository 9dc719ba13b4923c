#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read colours of the portal."""

from __future__ import annotations

DOCUMENTATION = r"""
module: branding_color_info
short_description: Read colours of the portal
version_added: 0.1.0
description:
  - Reads one colour of a theme of the portal or lists all of them, those at their default too.
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
      - Read the one colour with this reference, such as V(primary).
    type: str
seealso:
  - module: pelion.device_management.branding_color
"""

EXAMPLES = r"""
- name: List the colours of the dark theme
  pelion.device_management.branding_color_info:
    theme: dark
  register: found

- name: Show those that were changed
  ansible.builtin.debug:
    msg: "{{ found.branding_colors | selectattr('color') | items2dict(key_name='reference', value_name='color') }}"

- name: Read one
  pelion.device_management.branding_color_info:
    theme: light
    reference: primary
"""

RETURN = r"""
branding_colors:
  description: The colours found.
  returned: success
  type: list
  elements: dict
  sample:
    - object: branding_color
      reference: primary
      color: "#5b8def"
      updated_at: "2026-01-31T12:00:00.000000Z"
  contains:
    reference:
      description: What the colour is for.
      type: str
      returned: always
    color:
      description: The colour; V(null) when it is at its default.
      type: str
      returned: always
    updated_at:
      description: When it was changed, UTC.
      type: str
      returned: when it was changed
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import branding


def main():
    InfoModule(branding.BRANDING_COLOR, dict(theme=dict(type="str", choices=["dark", "light"], required=True))).main()


if __name__ == "__main__":
    main()
