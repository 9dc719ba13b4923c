#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read where devices connect to, and the certificates of these servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_credentials_info
short_description: Read where devices connect to, and the certificates of these servers
version_added: 0.1.0
description:
  - Reads the addresses of the bootstrap and the LwM2M server of the account and the certificates that devices know them by. They go
    into devices in the factory.
  - For the certificates that the service trusts in devices use M(pelion.device_management.trusted_certificate_info).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.info_module
options:
  service:
    description:
      - Read only the credentials of this server, by an operation that the vendor has deprecated.
      - Without it both are read with one request.
    type: str
    choices: [bootstrap, lwm2m]
seealso:
  - module: pelion.device_management.trusted_certificate_info
  - module: pelion.device_management.developer_certificate
"""

EXAMPLES = r"""
- name: Read the credentials of both servers
  pelion.device_management.server_credentials_info:
  register: servers

- name: Save the certificate of the bootstrap server for the factory
  ansible.builtin.copy:
    content: "{{ servers.server_credentials.bootstrap.certificate }}"
    dest: bootstrap-server.pem
    mode: "0644"

- name: Write its address into the settings of the client
  ansible.builtin.lineinfile:
    path: /etc/pump/client.conf
    regexp: ^server=
    line: server={{ servers.server_credentials.bootstrap.url }}

- name: Read only that of the LwM2M server
  pelion.device_management.server_credentials_info:
    service: lwm2m
"""

RETURN = r"""
server_credentials:
  description: The credentials by server, of one of them with O(service).
  returned: success
  type: dict
  sample:
    bootstrap:
      url: coaps://bootstrap.us-east-1.mbedcloud.com:5684?aid=015c3029f6f7000000000001001000c3
      certificate: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
    lwm2m:
      url: coaps://lwm2m.us-east-1.mbedcloud.com:5684?aid=015c3029f6f7000000000001001000c3
      certificate: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
  contains:
    bootstrap:
      description: The address of the bootstrap server as C(url) and its certificate in PEM form as C(certificate).
      type: dict
      returned: unless O(service=lwm2m)
    lwm2m:
      description: The same of the LwM2M server.
      type: dict
      returned: unless O(service=bootstrap)
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

from ansible_collections.pelion.device_management.plugins.module_utils.module import ApiModule
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security

# What the combined operation calls the fields of those for one server.
NAMES = {"server_uri": "url", "server_certificate": "certificate"}


class ServerCredentialsInfo(ApiModule):
    def work(self, client, params, check_mode):
        service = params["service"]
        if service is None:
            found = client.request("GET", security.SERVER_CREDENTIALS).body
        else:
            answer = client.request("GET", f"{security.SERVER_CREDENTIALS}/{service}").body
            found = {service: {NAMES.get(name, name): value for name, value in answer.items()}}
        return {"changed": False, "server_credentials": found}


def main():
    ServerCredentialsInfo(argument_spec=dict(service=dict(type="str", choices=["bootstrap", "lwm2m"]))).main()


if __name__ == "__main__":
    main()
