#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep colours of the portal in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: branding_color
short_description: Change colours of the portal and set them back
version_added: 0.1.0
description:
  - Gives the portal of an account the colours of its company, in its dark and its light theme.
  - A colour is always there; one that was not changed is at its default.
  - Logos and backgrounds are the matter of M(pelion.device_management.branding_image).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.tenant
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  theme:
    description:
      - The theme that is meant. Without it, both are.
    type: str
    choices: [dark, light]
  state:
    description:
      - V(present) changes the colours that O(colors) names.
      - V(absent) sets all colours of the theme, or of both themes, back to their defaults.
    type: str
    choices: [present, absent]
    default: present
  colors:
    description:
      - Colours by reference, such as C(primary), as a name or as C(#rrggbb). V(null) sets one back to its default.
      - Which references there are is told by M(pelion.device_management.branding_color_info), and when one is given that is none.
    type: dict
  purge:
    description:
      - Whether colours that O(colors) does not name are set back to their defaults. By default they stay.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.branding_color_info
  - module: pelion.device_management.branding_image
"""

EXAMPLES = r"""
- name: Use the company's colours in both themes
  pelion.device_management.branding_color:
    colors:
      primary: "#0b3d91"
      secondary: "#fc3d21"

- name: Let the dark theme have these colours and no others
  pelion.device_management.branding_color:
    theme: dark
    colors:
      primary: "#5b8def"
      canvas_background: black
    purge: true

- name: Set one colour back
  pelion.device_management.branding_color:
    theme: light
    colors:
      secondary: null

- name: Set everything back in a customer's account
  pelion.device_management.branding_color:
    account_id: 01619571e2e90242ac12000600000000
    state: absent
"""

RETURN = r"""
colors:
  description: The colours as they are now, by theme and reference; V(null) for those at their default. In check mode, as they would be.
  returned: success
  type: dict
  sample:
    dark:
      primary: "#5b8def"
      canvas_background: black
      secondary: null
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import TENANT_SPEC, ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import branding


class BrandingColor(ApiModule):
    def work(self, client, params, check_mode):
        held = branding.read_colors(client, params)
        wanted = branding.wanted_colors(held, params)
        calls = branding.color_calls(held, wanted, params)
        for call in () if check_mode else calls:
            call.send(client)
        now = branding.read_colors(client, params) if calls and not check_mode else wanted
        diff = {"before": branding.changed_colors(held), "after": branding.changed_colors(wanted)}
        return {"changed": bool(calls), "colors": now, "diff": diff}


def main():
    BrandingColor(
        dict(
            **TENANT_SPEC,
            theme=dict(type="str", choices=["dark", "light"]),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            colors=dict(type="dict"),
            purge=dict(type="bool", default=False),
        ),
        required_if=[("state", "present", ["colors"])],
    ).main()


if __name__ == "__main__":
    main()
