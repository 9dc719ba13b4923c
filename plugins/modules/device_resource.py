#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, write and execute resources of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_resource
short_description: Read, write and execute resources of devices
version_added: 0.1.0
description:
  - Asks devices to read, write, execute, create or delete something, and returns their answers with decoded values.
  - The answers come over the notification channel of the key's application, which has one at most. By default a channel is made for the
    task and removed after it. A channel that is already there is never taken over; it is used with O(channel=existing).
  - To read values that the service knows already, without a channel and without contacting the devices, use
    M(pelion.device_management.device_echo_info). To follow values over time use M(pelion.device_management.subscription).
  - Several devices in one task share one channel and are asked at the same time. Hosts of a play take turns instead, so that one task with
    all devices is much quicker.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.several
  - pelion.device_management.several.concurrency
  - pelion.device_management.several.max_failures
  - pelion.device_management.several.typed
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
attributes:
  check_mode:
    support: full
    details: Reading and comparing are done in check mode too. Nothing is written, executed, created or deleted.
  diff_mode:
    support: partial
    details: Shows values of O(operation=write), and what is there of O(operation=create) and O(operation=delete).
  idempotent:
    support: partial
    details: Depends on O(operation) and O(compare). To execute and to write attributes counts as a change each time.
requirements:
  - websocket-client, for websocket channels
options:
  operation:
    description:
      - V(read) reads a resource, or all of an instance or object.
      - V(write) writes O(value) or O(payload), if it differs; see O(compare).
      - V(execute) executes a resource, with O(value) as its arguments.
      - V(create) creates the instance that O(path) names, or, where it names an object, one whose id the device chooses. O(value) has its
        resources. An instance that is there already is left alone.
      - V(delete) deletes an instance. One that is not there is left alone.
      - V(write_attributes) writes the notification rules in O(attributes).
    type: str
    choices: [read, write, execute, create, delete, write_attributes]
    required: true
  path:
    description:
      - The resource, instance or object, such as V(/3303/0/5700), V(/3303/0) or V(/3303).
    type: str
    required: true
  value:
    description:
      - What is written. One value for a resource, a list or a mapping of ids to values for several instances of a resource, and a
        mapping of ids to those for an instance.
    type: raw
  payload:
    description:
      - What is written, as bytes in base64. Give this or O(value).
    type: str
  content_type:
    description:
      - The content type of what is written. By default V(text/plain) for one O(value), V(application/vnd.oma.lwm2m+tlv) for several, and
        V(application/octet-stream) for O(payload).
    type: str
  accept:
    description:
      - The content type in which the answer is wanted. By default the device chooses.
    type: str
  attributes:
    description:
      - The notification rules of O(operation=write_attributes), such as C(pmin), C(pmax), C(gt), C(lt) and C(st). V(null) removes
        one, where the device can do that.
    type: dict
  compare:
    description:
      - How to find out that nothing needs to be done. V(echo) compares with what the device last reported to the service, without asking
        it; where that is not known, it is written. V(device) asks the device first. V(none) does not compare.
      - What can be created and deleted is told by the service's list of the device's resources, unless this is V(none).
    type: str
    choices: [echo, device, none]
    default: echo
  wait:
    description:
      - Whether to wait for the answers. Without it the requests are queued, no channel is needed, and what becomes of them is not known.
    type: bool
    default: true
  wait_timeout:
    description:
      - The longest wait in seconds, for all devices together. A single attempt to reach a device takes up to two minutes, and a device that
        sleeps is reached when it wakes.
      - When it is over, the task fails, and returns the answers that came. What was queued may still be delivered.
    type: float
    default: 300
  retry:
    description:
      - How often the service tries again to deliver a request, 0 to 10. By default not, and twice for devices that sleep.
    type: int
  expiry_seconds:
    description:
      - How many seconds the service goes on trying to deliver a request, 60 to 2592000. By default two hours, and three days for devices
        that sleep.
    type: int
  channel:
    description:
      - The channel over which the answers come.
      - V(own) makes one for this task, of the kind V(websocket) where the Python library websocket-client is installed, else V(long_poll).
      - V(websocket) makes one for this task, with that library.
      - V(long_poll) makes one for this task. The vendor has deprecated it. After it was removed the service makes no new one for two
        minutes, which the next such task has to wait.
      - V(existing) uses the long poll or websocket channel that is there. What else comes over it meanwhile is returned as RV(messages) and
        reaches nobody else, so no other program may be using it. M(pelion.device_management.notification_channel) makes one, for several
        tasks in a row.
    type: str
    choices: [own, long_poll, websocket, existing]
    default: own
  transport:
    description:
      - V(requests) sends through the queue of device requests. V(endpoints) sends in the older form that the vendor has deprecated.
    type: str
    choices: [requests, endpoints]
    default: requests
  cache_only:
    description:
      - Whether to read from the service's cache only, without a channel. Where the cache has nothing, the value is V(null). Only with
        O(transport=endpoints).
    type: bool
    default: false
  no_response:
    description:
      - Whether to send without asking for an answer. Such requests may get lost unseen. Only with O(transport=endpoints).
    type: bool
    default: false
notes:
  - With O(max_failures), and unless O(wait=false), only O(concurrency) devices are asked at once, and the next when these have answered.
  - The account's quota counts every request to a device.
seealso:
  - module: pelion.device_management.device_echo_info
  - module: pelion.device_management.device_resource_info
  - module: pelion.device_management.notification_channel
  - module: pelion.device_management.subscription
"""

EXAMPLES = r"""
- name: Read the battery level of a device
  pelion.device_management.device_resource:
    device_id: 01667c6e992c00000000000100100371
    operation: read
    path: /3/0/9
  register: battery

- name: Show it
  ansible.builtin.debug:
    msg: "{{ battery.responses[0].value }} percent"

- name: Set the target temperature of all heaters
  pelion.device_management.device_resource:
    device_ids: "{{ heaters.devices | map(attribute='id') }}"
    operation: write
    path: /3308/0/5900
    value: 21.5

- name: Reboot a device
  pelion.device_management.device_resource:
    device_id: 01667c6e992c00000000000100100371
    operation: execute
    path: /3/0/4

- name: Reboot all heaters, a few at a time, and stop when five of them fail
  pelion.device_management.device_resource:
    device_ids: "{{ heaters.devices | map(attribute='id') }}"
    operation: execute
    path: /3/0/4
    concurrency: 10
    max_failures: 5

- name: Report the temperature at least every ten minutes, and when it leaves the comfortable range
  pelion.device_management.device_resource:
    device_id: 01667c6e992c00000000000100100371
    operation: write_attributes
    path: /3303/0/5700
    attributes:
      pmax: 600
      gt: 24
      lt: 18

- name: Several requests over one channel
  block:
    - name: Make a channel
      pelion.device_management.notification_channel:
        delivery_mechanism: WEB_SOCKET

    - name: Create a light
      pelion.device_management.device_resource:
        device_id: 01667c6e992c00000000000100100371
        operation: create
        path: /3311/1
        value:
          "5850": true
          "5851": 60
        channel: existing

    - name: Read it
      pelion.device_management.device_resource:
        device_id: 01667c6e992c00000000000100100371
        operation: read
        path: /3311/1
        channel: existing

    - name: Delete it
      pelion.device_management.device_resource:
        device_id: 01667c6e992c00000000000100100371
        operation: delete
        path: /3311/1
        channel: existing
  always:
    - name: Remove the channel
      pelion.device_management.notification_channel:
        delivery_mechanism: WEB_SOCKET
        state: absent
"""

RETURN = r"""
responses:
  description: One entry for each device, in the order of O(device_ids).
  returned: success
  type: list
  elements: dict
  sample:
    - device_id: 01667c6e992c00000000000100100371
      path: /3/0/9
      changed: false
      async_id: 5f0c3b1e-6f0e-4c83-9f0c-0e1d3a4f6a57
      status: 200
      value: 87
      payload: ODc=
      content_type: text/plain
      max_age: 60
  contains:
    device_id:
      description: The id of the device.
      type: str
      returned: always
    path:
      description: What was asked for.
      type: str
      returned: always
    changed:
      description: Whether something was changed on the device, or in check mode would be.
      type: bool
      returned: always
    async_id:
      description: The name under which the answer comes over the channel.
      type: str
      returned: when a request was queued
    status:
      description: The status of the answer, as one of HTTP. 202 when it is not waited for, 205 when the cache has nothing.
      type: int
      returned: when a request was sent
    value:
      description: The value, as far as it can be read; V(null) where it cannot.
      type: raw
      returned: when the answer has one
    payload:
      description: The value as it came, in base64.
      type: str
      returned: when the answer has one
    content_type:
      description: The content type of the value.
      type: str
      returned: when the answer has one
    max_age:
      description: How many seconds the value counts as fresh.
      type: int
      returned: when the device says so
    problem:
      description: Why the value cannot be read.
      type: str
      returned: when it cannot
messages:
  description:
    - What else came over the channel meanwhile, as the service sends it. It is not delivered again.
  returned: with O(channel=existing)
  type: list
  elements: dict
  sample:
    - notifications:
        - ep: 01667c6e992c00000000000100100371
          path: /3303/0/5700
          ct: text/plain
          payload: MjIuNQ==
          max-age: "60"
failed_devices:
  description: The devices that failed, with the reason. The others have been dealt with.
  returned: when some devices failed
  type: list
  elements: dict
  sample:
    - id: 01667c6e992c00000000000100100371
      msg: "GET /v2/endpoints/01667c6e992c00000000000100100371 failed with HTTP 500: Internal Server Error (the answer has no text)."
      status: 500
      type: null
      fields: []
      request_id: 0161991d63150242ac12000600000000
  contains:
    id:
      description: The id of the device.
      type: str
      returned: always
    msg:
      description: The reason.
      type: str
      returned: always
    status:
      description: The HTTP status.
      type: int
      returned: when the service answered
    type:
      description: The error type of the service; V(null) where it gives none.
      type: str
      returned: when the service answered
    fields:
      description: What the service says of single fields.
      type: list
      elements: dict
      returned: when the service answered
    request_id:
      description: The id of the request.
      type: str
      returned: when the service answered
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils import devices
from ansible_collections.pelion.device_management.plugins.module_utils.channel import KINDS, Session
from ansible_collections.pelion.device_management.plugins.module_utils.jobs import METHODS, Job
from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule


class DeviceResource(ApiModule):
    def work(self, client, params, check_mode):
        ids, job = devices.asked(params), Job(params)
        with Session(client, job.kind, params["wait_timeout"]) as session:
            held, failed = job.held(client, session, ids)
            unknown = {problem["id"] for problem in failed}
            todo = [device for device in ids if device not in unknown and not (device in held and job.settled(held[device]))]
            outcomes = job.send(session, todo if job.reads or not check_mode else [], total=len(ids), failed=len(failed))
        altered = set() if job.reads else set(todo)
        responses = []
        for device in ids:
            shown, problem = job.told(outcomes.get(device))
            if problem:
                failed.append(problem)
            elif device not in unknown:
                responses.append({"device_id": device, "path": job.path, "changed": device in altered, **shown})
        result = {"changed": any(entry["changed"] for entry in responses), "responses": responses, **job.diff(held, ids, altered)}
        if params["channel"] == "existing":
            result["messages"] = session.others
        return devices.report(result, failed, len(ids))


def main():
    DeviceResource(
        argument_spec=dict(
            **devices.CHANGES_SPEC,
            **devices.TYPES_SPEC,
            operation=dict(type="str", choices=list(METHODS), required=True),
            path=dict(type="str", required=True),
            value=dict(type="raw"),
            payload=dict(type="str"),
            content_type=dict(type="str"),
            accept=dict(type="str"),
            attributes=dict(type="dict"),
            compare=dict(type="str", choices=["echo", "device", "none"], default="echo"),
            wait=dict(type="bool", default=True),
            wait_timeout=dict(type="float", default=300),
            retry=dict(type="int"),
            expiry_seconds=dict(type="int"),
            channel=dict(type="str", choices=list(KINDS), default="own"),
            transport=dict(type="str", choices=["requests", "endpoints"], default="requests"),
            cache_only=dict(type="bool", default=False),
            no_response=dict(type="bool", default=False),
        ),
        mutually_exclusive=[("value", "payload")],
        required_if=[
            ("operation", "write", ("value", "payload"), True),
            ("operation", "create", ("value", "payload"), True),
            ("operation", "write_attributes", ("attributes",)),
        ],
    ).main()


if __name__ == "__main__":
    main()
