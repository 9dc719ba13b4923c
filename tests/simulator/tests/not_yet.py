# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that the simulator still answers with 501. It is to become empty."""

from __future__ import annotations

NOT_YET: tuple[str, ...] = (
    # firmware_images
    "Firmware_Image_create",
    "Firmware_Image_destroy",
    "Firmware_Image_list",
    "Firmware_Image_retrieve",
    # firmware_upload_jobs
    "Upload_Job_Create",
    "Upload_Job_Delete",
    "Upload_Job_List",
    "Upload_Job_Retrieve",
    "Upload_Job_Update",
    # firmware_upload_chunks
    "Upload_Job_Chunk_Create",
    "Upload_Job_Chunk_List",
    "Upload_Job_Chunk_retreive",
    # firmware_manifests
    "Firmware_Manifest_create",
    "Firmware_Manifest_destroy",
    "Firmware_Manifest_list",
    "Firmware_Manifest_retrieve",
    # update_campaigns
    "Update_Campaign_archive",
    "Update_Campaign_create",
    "Update_Campaign_destroy",
    "Update_Campaign_list",
    "Update_Campaign_retrieve",
    "Update_Campaign_start",
    "Update_Campaign_stop",
    "Update_Campaign_update",
    # campaign_metrics
    "Update_Campaign_metrics",
    # campaign_statistics
    "Update_Campaign_statistics_list",
    "Update_Campaign_statistics_retrieve",
    # campaign_statistics_events
    "Update_Campaign_event_types_list",
    "Update_Campaign_event_types_retrieve",
    # campaign_device_metadata
    "Update_Campaign_Metadata_list",
    "Update_Campaign_Metadata_retrieve",
    # branding_colors
    "deleteAllAccountColors",
    "deleteAllColors",
    # branding_colors_dark
    "bulkSetAccountDarkColors",
    "bulkSetDarkColors",
    "deleteAllAccountDarkColors",
    "deleteAllDarkColors",
    "getAccountDarkColor",
    "getAccountDarkColors",
    "getDarkColor",
    "getDarkColors",
    "resetAccountDarkColor",
    "resetDarkColor",
    "setAccountDarkColor",
    "setDarkColor",
    # branding_colors_light
    "bulkSetAccountLightColors",
    "bulkSetLightColors",
    "deleteAllAccountLightColors",
    "deleteAllLightColors",
    "getAccountLightColor",
    "getAccountLightColors",
    "getLightColor",
    "getLightColors",
    "resetAccountLightColor",
    "resetLightColor",
    "setAccountLightColor",
    "setLightColor",
    # branding_images
    "deleteAllAccountImages",
    "deleteAllImages",
    # branding_images_dark
    "clearAccountDarkImage",
    "clearDarkImage",
    "deleteAllAccountDarkImages",
    "deleteAllDarkImages",
    "getAccountDarkImageData",
    "getAllAccountDarkImageData",
    "getAllDarkImageData",
    "getDarkImageData",
    "uploadAccountDarkImage",
    "uploadAccountDarkImageMultipart",
    "uploadDarkImage",
    "uploadDarkImageMultipart",
    # branding_images_light
    "clearAccountLightImage",
    "clearLightImage",
    "deleteAllAccountLightImages",
    "deleteAllLightImages",
    "getAccountLightImageData",
    "getAllAccountLightImageData",
    "getAllLightImageData",
    "getLightImageData",
    "uploadAccountLightImage",
    "uploadAccountLightImageMultipart",
    "uploadLightImage",
    "uploadLightImageMultipart",
    # endpoints
    "getEndpointResources",
    # endpoint_resources
    "deleteResourcePath",
    "executeOrCreateResource",
    "getResourceValue",
    "updateResourceValue",
    # device_requests
    "createAsyncRequest",
    # notification_channel
    "getChannelMetadata",
    # notification_pull
    "deleteLongPollChannel",
    "longPollNotifications",
    # notification_callback
    "deregisterWebhook",
    "getWebhook",
    "registerWebhook",
    # notification_websocket
    "connectWebsocket",
    "deleteWebsocket",
    "getWebsocket",
    "registerWebsocket",
    # pre_subscriptions
    "deletePreSubscriptions",
    "getPreSubscriptions",
    "updatePreSubscriptions",
    # device_subscriptions
    "deleteEndpointSubscriptions",
    "getEndpointSubscriptions",
    # resource_subscriptions
    "addResourceSubscription",
    "checkResourceSubscription",
    "deleteResourceSubscription",
    # device_echo
    "deleteDeviceEchoObject",
    "getDeviceEchoObject",
    # gateway_logs
    "GetDeviceLogBasedOnLogID",
    "ListGatewayDeviceLogs",
    "ListSingleGatewayDeviceLogs",
    # gateway_console
    "establishGatewayDeviceConsoleSession",
    # edge_proxy
    "communicateWithGatewayBasedServices",
    # metrics
    "getMetrics",
    # manufacturing_statistics
    "ManufacturingStatisticsReport",
    "ManufacturingStatisticsReport#2020",
    # factory_tool
    "downloadFactoryTool",
    "getFactoryToolInfo",
    "getFactoryToolReleaseNotes",
    # billing_report
    "getBillingReport",
    # billing_report_active_devices
    "getBillingReportActiveDevices",
    # billing_report_firmware_updates
    "getBillingReportFirmwareUpdates",
    # billing_statistics
    "getStatisticsView",
    # service_packages
    "getServicePackages",
    # service_packages_quota
    "getServicePackageQuota",
    # service_packages_quota_history
    "getServicePackageQuotaHistory",
)
