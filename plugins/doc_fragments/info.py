# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has which reads objects."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  fields:
    description:
      - Return only these fields of each object, and its C(id). Keeps results small.
    type: list
    elements: str
  limit:
    description:
      - Return at most this many objects. By default all are returned, however many pages that takes.
    type: int
"""

    # For lists that can be filtered.
    FILTERS = r"""
options:
  filters:
    description:
      - Conditions that all must be met, as field to value. The service filters, so that only what matches is sent.
      - 'A plain value means equal, a list means one of these, and a mapping names operators: C(eq), C(neq), C(in), C(nin), C(lte),
        C(gte). Which of them a field takes is told when one is used that it does not.'
      - Dates are written as V(2026-01-31T12:00:00Z) or V(20260131T120000Z).
    type: dict
"""

    # For lists that are paged, and so have an order.
    ORDER = r"""
options:
  order:
    description:
      - V(ASC) for the oldest first, V(DESC) for the newest first.
    type: str
    choices: [ASC, DESC]
    default: ASC
"""

    # For objects that are read by their id.
    ID = r"""
options:
  id:
    description:
      - Read the one object with this id. Without it, all objects are read, or those that the other options pick.
    type: str
  ids:
    description:
      - Read the objects with these ids, in this order and each once. Those that nothing has are told as RV(ignore:missing).
      - Where the service's list can be filtered by id that takes few requests, otherwise one for each.
    type: list
    elements: str
"""
