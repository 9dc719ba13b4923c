#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an account in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: account
short_description: Change the own account, create and change accounts below it
version_added: 0.1.0
description:
  - Keeps the details and policies of an account in the wanted state, the own one or one that it manages.
  - The service cannot delete accounts, so neither can this module; ask the vendor to close one.
  - Users, groups, applications and certificates of an account have modules of their own, which reach an account below the own one by
    their option O(ignore:account_id).
  - Creating accounts, and reaching them, needs the key of an account that may manage others.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource.clear
  - pelion.device_management.resource.secrets
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices:
      - address_line1
      - address_line2
      - city
      - company
      - contact
      - contract_number
      - country
      - customer_number
      - display_name
      - phone_number
      - postal_code
      - custom_fields
      - email
      - expiration_warning_threshold
      - idle_timeout
      - mfa_status
      - notification_emails
      - password_policy
      - sales_contact
  id:
    description:
      - The id of the account, 32 hexadecimal digits, or V(me) for the account of the key in use.
      - With it, O(aliases) and O(display_name) are values to set. Without it, they find the account.
    type: str
  state:
    description:
      - V(present) creates the account where it is missing and changes what differs; options left out are left alone.
    type: str
    choices: [present]
    default: present
  aliases:
    description:
      - Up to ten other names of the account's id, each unique in the whole service, with 8 to 100 letters, digits and C(_-.).
      - Without O(id), the account is the one that has any of them, and afterwards it has exactly these. V([]) removes all.
    type: list
    elements: str
  display_name:
    description:
      - The name that people see. It finds the account when neither O(id) nor O(aliases) is given.
    type: str
  end_market:
    description:
      - The market that the account's products are for, such as V(Smart City). Needed to create an account.
    type: str
  company:
    description:
      - The company, as invoices name it. Commercial accounts must have it.
    type: str
  contact:
    description:
      - The person to contact. Commercial accounts must have it.
    type: str
  email:
    description:
      - The company's address for mail. Commercial accounts must have it.
    type: str
  phone_number:
    description:
      - The number of somebody who speaks for the company.
    type: str
  address_line1:
    description:
      - Street and number. Commercial accounts must have it.
    type: str
  address_line2:
    description:
      - The second line of the address.
    type: str
  city:
    description:
      - The city. Commercial accounts must have it.
    type: str
  state_or_province:
    description:
      - The state or province of the address; the API and results call it C(state). V("") clears it.
    type: str
  postal_code:
    description:
      - The postal code.
    type: str
  country:
    description:
      - The country. Commercial accounts must have it.
    type: str
  contract_number:
    description:
      - The number of the contract. Not for O(id=me).
    type: str
  customer_number:
    description:
      - The number of the customer. Not for O(id=me).
    type: str
  sales_contact:
    description:
      - The mail address of the contact in sales. Not for O(id=me).
    type: str
  business_model:
    description:
      - What is counted for the invoice, active devices or calls of the API. Not for O(id=me).
      - Services of before 2020 do not know it.
    type: str
    choices: [active_device_business_model, api_calls_1_business_model]
  custom_fields:
    description:
      - Up to ten values of your own, name to value. Names given are set, names given as V(null) are removed, others stay.
      - V({}) removes all.
    type: dict
  purge:
    description:
      - Whether values that O(custom_fields) does not name are removed. By default they stay.
    type: bool
    default: false
  expiration_warning_threshold:
    description:
      - How many days before the account expires a mail says so, 1 to 180.
    type: int
  idle_timeout:
    description:
      - After how many minutes an idle user is logged out, 1 to 120.
    type: int
  mfa_status:
    description:
      - Whether users must set up a second factor for their login.
    type: str
    choices: [enforced, optional]
  notification_emails:
    description:
      - Where the service's mails go. V([]) empties the list.
    type: list
    elements: str
  password_policy:
    description:
      - What passwords of users must be like.
    type: dict
    suboptions:
      minimum_length:
        description:
          - The fewest characters, 8 to 512.
        type: int
        required: true
  password_recovery_expiration:
    description:
      - For how many minutes a mail to set a new password can be used, 1 to 45.
    type: int
  action:
    description:
      - How a new account gets its administrator; it has no effect on an account that is there.
      - V(create) makes a user who is active where O(admin_password) is given, and otherwise must change a generated password.
      - V(enroll) sends the user a mail to finish the registration.
      - An administrator who is a user already stays as before.
    type: str
    choices: [create, enroll]
    default: create
  admin_name:
    description:
      - The user name of the first administrator, 4 to 30 characters. Used when the account is created only.
    type: str
  admin_full_name:
    description:
      - The full name of the first administrator. Used when the account is created only.
    type: str
  admin_email:
    description:
      - The mail address of the first administrator. Used when the account is created only.
    type: str
  admin_password:
    description:
      - The password of the first administrator; the service makes one up if it is left out. Used when the account is created only.
    type: str
seealso:
  - module: pelion.device_management.account_info
  - module: pelion.device_management.limitation_info
  - module: pelion.device_management.user
"""

EXAMPLES = r"""
- name: Demand a second factor and longer passwords in the own account
  pelion.device_management.account:
    id: me
    mfa_status: enforced
    password_policy:
      minimum_length: 16

- name: Open an account for a customer and keep the administrator's secrets in a file
  pelion.device_management.account:
    aliases: [oslo-water-works]
    display_name: Oslo water works
    end_market: Water
    company: Oslo water works
    contact: Operations
    email: operations@water.example.com
    address_line1: Quay 1
    city: Oslo
    country: Norway
    admin_email: admin@water.example.com
    secret_file: "{{ lookup('env', 'HOME') }}/secrets/oslo-water-works.json"
  register: customer

- name: Change it later and forget its phone number
  pelion.device_management.account:
    aliases: [oslo-water-works]
    custom_fields:
      cost_centre: "4711"
    clear: [phone_number]

- name: Make a group for the customer's operators
  pelion.device_management.policy_group:
    account_id: "{{ customer.account.id }}"
    name: Operators
"""

RETURN = r"""
account:
  description: The account as it is now. In check mode, as it would be.
  returned: success
  type: dict
  sample:
    id: 01619571e2e90242ac12000600000000
    object: account
    aliases: [oslo-water-works]
    display_name: Oslo water works
    end_market: Water
    status: ACTIVE
    tier: "1"
    parent_id: 0161991d63150242ac12000600000000
    mfa_status: optional
    etag: "2"
    created_at: "2026-01-31T12:00:00.000000Z"
    updated_at: "2026-02-01T08:15:30.000000Z"
  contains:
    id:
      description: The id of the account.
      type: str
      returned: always, except for an account that check mode would create
    aliases:
      description: Its other names.
      type: list
      elements: str
      returned: when set
    display_name:
      description: The name that people see.
      type: str
      returned: when set
    end_market:
      description: The market.
      type: str
      returned: always
    status:
      description: V(ENROLLING), V(ACTIVE), V(RESTRICTED) or V(SUSPENDED).
      type: str
      returned: always, except for an account that check mode would create
    tier:
      description: V(0) for a free account, V(1) for a commercial one, V(2) for a partner's.
      type: str
      returned: always, except for an account that check mode would create
    parent_id:
      description: The id of the account that manages this one.
      type: str
      returned: when there is one
secret:
  description:
    - The password of the administrator, and from older services the first API key, when the account was created.
  returned: when the account was created and O(return_secret) is true
  type: dict
  sample:
    admin_password: VALUE_FROM_THE_SERVICE
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import accounts


def main():
    ResourceModule(
        accounts.ACCOUNT,
        recipe=accounts.AccountRecipe,
        argument_spec=dict(
            aliases=dict(type="list", elements="str"),
            display_name=dict(type="str"),
            end_market=dict(type="str"),
            company=dict(type="str"),
            contact=dict(type="str"),
            email=dict(type="str"),
            phone_number=dict(type="str"),
            address_line1=dict(type="str"),
            address_line2=dict(type="str"),
            city=dict(type="str"),
            postal_code=dict(type="str"),
            country=dict(type="str"),
            contract_number=dict(type="str"),
            customer_number=dict(type="str"),
            sales_contact=dict(type="str"),
            business_model=dict(type="str", choices=["active_device_business_model", "api_calls_1_business_model"]),
            custom_fields=dict(type="dict"),
            expiration_warning_threshold=dict(type="int"),
            idle_timeout=dict(type="int"),
            mfa_status=dict(type="str", choices=["enforced", "optional"]),
            notification_emails=dict(type="list", elements="str"),
            password_policy=dict(type="dict", no_log=False, options=dict(minimum_length=dict(type="int", required=True))),
            password_recovery_expiration=dict(type="int", no_log=False),
            admin_name=dict(type="str"),
            admin_full_name=dict(type="str"),
            admin_email=dict(type="str"),
            admin_password=dict(type="str", no_log=True),
        ),
        extra_spec=dict(
            state_or_province=dict(type="str"),
            action=dict(type="str", choices=["create", "enroll"], default="create"),
        ),
        required_one_of=[("id", "aliases", "display_name")],
    ).main()


if __name__ == "__main__":
    main()
