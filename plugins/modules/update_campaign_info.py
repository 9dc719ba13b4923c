#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read update campaigns and how they went."""

from __future__ import annotations

DOCUMENTATION = r"""
module: update_campaign_info
short_description: Read update campaigns
version_added: 0.1.0
description:
  - Reads one update campaign or lists those that match, on request with how their devices fared, in numbers and reasons.
  - How each single device fared is read with M(pelion.device_management.update_campaign_device_info).
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
  name:
    description:
      - Read the campaign with this name.
    type: str
  statistics:
    description:
      - Whether each campaign is returned with how many devices had which outcome. That is a further request a campaign.
    type: bool
    default: false
  summary_statuses:
    description:
      - Return only these outcomes. Implies O(statistics=true).
    type: list
    elements: str
    choices: [fail, success, info, skipped]
  event_types:
    description:
      - Whether each outcome is returned with its reasons and how often each occurred. Implies O(statistics=true). That is a further request
        an outcome.
    type: bool
    default: false
  event_type_ids:
    description:
      - Return only the reasons with these codes, such as V(UPD4_FAIL_101). Implies O(event_types=true).
    type: list
    elements: str
  metrics:
    description:
      - Whether each campaign is returned with its metrics, which are the only place that tells how many devices there are in all, and how
        many are still waited for. The vendor has marked them as deprecated. That is a further request a campaign.
    type: bool
    default: false
seealso:
  - module: pelion.device_management.update_campaign
  - module: pelion.device_management.update_campaign_device_info
"""

EXAMPLES = r"""
- name: List the campaigns of this year
  pelion.device_management.update_campaign_info:
    filters:
      created_at:
        gte: "2026-01-01T00:00:00Z"
    fields: [name, phase, started_at, finished]

- name: See why devices failed
  pelion.device_management.update_campaign_info:
    name: Pumps to 2.2
    summary_statuses: [fail]
    event_types: true
  register: campaign

- name: Show the reasons
  ansible.builtin.debug:
    msg: "{{ campaign.update_campaigns[0].statistics[0].event_types | items2dict(key_name='event_type', value_name='count') }}"

- name: See how far a campaign is
  pelion.device_management.update_campaign_info:
    name: Pumps to 2.2
    metrics: true
    fields: [name, phase, metrics]
"""

RETURN = r"""
update_campaigns:
  description: The campaigns found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 016e83ddc648000000000001001000f5
      object: update-campaign
      name: Pumps to 2.2
      description: All pumps of the second series
      device_filter: device_class__eq=pump-v2&state__eq=registered
      root_manifest_id: 016e83b46477000000000001001001f3
      campaign_strategy: one-shot
      autostop: true
      autostop_success_percent: 100.0
      autostop_reason: The campaign has dealt with all devices.
      approval_required: false
      phase: stopped
      state: autostopped
      statistics:
        - id: fail
          object: summary_status
          summary_status: FAIL
          campaign_id: 016e83ddc648000000000001001000f5
          count: 3
          created_at: "2026-01-31T12:05:00.000000Z"
          event_types:
            - id: upd4_fail_101
              object: event-type
              event_type: UPD4_FAIL_101
              description: Update error, nonspecific network error
              summary_status: FAIL
              summary_status_id: fail
              campaign_id: 016e83ddc648000000000001001000f5
              count: 3
              created_at: "2026-01-31T12:05:00.000000Z"
      metrics:
        object: update-campaign-metrics
        total_count: 40
        success_count: 37
        failed_count: 3
        skipped_count: 0
        pending_count: 0
        created_at: "2026-01-31T12:00:05.000000Z"
      created_at: "2026-01-31T12:00:00.000000Z"
      started_at: "2026-01-31T12:00:05.000000Z"
      finished: "2026-01-31T12:40:10.000000Z"
      updated_at: "2026-01-31T12:40:10.000000Z"
      etag: "2026-01-31T12:40:10.000000Z"
  contains:
    id:
      description: The id of the campaign.
      type: str
      returned: always
    name:
      description: The name.
      type: str
      returned: always
    phase:
      description: Where the campaign is. A campaign that has ended is V(stopped), however it went.
      type: str
      returned: always
    autostop_reason:
      description: Why the campaign did not start, or why it ended.
      type: str
      returned: when there is one
    statistics:
      description: How many devices had which outcome. One that did not occur may be missing.
      type: list
      elements: dict
      returned: when O(statistics), O(summary_statuses), O(event_types) or O(event_type_ids) is given
      contains:
        event_types:
          description: The reasons, and how often each occurred.
          type: list
          elements: dict
          returned: when O(event_types) or O(event_type_ids) is given
    metrics:
      description: The metrics; V(null) for a campaign that was not started.
      type: dict
      returned: when O(metrics) is given
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


class UpdateCampaignInfo(InfoModule):
    def complete(self, client, item, params):
        statuses, codes, causes = params["summary_statuses"] or (), params["event_type_ids"] or (), params["event_types"]
        if params["statistics"] or statuses or causes or codes:
            item = {**item, "statistics": update.statistics(client, item["id"], statuses, event_types=causes, codes=codes)}
        return {**item, "metrics": client.get(f"{self.row.item(params, item['id'])}/metrics")} if params["metrics"] else item


def main():
    UpdateCampaignInfo(
        update.UPDATE_CAMPAIGN,
        argument_spec=dict(
            statistics=dict(type="bool", default=False),
            summary_statuses=dict(type="list", elements="str", choices=["fail", "success", "info", "skipped"]),
            event_types=dict(type="bool", default=False),
            event_type_ids=dict(type="list", elements="str"),
            metrics=dict(type="bool", default=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
