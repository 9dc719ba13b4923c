# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that makes hosts of devices, and the same with Ansible's own constructed features."""

from __future__ import annotations

from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible_collections.pelion.device_management.plugins.module_utils.client import Client
from ansible_collections.pelion.device_management.plugins.module_utils.settings import resolve

DOCUMENTATION = r"""
name: floor
short_description: Makes hosts of devices and does nothing else
description:
  - For the benchmarks. Each device becomes a host with a variable for each field, and the variables that the expressions of the benchmarks
    make, written down in Python; or with O(stock) what Ansible's own class makes of the expressions that it is given.
extends_documentation_fragment: constructed
options:
  stock:
    description: Whether Ansible's own class evaluates compose, groups and keyed_groups, as most inventory plugins have it do.
    type: bool
    default: false
"""


class InventoryModule(BaseInventoryPlugin, Constructable):
    NAME = "floor"

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        stock, strict = self.get_option("stock"), self.get_option("strict")
        for device in Client(resolve({})).list("/v3/devices/"):
            name = device["name"] or device["endpoint_name"]
            inventory.add_host(name)
            for field, value in device.items():
                inventory.set_variable(name, "pelion_" + field, value)
            if stock:
                self._set_composite_vars(self.get_option("compose"), device, name, strict=strict)
                self._add_host_to_composed_groups(self.get_option("groups"), device, name, strict=strict)
                self._add_host_to_keyed_groups(self.get_option("keyed_groups"), device, name, strict=strict)
            else:
                inventory.set_variable(name, "number", device["serial_number"])
                inventory.set_variable(name, "kind", device["device_class"] + "-" + device["state"])
