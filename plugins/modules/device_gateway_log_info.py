#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the logs of gateways."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_gateway_log_info
short_description: Read the logs of gateways
version_added: 0.1.0
description:
  - Lists what applications on gateways have logged, of all gateways or of one, or reads one entry.
  - These are the logs that gateways send. What the service itself notes of a device is read with
    M(pelion.device_management.device_event_info). Services from before 2021 do not have them.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.filters
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  device_id:
    description:
      - Read the logs of this gateway only. For several gateways filter by C(device_id).
    type: str
  filters:
    description:
      - Conditions that all must be met. C(level) takes C(gte), a least level out of V(DEBUG), V(TRACE), V(INFO), V(WARNING), V(ERROR) and
        V(CRITICAL), in that order. C(timestamp) takes C(lte) and C(gte). C(app_name), C(message) and C(type) must be equal. C(device_id) is
        a list of gateways.
      - Dates are written as V(2026-01-31T12:00:00Z) or V(20260131T120000Z).
    type: dict
  order:
    description:
      - V(DESC) for the newest first, V(ASC) for the oldest first.
    type: str
    choices: [ASC, DESC]
    default: DESC
seealso:
  - module: pelion.device_management.device_event_info
"""

EXAMPLES = r"""
- name: Read the last hundred errors of all gateways
  pelion.device_management.device_gateway_log_info:
    filters:
      level:
        gte: ERROR
    limit: 100
  register: logs

- name: Show which gateways they are of
  ansible.builtin.debug:
    msg: "{{ logs.device_gateway_logs | map(attribute='device_id') | unique }}"

- name: Read what one application of one gateway said in a night
  pelion.device_management.device_gateway_log_info:
    device_id: 01667c6e992c00000000000100100371
    filters:
      app_name: edge-core
      timestamp:
        gte: "2026-01-31T22:00:00Z"
        lte: "2026-02-01T06:00:00Z"
    order: ASC
"""

RETURN = r"""
device_gateway_logs:
  description: The entries found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0176eb2c4d08000000000001001001b1
      object: device-log
      device_id: 01667c6e992c00000000000100100371
      app_name: edge-core
      type: syslog
      level: ERROR
      message: Cannot reach the upstream service
      timestamp: "2026-02-01T03:12:45.000000Z"
      created_at: "2026-02-01T03:12:46.000000Z"
  contains:
    id:
      description: The id of the entry.
      type: str
      returned: always
    device_id:
      description: The gateway.
      type: str
      returned: always
    app_name:
      description: The application on the gateway that wrote it.
      type: str
      returned: when known
    type:
      description: What kind of log it is of.
      type: str
      returned: when known
    level:
      description: How serious it is.
      type: str
      returned: when known
    message:
      description: The text.
      type: str
      returned: always
    timestamp:
      description: When the gateway wrote it.
      type: str
      returned: always
missing:
  description: Those of O(ids) that nothing has.
  returned: when O(ids) is given
  type: list
  elements: str
  sample: [0161991d63150242ac120006000000ff]
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.info import InfoModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import connect


def main():
    InfoModule(connect.GATEWAY_LOG, variants={"device_id": connect.GATEWAY_LOG_OF_DEVICE}).main()


if __name__ == "__main__":
    main()
