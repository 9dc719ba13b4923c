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
  method:
    description:
      - The HTTP method.
    type: str
    choices: [GET, POST, PUT, DELETE]
    default: GET
  path:
    description:
      - The path, beginning with a slash, without address and query.
    type: str
    required: true
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
      - Read all pages of a list and return its objects in RV(objects). Only with O(method=GET).
    type: bool
    default: false
"""

EXAMPLES = r"""
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
from ansible_collections.pelion.device_management.plugins.module_utils.resource import ResourceError

# The API's names for what nobody else may see, in any request body.
SECRET_NAMES = frozenset(
    [
        "access_token",
        "admin_key",
        "admin_password",
        "api_key",
        "api_secret",
        "client_secret",
        "developer_private_key",
        "headers",
        "hmac_hex_key",
        "issuer_credentials",
        "key",
        "key_table",
        "passphrase",
        "password",
        "private_key",
        "reference_token",
        "secret_hex",
        "security_file_content",
        "totp_scratch_codes",
    ]
)


def leaves(value, secret=False):
    """The texts below a secret name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, secret or name in SECRET_NAMES)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from leaves(inner, secret)
    elif secret and value is not None and not isinstance(value, bool) and str(value):
        yield str(value)


class Api(ApiModule):
    @staticmethod
    def secrets(params):
        return leaves(params["body"])

    def work(self, client, params, check_mode):
        method = params["method"]
        if params["body"] is not None and not isinstance(params["body"], (dict, list)):
            raise ResourceError("body must be a mapping or a list.")
        if method == "GET" and params["body"] is not None:
            raise ResourceError("A GET request has no body; use query.")
        if params["paginate"]:
            if method != "GET":
                raise ResourceError("paginate goes with method GET only.")
            query = dict(params["query"])
            size = query.pop("limit", None)
            objects = list(client.list(params["path"], list(query.items()), page_size=size, empty_on_404=False))
            return {"changed": False, "sent": True, "status": 200, "objects": objects}
        if check_mode and method != "GET":
            return {"changed": True, "sent": False}
        reply = client.request(method, params["path"], query=params["query"], json=params["body"])
        body = reply.body.decode("utf-8", "replace") if isinstance(reply.body, bytes) else reply.body
        return {"changed": method != "GET", "sent": True, "status": reply.status, "body": body}


def main():
    Api(
        argument_spec=dict(
            method=dict(type="str", choices=["GET", "POST", "PUT", "DELETE"], default="GET"),
            path=dict(type="str", required=True),
            query=dict(type="dict", default={}),
            body=dict(type="raw"),
            paginate=dict(type="bool", default=False),
        ),
    ).main()


if __name__ == "__main__":
    main()
