#!/usr/bin/python
# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a developer certificate in the wanted state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: developer_certificate
short_description: Create, change and delete developer certificates, and save their keys
version_added: 0.1.0
description:
  - Keeps a developer certificate in the wanted state. The service makes its key pair, and up to 100 development devices can share it.
  - The certificate, its private key and the C file that is compiled into the device are written to files when asked for. The private key
    and the C file are never returned.
  - For devices in production use certificates of your own, with M(pelion.device_management.trusted_certificate).
author:
  - Contributors to the pelion.device_management collection (!UNKNOWN)
extends_documentation_fragment:
  - pelion.device_management.connection
  - pelion.device_management.resource
  - pelion.device_management.resource.clear
  - pelion.device_management.attributes
  - pelion.device_management.attributes.action_group
  - pelion.device_management.attributes.resource_module
options:
  clear:
    choices: [description]
  name:
    description:
      - The name of the certificate, unique among all trusted certificates of the account, at most 100 characters. It finds the
        certificate when O(id) is not given.
    type: str
  description:
    description:
      - A description of at most 500 characters.
    type: str
  status:
    description:
      - Whether devices with this certificate may connect. The service makes new ones V(ACTIVE).
    type: str
    choices: [ACTIVE, INACTIVE]
  security_file:
    description:
      - Keep the C source file with all credentials of a device (often called C(mbed_cloud_dev_credentials.c)) at this path.
      - This file and the others are on the machine that runs the task. Only their owner can read them. They are written when they
        are missing or differ, and are left alone when the certificate is deleted.
    type: path
  certificate_file:
    description:
      - Keep the certificate in PEM form at this path.
    type: path
  private_key_file:
    description:
      - Keep the private key in PEM form at this path.
    type: path
seealso:
  - module: pelion.device_management.developer_certificate_info
  - module: pelion.device_management.trusted_certificate
  - module: pelion.device_management.server_credentials_info
"""

EXAMPLES = r"""
- name: Have a certificate for the development board, and the file to build it with
  pelion.device_management.developer_certificate:
    name: Pump controller, development
    description: Boards on the desks
    security_file: "{{ project }}/mbed_cloud_dev_credentials.c"
  register: developer

- name: Have the certificate and its key for a client that runs on Linux
  pelion.device_management.developer_certificate:
    name: Pump controller, development
    certificate_file: /etc/pump/device.pem
    private_key_file: /etc/pump/device.key

- name: Do not let these boards connect for now
  pelion.device_management.developer_certificate:
    name: Pump controller, development
    status: INACTIVE

- name: Delete it, and the file with the key that is now worth nothing
  block:
    - name: Delete the certificate
      pelion.device_management.developer_certificate:
        name: Pump controller, development
        state: absent

    - name: Delete the file
      ansible.builtin.file:
        path: "{{ project }}/mbed_cloud_dev_credentials.c"
        state: absent
"""

RETURN = r"""
developer_certificate:
  description:
    - The certificate as it is now; V(null) when it is absent. In check mode, as it would be.
    - The paths of O(security_file), O(certificate_file) and O(private_key_file) are in it where these were given.
  returned: success
  type: dict
  sample:
    id: 01667c6e992c00000000000100100384
    object: trusted-cert
    account_id: 015c3029f6f7000000000001001000c3
    name: Pump controller, development
    description: Boards on the desks
    certificate: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
    certificate_fingerprint: a10fb2c8ba90e6de927bd0ae391dcc38f6115685de2d7024712af37ead0608f1
    service: bootstrap
    status: ACTIVE
    subject: CN=01667c6e992c00000000000100100384
    issuer: CN=01667c6e992c00000000000100100384
    validity: "2036-01-31T12:00:00Z"
    valid: true
    device_execution_mode: 1
    owner_id: 015c3029f6f7000000000001001000c4
    etag: "1"
    created_at: "2026-01-31T12:00:00Z"
    updated_at: "2026-01-31T12:00:00Z"
  contains:
    id:
      description: The id, the same as that of the trusted certificate that it is.
      type: str
      returned: always, except for a certificate that check mode would create
    name:
      description: The name.
      type: str
      returned: always
    status:
      description: V(ACTIVE) or V(INACTIVE).
      type: str
      returned: always, except for a certificate that check mode would create
    certificate:
      description: The certificate in PEM form.
      type: str
      returned: always, except for a certificate that check mode would create
    certificate_fingerprint:
      description: Its SHA-256 fingerprint, 64 hexadecimal digits.
      type: str
      returned: always, except for a certificate that check mode would create
    validity:
      description: When it expires.
      type: str
      returned: always, except for a certificate that check mode would create
request_id:
  description: The id that the service gave the last request; name it to the vendor's support.
  returned: when the service answered
  type: str
  sample: 0161991d63150242ac12000600000000
"""

import os
import stat
from dataclasses import dataclass, replace

from ansible_collections.pelion.device_management.plugins.module_utils.files import whole_file
from ansible_collections.pelion.device_management.plugins.module_utils.module import ResourceModule
from ansible_collections.pelion.device_management.plugins.module_utils.resource import Call, Recipe, ResourceError, without
from ansible_collections.pelion.device_management.plugins.module_utils.resources import security

# The options that keep a file, and the field that is its text.
FILES = {
    "security_file": "security_file_content",
    "certificate_file": "developer_certificate",
    "private_key_file": "developer_private_key",
}


@dataclass(frozen=True)
class Save(Call):
    """Fetches the certificate with its secrets and writes files: pairs of field and path."""

    files: tuple = ()

    def send(self, client, identity=""):
        secret = super().send(client, identity)
        for name, path in self.files:
            try:
                with whole_file(path) as opened:
                    opened.write(secret[name].encode())
            except OSError as error:
                raise ResourceError(
                    f"The certificate is there, but its file cannot be written: {error}. Run the task again then."
                ) from error


class DeveloperCertificateRecipe(Recipe):
    diffed = tuple(FILES)

    def find(self, client, params):
        found = super().find(client, params)
        if found and found.get("device_execution_mode") != 1:
            raise ResourceError(
                f"The trusted certificate {found['name']!r} ({found['id']}) is no developer certificate. Take another name, or use the "
                "module trusted_certificate."
            )
        return found

    def complete(self, client, current, params):
        if params["state"] == "absent" or not any(params[option] for option in FILES):
            return current
        secret = client.get(f"{security.DEVELOPER_CERTIFICATES}/{current['id']}")
        kept = {option: params[option] for option, field in FILES.items() if params[option] and holds(params[option], secret[field])}
        return {**current, **kept}

    def desired(self, params, current):
        return {**super().desired(params, current), **{option: params[option] for option in FILES if params[option]}}

    def create(self, wanted, params):
        first, *others = super().create(without(wanted, FILES), params)
        return [replace(first, path=security.DEVELOPER_CERTIFICATES, answers=False), *others, *self.saving("{id}", wanted)]

    def update(self, current, changes, params):
        return super().update(current, without(changes, FILES), params) + self.saving(current["id"], changes)

    @staticmethod
    def saving(identity, some):
        files = tuple((field, some[option]) for option, field in FILES.items() if option in some)
        return [Save("GET", f"{security.DEVELOPER_CERTIFICATES}/{identity}", files=files)] if files else []


def holds(path, text):
    """Whether a file has this text and only its owner can read it."""
    try:
        with open(path, "rb") as opened:
            return stat.S_IMODE(os.fstat(opened.fileno()).st_mode) == 0o600 and opened.read() == text.encode()
    except OSError:
        return False


def main():
    ResourceModule(
        security.DEVELOPER_CERTIFICATE,
        argument_spec=dict(
            name=dict(type="str"),
            description=dict(type="str"),
            status=dict(type="str", choices=["ACTIVE", "INACTIVE"]),
        ),
        extra_spec=dict(
            security_file=dict(type="path"),
            certificate_file=dict(type="path"),
            private_key_file=dict(type="path", no_log=False),
        ),
        recipe=DeveloperCertificateRecipe,
    ).main()


if __name__ == "__main__":
    main()
