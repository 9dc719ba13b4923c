#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an update campaign in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: update_campaign
short_description: Create, start, stop, archive and delete update campaigns
version_added: 0.1.0
description:
  - Keeps an update campaign in the wanted state. A campaign brings the firmware that a manifest names to the devices that a filter finds.
  - Whether a campaign that has ended was a success is told by its statistics, not by its phase; with O(state=started) the task fails when
    more devices failed than O(max_failed) allows, and when no device was updated at all.
  - How each device fared is read with M(pelion.device_management.update_campaign_device_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.id
  - pelion.device_management.resource.clear
  - pelion.device_management.resource.wait
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices: [when]
  name:
    description:
      - The name of the campaign, unique in the account. It finds the campaign when O(id) is not given.
    type: str
  description:
    description:
      - What the campaign is for. V("") clears it.
    type: str
  device_filter:
    description:
      - Which devices to update, as the API writes it, such as V(state__eq=registered&device_class__eq=pump-v2). Two filters that mean the
        same count as equal. Device groups are no such filter; name the devices or use an attribute that they have in common.
      - It can be changed only while the campaign is a draft, as all but O(name) and O(description).
    type: str
  filters:
    description:
      - Which devices to update, as conditions, as in M(pelion.device_management.device_info). Give this or O(device_filter).
    type: dict
  root_manifest_id:
    description:
      - The id or the name of the manifest. A campaign needs one to start.
    type: str
  campaign_strategy:
    description:
      - V(one-shot) updates the devices that the filter finds when the campaign starts, V(continuous) also those that it finds later. It can
        be set only when the campaign is created. Without it, the service takes V(one-shot).
    type: str
    choices: [one-shot, continuous]
  autostop:
    description:
      - Whether the service stops the campaign by itself. Without it, the service does.
    type: bool
  autostop_success_percent:
    description:
      - The percentage of updated devices at which it stops. Without it, the service takes 100.
    type: float
  approval_required:
    description:
      - Whether somebody has to approve the campaign in the portal after it was started. Without it, nobody has to.
    type: bool
  when:
    description:
      - When the campaign is to begin once it was started, such as V(2026-01-31T22:00:00Z). The vendor's description calls it not in use.
    type: str
  state:
    description:
      - V(present) creates the campaign as a draft where it is missing and changes what differs; options left out are left alone.
      - V(started) does so too, and starts a draft. A campaign that was started before, or that has ended by itself, is left as it is; one
        that somebody stopped cannot be started again, and the task fails.
      - V(stopped) stops a campaign that runs, and leaves one alone that does not. It creates none.
      - V(archived) stops a campaign that runs and archives it. It creates none.
      - V(absent) stops a campaign that runs, waits until that is done, and deletes it.
    type: str
    choices: [present, absent, started, stopped, archived]
    default: present
  wait_for:
    description:
      - Until when to wait with O(state=started). V(phase) waits until the campaign is active, V(finished) until it has ended.
      - Updates can take days. Raise O(wait_timeout) with V(finished).
    type: str
    choices: [phase, finished]
    default: phase
  start_grace:
    description:
      - Seconds after the start in which the campaign may still be a draft. After that, it counts as one that the service refused to start.
    type: float
    default: 30
  max_failed:
    description:
      - How many devices may fail in a campaign that has ended, as a number, or as a percentage such as V(5%) of those that were dealt
        with. With more, the task fails.
    type: str
    default: "0"
  fail_on:
    description:
      - Which outcomes count as failed. V(skipped) are devices that the service left out.
    type: list
    elements: str
    choices: [fail, skipped]
    default: [fail]
notes:
  - With O(wait=false) and in check mode a campaign that has ended is not judged.
seealso:
  - module: pelion.device_management.update_campaign_info
  - module: pelion.device_management.update_campaign_device_info
  - module: pelion.device_management.firmware_manifest
"""

EXAMPLES = r"""
- name: Make a campaign, to be started later
  pelion.device_management.update_campaign:
    name: Pumps to 2.2
    filters:
      device_class: pump-v2
      state: registered
    root_manifest_id: Pump firmware 2.2

- name: Start it and wait until it has ended; a tenth of the devices may fail
  pelion.device_management.update_campaign:
    name: Pumps to 2.2
    state: started
    wait_for: finished
    wait_timeout: 86400
    wait_interval: 60
    max_failed: 10%

- name: From the file to the updated test bench
  block:
    - name: Upload the manifest
      pelion.device_management.firmware_manifest:
        name: Pump firmware 2.3
        path: build/pump-2.3.manifest
      register: manifest

    - name: Update the test bench
      pelion.device_management.update_campaign:
        name: Test bench to 2.3
        filters:
          custom_attributes:
            site: bench
        root_manifest_id: "{{ manifest.firmware_manifest.id }}"
        state: started
        wait_for: finished
        wait_timeout: 3600
      register: campaign
  rescue:
    - name: Show why devices failed
      ansible.builtin.debug:
        var: campaign.update_campaign.statistics

- name: Stop a campaign that went wrong
  pelion.device_management.update_campaign:
    name: Pumps to 2.2
    state: stopped

- name: Put it away
  pelion.device_management.update_campaign:
    name: Pumps to 2.2
    state: archived

- name: Delete it
  pelion.device_management.update_campaign:
    name: Pumps to 2.2
    state: absent
"""

RETURN = r"""
update_campaign:
  description:
    - The campaign as it is now; V(null) when it is absent. In check mode, as it would be.
    - When the task fails because of how the campaign went, it is returned as well.
  returned: success, or when the campaign is not where it should be
  type: dict
  sample:
    id: 016e83ddc648000000000001001000f5
    object: update-campaign
    name: Pumps to 2.2
    description: All pumps of the second series
    device_filter: device_class__eq=pump-v2&state__eq=registered
    root_manifest_id: 016e83b46477000000000001001001f3
    root_manifest_url: https://api.us-east-1.mbedcloud.com/v3/firmware-manifests/016e83b46477000000000001001001f3
    campaign_strategy: one-shot
    autostop: true
    autostop_success_percent: 100.0
    autostop_reason: The campaign has dealt with all devices.
    approval_required: false
    phase: stopped
    state: autostopped
    when: null
    statistics:
      - id: success
        object: summary_status
        summary_status: SUCCESS
        campaign_id: 016e83ddc648000000000001001000f5
        count: 40
        created_at: "2026-01-31T12:00:05.000000Z"
        event_types:
          - id: upd4_ok_100
            object: event-type
            event_type: UPD4_OK_100
            description: Firmware updated
            summary_status: SUCCESS
            summary_status_id: success
            campaign_id: 016e83ddc648000000000001001000f5
            count: 40
            created_at: "2026-01-31T12:00:05.000000Z"
    created_at: "2026-01-31T12:00:00.000000Z"
    starting_at: "2026-01-31T12:00:05.000000Z"
    started_at: "2026-01-31T12:00:05.000000Z"
    active_at: "2026-01-31T12:00:20.000000Z"
    stopping_at: "2026-01-31T12:40:00.000000Z"
    stopped_at: "2026-01-31T12:40:10.000000Z"
    finished: "2026-01-31T12:40:10.000000Z"
    updated_at: "2026-01-31T12:40:10.000000Z"
    etag: "2026-01-31T12:40:10.000000Z"
  contains:
    id:
      description: The id of the campaign.
      type: str
      returned: always, except for a campaign that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    description:
      description: What the campaign is for.
      type: str
      returned: when set
    device_filter:
      description: Which devices it updates.
      type: str
      returned: always
    root_manifest_id:
      description: The id of its manifest.
      type: str
      returned: when set
    phase:
      description: Where the campaign is. A campaign that has ended is V(stopped), however it went.
      type: str
      returned: always, except for a campaign that check mode would create as a draft
    state:
      description: The same in the service's older words, which tell whether it ended by itself (V(autostopped)).
      type: str
      returned: always, except for a campaign that check mode would create
    autostop_reason:
      description: Why the campaign did not start, or why it ended.
      type: str
      returned: when there is one
    statistics:
      description:
        - How many devices had which outcome, and for which reasons, as M(pelion.device_management.update_campaign_info) returns them.
      type: list
      elements: dict
      returned: when the campaign has ended, O(state=started) and O(wait=true)
    started_at:
      description: When the campaign was started, UTC.
      type: str
      returned: when it was
    finished:
      description: When the campaign ended, UTC.
      type: str
      returned: when it has
    created_at:
      description: When the campaign was created, UTC.
      type: str
      returned: always, except for a campaign that check mode would create
    updated_at:
      description: When the campaign was last changed, UTC.
      type: str
      returned: always, except for a campaign that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update


def main():
    ResourceModule(
        update.UPDATE_CAMPAIGN,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
            device_filter=dict(type="str"),
            root_manifest_id=dict(type="str"),
            campaign_strategy=dict(type="str", choices=["one-shot", "continuous"]),
            autostop=dict(type="bool"),
            autostop_success_percent=dict(type="float"),
            approval_required=dict(type="bool"),
            when=dict(type="str"),
        ),
        extra_spec=dict(
            filters=dict(type="dict"),
            wait_for=dict(type="str", choices=["phase", "finished"], default="phase"),
            start_grace=dict(type="float", default=30),
            max_failed=dict(type="str", default="0"),
            fail_on=dict(type="list", elements="str", choices=["fail", "skipped"], default=["fail"]),
        ),
        recipe=update.UpdateCampaignRecipe,
        mutually_exclusive=[("device_filter", "filters")],
    ).main()


if __name__ == "__main__":
    main()
