#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send any request to the API."""

from __future__ import annotations

DOCUMENTATION = r"""
module: api
short_description: Send any request to the API
version_added: 0.1.0
description:
  - Sends one request to the Device Management API, with the authentication, errors, retries and pages of the other modules.
  - It is the way to what no other module does. Where there is one, use that; this one does not know what it changes.
  - The request is either one of the API's operations, named by O(operation_id) and checked before it is sent, or any method and path.
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
attributes:
  check_mode:
    support: partial
    details: Reads are sent. Of everything else it is said that it would change something, and it is not sent.
  diff_mode:
    support: none
    details: It does not know what the request changes.
  idempotent:
    support: N/A
    details: Depends on the request.
options:
  operation_id:
    description:
      - The id that the operation has in the description of the API, such as C(Device_retrieve), in the description's own spelling.
      - Path parameters, query and body are checked against that description before anything is sent. The error lists all that is
        unknown, missing, of a wrong type or not among the values that a field can have.
      - A warning says when the operation is deprecated, and what replaces it.
      - What the description does not have, such as a newer field, can be sent with O(path).
      - Operations that upload files or open websockets are left to the modules made for them.
    type: str
  path_parameters:
    description:
      - The parameters in the path of the operation, name to value, such as C(id) or C(account_id).
      - Characters that mean something in a path are encoded.
    type: dict
  method:
    description:
      - The HTTP method that goes with O(path). Default V(GET).
    type: str
    choices: [GET, POST, PUT, DELETE]
  path:
    description:
      - The path, beginning with a slash, without address and query.
    type: str
  query:
    description:
      - Query parameters, name to value. Lists are joined by commas.
    type: dict
    default: {}
  body:
    description:
      - What to send as JSON, a mapping or a list.
      - Values under names that the API uses for secrets, such as C(password) or C(secret_hex), are not shown in results.
    type: raw
  paginate:
    description:
      - Read all pages of a list and return its objects in RV(objects). Only for a list that comes in pages.
    type: bool
    default: false
notes:
  - Which module does what each operation is for is listed in C(docs/operations.md) of the collection.
seealso:
  - module: pelion.device_management.account_info
  - module: pelion.device_management.device_info
"""

EXAMPLES = r"""
- name: Change a device, by the name of the operation
  pelion.device_management.api:
    operation_id: Device_update
    path_parameters:
      id: 01619571e2e90242ac12000600000000
    body:
      description: Pump behind the north hall

- name: Read all active certificates of a sub-tenant
  pelion.device_management.api:
    operation_id: getAllAccountCertificates
    path_parameters:
      account_id: 01619571e2e90242ac12000600000001
    query:
      status__eq: ACTIVE
    paginate: true
  register: certificates

- name: Read one object
  pelion.device_management.api:
    path: /v3/service-packages

- name: Read a whole list
  pelion.device_management.api:
    path: /v3/trusted-certificates
    query:
      status__eq: ACTIVE
    paginate: true
  register: certificates

- name: Create something
  pelion.device_management.api:
    method: POST
    path: /v3/policy-groups
    body:
      name: Night shift

- name: Change the own account
  pelion.device_management.api:
    method: PUT
    path: /v3/accounts/me
    body:
      idle_timeout: 30

- name: Delete something
  pelion.device_management.api:
    method: DELETE
    path: /v3/user-invitations/01619571e2e90242ac12000600000000
"""

RETURN = r"""
method:
  description: The HTTP method of the request.
  returned: success
  type: str
  sample: GET
path:
  description: The path of the request.
  returned: success
  type: str
  sample: /v3/service-packages
status:
  description: The HTTP status.
  returned: when the request was sent
  type: int
  sample: 200
body:
  description: The decoded answer; V(null) when it was empty.
  returned: when the request was sent and O(paginate=false)
  type: raw
  sample: {id: 01619571e2e90242ac12000600000000, object: group}
objects:
  description: The objects of the list.
  returned: when O(paginate=true)
  type: list
  elements: dict
  sample: [{id: 01619571e2e90242ac12000600000000, object: trusted-cert, name: Line 3}]
sent:
  description: Whether the request was sent; V(false) for all but reads in check mode.
  returned: success
  type: bool
  sample: true
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.single_request import secret_texts, send


class Api(ApiModule):
    @staticmethod
    def secrets(params):
        return secret_texts(params["body"])

    def work(self, client, params, check_mode):
        return send(client, params, check_mode)


def main():
    Api(
        argument_spec=dict(
            operation_id=dict(type="str"),
            path_parameters=dict(type="dict"),
            method=dict(type="str", choices=["GET", "POST", "PUT", "DELETE"]),
            path=dict(type="str"),
            query=dict(type="dict", default={}),
            body=dict(type="raw"),
            paginate=dict(type="bool", default=False),
        ),
        required_one_of=[("operation_id", "path")],
        mutually_exclusive=[("operation_id", "path"), ("operation_id", "method")],
        required_by={"path_parameters": "operation_id"},
    ).main()


if __name__ == "__main__":
    main()
