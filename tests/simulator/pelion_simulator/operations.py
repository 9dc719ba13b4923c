# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation of the API in its three generations (the vendor's OpenAPI descriptions of 2019, 2020 and 2021), and the way to one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .answers import ApiError

YEARS = (2019, 2020, 2021)
_REST = "resourcePath"
"""The only path parameter that takes slashes."""


@dataclass(frozen=True)
class Operation:
    """One operation: its id and path as the newest description that has it writes them, with one slash at the start and none at the end."""

    id: str
    method: str
    path: str
    first: int
    """The first year that has it."""
    last: int

    @functools.cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, with "_" for "-"."""
        return tuple(name.replace("-", "_") for name in re.findall(r"{([^}]+)}", self.path))


@dataclass
class _Node:
    """A place in the tree of paths: what follows by the next segment, and the operations that end here, by method."""

    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    rest: bool = False
    operations: dict[str, Operation] = field(default_factory=dict)

    def find(self, segments: list[str]) -> tuple[_Node, list[str]] | None:
        """The node for these segments and the values of its parameters. What is written out goes before a parameter."""
        if not segments:
            return (self, []) if self.operations else None
        head, tail = segments[0], segments[1:]
        if head in self.literal and (found := self.literal[head].find(tail)):
            return found
        if self.parameter is None or not head:
            return None
        if self.parameter.rest:
            return self.parameter, [unquote("/".join(segments))]
        if found := self.parameter.find(tail):
            node, values = found
            return node, [unquote(head), *values]
        return None


def find(method: str, path: str, year: int, beside: _Node | None = None) -> tuple[Operation, Mapping[str, str]]:
    """The operation and its path parameters, for a path as it was sent, in any spelling of its slashes. Raises ApiError (404, 405).

    `beside`: what there is besides the operations, made by `tree`.
    """
    segments = path.strip("/").split("/")
    found = _tree(year).find(segments) or (beside and beside.find(segments))
    if not found:
        raise ApiError(404, "unrecognized_request", "There is nothing at this path.")
    node, values = found
    if method not in node.operations:
        known = ", ".join(sorted(node.operations))
        raise ApiError(405, "method_not_supported", f"{method} is not supported here, only {known}.")
    operation = node.operations[method]
    return operation, dict(zip(operation.parameters, values, strict=True))


@functools.cache
def _tree(year: int) -> _Node:
    """The paths that a year has."""
    return tree(operation for operation in OPERATIONS.values() if operation.first <= year <= operation.last)


def tree(operations: Iterable[Operation]) -> _Node:
    """The paths of these operations."""
    root = _Node()
    for operation in operations:
        node = root
        for segment in operation.path.strip("/").split("/"):
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
                node.rest = segment == "{" + _REST + "}"
            else:
                node = node.literal.setdefault(segment, _Node())
        node.operations[operation.method] = operation
    return root


def _read(table: str) -> dict[str, Operation]:
    """The operations in the table below: a path, and under it its methods, ids and, where it is not in all, the years."""
    operations: dict[str, Operation] = {}
    path = ""
    for line in table.splitlines():
        words = line.split()
        if len(words) == 1:
            path = words[0]
        elif words:
            first, last = map(int, words[2].split("-")) if len(words) > 2 else (YEARS[0], YEARS[-1])
            operations[words[1]] = Operation(words[1], words[0], path, first, last)
    return operations


OPERATIONS: Mapping[str, Operation] = _read(
    """
/ace-auth/token
  POST createAceAuthToken 2020-2021
/downloads/fcu/factory_configurator_utility.zip
  GET downloadFactoryTool 2020-2021
/downloads/fcu/info
  GET getFactoryToolInfo 2020-2021
/downloads/fcu/release_notes
  GET getFactoryToolReleaseNotes 2020-2021
/v2/device-requests/{device-id}
  POST createAsyncRequest
/v2/device-shared-keys
  GET listPreSharedKeys
  POST uploadPreSharedKey
/v2/device-shared-keys/{endpoint_name}
  GET getPreSharedKey
  DELETE deletePreSharedKey
/v2/endpoints/{device-id}
  GET getEndpointResources
/v2/endpoints/{device-id}/{resourcePath}
  GET getResourceValue
  POST executeOrCreateResource
  PUT updateResourceValue
  DELETE deleteResourcePath
/v2/notification/callback
  GET getWebhook
  PUT registerWebhook
  DELETE deregisterWebhook
/v2/notification/channel
  GET getChannelMetadata
/v2/notification/pull
  GET longPollNotifications
  DELETE deleteLongPollChannel
/v2/notification/websocket
  GET getWebsocket
  PUT registerWebsocket
  DELETE deleteWebsocket
/v2/notification/websocket-connect
  GET connectWebsocket
/v2/subscriptions
  GET getPreSubscriptions
  PUT updatePreSubscriptions
  DELETE deletePreSubscriptions
/v2/subscriptions/{device-id}
  GET getEndpointSubscriptions
  DELETE deleteEndpointSubscriptions
/v2/subscriptions/{device-id}/{resourcePath}
  GET checkResourceSubscription
  PUT addResourceSubscription
  DELETE deleteResourceSubscription
/v3/access-keys
  GET getAllAccessKeys 2021-2021
/v3/access-keys/{access_key_id}
  GET getAccessKey 2021-2021
/v3/accounts
  GET getAllAccounts
  POST createAccount
/v3/accounts/me
  GET getMyAccountInfo
  PUT updateMyAccount
/v3/accounts/me/notifications
  GET getNofificationEntries
/v3/accounts/me/notifications/{notification_id}
  GET getNofificationEntry 2020-2021
/v3/accounts/{account_id}
  GET getAccountInfo
  PUT updateAccount
/v3/accounts/{account_id}/access-keys
  GET getAllAccountAccessKeys 2021-2021
/v3/accounts/{account_id}/access-keys/{access_key_id}
  GET getAccountAccessKey 2021-2021
/v3/accounts/{account_id}/api-keys
  GET getAllAccountApiKeys
  POST createAccountApiKey
/v3/accounts/{account_id}/api-keys/{apikey_id}
  GET getAccountApiKey
  PUT updateAccountApiKey
  DELETE deleteAccountApiKey
/v3/accounts/{account_id}/api-keys/{apikey_id}/groups
  GET getGroupsOfAccountApikey
  POST addAccountApiKeyToGroups
  DELETE removeAccountApiKeyFromGroups
/v3/accounts/{account_id}/api-keys/{apikey_id}/groups/add
  POST addAccountApiKeyToListedGroups 2020-2021
/v3/accounts/{account_id}/api-keys/{apikey_id}/groups/remove
  POST removeAccountApiKeyFromListedGroups 2020-2021
/v3/accounts/{account_id}/api-keys/{apikey_id}/reset-secret
  POST resetAccountApiKeySecret
/v3/accounts/{account_id}/applications
  GET getAllAccountApplications 2021-2021
  POST createAccountApplication 2021-2021
/v3/accounts/{account_id}/applications/{application_id}
  GET getAccountApplication 2021-2021
  PUT updateAccountApplication 2021-2021
  DELETE deleteAccountApplication 2021-2021
/v3/accounts/{account_id}/applications/{application_id}/access-keys
  GET getAllAccountApplicationAccessKeys 2021-2021
  POST createAccountApplicationAccessKey 2021-2021
/v3/accounts/{account_id}/applications/{application_id}/access-keys/{access_key_id}
  GET getAccountApplicationAccessKey 2021-2021
  PUT updateAccountApplicationAccessKey 2021-2021
  DELETE deleteAccountApplicationAccessKey 2021-2021
/v3/accounts/{account_id}/applications/{application_id}/groups
  GET getGroupsOfAccountApplication 2021-2021
/v3/accounts/{account_id}/applications/{application_id}/groups/add
  POST addAccountApplicationToGroups 2021-2021
/v3/accounts/{account_id}/applications/{application_id}/groups/remove
  POST removeAccountApplicationFromGroups 2021-2021
/v3/accounts/{account_id}/branding-colors
  DELETE deleteAllAccountColors 2020-2021
/v3/accounts/{account_id}/branding-colors/dark
  GET getAccountDarkColors
  PUT bulkSetAccountDarkColors
  DELETE deleteAllAccountDarkColors 2020-2021
/v3/accounts/{account_id}/branding-colors/dark/{reference}
  GET getAccountDarkColor
  PUT setAccountDarkColor
  DELETE resetAccountDarkColor
/v3/accounts/{account_id}/branding-colors/light
  GET getAccountLightColors
  PUT bulkSetAccountLightColors
  DELETE deleteAllAccountLightColors 2020-2021
/v3/accounts/{account_id}/branding-colors/light/{reference}
  GET getAccountLightColor
  PUT setAccountLightColor
  DELETE resetAccountLightColor
/v3/accounts/{account_id}/branding-images
  DELETE deleteAllAccountImages 2020-2021
/v3/accounts/{account_id}/branding-images/dark
  GET getAllAccountDarkImageData
  DELETE deleteAllAccountDarkImages 2020-2021
/v3/accounts/{account_id}/branding-images/dark/{reference}
  GET getAccountDarkImageData
/v3/accounts/{account_id}/branding-images/dark/{reference}/clear
  POST clearAccountDarkImage
/v3/accounts/{account_id}/branding-images/dark/{reference}/upload
  POST uploadAccountDarkImage
/v3/accounts/{account_id}/branding-images/dark/{reference}/upload-multipart
  POST uploadAccountDarkImageMultipart
/v3/accounts/{account_id}/branding-images/light
  GET getAllAccountLightImageData
  DELETE deleteAllAccountLightImages 2020-2021
/v3/accounts/{account_id}/branding-images/light/{reference}
  GET getAccountLightImageData
/v3/accounts/{account_id}/branding-images/light/{reference}/clear
  POST clearAccountLightImage
/v3/accounts/{account_id}/branding-images/light/{reference}/upload
  POST uploadAccountLightImage
/v3/accounts/{account_id}/branding-images/light/{reference}/upload-multipart
  POST uploadAccountLightImageMultipart
/v3/accounts/{account_id}/identity-providers
  GET getAllAccountIdentityProviders
  POST createAccountIdentityProvider
/v3/accounts/{account_id}/identity-providers/{identity_provider_id}
  GET getAccountIdentityProvider
  PUT updateAccountIdentityProvider
  DELETE deleteAccountIdentityProvider
/v3/accounts/{account_id}/identity-providers/{identity_provider_id}/delete-sp-certificate
  POST deleteAccountSpCertificate
/v3/accounts/{account_id}/identity-providers/{identity_provider_id}/generate-sp-certificate
  POST generateAccountSpCertificate
/v3/accounts/{account_id}/identity-providers/{identity_provider_id}/refresh-jwks
  POST refreshAccountJwks 2020-2021
/v3/accounts/{account_id}/limitations
  GET aggregatorGetAccountLimitations 2020-2021
/v3/accounts/{account_id}/limitations/{limitation_id}
  GET aggregatorGetAccountLimitation 2020-2021
/v3/accounts/{account_id}/notifications
  GET getAccountNofificationEntries
/v3/accounts/{account_id}/notifications/{notification_id}
  GET getAccountNofificationEntry 2020-2021
/v3/accounts/{account_id}/policy-groups
  GET getAllAccountGroups
  POST createAccountGroup
/v3/accounts/{account_id}/policy-groups/{group_id}
  GET getAccountGroupSummary
  POST addSubjectsToAccountGroup
  PUT updateAccountGroupName
  DELETE deleteAccountGroup
/v3/accounts/{account_id}/policy-groups/{group_id}/api-keys
  GET getApiKeysOfAccountGroup
  POST addApiKeysToAccountGroup 2020-2021
  DELETE removeApiKeysFromAccountGroup
/v3/accounts/{account_id}/policy-groups/{group_id}/api-keys/add
  POST addListedApiKeysToAccountGroup 2020-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/api-keys/remove
  POST removeListedApiKeysFromAccountGroup 2020-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/applications
  GET getApplicationsOfAccountGroup 2021-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/applications/add
  POST addListedApplicationsToAccountGroup 2021-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/applications/remove
  POST removeListedApplicationsFromAccountGroup 2021-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/users
  GET getUsersOfAccountGroup
  POST addUsersToAccountGroup 2020-2021
  DELETE removeUsersFromAccountGroup
/v3/accounts/{account_id}/policy-groups/{group_id}/users/add
  POST addListedUsersToAccountGroup 2020-2021
/v3/accounts/{account_id}/policy-groups/{group_id}/users/remove
  POST removeListedUsersFromAccountGroup 2020-2021
/v3/accounts/{account_id}/trusted-certificates
  GET getAllAccountCertificates
  POST addAccountCertificate
/v3/accounts/{account_id}/trusted-certificates/{cert_id}
  GET getAccountCertificate
  PUT updateAccountCertificate
  DELETE deleteAccountCertificate
/v3/accounts/{account_id}/user-invitations
  GET getAllAccountInvitations
  POST createAccountInvitation
/v3/accounts/{account_id}/user-invitations/{invitation_id}
  GET getAccountInvitation
  DELETE deleteAccountInvitation
/v3/accounts/{account_id}/users
  GET getAllAccountUsers
  POST createAccountUser
/v3/accounts/{account_id}/users/{user_id}
  GET getAccountUser
  PUT updateAccountUser
  DELETE deleteAccountUser
/v3/accounts/{account_id}/users/{user_id}/groups
  GET getGroupsOfAccountUser
  POST addAccountUserToGroups
  DELETE removeAccountUserFromGroups
/v3/accounts/{account_id}/users/{user_id}/groups/add
  POST addAccountUserToListedGroups 2020-2021
/v3/accounts/{account_id}/users/{user_id}/groups/remove
  POST removeAccountUserFromListedGroups 2020-2021
/v3/accounts/{account_id}/users/{user_id}/remove
  POST removeAccountUserFromAccount 2021-2021
/v3/accounts/{account_id}/users/{user_id}/validate-email
  POST validateAccountUserEmail
/v3/api-keys
  GET getAllApiKeys
  POST createApiKey
/v3/api-keys/me
  GET getMyApiKey
  PUT updateMyApiKey
/v3/api-keys/me/groups
  GET getGroupsOfMyApiKey
  POST addMyApiKeyToGroups
  DELETE removeMyApiKeyListedGroups
/v3/api-keys/me/groups/add
  POST addMyApiKeyToListedGroups 2020-2021
/v3/api-keys/me/groups/remove
  POST removeMyApiKeyFromListedGroups 2020-2021
/v3/api-keys/{apikey_id}
  GET getApiKey
  PUT updateApiKey
  DELETE deleteApiKey
/v3/api-keys/{apikey_id}/groups
  GET getGroupsOfApikey
  POST addApiKeyToGroups
  DELETE removeApiKeyFromGroups
/v3/api-keys/{apikey_id}/groups/add
  POST addApiKeyToListedGroups 2020-2021
/v3/api-keys/{apikey_id}/groups/remove
  POST removeApiKeyFromListedGroups 2020-2021
/v3/api-keys/{apikey_id}/reset-secret
  POST resetSecret 2020-2021
/v3/applications
  GET getAllApplications 2021-2021
  POST createApplication 2021-2021
/v3/applications/{application_id}
  GET getApplication 2021-2021
  PUT updateApplication 2021-2021
  DELETE deleteApplication 2021-2021
/v3/applications/{application_id}/access-keys
  GET getAllApplicationAccessKeys 2021-2021
  POST createApplicationAccessKey 2021-2021
/v3/applications/{application_id}/access-keys/{access_key_id}
  GET getApplicationAccessKey 2021-2021
  PUT updateApplicationAccessKey 2021-2021
  DELETE deleteApplicationAccessKey 2021-2021
/v3/applications/{application_id}/groups
  GET getGroupsOfApplication 2021-2021
/v3/applications/{application_id}/groups/add
  POST addApplicationToGroups 2021-2021
/v3/applications/{application_id}/groups/remove
  POST removeApplicationFromGroups 2021-2021
/v3/billing-report
  GET getBillingReport
/v3/billing-report-active-devices
  GET getBillingReportActiveDevices
/v3/billing-report-firmware-updates
  GET getBillingReportFirmwareUpdates
/v3/billing-statistics
  GET getStatisticsView 2020-2021
/v3/branding-colors
  DELETE deleteAllColors 2020-2021
/v3/branding-colors/dark
  GET getDarkColors
  PUT bulkSetDarkColors
  DELETE deleteAllDarkColors 2020-2021
/v3/branding-colors/dark/{reference}
  GET getDarkColor
  PUT setDarkColor
  DELETE resetDarkColor
/v3/branding-colors/light
  GET getLightColors
  PUT bulkSetLightColors
  DELETE deleteAllLightColors 2020-2021
/v3/branding-colors/light/{reference}
  GET getLightColor
  PUT setLightColor
  DELETE resetLightColor
/v3/branding-images
  DELETE deleteAllImages 2020-2021
/v3/branding-images/dark
  GET getAllDarkImageData
  DELETE deleteAllDarkImages 2020-2021
/v3/branding-images/dark/{reference}
  GET getDarkImageData
/v3/branding-images/dark/{reference}/clear
  POST clearDarkImage
/v3/branding-images/dark/{reference}/upload
  POST uploadDarkImage
/v3/branding-images/dark/{reference}/upload-multipart
  POST uploadDarkImageMultipart
/v3/branding-images/light
  GET getAllLightImageData
  DELETE deleteAllLightImages 2020-2021
/v3/branding-images/light/{reference}
  GET getLightImageData
/v3/branding-images/light/{reference}/clear
  POST clearLightImage
/v3/branding-images/light/{reference}/upload
  POST uploadLightImage
/v3/branding-images/light/{reference}/upload-multipart
  POST uploadLightImageMultipart
/v3/certificate-enrollments
  GET getCertificateEnrollments
/v3/certificate-enrollments/{certificate-enrollment-id}
  GET getCertificateEnrollment
/v3/certificate-issuer-configurations
  GET getCertificateIssuerConfigs
  POST createCertificateIssuerConfig
/v3/certificate-issuer-configurations/lwm2m
  GET getCertificateIssuerConfig
  PUT updateCertificateIssuerConfig
/v3/certificate-issuer-configurations/{certificate-issuer-configuration-id}
  GET getCertificateIssuerConfigByID
  PUT updateCertificateIssuerConfigByID
  DELETE deleteCertificateIssuerConfigByID
/v3/certificate-issuers
  GET getCertificateIssuers
  POST createCertificateIssuer
/v3/certificate-issuers/{certificate-issuer-id}
  GET getCertificateIssuer
  PUT updateCertificateIssuer
  DELETE deleteCertificateIssuer
/v3/certificate-issuers/{certificate-issuer-id}/verify
  POST verifyCertificateIssuer
/v3/developer-certificates
  POST createDeveloperCertificate
/v3/developer-certificates/{developerCertificateId}
  GET getDeveloperCertificate
/v3/device-block-categories
  GET Block_Categories_list 2020-2021
/v3/device-block-categories/{block_category_reference}
  GET Block_Categories_retrieve 2020-2021
/v3/device-enrollment-denials
  GET listEnrollmentDenialAttempts 2019-2020
/v3/device-enrollment-denials/{device_enrollment_denial_id}
  GET getEnrollmentDenialAttempt 2019-2020
/v3/device-enrollments
  GET getDeviceEnrollments
  POST createDeviceEnrollment
/v3/device-enrollments/{id}
  GET getDeviceEnrollment
  DELETE deleteDeviceEnrollment
/v3/device-enrollments-bulk-deletes
  POST deleteBulkDeviceEnrollment
/v3/device-enrollments-bulk-deletes/{id}
  GET getBulkDeviceEnrollmentDelete
/v3/device-enrollments-bulk-uploads
  POST createBulkDeviceEnrollment
/v3/device-enrollments-bulk-uploads/{id}
  GET getBulkDeviceEnrollment
/v3/device-events
  GET Device_Event_list
/v3/device-events/{device_event_id}
  GET Device_Event_retrieve
/v3/device-groups
  GET Group_list
  POST Group_create
/v3/device-groups/{device-group-id}
  GET Group_retrieve
  PUT Group_update
  DELETE Group_delete
/v3/device-groups/{device-group-id}/devices
  GET Group_members_retrieve
/v3/device-groups/{device-group-id}/devices/add
  POST Group_members_add
/v3/device-groups/{device-group-id}/devices/remove
  POST Group_members_remove
/v3/device-logs
  GET ListGatewayDeviceLogs 2021-2021
/v3/device-logs/{device_log_id}
  GET GetDeviceLogBasedOnLogID 2021-2021
/v3/device-queries
  GET Device_Query_list
  POST Device_Query_create
/v3/device-queries/{query_id}
  GET Device_Query_retrieve
  PUT Device_Query_update
  DELETE Device_Query_destroy
/v3/devicelog
  GET Device_Log_list
/v3/devicelog/{device_event_id}
  GET Device_Log_retrieve
/v3/devices
  GET Device_list
  POST Device_create
/v3/devices/{device-id}/certificates/{certificate-name}/renew
  POST RequestCertificateRenewal
/v3/devices/{device-id}/echo
  GET getDeviceEchoObject 2021-2021
  DELETE deleteDeviceEchoObject 2021-2021
/v3/devices/{device_id}/logs
  GET ListSingleGatewayDeviceLogs 2021-2021
/v3/devices/{id}
  GET Device_retrieve
  PUT Device_update
  DELETE Device_destroy
/v3/devices/{id}/console
  GET establishGatewayDeviceConsoleSession 2021-2021
/v3/devices/{id}/resume
  POST Device_resume 2020-2021
/v3/devices/{id}/suspend
  POST Device_suspend 2020-2021
/v3/firmware-images
  GET Firmware_Image_list
  POST Firmware_Image_create
/v3/firmware-images/upload-jobs
  GET Upload_Job_List
  POST Upload_Job_Create
/v3/firmware-images/upload-jobs/{upload_job_id}
  GET Upload_Job_Retrieve
  PUT Upload_Job_Update
  DELETE Upload_Job_Delete
/v3/firmware-images/upload-jobs/{upload_job_id}/chunks
  GET Upload_Job_Chunk_List
  POST Upload_Job_Chunk_Create
/v3/firmware-images/upload-jobs/{upload_job_id}/chunks/{chunk_id}
  GET Upload_Job_Chunk_retreive
/v3/firmware-images/{image_id}
  GET Firmware_Image_retrieve
  DELETE Firmware_Image_destroy
/v3/firmware-manifests
  GET Firmware_Manifest_list
  POST Firmware_Manifest_create
/v3/firmware-manifests/{manifest_id}
  GET Firmware_Manifest_retrieve
  DELETE Firmware_Manifest_destroy
/v3/identity-providers
  GET getAllIdentityProviders
  POST createIdentityProvider
/v3/identity-providers/{identity_provider_id}
  GET getIdentityProvider
  PUT updateIdentityProvider
  DELETE deleteIdentityProvider
/v3/identity-providers/{identity_provider_id}/delete-sp-certificate
  POST deleteSpCertificate
/v3/identity-providers/{identity_provider_id}/generate-sp-certificate
  POST generateSpCertificate
/v3/identity-providers/{identity_provider_id}/refresh-jwks
  POST refreshJwks 2020-2021
/v3/limitations
  GET getAccountLimitations 2020-2021
/v3/limitations/{limitation_id}
  GET getAccountLimitation 2020-2021
/v3/manufacturing/statistics
  GET ManufacturingStatisticsReport 2021-2021
/v3/manufacturing/statistics/report
  GET ManufacturingStatisticsReport#2020 2020-2020
/v3/metrics
  GET getMetrics
/v3/policy-groups
  GET getAllGroups
  POST createGroup
/v3/policy-groups/{group_id}
  GET getGroupSummary
  POST addSubjectsToGroup
  PUT updateGroupName
  DELETE deleteGroup
/v3/policy-groups/{group_id}/api-keys
  GET getApiKeysOfGroup
  POST addApiKeysToGroup 2020-2021
  DELETE removeApiKeysFromGroup
/v3/policy-groups/{group_id}/api-keys/add
  POST addListedApiKeysToGroup 2020-2021
/v3/policy-groups/{group_id}/api-keys/remove
  POST removeListedApiKeysFromGroup 2020-2021
/v3/policy-groups/{group_id}/applications
  GET getApplicationsOfGroup 2021-2021
/v3/policy-groups/{group_id}/applications/add
  POST addListedApplicationsToGroup 2021-2021
/v3/policy-groups/{group_id}/applications/remove
  POST removeListedApplicationsFromGroup 2021-2021
/v3/policy-groups/{group_id}/users
  GET getUsersOfGroup
  POST addUsersToGroup. 2020-2021
  DELETE removeUsersFromGroup
/v3/policy-groups/{group_id}/users/add
  POST addListedUsersToGroup. 2020-2021
/v3/policy-groups/{group_id}/users/remove
  POST removeListedUsersFromGroup 2020-2021
/v3/server-credentials
  GET getAllServerCredentials
/v3/server-credentials/bootstrap
  GET getBootstrapServerCredentials
/v3/server-credentials/lwm2m
  GET getL2M2MServerCredentials
/v3/service-packages
  GET getServicePackages
/v3/service-packages-quota
  GET getServicePackageQuota
/v3/service-packages-quota-history
  GET getServicePackageQuotaHistory
/v3/trust-anchors
  GET getTrustAnchors 2020-2021
  POST createTrustAnchor 2020-2021
/v3/trust-anchors/{trust_anchor_id}
  PUT updateTrustAnchor 2020-2021
  DELETE deleteTrustAnchor 2020-2021
/v3/trusted-certificates
  GET getAllCertificates
  POST addCertificate
/v3/trusted-certificates/{cert_id}
  GET getCertificate
  PUT updateCertificate
  DELETE deleteCertificate
/v3/update-campaigns
  GET Update_Campaign_list
  POST Update_Campaign_create
/v3/update-campaigns/{campaign_id}
  GET Update_Campaign_retrieve
  PUT Update_Campaign_update
  DELETE Update_Campaign_destroy
/v3/update-campaigns/{campaign_id}/archive
  POST Update_Campaign_archive
/v3/update-campaigns/{campaign_id}/campaign-device-metadata
  GET Update_Campaign_Metadata_list
/v3/update-campaigns/{campaign_id}/campaign-device-metadata/{campaign_device_metadata_id}
  GET Update_Campaign_Metadata_retrieve
/v3/update-campaigns/{campaign_id}/metrics
  GET Update_Campaign_metrics
/v3/update-campaigns/{campaign_id}/start
  POST Update_Campaign_start
/v3/update-campaigns/{campaign_id}/statistics
  GET Update_Campaign_statistics_list
/v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}
  GET Update_Campaign_statistics_retrieve
/v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types
  GET Update_Campaign_event_types_list
/v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types/{event_type_id}
  GET Update_Campaign_event_types_retrieve
/v3/update-campaigns/{campaign_id}/stop
  POST Update_Campaign_stop
/v3/user-invitations
  GET getAllInvitations
  POST createInvitation
/v3/user-invitations/{invitation_id}
  GET getInvitation
  DELETE deleteInvitation
/v3/users
  GET getAllUsers
  POST createUser
/v3/users/me
  GET getMyUser 2019-2019
  PUT updateMyUser 2019-2019
/v3/users/{user_id}
  GET getUser
  PUT updateUser
  DELETE deleteUser
/v3/users/{user_id}/groups
  GET getGroupsOfUser
  POST addUserToGroups
  DELETE removeUserFromGroups
/v3/users/{user_id}/groups/add
  POST addUserToListedGroups 2020-2021
/v3/users/{user_id}/groups/remove
  POST removeUserFromListedGroups 2020-2021
/v3/users/{user_id}/remove
  POST removeUserFromAccount 2021-2021
/v3preview1/devices/{id}/services/{address}/connection
  GET communicateWithGatewayBasedServices 2021-2021
"""
)
