#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the log of mails."""

from __future__ import annotations

DOCUMENTATION = r"""
module: email_notification_info
short_description: Read which mails the service sent
version_added: 0.1.0
description:
  - Reads the log of the mails that the service sent on behalf of an account, such as invitations and warnings, and whether they went out.
  - Notifications of devices are something else; they come through a channel.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.info
  - pelion.device_management.info.order
  - pelion.device_management.info.id
  - pelion.device_management.several.concurrency
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  account_id:
    description:
      - The id of the account whose log is read. The key must be that of an account that manages it.
      - V(me) is the account that the key belongs to.
    type: str
    default: me
  messages:
    description:
      - Whether to return the text of the mails too. It can hold links that let in whoever follows them; set C(no_log) on the task then.
    type: bool
    default: false
notes:
  - Services of before 2020 have the list only, so O(id) fails there.
seealso:
  - module: pelion.device_management.user_invitation_info
"""

EXAMPLES = r"""
- name: Read the last ten mails
  pelion.device_management.email_notification_info:
    order: DESC
    limit: 10
  register: found

- name: Show which did not go out and why
  ansible.builtin.debug:
    msg: "{{ found.email_notifications | rejectattr('success') | items2dict(key_name='receiver', value_name='error_msg') }}"

- name: Read what was sent to a customer's users
  pelion.device_management.email_notification_info:
    account_id: 01619571e2e90242ac12000600000000
    fields: [receiver, subject, success]
"""

RETURN = r"""
email_notifications:
  description: The entries found; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 01619571e2e90242ac12000600000021
      object: notification-entry
      account_id: 01619571e2e90242ac12000600000000
      type: user_invitation
      receiver: operator@example.com
      subject: You are invited
      success: true
      etag: "1"
      created_at: "2026-01-31T12:00:00.000000Z"
  contains:
    id:
      description: The id of the entry.
      type: str
      returned: always
    type:
      description: What kind of mail it is.
      type: str
      returned: when known
    receiver:
      description: Where it went.
      type: str
      returned: when known
    subject:
      description: Its subject.
      type: str
      returned: when known
    message:
      description: Its text.
      type: str
      returned: when O(messages) is true
    success:
      description: Whether it went out.
      type: bool
      returned: when known
    error_msg:
      description: Why it did not.
      type: str
      returned: when it did not go out
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
from ansible_collections.pelion.device_management.plugins.module_utils.resource import without
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


class EmailNotificationInfo(InfoModule):
    def complete(self, client, item, params):
        return item if params["messages"] else without(item, ["message"])


def main():
    EmailNotificationInfo(
        accounts.EMAIL_NOTIFICATION,
        argument_spec=dict(
            account_id=dict(type="str", default="me"),
            messages=dict(type="bool", default=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
