# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has which keeps one object in the wanted state."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  id:
    description:
      - The id of the object, 32 hexadecimal digits. With it, the other options can change the name too.
    type: str
  state:
    description:
      - V(present) creates the object where it is missing and changes what differs; options left out are left alone.
      - V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
"""

    # For objects with custom attributes.
    PURGE = r"""
options:
  purge:
    description:
      - Whether attributes that O(custom_attributes) does not name are removed. By default they stay.
    type: bool
    default: false
"""
