# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device directory: lives and situations of its modules."""

from __future__ import annotations

from cycle import Cycle, Situation
from hypothesis import strategies as st

CYCLES = {
    "device": Cycle(
        path="/v3/devices/",
        before={"endpoint_name": "bench-0001"},
        after={"endpoint_name": "bench-0001"},
        create={
            "name": "bench",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "floor": 2, "spare": True},
            "endpoint_type": "pump",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
            "device_class": "pump-v1",
            "vendor_id": "northlight",
            "serial_number": "0001",
            "device_execution_mode": 1,
            "mechanism": "direct",
            "mechanism_url": "https://connector.example.com",
            "bootstrap_expiration_date": "2030-01-31",
            "connector_expiration_date": "2031-01-31",
            "issuer_fingerprint": "0A" * 32,
            "create": True,
        },
        created={
            "endpoint_name": "bench-0001",
            "name": "bench",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "floor": "2", "spare": "true"},
            "endpoint_type": "pump",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
            "device_class": "pump-v1",
            "vendor_id": "northlight",
            "serial_number": "0001",
            "device_execution_mode": 1,
            "mechanism": "direct",
            "mechanism_url": "https://connector.example.com",
            "bootstrap_expiration_date": "2030-01-31",
            "connector_expiration_date": "2031-01-31",
            "issuer_fingerprint": "0A" * 32,
        },
        update={"name": "bench two", "custom_attributes": {"floor": None, "role": "heating"}, "endpoint_type": "valve"},
        updated={
            "name": "bench two",
            "description": "On the bench, Ærø",
            "custom_attributes": {"site": "oslo", "spare": "true", "role": "heating"},
            "endpoint_type": "valve",
            "host_gateway": "0" * 32,
            "ca_id": "ca-1",
            "device_key": "AA:BB",
        },
        clear={"name": "", "description": "", "custom_attributes": {}, "endpoint_type": "", "host_gateway": "", "device_key": ""},
        cleared={
            "name": "",
            "description": "",
            "custom_attributes": {},
            "endpoint_type": "",
            "host_gateway": "",
            "ca_id": "ca-1",
            "device_key": "",
        },
    ),
    "device_group": Cycle(
        path="/v3/device-groups/",
        before={"name": "Night shift"},
        after={"name": "Day & night shift"},
        create={"description": "All that runs at night", "custom_attributes": {"site": "oslo", "ring": 0}},
        created={
            "name": "Night shift",
            "description": "All that runs at night",
            "custom_attributes": {"site": "oslo", "ring": "0"},
        },
        update={"name": "Day & night shift", "custom_attributes": {"owner": "water team"}, "purge": True},
        updated={
            "name": "Day & night shift",
            "description": "All that runs at night",
            "custom_attributes": {"owner": "water team"},
        },
        clear={"description": "", "custom_attributes": {}},
        cleared={"name": "Day & night shift", "description": "", "custom_attributes": {}},
    ),
    "device_query": Cycle(
        path="/v3/device-queries/",
        before={"name": "Pumps"},
        after={"name": "Pumps in Oslo"},
        create={"filters": {"device_class": ["pump-v1", "pump-v2"], "state": {"neq": "registered"}}},
        created={"name": "Pumps", "query": "device_class__in=pump-v1,pump-v2&state__neq=registered"},
        update={"name": "Pumps in Oslo", "query": "device_class__eq=pump-v2&custom_attributes__site=oslo"},
        updated={"name": "Pumps in Oslo", "query": "device_class__eq=pump-v2&custom_attributes__site=oslo"},
    ),
}

QUERIES = (
    "state__eq=registered",
    "state=registered",
    "custom_attributes__site__eq=oslo&id__in=1,2",
    "id__in=2,1&custom_attributes__site=oslo",
)
DATES = st.sampled_from(("2030-01-31", "2031-12-01"))

SITUATIONS = {
    "device": Situation(
        values={
            "bootstrap_expiration_date": DATES,
            "connector_expiration_date": DATES,
            "issuer_fingerprint": st.sampled_from(("0A" * 32, "bc" * 32)),
            # A device of the third kind, one in production, cannot be deleted; that is a test of its own.
            "device_execution_mode": st.sampled_from((0, 1)),
        },
        always={"create": True},
        states=("present", "present", "present", "suspended", "active", "absent"),
        own=("state",),
    ),
    "device_group": Situation(),
    "device_query": Situation(values={"query": st.sampled_from(QUERIES)}),
}
