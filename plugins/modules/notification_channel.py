#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and remove the application's notification channel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: notification_channel
short_description: Make and remove the application's notification channel
version_added: 0.1.0
description:
  - Keeps the channel over which the service delivers what devices report and answer to the application that the key belongs to.
  - An application has one channel, of one kind. A channel that is there already is not replaced unless O(force=true), since it is
    somebody's and what waits in it would be lost.
  - M(pelion.device_management.device_resource) makes a channel for itself. This module is for channels that last, and for several of its
    tasks in a row.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  delivery_mechanism:
    description:
      - V(CALLBACK) has the service send everything to O(url). V(WEB_SOCKET) and V(LONG_POLLING) keep it until a program fetches it.
      - A V(LONG_POLLING) channel is gone after ten minutes in which nobody polls, and a V(WEB_SOCKET) channel after a day without a
        connection. The vendor has deprecated long polling.
      - Left out with O(state=absent), whatever channel there is is meant; that needs O(force=true).
    type: str
    choices: [CALLBACK, LONG_POLLING, WEB_SOCKET]
  url:
    description:
      - Where a V(CALLBACK) channel delivers to, by PUT. The service tries it with V({}) and wants 200 or 204.
      - With O(state=absent), only a channel to this address is removed.
    type: str
  headers:
    description:
      - Headers that the service sends along to O(url), name to value, such as a shared secret by which the receiver knows it. V({}) removes
        them.
      - They are secret and shown nowhere. Together with O(url) they have at most 400 characters.
    type: dict
  serialization:
    description:
      - The form of what is delivered, of V(CALLBACK) and V(WEB_SOCKET) channels. Services from 2019 do not have it.
      - That of a V(WEB_SOCKET) channel cannot be changed; with O(force=true) the channel is made anew.
    type: dict
    suboptions:
      type:
        description:
          - The version of the form.
        type: str
        choices: [v2]
        default: v2
      max_chunk_size:
        description:
          - The most events in one message, 100 to 10000.
        type: int
      cfg:
        description:
          - What the messages hold.
        type: dict
        suboptions:
          deregistrations_as_object:
            description:
              - Whether de-registrations are objects instead of texts.
            type: bool
          include_uid:
            description:
              - Whether events have an id of their own.
            type: bool
          include_timestamp:
            description:
              - Whether events have a time.
            type: bool
          include_original_ep:
            description:
              - Whether events have the name by which the device knows itself.
            type: bool
  force:
    description:
      - Whether a channel that this task did not make may be replaced or removed. What waits in it is lost.
    type: bool
    default: false
  state:
    description:
      - V(present) makes the channel, and changes what differs of a callback to the same O(url).
      - V(absent) removes it. What waits in it is lost.
    type: str
    choices: [present, absent]
    default: present
notes:
  - To make a V(LONG_POLLING) channel takes as long as the service keeps a poll open, about half a minute. Two minutes must pass between the
    removal of such a channel and the next one; the task waits for that.
seealso:
  - module: pelion.device_management.notification_channel_info
  - module: pelion.device_management.device_resource
  - module: pelion.device_management.subscription
  - module: pelion.device_management.presubscription
"""

EXAMPLES = r"""
- name: Have everything delivered to an address
  pelion.device_management.notification_channel:
    delivery_mechanism: CALLBACK
    url: https://collector.example.com/devices
    headers:
      authorization: "{{ collector_secret }}"
    serialization:
      max_chunk_size: 1000
      cfg:
        include_timestamp: true

- name: Move to another address, whoever set the old one
  pelion.device_management.notification_channel:
    delivery_mechanism: CALLBACK
    url: https://collector-2.example.com/devices
    headers:
      authorization: "{{ collector_secret }}"
    force: true

- name: Set up telemetry
  block:
    - name: Make a channel for a program that connects by websocket
      pelion.device_management.notification_channel:
        delivery_mechanism: WEB_SOCKET

    - name: Subscribe to whatever registers as a sensor
      pelion.device_management.presubscription:
        presubscriptions:
          - endpoint_type: sensor
            resource_path: [/3303/*]

- name: Remove the channel
  pelion.device_management.notification_channel:
    delivery_mechanism: WEB_SOCKET
    state: absent
"""

RETURN = r"""
notification_channel:
  description: The channel as it is now, without its headers; V(null) when there is none. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    delivery_mechanism: CALLBACK
    url: https://collector.example.com/devices
    header_names: [authorization]
    serialization:
      type: v2
      max_chunk_size: 1000
      cfg: {include_timestamp: true}
  contains:
    delivery_mechanism:
      description: How it delivers.
      type: str
      returned: always
    url:
      description: Where it delivers to.
      type: str
      returned: for callbacks
    header_names:
      description: The names of the headers that are sent along.
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
messages:
  description:
    - What came over a new V(LONG_POLLING) channel while it was made, as the service sends it. It is not delivered again.
  returned: when something came
  type: list
  elements: dict
  sample:
    - registrations:
        - ep: 01667c6e992c00000000000100100371
          ept: sensor
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils import channels
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class NotificationChannel(ApiModule):
    def work(self, client, params, check_mode):
        return channels.settle(client, params, check_mode)


def main():
    NotificationChannel(
        argument_spec=dict(
            delivery_mechanism=dict(type="str", choices=["CALLBACK", "LONG_POLLING", "WEB_SOCKET"]),
            url=dict(type="str"),
            headers=dict(type="dict", no_log=True),
            serialization=dict(type="dict", options=channels.SERIALIZATION_SPEC),
            force=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ("delivery_mechanism",))],
    ).main()


if __name__ == "__main__":
    main()
