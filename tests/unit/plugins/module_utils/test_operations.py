# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests against the table of operations: what is found wrong, and the path of those that are right."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import operations
from ansible_collections.pelion.device_management.plugins.module_utils.client import RequestError
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = {"account_id": "a1"}


def refusal(name: str, parameters: Any = (), query: Any = (), body: Any = None) -> str:
    """What is wrong with a request, behind the words that all such errors begin with."""
    operation = operations.find(name)
    with pytest.raises(RequestError) as caught:
        operation.address(dict(parameters), dict(query), body)
    start = f"{name} ({operation.method} {operation.path}) cannot be sent: "
    assert str(caught.value).startswith(start)
    return str(caught.value)[len(start) :]


@pytest.mark.parametrize(
    ("name", "parameters", "query", "body", "path"),
    [
        (
            "Device_list",
            {},
            {"limit": 5, "order": "DESC", "auto_update__eq": True, "state__in": ["registered", "bootstrapped"]},
            None,
            None,
        ),
        ("Device_list", {}, {"limit": "5", "auto_update__neq": "False", "after": None}, None, "/v3/devices/"),
        ("Device_update", {"id": "d 1/2"}, {}, {"name": "x", "custom_attributes": {"site": "oslo"}}, "/v3/devices/d%201%2F2/"),
        ("Device_create", {}, {}, {"device_execution_mode": 5, "bootstrap_expiration_date": None}, "/v3/devices/"),
        ("getResourceValue", {"device-id": "d1", "resourcePath": "/3/0/13 x"}, {"cacheOnly": True}, None, "/v2/endpoints/d1/3/0/13%20x"),
        ("Upload_Job_Chunk_retreive", {"upload_job_id": "j", "chunk_id": 3}, {}, None, "/v3/firmware-images/upload-jobs/j/chunks/3"),
        ("createAceAuthToken", {}, {}, {"aud": ["id:1"], "cnf": "k", "grant_type": "client_credentials", "scope": "s"}, "/ace-auth/token"),
        ("bulkSetDarkColors", {}, {}, [{"reference": "primary", "color": None}], "/v3/branding-colors/dark"),
        # The body of this may be left out.
        ("resetSecret", {"apikey_id": "k"}, {}, None, "/v3/api-keys/k/reset-secret"),
        (
            "createCertificateIssuerConfig",
            {},
            {},
            {"reference": "r", "certificate_issuer_id": None},
            "/v3/certificate-issuer-configurations",
        ),
        ("addUsersToGroup.", {"group_id": "g"}, {}, {"users": ["u"]}, "/v3/policy-groups/g/users"),
    ],
)
def test_requests_that_are_right(name: str, parameters: Any, query: Any, body: Any, path: str | None) -> None:
    assert operations.find(name).address(parameters, query, body) == (path or operations.find(name).path)


@pytest.mark.parametrize(
    ("name", "parameters", "query", "body", "reason"),
    [
        ("Device_retrieve", {}, {}, None, "path_parameters.id is missing."),
        ("Device_retrieve", {"id": None}, {}, None, "path_parameters.id is missing."),
        ("Device_retrieve", {"id": ""}, {}, None, "path_parameters.id is empty or no name."),
        ("Device_retrieve", {"id": ".."}, {}, None, "path_parameters.id is empty or no name."),
        ("Device_retrieve", {"id": ["d"]}, {}, None, "path_parameters.id must be text, not a list."),
        ("Device_retrieve", {"id": "d", "ids": "e"}, {}, None, "path_parameters.ids is unknown (did you mean id?)."),
        ("Device_list", {"id": "d"}, {}, None, "path_parameters.id is unknown (there is none)."),
        ("deleteResourceSubscription", {"device-id": "d", "resourcePath": "3/../0"}, {}, None,
         "path_parameters.resourcePath is empty or no name."),
        ("getResourceValue", {"device_id": "d", "resourcePath": "3"}, {}, None,
         "path_parameters.device-id is missing; path_parameters.device_id is unknown (did you mean device-id?)."),
        ("Update_Campaign_statistics_retrieve", {"campaign_id": "c", "summary_status_id": "won"}, {}, None,
         "path_parameters.summary_status_id must be one of fail, success, info, skipped."),
        ("Device_list", {}, {"limt": 5}, None, "query.limt is unknown (did you mean limit?)."),
        ("getAllApplications", {}, {"colour": "red"}, None, "query.colour is unknown (there is limit, after, order, include, status__eq)."),
        ("Device_list", {}, {"zzz": 1}, None, "query.zzz is unknown."),
        ("Device_list", {}, {"limit": "ten"}, None, "query.limit must be a whole number."),
        ("Device_list", {}, {"limit": True}, None, "query.limit must be a whole number."),
        ("Device_list", {}, {"auto_update__eq": "yes"}, None, "query.auto_update__eq must be true or false."),
        ("Device_list", {}, {"name__eq": {"a": 1}}, None, "query.name__eq must be text, not a mapping."),
        ("Device_list", {}, {"name__in": ["a", None]}, None, "query.name__in must be text, not null."),
        ("getTrustAnchors", {}, {"order": "UP"}, None, "query.order must be one of ASC, DESC."),
        ("getBillingReport", {}, {}, None, "query.month is missing."),
        ("getBillingReport", {}, {"month": None}, None, "query.month is missing."),
        ("Device_list", {}, {}, {"name": "x"}, "it takes no body."),
        ("createApplication", {}, {}, None, "body is missing."),
        ("createApplication", {}, {}, [], "body must be a mapping, not a list."),
        ("createApplication", {}, {}, {}, "body.name is missing."),
        ("createApplication", {}, {}, {"name": None}, "body.name must not be null."),
        ("createApplication", {}, {}, {"name": 5}, "body.name must be text, not a whole number."),
        ("createApplication", {}, {}, {"name": 0.5}, "body.name must be text, not a number."),
        ("createApplication", {}, {}, {"name": True}, "body.name must be text, not true or false."),
        # What the service sets cannot be sent.
        ("createApplication", {}, {}, {"name": "x", "id": "y"}, "body.id is unknown (there is description, groups, name, status)."),
        ("createApplication", {}, {}, {"name": "x", "status": "active"}, "body.status must be one of ACTIVE, INACTIVE."),
        ("createApplication", {}, {}, {"name": "x", "groups": "g"}, "body.groups must be a list, not text."),
        ("createApplication", {}, {}, {"name": "x", "groups": ["g", 1]}, "body.groups[1] must be text, not a whole number."),
        ("Device_create", {}, {}, {"device_execution_mode": "5"}, "body.device_execution_mode must be one of 0, 1, 5."),
        ("Device_create", {}, {}, {"device_execution_mode": True}, "body.device_execution_mode must be one of 0, 1, 5."),
        ("Device_create", {}, {}, {"auto_update": 1}, "body.auto_update must be true or false, not a whole number."),
        ("Device_create", {}, {}, {"custom_attributes": {"floor": 3}}, "body.custom_attributes.floor must be text, not a whole number."),
        ("updateMyAccount", {}, {}, {"idle_timeout": "30"}, "body.idle_timeout must be a whole number, not text."),
        ("updateMyAccount", {}, {}, {"idle_timeout": True}, "body.idle_timeout must be a whole number, not true or false."),
        ("updateMyAccount", {}, {}, {"password_policy": {}}, "body.password_policy.minimum_length is missing."),
        ("Update_Campaign_create", {}, {}, {"device_filter": "f", "autostop_success_percent": "9"},
         "body.autostop_success_percent must be a number, not text."),
        ("addApplicationToGroups", {"application_id": "a"}, {}, {"groups": []}, "body must be a list, not a mapping."),
        ("setDarkColor", {"reference": "primary"}, {}, {"colour": "red"}, "body.colour is unknown (did you mean color?)."),
        ("Firmware_Image_create", {}, {}, None, "it takes multipart/form-data, and only JSON can be sent."),
        ("connectWebsocket", {}, {}, None, "it is a websocket."),
        # All at once, in the order of the request.
        ("updateAccountGroupName", {"group": "g"}, {"x": 1}, {"nam": 1},
         "path_parameters.account_id is missing; path_parameters.group_id is missing; "
         "path_parameters.group is unknown (did you mean group_id?); query.x is unknown (there is none); "
         "body.name is missing; body.nam is unknown (did you mean name?)."),
    ],
)  # fmt: skip
def test_requests_that_are_not(name: str, parameters: Any, query: Any, body: Any, reason: str) -> None:
    assert refusal(name, parameters, query, body) == reason


def test_a_number_will_do_where_a_broken_number_is_wanted() -> None:
    for percent in (95, 99.5):
        operations.find("Update_Campaign_create").address({}, {}, {"device_filter": "f", "autostop_success_percent": percent})


def test_values_are_not_repeated() -> None:
    for body in ({"name": ["sesame"]}, {"name": "x", "status": "sesame"}, {"name": "x", "groups": "sesame"}):
        assert "sesame" not in refusal("createApplication", body=body)


def test_an_unknown_operation_is_named_with_those_like_it() -> None:
    with pytest.raises(RequestError) as caught:
        operations.find("Device_Group_updat")
    assert (
        str(caught.value)
        == "The API has no operation 'Device_Group_updat' (did you mean Device_update or Device_Query_update or Group_update?)."
    )
    with pytest.raises(RequestError) as caught:
        operations.find("qqqq")
    assert str(caught.value) == "The API has no operation 'qqqq'."
    # Part of a row is no id.
    for text in ("POST", "", "Device_list GET", "Device.list"):
        with pytest.raises(RequestError):
            operations.find(text)


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("getApplication", ""),
        ("getApiKey", "getApiKey is deprecated by the vendor; use getApplicationAccessKey."),
        ("getMyApiKey", "getMyApiKey is deprecated by the vendor; nothing replaces it."),
        ("getMyUser", "getMyUser exists only in services of 2019; use getUser."),
        ("getEnrollmentDenialAttempt", "getEnrollmentDenialAttempt exists only in services of 2019 and 2020; nothing replaces it."),
        (
            "ManufacturingStatisticsReport#2020",
            "ManufacturingStatisticsReport#2020 exists only in services of 2020; use ManufacturingStatisticsReport.",
        ),
    ],
)
def test_warnings(name: str, warning: str) -> None:
    assert operations.find(name).warning == warning


@pytest.mark.parametrize("name", operations.ids())
def test_every_row_makes_sense(name: str) -> None:
    operation = operations.find(name)
    assert operation.path.startswith("/") and "//" not in operation.path
    assert operation.method in ("GET", "POST", "PUT", "DELETE")
    assert operation.replacement == "" or operations.find(operation.replacement).warning != operation.warning
    # What all its parameters say is what the check lets through.
    if not operation.content and operation.body is None:
        fitting = {"int": "1", "bool": "true"}
        value = {
            key: kind.values[0] if kind.values else fitting.get(kind.name, "x")
            for key, kind in {**operation.parameters, **operation.query}.items()
        }
        path = operation.address({key: value[key] for key in operation.parameters}, {key: value[key] for key in operation.query}, None)
        assert "{" not in path


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_parameter_stays_one_part_of_the_path(text: str) -> None:
    path = operations.find("Device_retrieve").address({"id": text}, {}, None)
    assert path.count("/") == 4
    assert not set(path) & set("?# \\")
    assert unquote(path.split("/")[3]) == text
