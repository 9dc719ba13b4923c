# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that do the same for several devices."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  device_ids:
    description:
      - The ids of the devices, one or several.
    type: list
    elements: str
    required: true
    aliases: [device_id]
"""

    # Everything that sends many requests.
    CONCURRENCY = r"""
options:
  concurrency:
    description:
      - How many requests are sent side by side, 1 to 64.
      - A task that is ended early, by Ctrl-C or the signal TERM, begins nothing further. What is under way is waited for, ten seconds at
        most; of what has not ended by then, the result says that it is not known whether it was carried out.
    type: int
    default: 8
"""

    # Everything that changes many objects.
    MAX_FAILURES = r"""
options:
  max_failures:
    description:
      - Nothing further is begun once so many have failed. Either a number, such as V(5), or a percentage of all, such as V(10%).
      - What is under way by then is still completed. The result names what was not tried any more as failed too.
      - By default all are tried, unless the service refuses the key.
    type: str
"""

    # How values of resources are read and written.
    TYPED = r"""
options:
  types:
    description:
      - The types of resources, as id or whole path to type, where the payload does not tell them. A type is one of V(string), V(integer),
        V(unsigned), V(float), V(boolean), V(opaque) (base64), V(time) (seconds since 1970), V(objlnk) (C(object:instance)) and
        V(corelnk).
      - The types of the OMA's own objects and reusable resources are known, such as C(3/0/9) and C(3303/0/5700). Without a type, bytes
        of the format TLV are read as what they most probably are.
    type: dict
    default: {}
"""
