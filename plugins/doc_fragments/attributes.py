# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module supports, said in one place."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status that a real run would have, without changing anything.
  diff_mode:
    description: Returns details on what has changed, or would change, when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
"""

    # Belongs to every module.
    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/pelion.device_management.all) in C(module_defaults) to set the connection options once for all modules.
    support: full
    membership:
      - pelion.device_management.all
"""

    # Modules that keep one object in the wanted state.
    RESOURCE_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    # Modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: Reads in check mode too, since it changes nothing.
  diff_mode:
    support: N/A
    details: Changes nothing.
  idempotent:
    support: full
"""

    # Modules that do something each time.
    ACTION = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: Says what would be done, and does nothing.
  diff_mode:
    support: N/A
    details: Keeps no state that could be compared.
  idempotent:
    support: none
    details: Does it each time.
"""
