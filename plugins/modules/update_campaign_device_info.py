#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read how each device fares in an update campaign."""

from __future__ import annotations

DOCUMENTATION = r"""
module: update_campaign_device_info
short_description: Read how each device fares in an update campaign
version_added: 0.1.0
description:
  - Reads the records of the devices of one update campaign.
  - Numbers and reasons are read more quickly with M(pelion.device_management.update_campaign_info). What a device has reported during a
    campaign is read with M(pelion.device_management.device_event_info).
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
  campaign_id:
    description:
      - The id or the name of the campaign.
    type: str
    required: true
  device_id:
    description:
      - Read the record of the device with this id. The service cannot filter by it, so that all records are read.
    type: str
  deployment_state:
    description:
      - Read the records with this state. The service cannot filter by it, so that all records are read.
      - V(deployed) is a device that was updated; V(pending) one that has yet to be.
    type: str
seealso:
  - module: pelion.device_management.update_campaign
  - module: pelion.device_management.update_campaign_info
  - module: pelion.device_management.device_event_info
"""

EXAMPLES = r"""
- name: Find the devices that were not updated
  pelion.device_management.update_campaign_device_info:
    campaign_id: Pumps to 2.2
    filters:
      deployment_state: {neq: deployed}
    fields: [device_id, deployment_state]
  register: left

- name: Try them once more in a campaign of their own
  pelion.device_management.update_campaign:
    name: Pumps to 2.2, second try
    filters:
      id: "{{ left.update_campaign_devices | map(attribute='device_id') | list }}"
    root_manifest_id: Pump firmware 2.2
    state: started

- name: See how one device fared
  pelion.device_management.update_campaign_device_info:
    campaign_id: 016e83ddc648000000000001001000f5
    device_id: 015c2fec9bba0000000000010010036f
"""

RETURN = r"""
update_campaign_devices:
  description: The records found; an empty list when there are none, as for a campaign that was not started.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 015c3029f6f7000000000001001000c3
      object: update-campaign-device-metadata
      campaign: 016e83ddc648000000000001001000f5
      device_id: 015c2fec9bba0000000000010010036f
      deployment_state: deployed
      mechanism: connector
      mechanism_url: ""
      name: default_object_name
      description: ""
      created_at: "2026-01-31T12:00:20.000000Z"
      updated_at: "2026-01-31T12:17:00.000000Z"
      etag: "2026-01-31T12:17:00.000000Z"
  contains:
    id:
      description: The id of the record.
      type: str
      returned: always
    device_id:
      description: The id of the device.
      type: str
      returned: always
    deployment_state:
      description: How far the update is on the device, such as V(pending), V(deployed) or V(failed_connector_channel_update).
      type: str
      returned: always
    campaign:
      description: The id of the campaign.
      type: str
      returned: always
    mechanism:
      description: How the device gets the update, V(connector) or V(direct).
      type: str
      returned: always
    created_at:
      description: When the device was taken into the campaign, UTC.
      type: str
      returned: always
    updated_at:
      description: When the record was last changed, UTC.
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
from ansible_collections.pelion.device_management.plugins.module_utils.resources import update


def main():
    InfoModule(update.UPDATE_CAMPAIGN_DEVICE, argument_spec=dict(campaign_id=dict(type="str", required=True))).main()


if __name__ == "__main__":
    main()
