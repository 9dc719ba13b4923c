#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep images of the portal in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: branding_image
short_description: Upload images of the portal and set them back
version_added: 0.1.0
description:
  - Gives the portal of an account the logos, backgrounds and pictures of its company, in its dark and its light theme.
  - The service tells no checksum of an image. To find out whether one is the wanted one already, this module fetches it from where the
    service shows it and compares the content. If the service should store images otherwise than they are sent, that finds a difference
    each time; use O(replace=false) then.
  - Colours are the matter of M(pelion.device_management.branding_color).
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
      - The theme that is meant. It can be left out to set both themes back.
    type: str
    choices: [dark, light]
  reference:
    description:
      - Which image is meant, such as V(brand_logo_square).
      - Which there are is told by M(pelion.device_management.branding_image_info).
      - It can be left out to set all images of the theme, or of both themes, back.
    type: str
  state:
    description:
      - V(present) uploads the image where another is there.
      - V(absent) sets it back to its default.
    type: str
    choices: [present, absent]
    default: present
  src:
    description:
      - The image on the machine that runs the task, a file in PNG or JPEG form.
    type: path
  replace:
    description:
      - Whether an image that was uploaded before is compared and replaced. With V(false) it stays, whatever it shows, and is not fetched.
    type: bool
    default: true
  multipart:
    description:
      - Whether to send the image as a form instead of as it is, for gateways in between that let nothing else through.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.branding_image_info
  - module: pelion.device_management.branding_color
"""

EXAMPLES = r"""
- name: Upload the logos of the dark theme
  pelion.device_management.branding_image:
    theme: dark
    reference: "{{ item }}"
    src: logos/{{ item }}.png
  loop: [brand_logo_landscape, brand_logo_square, brand_logo_portrait]

- name: Upload a background where none was uploaded before
  pelion.device_management.branding_image:
    theme: light
    reference: desktop_background_landscape
    src: backgrounds/harbour.jpg
    replace: false

- name: Set one image back
  pelion.device_management.branding_image:
    theme: light
    reference: desktop_background_landscape
    state: absent

- name: Set all images of a customer's account back
  pelion.device_management.branding_image:
    account_id: 01619571e2e90242ac12000600000000
    state: absent
"""

RETURN = r"""
branding_image:
  description:
    - The image as it is now; V(null) when it is at its default. In check mode, as it would be.
    - C(sha256) is the checksum of its content, where that was compared.
  returned: success
  type: dict
  sample:
    object: branding_image
    reference: brand_logo_landscape
    static_uri: https://static.example.com/brand_logo_landscape.png
    updated_at: "2026-01-31T12:00:00.000000Z"
    sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
  contains:
    reference:
      description: Which image it is.
      type: str
      returned: always, except for an image that check mode would upload
    static_uri:
      description: Where it can be fetched.
      type: str
      returned: always, except for an image that check mode would upload
    updated_at:
      description: When it was uploaded, UTC.
      type: str
      returned: always, except for an image that check mode would upload
    sha256:
      description: The SHA-256 of its content in hexadecimal digits.
      type: str
      returned: unless O(replace) is false
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import branding


class BrandingImage(ResourceModule):
    def work(self, client, params, check_mode):
        if params["reference"] is not None:
            return super().work(client, params, check_mode)
        held = branding.uploaded(client, params)
        calls = branding.image_resets(held, params)
        for call in () if check_mode else calls:
            call.send(client)
        return {"changed": bool(calls), "branding_image": None, "diff": {"before": held, "after": {theme: [] for theme in held}}}


def main():
    BrandingImage(
        branding.BRANDING_IMAGE,
        recipe=branding.ImageRecipe,
        argument_spec={},
        extra_spec=dict(
            theme=dict(type="str", choices=["dark", "light"]),
            src=dict(type="path"),
            replace=dict(type="bool", default=True),
            multipart=dict(type="bool", default=False),
        ),
        required_if=[("state", "present", ["theme", "reference", "src"])],
        required_by={"reference": ["theme"]},
    ).main()


if __name__ == "__main__":
    main()
