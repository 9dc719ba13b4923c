#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read device events."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_event_info
short_description: Read the events of devices
version_added: 0.1.0
description:
  - Reads what the device directory has noted about devices, such as registrations and the steps of updates.
  - A large fleet has very many events; narrow them by device, by time or with O(limit).
  - To be told of events as they happen, do not read this again and again; the service sends notifications.
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
  devicelog:
    description:
      - Read the same events at their old address, C(/v3/devicelog/). The vendor has deprecated it; set this only for a service or a
        gateway in between that lacks the new one.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: Read the newest 20 events of one device
  pelion.device_management.device_event_info:
    filters:
      device_id: 01667c6e992c00000000000100100370
    order: DESC
    limit: 20

- name: Read what happened on one morning
  pelion.device_management.device_event_info:
    filters:
      date_time:
        gte: "2026-11-02T06:00:00Z"
        lte: "2026-11-02T12:00:00Z"
    fields: [device_id, date_time, event_type, description]
"""

RETURN = r"""
device_events:
  description: The events found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100372
      object: device-event
      device_id: 01667c6e992c00000000000100100370
      date_time: "2026-11-02T08:15:30.000000Z"
      event_type: update.device.device-created
      event_type_category: ""
      event_type_description: INFO
      description: Device record created
      state_change: true
      data: {}
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import directory


def main():
    InfoModule(directory.DEVICE_EVENT, variants={"devicelog": directory.DEVICELOG}).main()


if __name__ == "__main__":
    main()
