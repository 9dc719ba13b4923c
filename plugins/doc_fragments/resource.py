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

    # For modules whose option state has further values.
    ID = r"""
options:
  id:
    description:
      - The id of the object, 32 hexadecimal digits. With it, the other options can change the name too.
    type: str
"""

    # For objects that something else than an id names.
    STATE = r"""
options:
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

    # For fields that only null clears.
    CLEAR = r"""
options:
  clear:
    description:
      - Fields to clear, where an empty value cannot say so.
    type: list
    elements: str
"""

    # For fields that the service takes and never returns.
    UPDATE_SECRETS = r"""
options:
  update_secrets:
    description:
      - When to send secrets that the service never returns, so that no difference can be seen.
      - V(on_create) sends them when the object is created. V(always) sends them every time, which always counts as a change.
    type: str
    choices: [on_create, always]
    default: on_create
"""

    # For secrets that the service tells only once.
    SECRETS = r"""
options:
  secret_file:
    description:
      - A file on the machine that runs the task, into which the secret is written that the service tells only once. Only its owner can
        read it. An existing file is replaced.
      - One secret is the text of the file; several are a JSON object.
      - When something would be created, this or O(return_secret) must be given.
    type: path
  return_secret:
    description:
      - Whether the secret is returned, as RV(ignore:secret). Set C(no_log) on the task then, and hand it on at once.
    type: bool
    default: false
"""

    # For lists that are changed by calls of their own.
    MEMBERSHIP = r"""
options:
  membership:
    description:
      - What the given lists of members mean. V(exact) makes them the whole, V(add) adds to those that are there, V(remove) takes away.
      - A list that is not given is left alone.
    type: str
    choices: [exact, add, remove]
    default: exact
"""

    # For what takes its time.
    WAIT = r"""
options:
  wait:
    description:
      - Whether to wait until it is done.
    type: bool
    default: true
  wait_timeout:
    description:
      - The longest wait in seconds. When it is over, the task fails and returns the object as it was last seen.
    type: float
    default: 600
  wait_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 5
"""
