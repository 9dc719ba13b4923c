#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the application's notification channel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: notification_channel_info
short_description: Read the application's notification channel
version_added: 0.1.0
description:
  - Tells whether the application that the key belongs to has a notification channel, of which kind, and how it is set up.
  - It does not receive anything; M(pelion.device_management.device_resource) does, of the answers to its own requests.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options: {}
seealso:
  - module: pelion.device_management.notification_channel
"""

EXAMPLES = r"""
- name: Look for a channel
  pelion.device_management.notification_channel_info:
  register: found

- name: Stop if deliveries go elsewhere
  ansible.builtin.assert:
    that: found.notification_channels | map(attribute='url', default='') | list == ['https://collector.example.com/devices']
"""

RETURN = r"""
notification_channels:
  description: The channel, as the one entry of a list; an empty list when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - delivery_mechanism: CALLBACK
      url: https://collector.example.com/devices
      header_names: [authorization]
      serialization:
        type: v2
        max_chunk_size: 1000
        cfg: {include_timestamp: true}
  contains:
    delivery_mechanism:
      description: How it delivers, one of V(CALLBACK), V(LONG_POLLING) and V(WEB_SOCKET).
      type: str
      returned: always
    url:
      description: Where it delivers to.
      type: str
      returned: for callbacks
    header_names:
      description: The names of the headers that are sent along. Their values are secret and not returned.
      type: list
      elements: str
      returned: for callbacks
    serialization:
      description: The form of what is delivered.
      type: dict
      returned: when set
    status:
      description: Whether a program is connected. Services from 2021 on say V(unknown).
      type: str
      returned: for websockets
    queue_size:
      description: How many events wait. Services from 2021 on say -1.
      type: int
      returned: for websockets
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils import channels
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class NotificationChannelInfo(ApiModule):
    def work(self, client, params, check_mode):
        held = channels.read(client)
        return {"changed": False, "notification_channels": [] if held is None else [channels.shown(held)]}


def main():
    NotificationChannelInfo(argument_spec={}).main()


if __name__ == "__main__":
    main()
