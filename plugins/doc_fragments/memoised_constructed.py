# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What inventory plugins with memoised constructed features have beside the options of the fragment `constructed`."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  memoise_expressions:
    description:
      - Whether an expression of O(compose), O(groups) and O(keyed_groups) is evaluated only once for all hosts that have the same values
        of everything that the expression refers to. What comes of it is the same, many times faster.
      - Expressions that may give something else each time, such as those with lookups, V(now(\)), V(random) or filters of a collection,
        are evaluated for every host in any case.
      - Switch it off to see whether it is to blame for something.
    type: bool
    default: true
"""
