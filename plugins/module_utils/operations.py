# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""What each of the API's 363 operations takes, and the check of a request against it.

The facts are those of the API's description of January 2021; five operations come from its older descriptions of 2019 and 2020.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote

from .client import RequestError

# Bodies that several operations share, or that are long. Name = kind, where a kind is: str, int, float, bool or file; (A|B), one of
# these words; [kind], a list; {*:kind}, a mapping with any keys; {field:kind,field!}, an object, in which a field without a kind
# is a str and ! marks what must be given; or the name of another kind. A ? behind a kind says that null will do as well.
_KINDS = """
AccessKey = {description,expiration,name!,status:(ACTIVE|INACTIVE|EXPIRED)}
AccountCreationReq = {address_line1:str?,address_line2:str?,admin_email:str?,admin_full_name:str?,admin_name:str?,admin_password:str?,
  aliases:[str]?,business_model:BusinessModel,city:str?,company:str?,contact:str?,contract_number:str?,country:str?,
  customer_number:str?,display_name:str?,email:str?,end_market!,phone_number:str?,postal_code:str?,state:str?}
AccountUpdateReq = {address_line1:str?,address_line2:str?,aliases:[str]?,city:str?,company:str?,contact:str?,country:str?,
  custom_fields:{*:str}?,display_name:str?,email:str?,end_market:str?,expiration_warning_threshold:int?,idle_timeout:int?,
  mfa_status:(enforced|optional)?,notification_emails:[str]?,password_policy:PasswordPolicy?,password_recovery_expiration:int?,
  phone_number:str?,postal_code:str?,state:str?}
AccountUpdateRootReq = {address_line1:str?,address_line2:str?,aliases:[str]?,business_model:BusinessModel,city:str?,company:str?,
  contact:str?,contract_number:str?,country:str?,custom_fields:{*:str}?,customer_number:str?,display_name:str?,email:str?,
  end_market:str?,expiration_warning_threshold:int?,idle_timeout:int?,mfa_status:(enforced|optional)?,notification_emails:[str]?,
  password_policy:PasswordPolicy?,password_recovery_expiration:int?,phone_number:str?,postal_code:str?,sales_contact:str?,state:str?}
ApiKeyInfoReq = {groups:[str],name!,owner,status:(ACTIVE|INACTIVE)}
ApiKeyUpdateReq = {groups:[str],name,owner,status:(ACTIVE|INACTIVE)}
Application = {description,groups:[str],name!,status:(ACTIVE|INACTIVE)}
BrandingColor = {color:str?,reference:ColorReference}
BrandingColorUpdate = {color:str?,reference!:ColorReference}
BusinessModel = (active_device_business_model|api_calls_1_business_model)
CertificateGenerationReq = {algorithm:(RSA2048|RSA3072|EC224|EC256|EC384|EC521|ECDSA224|ECDSA256|ECDSA384|ECDSA521),validity:int}
CertificateIssuerConfigRequest = {certificate_issuer_id:str?}
CertificateIssuerRequest = {description:str?,issuer_attributes:{*:str},issuer_credentials!:{*:str},issuer_type!:(GLOBAL_SIGN|
  CFSSL_AUTH),name!}
CertificateIssuerUpdateRequest = {description:str?,issuer_attributes:{*:str},issuer_credentials:{*:str},name}
ColorReference = (error_color|primary|secondary|success_color|warning_color|canvas_background|canvas_background_font_color|
  workspace_background|workspace_background_font_color|info_color|info_font_color|primary_font_color|secondary_font_color|
  error_font_color|success_font_color|warning_font_color|menu_background_color|menu_text_color|nav_menu_background|
  nav_menu_background_font_color|nav_menu_active_background|nav_menu_active_background_font_color|nav_menu_highlight|
  nav_menu_highlight_font_color)
CreateCertificateIssuerConfig = {certificate_issuer_id!:str?,reference!}
CreateTrustAnchorRequest = {description!}
DeveloperCertificateRequestData = {description:str?,name!}
DeviceDataPostRequest = {auto_update:bool,bootstrap_expiration_date:str?,ca_id,connector_expiration_date:str?,custom_attributes:{*:str},
  deployment,description,device_class,device_execution_mode:(0|1|5),device_key,endpoint_name,endpoint_type,host_gateway,
  issuer_fingerprint:str?,manifest,mechanism:(connector|direct),mechanism_url,name,serial_number,state:(unenrolled|cloud_enrolling|
  bootstrapped|registered|deregistered),vendor_id}
DeviceDataPutRequest = {auto_update:bool,ca_id,custom_attributes:{*:str},description,device_key,endpoint_type,host_gateway,name}
DeviceGroupManipulation = {device_id!}
DeviceQueryPostPutRequest = {name!,query!}
DeviceRequest = {accept,content-type,method!,payload-b64,uri!}
EnrollmentId = {enrollment_identity!}
GroupCreationInfo = {members:SubjectList,name!}
GroupUpdateInfo = {name!}
IdentityProviderCreationReq = {description,name!,oidc_attributes:OIDCInfo,saml2_attributes:SAML2Req,status:(ACTIVE|SUSPENDED),
  type!:(SAML2|OIDC)}
IdentityProviderUpdateReq = {description,name!,oidc_attributes:OIDCInfo,saml2_attributes:SAML2Req,status:(ACTIVE|SUSPENDED),
  type!:(SAML2|OIDC)}
IdpPublicKey = {key,kid}
ImageReference = (brand_logo_portrait|brand_logo_square|brand_logo_landscape|brand_logo_email|app_logo_landscape|app_logo_portrait|
  app_logo_square|desktop_background_landscape|desktop_background_square|desktop_background_portrait|carousel_image_portrait_0|
  carousel_image_portrait_1|carousel_image_portrait_2|carousel_image_portrait_3|carousel_image_portrait_4|carousel_image_portrait_5|
  carousel_image_portrait_6|carousel_image_portrait_7|carousel_image_portrait_8|carousel_image_portrait_9|carousel_image_square_0|
  carousel_image_square_1|carousel_image_square_2|carousel_image_square_3|carousel_image_square_4|carousel_image_square_5|
  carousel_image_square_6|carousel_image_square_7|carousel_image_square_8|carousel_image_square_9|carousel_image_landscape_0|
  carousel_image_landscape_1|carousel_image_landscape_2|carousel_image_landscape_3|carousel_image_landscape_4|
  carousel_image_landscape_5|carousel_image_landscape_6|carousel_image_landscape_7|carousel_image_landscape_8|
  carousel_image_landscape_9)
LoginProfile = {id!}
OIDCClaimMapping = {email:str?,email_verified:str?,family_name:str?,given_name:str?,name:str?,phone_number:str?,sub:str?,
  updated_at:str?,updated_at_pattern:str?}
OIDCInfo = {authorization_endpoint:str?,auto_enrollment:bool?,claim_mapping:OIDCClaimMapping?,client_id:str?,client_secret:str?,
  end_session_endpoint:str?,issuer!,jwks_uri:str?,keys:[IdpPublicKey]?,redirect_uri:str?,revocation_endpoint:str?,scopes,
  token_endpoint:str?,token_request_mode:(POST|GET),token_response_path,userinfo_endpoint:str?}
PasswordPolicy = {minimum_length!:int}
PreSharedKey = {endpoint_name!,secret_hex!}
Presubscription = {endpoint-name,endpoint-type,resource-path:[str]}
SAML2Req = {entity_descriptor,idp_entity_id,idp_x509_certs:[str],slo_endpoint,sp_entity_id,sso_endpoint}
SerializationConfigData = {cfg:SerializationConfigObjectV2,max_chunk_size:int,type!:(v2)}
SerializationConfigObjectV2 = {deregistrations_as_object:bool,include_original_ep:bool,include_timestamp:bool,include_uid:bool}
SubjectList = {apikeys:[str],applications:[str],users:[str]}
TokenRequest = {aud!:[str],cnf!,grant_type!,scope!}
TrustedCertificateReq = {certificate!,description:str?,enrollment_mode:bool,name!,service!:(lwm2m|bootstrap),signature,status:(ACTIVE|
  INACTIVE)}
TrustedCertificateUpdateReq = {certificate,description:str?,enrollment_mode:bool,name,service:(lwm2m|bootstrap),signature,
  status:(ACTIVE|INACTIVE)}
UpdateCampaignPostRequest = {approval_required:bool,autostop:bool,autostop_success_percent:float,campaign_strategy:(one-shot|
  continuous),description,device_filter!,name,root_manifest_id,state:(draft|scheduled),when:str?}
UpdateCampaignPutRequest = {approval_required:bool,autostop:bool,autostop_success_percent:float,description,device_filter,name,
  root_manifest_id,state:(draft|scheduled|allocatingquota|allocatedquota|quotaallocationfailed|checkingmanifest|checkedmanifest|
  devicefetch|devicecopy|devicecheck|publishing|deploying|deployed|manifestremoved|expired|stopping|autostopped|userstopped|conflict),
  when:str?}
UpdateTrustAnchorRequest = {description!}
UserInfoReq = {address:str?,email!,full_name:str?,groups:[str],is_gtc_accepted:bool,is_marketing_accepted:bool,
  login_profiles:[LoginProfile],password:str?,phone_number:str?,username:str?}
UserInvitationReq = {email!,groups:[str],login_profiles:[LoginProfile],valid_for_days:int}
UserUpdateReq = {address:str?,email:str?,full_name:str?,groups:[str]?,is_gtc_accepted:bool?,is_marketing_accepted:bool?,
  is_totp_enabled:bool?,login_profiles:[LoginProfile]?,phone_number:str?,status:(ENROLLING|INVITED|ACTIVE|RESET|INACTIVE)?,
  username:str?}
Webhook = {headers:{*:str},serialization:SerializationConfigData,url!}
"""

# Id, method, path, and then, each behind its sign: / path parameters that are not any text, ? query parameters, = the body (=? one
# that may be left out), % its content type where it is not JSON, ~ the years of the only descriptions that have it, ! the operation
# to use instead of a deprecated one (- where there is none). name__eq/in stands for name__eq and name__in.
_TABLE = """
addAccountApiKeyToGroups POST /v3/accounts/{account_id}/api-keys/{apikey_id}/groups = [str] ! addAccountApiKeyToListedGroups
addAccountApiKeyToListedGroups POST /v3/accounts/{account_id}/api-keys/{apikey_id}/groups/add = [str] ! addAccountApplicationToGroups
addAccountApplicationToGroups POST /v3/accounts/{account_id}/applications/{application_id}/groups/add = [str]
addAccountCertificate POST /v3/accounts/{account_id}/trusted-certificates = TrustedCertificateReq
addAccountUserToGroups POST /v3/accounts/{account_id}/users/{user_id}/groups = [str] ! addAccountUserToListedGroups
addAccountUserToListedGroups POST /v3/accounts/{account_id}/users/{user_id}/groups/add = [str]
addApiKeysToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/api-keys = SubjectList ! addListedApiKeysToAccountGroup
addApiKeysToGroup POST /v3/policy-groups/{group_id}/api-keys = SubjectList ! addListedApiKeysToGroup
addApiKeyToGroups POST /v3/api-keys/{apikey_id}/groups = [str] ! addApiKeyToListedGroups
addApiKeyToListedGroups POST /v3/api-keys/{apikey_id}/groups/add = [str] ! addApplicationToGroups
addApplicationToGroups POST /v3/applications/{application_id}/groups/add = [str]
addCertificate POST /v3/trusted-certificates = TrustedCertificateReq
addListedApiKeysToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/api-keys/add = SubjectList !
  addListedApplicationsToAccountGroup
addListedApiKeysToGroup POST /v3/policy-groups/{group_id}/api-keys/add = SubjectList ! addListedApplicationsToGroup
addListedApplicationsToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/applications/add = SubjectList
addListedApplicationsToGroup POST /v3/policy-groups/{group_id}/applications/add = SubjectList
addListedUsersToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/users/add = SubjectList
addListedUsersToGroup. POST /v3/policy-groups/{group_id}/users/add = SubjectList
addMyApiKeyToGroups POST /v3/api-keys/me/groups = [str] ! addMyApiKeyToListedGroups
addMyApiKeyToListedGroups POST /v3/api-keys/me/groups/add = [str] ! addApplicationToGroups
addResourceSubscription PUT /v2/subscriptions/{device-id}/{resourcePath} / resourcePath:path
addSubjectsToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id} = SubjectList
addSubjectsToGroup POST /v3/policy-groups/{group_id} = SubjectList
addUsersToAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/users = SubjectList ! addListedUsersToAccountGroup
addUsersToGroup. POST /v3/policy-groups/{group_id}/users = SubjectList ! addListedUsersToGroup.
addUserToGroups POST /v3/users/{user_id}/groups = [str] ! addUserToListedGroups
addUserToListedGroups POST /v3/users/{user_id}/groups/add = [str]
aggregatorGetAccountLimitation GET /v3/accounts/{account_id}/limitations/{limitation_id}
aggregatorGetAccountLimitations GET /v3/accounts/{account_id}/limitations ? inherited__eq
Block_Categories_list GET /v3/device-block-categories/ ? limit:int order after include reference__eq/neq/in/nin
  updated_at__in/nin/lte/gte
Block_Categories_retrieve GET /v3/device-block-categories/{block_category_reference}
bulkSetAccountDarkColors PUT /v3/accounts/{account_id}/branding-colors/dark = [BrandingColorUpdate]
bulkSetAccountLightColors PUT /v3/accounts/{account_id}/branding-colors/light = [BrandingColorUpdate]
bulkSetDarkColors PUT /v3/branding-colors/dark = [BrandingColorUpdate]
bulkSetLightColors PUT /v3/branding-colors/light = [BrandingColorUpdate]
checkResourceSubscription GET /v2/subscriptions/{device-id}/{resourcePath} / resourcePath:path
clearAccountDarkImage POST /v3/accounts/{account_id}/branding-images/dark/{reference}/clear / reference:ImageReference
clearAccountLightImage POST /v3/accounts/{account_id}/branding-images/light/{reference}/clear / reference:ImageReference
clearDarkImage POST /v3/branding-images/dark/{reference}/clear / reference:ImageReference
clearLightImage POST /v3/branding-images/light/{reference}/clear / reference:ImageReference
communicateWithGatewayBasedServices GET /v3preview1/devices/{id}/services/{address}/connection % websocket
connectWebsocket GET /v2/notification/websocket-connect % websocket
createAccount POST /v3/accounts ? action = AccountCreationReq
createAccountApiKey POST /v3/accounts/{account_id}/api-keys = ApiKeyInfoReq ! createAccountApplicationAccessKey
createAccountApplication POST /v3/accounts/{account_id}/applications = Application
createAccountApplicationAccessKey POST /v3/accounts/{account_id}/applications/{application_id}/access-keys = AccessKey
createAccountGroup POST /v3/accounts/{account_id}/policy-groups = GroupCreationInfo
createAccountIdentityProvider POST /v3/accounts/{account_id}/identity-providers ? discovery:bool = IdentityProviderCreationReq
createAccountInvitation POST /v3/accounts/{account_id}/user-invitations = UserInvitationReq
createAccountUser POST /v3/accounts/{account_id}/users ? action = UserInfoReq
createAceAuthToken POST /ace-auth/token = TokenRequest
createApiKey POST /v3/api-keys = ApiKeyInfoReq ! createApplicationAccessKey
createApplication POST /v3/applications = Application
createApplicationAccessKey POST /v3/applications/{application_id}/access-keys = AccessKey
createAsyncRequest POST /v2/device-requests/{device-id} ? async-id! retry:int expiry-seconds:int = DeviceRequest
createBulkDeviceEnrollment POST /v3/device-enrollments-bulk-uploads = {enrollment_identities!:file} % multipart/form-data
createCertificateIssuer POST /v3/certificate-issuers = CertificateIssuerRequest
createCertificateIssuerConfig POST /v3/certificate-issuer-configurations = CreateCertificateIssuerConfig
createDeveloperCertificate POST /v3/developer-certificates = DeveloperCertificateRequestData
createDeviceEnrollment POST /v3/device-enrollments = EnrollmentId
createGroup POST /v3/policy-groups = GroupCreationInfo
createIdentityProvider POST /v3/identity-providers ? discovery:bool = IdentityProviderCreationReq
createInvitation POST /v3/user-invitations = UserInvitationReq
createTrustAnchor POST /v3/trust-anchors = CreateTrustAnchorRequest
createUser POST /v3/users ? action = UserInfoReq
deleteAccountApiKey DELETE /v3/accounts/{account_id}/api-keys/{apikey_id} ! deleteAccountApplicationAccessKey
deleteAccountApplication DELETE /v3/accounts/{account_id}/applications/{application_id}
deleteAccountApplicationAccessKey DELETE /v3/accounts/{account_id}/applications/{application_id}/access-keys/{access_key_id}
deleteAccountCertificate DELETE /v3/accounts/{account_id}/trusted-certificates/{cert_id}
deleteAccountGroup DELETE /v3/accounts/{account_id}/policy-groups/{group_id}
deleteAccountIdentityProvider DELETE /v3/accounts/{account_id}/identity-providers/{identity_provider_id}
deleteAccountInvitation DELETE /v3/accounts/{account_id}/user-invitations/{invitation_id}
deleteAccountSpCertificate POST /v3/accounts/{account_id}/identity-providers/{identity_provider_id}/delete-sp-certificate
deleteAccountUser DELETE /v3/accounts/{account_id}/users/{user_id}
deleteAllAccountColors DELETE /v3/accounts/{account_id}/branding-colors
deleteAllAccountDarkColors DELETE /v3/accounts/{account_id}/branding-colors/dark
deleteAllAccountDarkImages DELETE /v3/accounts/{account_id}/branding-images/dark
deleteAllAccountImages DELETE /v3/accounts/{account_id}/branding-images
deleteAllAccountLightColors DELETE /v3/accounts/{account_id}/branding-colors/light
deleteAllAccountLightImages DELETE /v3/accounts/{account_id}/branding-images/light
deleteAllColors DELETE /v3/branding-colors
deleteAllDarkColors DELETE /v3/branding-colors/dark
deleteAllDarkImages DELETE /v3/branding-images/dark
deleteAllImages DELETE /v3/branding-images
deleteAllLightColors DELETE /v3/branding-colors/light
deleteAllLightImages DELETE /v3/branding-images/light
deleteApiKey DELETE /v3/api-keys/{apikey_id} ! deleteApplicationAccessKey
deleteApplication DELETE /v3/applications/{application_id}
deleteApplicationAccessKey DELETE /v3/applications/{application_id}/access-keys/{access_key_id}
deleteBulkDeviceEnrollment POST /v3/device-enrollments-bulk-deletes = {enrollment_identities!:file} % multipart/form-data
deleteCertificate DELETE /v3/trusted-certificates/{cert_id}
deleteCertificateIssuer DELETE /v3/certificate-issuers/{certificate-issuer-id}
deleteCertificateIssuerConfigByID DELETE /v3/certificate-issuer-configurations/{certificate-issuer-configuration-id}
deleteDeviceEchoObject DELETE /v3/devices/{device-id}/echo
deleteDeviceEnrollment DELETE /v3/device-enrollments/{id}
deleteEndpointSubscriptions DELETE /v2/subscriptions/{device-id}
deleteGroup DELETE /v3/policy-groups/{group_id}
deleteIdentityProvider DELETE /v3/identity-providers/{identity_provider_id}
deleteInvitation DELETE /v3/user-invitations/{invitation_id}
deleteLongPollChannel DELETE /v2/notification/pull ! -
deletePreSharedKey DELETE /v2/device-shared-keys/{endpoint_name}
deletePreSubscriptions DELETE /v2/subscriptions
deleteResourcePath DELETE /v2/endpoints/{device-id}/{resourcePath} / resourcePath:path ? noResp:bool ! createAsyncRequest
deleteResourceSubscription DELETE /v2/subscriptions/{device-id}/{resourcePath} / resourcePath:path
deleteSpCertificate POST /v3/identity-providers/{identity_provider_id}/delete-sp-certificate
deleteTrustAnchor DELETE /v3/trust-anchors/{trust_anchor_id}
deleteUser DELETE /v3/users/{user_id}
deleteWebsocket DELETE /v2/notification/websocket
deregisterWebhook DELETE /v2/notification/callback
Device_create POST /v3/devices/ = DeviceDataPostRequest
Device_destroy DELETE /v3/devices/{id}/
Device_Event_list GET /v3/device-events/ ? limit:int order after include filter date_time__in/nin/lte/gte description__eq/neq/in/nin
  id__eq/neq/in/nin device_id__eq/neq/in/nin event_type__eq/neq/in/nin state_change__eq/neq:bool
Device_Event_retrieve GET /v3/device-events/{device_event_id}/
Device_list GET /v3/devices/ ? limit:int order after filter include lifecycle_status__eq/neq/in/nin operator_suspended__eq/neq:bool
  last_operator_suspended_category__eq/neq/in/nin last_operator_suspended_updated_at__in/nin/lte/gte system_suspended__eq/neq:bool
  last_system_suspended_category__eq/neq/in/nin last_system_suspended_updated_at__in/nin/lte/gte account_id__eq/neq/in/nin
  auto_update__eq/neq:bool bootstrap_expiration_date__in/nin/lte/gte bootstrapped_timestamp__in/nin/lte/gte ca_id__eq/neq/in/nin
  connector_expiration_date__in/nin/lte/gte created_at__in/nin/lte/gte deployed_state__eq/neq/in/nin deployment__eq/neq/in/nin
  description__eq/neq/in/nin device_class__eq/neq/in/nin device_execution_mode__eq/neq:int device_execution_mode__in/nin
  device_key__eq/neq/in/nin endpoint_name__eq/neq/in/nin endpoint_type__eq/neq/in/nin enrolment_list_timestamp__in/nin/lte/gte
  firmware_checksum__eq/neq/in/nin host_gateway__eq/neq/in/nin id__eq/neq/in/nin manifest__eq/neq/in/nin
  manifest_timestamp__in/nin/lte/gte mechanism__eq/neq/in/nin mechanism_url__eq/neq/in/nin name__eq/neq/in/nin net_id__eq/neq/in/nin
  serial_number__eq/neq/in/nin state__eq/neq/in/nin updated_at__in/nin/lte/gte vendor_id__eq/neq/in/nin
Device_Log_list GET /v3/devicelog/ ? limit:int order after include filter date_time__in/nin/lte/gte description__eq/neq/in/nin
  id__eq/neq/in/nin device_id__eq/neq/in/nin event_type__eq/neq/in/nin state_change__eq/neq:bool state_change__in/nin !
  Device_Event_list
Device_Log_retrieve GET /v3/devicelog/{device_event_id}/ ! Device_Event_retrieve
Device_Query_create POST /v3/device-queries/ = DeviceQueryPostPutRequest
Device_Query_destroy DELETE /v3/device-queries/{query_id}/
Device_Query_list GET /v3/device-queries/ ? limit:int order after include filter created_at__in/nin/lte/gte id__eq/neq/in/nin
  name__eq/neq/in/nin query__eq/neq/in/nin updated_at__in/nin/lte/gte
Device_Query_retrieve GET /v3/device-queries/{query_id}/
Device_Query_update PUT /v3/device-queries/{query_id}/ = DeviceQueryPostPutRequest
Device_resume POST /v3/devices/{id}/resume = {category,description}
Device_retrieve GET /v3/devices/{id}/
Device_suspend POST /v3/devices/{id}/suspend = {category,description}
Device_update PUT /v3/devices/{id}/ = DeviceDataPutRequest
downloadFactoryTool GET /downloads/fcu/factory_configurator_utility.zip
establishGatewayDeviceConsoleSession GET /v3/devices/{id}/console % websocket
executeOrCreateResource POST /v2/endpoints/{device-id}/{resourcePath} / resourcePath:path ? noResp:bool =? str % text/plain !
  createAsyncRequest
Firmware_Image_create POST /v3/firmware-images = {datafile!:file,description,name} % multipart/form-data
Firmware_Image_destroy DELETE /v3/firmware-images/{image_id}
Firmware_Image_list GET /v3/firmware-images ? limit:int order after include filter created_at__in/nin/lte/gte datafile__eq/neq/in/nin
  datafile_checksum__eq/neq/in/nin datafile_size__eq/neq:int datafile_size__in/nin description__eq/neq/in/nin id__eq/neq/in/nin
  name__eq/neq/in/nin updated_at__in/nin/lte/gte
Firmware_Image_retrieve GET /v3/firmware-images/{image_id}
Firmware_Manifest_create POST /v3/firmware-manifests/ = {datafile!:file,description,key_table:file,name!} % multipart/form-data
Firmware_Manifest_destroy DELETE /v3/firmware-manifests/{manifest_id}
Firmware_Manifest_list GET /v3/firmware-manifests/ ? limit:int order after include filter created_at__in/nin/lte/gte
  datafile__eq/neq/in/nin datafile_size__eq/neq:int datafile_size__in/nin description__eq/neq/in/nin device_class__eq/neq/in/nin
  id__eq/neq/in/nin name__eq/neq/in/nin timestamp__in/nin/lte/gte updated_at__in/nin/lte/gte
Firmware_Manifest_retrieve GET /v3/firmware-manifests/{manifest_id}
generateAccountSpCertificate POST /v3/accounts/{account_id}/identity-providers/{identity_provider_id}/generate-sp-certificate =
  CertificateGenerationReq
generateSpCertificate POST /v3/identity-providers/{identity_provider_id}/generate-sp-certificate =? CertificateGenerationReq
getAccessKey GET /v3/access-keys/{access_key_id}
getAccountAccessKey GET /v3/accounts/{account_id}/access-keys/{access_key_id}
getAccountApiKey GET /v3/accounts/{account_id}/api-keys/{apikey_id} ! getAccountApplicationAccessKey
getAccountApplication GET /v3/accounts/{account_id}/applications/{application_id}
getAccountApplicationAccessKey GET /v3/accounts/{account_id}/applications/{application_id}/access-keys/{access_key_id}
getAccountCertificate GET /v3/accounts/{account_id}/trusted-certificates/{cert_id}
getAccountDarkColor GET /v3/accounts/{account_id}/branding-colors/dark/{reference} / reference:ColorReference
getAccountDarkColors GET /v3/accounts/{account_id}/branding-colors/dark
getAccountDarkImageData GET /v3/accounts/{account_id}/branding-images/dark/{reference} / reference:ImageReference
getAccountGroupSummary GET /v3/accounts/{account_id}/policy-groups/{group_id}
getAccountIdentityProvider GET /v3/accounts/{account_id}/identity-providers/{identity_provider_id}
getAccountInfo GET /v3/accounts/{account_id} ? include properties
getAccountInvitation GET /v3/accounts/{account_id}/user-invitations/{invitation_id}
getAccountLightColor GET /v3/accounts/{account_id}/branding-colors/light/{reference} / reference:ColorReference
getAccountLightColors GET /v3/accounts/{account_id}/branding-colors/light
getAccountLightImageData GET /v3/accounts/{account_id}/branding-images/light/{reference} / reference:ImageReference
getAccountLimitation GET /v3/limitations/{limitation_id}
getAccountLimitations GET /v3/limitations ? inherited__eq
getAccountNofificationEntries GET /v3/accounts/{account_id}/notifications ? limit:int after order
getAccountNofificationEntry GET /v3/accounts/{account_id}/notifications/{notification_id}
getAccountUser GET /v3/accounts/{account_id}/users/{user_id}
getAllAccessKeys GET /v3/access-keys ? limit:int after order include status__eq application_id__eq
getAllAccountAccessKeys GET /v3/accounts/{account_id}/access-keys ? limit:int after order include status__eq application_id__eq
getAllAccountApiKeys GET /v3/accounts/{account_id}/api-keys ? limit:int after order include key__eq owner__eq !
  getAllAccountApplicationAccessKeys
getAllAccountApplicationAccessKeys GET /v3/accounts/{account_id}/applications/{application_id}/access-keys ? limit:int after order
  include status__eq
getAllAccountApplications GET /v3/accounts/{account_id}/applications ? limit:int after order include status__eq
getAllAccountCertificates GET /v3/accounts/{account_id}/trusted-certificates ? limit:int after order include name__eq service__eq
  expire__eq:int device_execution_mode__eq/neq:int owner__eq enrollment_mode__eq:bool status__eq issuer__like subject__like
  certificate_fingerprint__eq valid__eq:bool
getAllAccountDarkImageData GET /v3/accounts/{account_id}/branding-images/dark
getAllAccountGroups GET /v3/accounts/{account_id}/policy-groups ? limit:int after order include name__eq
getAllAccountIdentityProviders GET /v3/accounts/{account_id}/identity-providers ? limit:int after order include
getAllAccountInvitations GET /v3/accounts/{account_id}/user-invitations ? limit:int after order login_profiles__eq
getAllAccountLightImageData GET /v3/accounts/{account_id}/branding-images/light
getAllAccounts GET /v3/accounts ? status__eq/in/nin tier__eq parent__eq end_market__eq country__like limit:int after order include
  format properties
getAllAccountUsers GET /v3/accounts/{account_id}/users ? limit:int after order include email__eq status__eq/in/nin login_profiles__eq
getAllApiKeys GET /v3/api-keys ? limit:int after order include key__eq owner__eq ! getAllApplicationAccessKeys
getAllApplicationAccessKeys GET /v3/applications/{application_id}/access-keys ? limit:int after order include status__eq
getAllApplications GET /v3/applications ? limit:int after order include status__eq
getAllCertificates GET /v3/trusted-certificates ? limit:int after order include name__eq service__eq expire__eq:int
  device_execution_mode__eq/neq:int owner__eq enrollment_mode__eq:bool status__eq issuer__like subject__like
  certificate_fingerprint__eq valid__eq:bool
getAllDarkImageData GET /v3/branding-images/dark
getAllGroups GET /v3/policy-groups ? limit:int after order include name__eq
getAllIdentityProviders GET /v3/identity-providers ? limit:int after order include
getAllInvitations GET /v3/user-invitations ? limit:int after order login_profiles__eq
getAllLightImageData GET /v3/branding-images/light
getAllServerCredentials GET /v3/server-credentials
getAllUsers GET /v3/users ? limit:int after order include email__eq status__eq/in/nin login_profiles__eq
getApiKey GET /v3/api-keys/{apikey_id} ! getApplicationAccessKey
getApiKeysOfAccountGroup GET /v3/accounts/{account_id}/policy-groups/{group_id}/api-keys ? limit:int after order include !
  getApplicationsOfAccountGroup
getApiKeysOfGroup GET /v3/policy-groups/{group_id}/api-keys ? limit:int after order include ! getApplicationsOfGroup
getApplication GET /v3/applications/{application_id}
getApplicationAccessKey GET /v3/applications/{application_id}/access-keys/{access_key_id}
getApplicationsOfAccountGroup GET /v3/accounts/{account_id}/policy-groups/{group_id}/applications ? limit:int after order include
getApplicationsOfGroup GET /v3/policy-groups/{group_id}/applications ? limit:int after order include
getBillingReport GET /v3/billing-report ? month!
getBillingReportActiveDevices GET /v3/billing-report-active-devices ? month!
getBillingReportFirmwareUpdates GET /v3/billing-report-firmware-updates ? month!
getBootstrapServerCredentials GET /v3/server-credentials/bootstrap ! getAllServerCredentials
getBulkDeviceEnrollment GET /v3/device-enrollments-bulk-uploads/{id}
getBulkDeviceEnrollmentDelete GET /v3/device-enrollments-bulk-deletes/{id}
getCertificate GET /v3/trusted-certificates/{cert_id}
getCertificateEnrollment GET /v3/certificate-enrollments/{certificate-enrollment-id}
getCertificateEnrollments GET /v3/certificate-enrollments ? device_id__eq certificate_name__eq limit:int after order:(ASC|DESC)
  include:(total_count) enroll_status__neq/eq:(new|completed) enroll_result__neq/eq:(success|failure) created_at__lte/gte
  updated_at__lte/gte
getCertificateIssuer GET /v3/certificate-issuers/{certificate-issuer-id}
getCertificateIssuerConfig GET /v3/certificate-issuer-configurations/lwm2m
getCertificateIssuerConfigByID GET /v3/certificate-issuer-configurations/{certificate-issuer-configuration-id}
getCertificateIssuerConfigs GET /v3/certificate-issuer-configurations ? limit:int order after include reference__eq
getCertificateIssuers GET /v3/certificate-issuers ? limit:int order after include
getChannelMetadata GET /v2/notification/channel
getDarkColor GET /v3/branding-colors/dark/{reference} / reference:ColorReference
getDarkColors GET /v3/branding-colors/dark
getDarkImageData GET /v3/branding-images/dark/{reference} / reference:ImageReference
getDeveloperCertificate GET /v3/developer-certificates/{developerCertificateId}
getDeviceEchoObject GET /v3/devices/{device-id}/echo
getDeviceEnrollment GET /v3/device-enrollments/{id}
getDeviceEnrollments GET /v3/device-enrollments ? limit:int after order:(ASC|DESC) include
GetDeviceLogBasedOnLogID GET /v3/device-logs/{device_log_id}
getEndpointResources GET /v2/endpoints/{device-id}
getEndpointSubscriptions GET /v2/subscriptions/{device-id}
getEnrollmentDenialAttempt GET /v3/device-enrollment-denials/{device_enrollment_denial_id} ~ 2019,2020
getFactoryToolInfo GET /downloads/fcu/info
getFactoryToolReleaseNotes GET /downloads/fcu/release_notes
getGroupsOfAccountApikey GET /v3/accounts/{account_id}/api-keys/{apikey_id}/groups ? limit:int after order include !
  getGroupsOfAccountApplication
getGroupsOfAccountApplication GET /v3/accounts/{account_id}/applications/{application_id}/groups ? limit:int after order include
getGroupsOfAccountUser GET /v3/accounts/{account_id}/users/{user_id}/groups ? limit:int after order include
getGroupsOfApikey GET /v3/api-keys/{apikey_id}/groups ? limit:int after order include ! getGroupsOfApplication
getGroupsOfApplication GET /v3/applications/{application_id}/groups ? limit:int after order include
getGroupsOfMyApiKey GET /v3/api-keys/me/groups ? limit:int after order include ! -
getGroupsOfUser GET /v3/users/{user_id}/groups ? limit:int after order include
getGroupSummary GET /v3/policy-groups/{group_id}
getIdentityProvider GET /v3/identity-providers/{identity_provider_id}
getInvitation GET /v3/user-invitations/{invitation_id}
getL2M2MServerCredentials GET /v3/server-credentials/lwm2m ! getAllServerCredentials
getLightColor GET /v3/branding-colors/light/{reference} / reference:ColorReference
getLightColors GET /v3/branding-colors/light
getLightImageData GET /v3/branding-images/light/{reference} / reference:ImageReference
getMetrics GET /v3/metrics ? include! start end period interval! limit:int after order
getMyAccountInfo GET /v3/accounts/me ? include properties
getMyApiKey GET /v3/api-keys/me ! -
getMyUser GET /v3/users/me ? scratch_codes properties include ~ 2019 ! getUser
getNofificationEntries GET /v3/accounts/me/notifications ? limit:int after order
getNofificationEntry GET /v3/accounts/me/notifications/{notification_id}
getPreSharedKey GET /v2/device-shared-keys/{endpoint_name}
getPreSubscriptions GET /v2/subscriptions
getResourceValue GET /v2/endpoints/{device-id}/{resourcePath} / resourcePath:path ? cacheOnly:bool noResp:bool ! createAsyncRequest
getServicePackageQuota GET /v3/service-packages-quota
getServicePackageQuotaHistory GET /v3/service-packages-quota-history ? limit:int after order:(ASC|DESC)
getServicePackages GET /v3/service-packages
getStatisticsView GET /v3/billing-statistics ? start end period interval! limit:int after order include
getTrustAnchors GET /v3/trust-anchors ? limit:int order:(ASC|DESC) after include
getUser GET /v3/users/{user_id}
getUsersOfAccountGroup GET /v3/accounts/{account_id}/policy-groups/{group_id}/users ? limit:int after order include status__eq/in/nin
getUsersOfGroup GET /v3/policy-groups/{group_id}/users ? limit:int after order include status__eq/in/nin
getWebhook GET /v2/notification/callback
getWebsocket GET /v2/notification/websocket
Group_create POST /v3/device-groups/ = {custom_attributes:{*:str},description,name}
Group_delete DELETE /v3/device-groups/{device-group-id}/
Group_list GET /v3/device-groups/ ? limit:int order after include filter id__eq/neq/in/nin devices_count__eq/neq/lte/gte:int
  devices_count__in/nin name__eq/neq/in/nin created_at__in/nin/lte/gte updated_at__in/nin/lte/gte
Group_members_add POST /v3/device-groups/{device-group-id}/devices/add/ = DeviceGroupManipulation
Group_members_remove POST /v3/device-groups/{device-group-id}/devices/remove/ = DeviceGroupManipulation
Group_members_retrieve GET /v3/device-groups/{device-group-id}/devices/ ? limit:int order after include lifecycle_status__eq/neq/in/nin
  operator_suspended__eq/neq:bool last_operator_suspended_category__eq/neq/in/nin last_operator_suspended_updated_at__in/nin/lte/gte
  system_suspended__eq/neq:bool last_system_suspended_category__eq/neq/in/nin last_system_suspended_updated_at__in/nin/lte/gte
  account_id__eq/neq/in/nin auto_update__eq/neq:bool bootstrap_expiration_date__in/nin/lte/gte bootstrapped_timestamp__in/nin/lte/gte
  ca_id__eq/neq/in/nin connector_expiration_date__in/nin/lte/gte created_at__in/nin/lte/gte deployed_state__eq/neq/in/nin
  deployment__eq/neq/in/nin description__eq/neq/in/nin device_class__eq/neq/in/nin device_execution_mode__eq/neq:int
  device_execution_mode__in/nin device_key__eq/neq/in/nin endpoint_name__eq/neq/in/nin endpoint_type__eq/neq/in/nin
  enrolment_list_timestamp__in/nin/lte/gte firmware_checksum__eq/neq/in/nin host_gateway__eq/neq/in/nin id__eq/neq/in/nin
  manifest__eq/neq/in/nin manifest_timestamp__in/nin/lte/gte mechanism__eq/neq/in/nin mechanism_url__eq/neq/in/nin name__eq/neq/in/nin
  net_id__eq/neq/in/nin serial_number__eq/neq/in/nin state__eq/neq/in/nin updated_at__in/nin/lte/gte vendor_id__eq/neq/in/nin
Group_retrieve GET /v3/device-groups/{device-group-id}/
Group_update PUT /v3/device-groups/{device-group-id}/ = {custom_attributes:{*:str},description,name}
listEnrollmentDenialAttempts GET /v3/device-enrollment-denials ? trusted_certificate_id__eq! endpoint_name__eq after order:(ASC|DESC)
  limit:int ~ 2019,2020
ListGatewayDeviceLogs GET /v3/device-logs ? device_id__in limit:int after order:(ASC|DESC) include timestamp__lte/gte app_name__eq
  type__eq message__eq level__gte:(DEBUG|TRACE|INFO|WARNING|ERROR|CRITICAL)
listPreSharedKeys GET /v2/device-shared-keys ? limit:int after
ListSingleGatewayDeviceLogs GET /v3/devices/{device_id}/logs ? limit:int after order:(ASC|DESC) include timestamp__lte/gte app_name__eq
  type__eq message__eq level__gte:(DEBUG|TRACE|INFO|WARNING|ERROR|CRITICAL)
longPollNotifications GET /v2/notification/pull ! -
ManufacturingStatisticsReport GET /v3/manufacturing/statistics ? start! end
ManufacturingStatisticsReport#2020 GET /v3/manufacturing/statistics/report ? start! end ~ 2020 ! ManufacturingStatisticsReport
refreshAccountJwks POST /v3/accounts/{account_id}/identity-providers/{identity_provider_id}/refresh-jwks
refreshJwks POST /v3/identity-providers/{identity_provider_id}/refresh-jwks
registerWebhook PUT /v2/notification/callback = Webhook
registerWebsocket PUT /v2/notification/websocket
removeAccountApiKeyFromGroups DELETE /v3/accounts/{account_id}/api-keys/{apikey_id}/groups = [str] ! removeAccountApiKeyFromListedGroups
removeAccountApiKeyFromListedGroups POST /v3/accounts/{account_id}/api-keys/{apikey_id}/groups/remove = [str] !
  removeAccountApplicationFromGroups
removeAccountApplicationFromGroups POST /v3/accounts/{account_id}/applications/{application_id}/groups/remove = [str]
removeAccountUserFromAccount POST /v3/accounts/{account_id}/users/{user_id}/remove
removeAccountUserFromGroups DELETE /v3/accounts/{account_id}/users/{user_id}/groups = [str] ! removeAccountUserFromListedGroups
removeAccountUserFromListedGroups POST /v3/accounts/{account_id}/users/{user_id}/groups/remove = [str]
removeApiKeyFromGroups DELETE /v3/api-keys/{apikey_id}/groups = [str] ! removeApiKeyFromListedGroups
removeApiKeyFromListedGroups POST /v3/api-keys/{apikey_id}/groups/remove = [str] ! removeApplicationFromGroups
removeApiKeysFromAccountGroup DELETE /v3/accounts/{account_id}/policy-groups/{group_id}/api-keys = SubjectList !
  removeListedApiKeysFromAccountGroup
removeApiKeysFromGroup DELETE /v3/policy-groups/{group_id}/api-keys = SubjectList ! removeListedApiKeysFromGroup
removeApplicationFromGroups POST /v3/applications/{application_id}/groups/remove = [str]
removeListedApiKeysFromAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/api-keys/remove = SubjectList !
  removeListedApplicationsFromAccountGroup
removeListedApiKeysFromGroup POST /v3/policy-groups/{group_id}/api-keys/remove = SubjectList ! removeListedApplicationsFromGroup
removeListedApplicationsFromAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/applications/remove = SubjectList
removeListedApplicationsFromGroup POST /v3/policy-groups/{group_id}/applications/remove = SubjectList
removeListedUsersFromAccountGroup POST /v3/accounts/{account_id}/policy-groups/{group_id}/users/remove = SubjectList
removeListedUsersFromGroup POST /v3/policy-groups/{group_id}/users/remove = SubjectList
removeMyApiKeyFromListedGroups POST /v3/api-keys/me/groups/remove = [str] ! removeApplicationFromGroups
removeMyApiKeyListedGroups DELETE /v3/api-keys/me/groups = [str] ! removeMyApiKeyFromListedGroups
removeUserFromAccount POST /v3/users/{user_id}/remove
removeUserFromGroups DELETE /v3/users/{user_id}/groups = [str] ! removeUserFromListedGroups
removeUserFromListedGroups POST /v3/users/{user_id}/groups/remove = [str]
removeUsersFromAccountGroup DELETE /v3/accounts/{account_id}/policy-groups/{group_id}/users = SubjectList !
  removeListedUsersFromAccountGroup
removeUsersFromGroup DELETE /v3/policy-groups/{group_id}/users = SubjectList ! removeListedUsersFromGroup
RequestCertificateRenewal POST /v3/devices/{device-id}/certificates/{certificate-name}/renew
resetAccountApiKeySecret POST /v3/accounts/{account_id}/api-keys/{apikey_id}/reset-secret =? ApiKeyUpdateReq ! -
resetAccountDarkColor DELETE /v3/accounts/{account_id}/branding-colors/dark/{reference} / reference:ColorReference
resetAccountLightColor DELETE /v3/accounts/{account_id}/branding-colors/light/{reference} / reference:ColorReference
resetDarkColor DELETE /v3/branding-colors/dark/{reference} / reference:ColorReference
resetLightColor DELETE /v3/branding-colors/light/{reference} / reference:ColorReference
resetSecret POST /v3/api-keys/{apikey_id}/reset-secret =? ApiKeyUpdateReq ! -
setAccountDarkColor PUT /v3/accounts/{account_id}/branding-colors/dark/{reference} / reference:ColorReference = BrandingColor
setAccountLightColor PUT /v3/accounts/{account_id}/branding-colors/light/{reference} / reference:ColorReference = BrandingColor
setDarkColor PUT /v3/branding-colors/dark/{reference} / reference:ColorReference = BrandingColor
setLightColor PUT /v3/branding-colors/light/{reference} / reference:ColorReference = BrandingColor
Update_Campaign_archive POST /v3/update-campaigns/{campaign_id}/archive
Update_Campaign_create POST /v3/update-campaigns = UpdateCampaignPostRequest
Update_Campaign_destroy DELETE /v3/update-campaigns/{campaign_id}
Update_Campaign_event_types_list GET /v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types /
  summary_status_id:(fail|success|info|skipped)
Update_Campaign_event_types_retrieve GET /v3/update-campaigns/{campaign_id}/statistics/{summary_status_id}/event_types/{event_type_id}
  / summary_status_id:(fail|success|info|skipped)
Update_Campaign_list GET /v3/update-campaigns ? limit:int order after include filter created_at__in/nin/lte/gte
  description__eq/neq/in/nin device_filter__eq/neq/in/nin finished__in/nin/lte/gte id__eq/neq/in/nin name__eq/neq/in/nin
  root_manifest_id__eq/neq/in/nin started_at__in/nin/lte/gte state__eq/neq/in/nin updated_at__in/nin/lte/gte when__in/nin/lte/gte
Update_Campaign_Metadata_list GET /v3/update-campaigns/{campaign_id}/campaign-device-metadata ? limit:int order after include
Update_Campaign_Metadata_retrieve GET /v3/update-campaigns/{campaign_id}/campaign-device-metadata/{campaign_device_metadata_id}
Update_Campaign_metrics GET /v3/update-campaigns/{campaign_id}/metrics ! Update_Campaign_statistics_list
Update_Campaign_retrieve GET /v3/update-campaigns/{campaign_id}
Update_Campaign_start POST /v3/update-campaigns/{campaign_id}/start
Update_Campaign_statistics_list GET /v3/update-campaigns/{campaign_id}/statistics
Update_Campaign_statistics_retrieve GET /v3/update-campaigns/{campaign_id}/statistics/{summary_status_id} /
  summary_status_id:(fail|success|info|skipped)
Update_Campaign_stop POST /v3/update-campaigns/{campaign_id}/stop
Update_Campaign_update PUT /v3/update-campaigns/{campaign_id} = UpdateCampaignPutRequest
updateAccount PUT /v3/accounts/{account_id} = AccountUpdateRootReq
updateAccountApiKey PUT /v3/accounts/{account_id}/api-keys/{apikey_id} = ApiKeyUpdateReq ! updateAccountApplicationAccessKey
updateAccountApplication PUT /v3/accounts/{account_id}/applications/{application_id} = Application
updateAccountApplicationAccessKey PUT /v3/accounts/{account_id}/applications/{application_id}/access-keys/{access_key_id} = AccessKey
updateAccountCertificate PUT /v3/accounts/{account_id}/trusted-certificates/{cert_id} = TrustedCertificateUpdateReq
updateAccountGroupName PUT /v3/accounts/{account_id}/policy-groups/{group_id} = GroupUpdateInfo
updateAccountIdentityProvider PUT /v3/accounts/{account_id}/identity-providers/{identity_provider_id} ? discovery:bool =
  IdentityProviderUpdateReq
updateAccountUser PUT /v3/accounts/{account_id}/users/{user_id} = UserUpdateReq
updateApiKey PUT /v3/api-keys/{apikey_id} = ApiKeyUpdateReq ! updateApplicationAccessKey
updateApplication PUT /v3/applications/{application_id} = Application
updateApplicationAccessKey PUT /v3/applications/{application_id}/access-keys/{access_key_id} = AccessKey
updateCertificate PUT /v3/trusted-certificates/{cert_id} = TrustedCertificateUpdateReq
updateCertificateIssuer PUT /v3/certificate-issuers/{certificate-issuer-id} = CertificateIssuerUpdateRequest
updateCertificateIssuerConfig PUT /v3/certificate-issuer-configurations/lwm2m = CertificateIssuerConfigRequest
updateCertificateIssuerConfigByID PUT /v3/certificate-issuer-configurations/{certificate-issuer-configuration-id} =
  CertificateIssuerConfigRequest
updateGroupName PUT /v3/policy-groups/{group_id} = GroupUpdateInfo
updateIdentityProvider PUT /v3/identity-providers/{identity_provider_id} ? discovery:bool = IdentityProviderUpdateReq
updateMyAccount PUT /v3/accounts/me = AccountUpdateReq
updateMyApiKey PUT /v3/api-keys/me = ApiKeyUpdateReq ! -
updateMyUser PUT /v3/users/me = UserUpdateReq ~ 2019 ! updateUser
updatePreSubscriptions PUT /v2/subscriptions = [Presubscription]
updateResourceValue PUT /v2/endpoints/{device-id}/{resourcePath} / resourcePath:path ? noResp:bool = str % text/plain !
  createAsyncRequest
updateTrustAnchor PUT /v3/trust-anchors/{trust_anchor_id} = UpdateTrustAnchorRequest
updateUser PUT /v3/users/{user_id} = UserUpdateReq
Upload_Job_Chunk_Create POST /v3/firmware-images/upload-jobs/{upload_job_id}/chunks =? str % application/octet-stream
Upload_Job_Chunk_List GET /v3/firmware-images/upload-jobs/{upload_job_id}/chunks ? limit:int order after include filter
  created_at__in/nin/lte/gte id__eq/neq:int id__in/nin updated_at__in/nin/lte/gte hash__eq/neq/in/nin length__eq/neq/lte/gte:int
  length__in/nin
Upload_Job_Chunk_retreive GET /v3/firmware-images/upload-jobs/{upload_job_id}/chunks/{chunk_id}
Upload_Job_Create POST /v3/firmware-images/upload-jobs = {description,name}
Upload_Job_Delete DELETE /v3/firmware-images/upload-jobs/{upload_job_id}
Upload_Job_List GET /v3/firmware-images/upload-jobs ? limit:int order after include filter updated_at__in/nin/lte/gte
  name__eq/neq/in/nin created_at__in/nin/lte/gte description__eq/neq/in/nin id__eq/neq/in/nin complete__eq/neq:bool
  status__eq/neq/in/nin
Upload_Job_Retrieve GET /v3/firmware-images/upload-jobs/{upload_job_id}
Upload_Job_Update PUT /v3/firmware-images/upload-jobs/{upload_job_id} = {description,name}
uploadAccountDarkImage POST /v3/accounts/{account_id}/branding-images/dark/{reference}/upload / reference:ImageReference = str %
  image/png
uploadAccountDarkImageMultipart POST /v3/accounts/{account_id}/branding-images/dark/{reference}/upload-multipart /
  reference:ImageReference = {image!:file} % multipart/form-data
uploadAccountLightImage POST /v3/accounts/{account_id}/branding-images/light/{reference}/upload / reference:ImageReference = str %
  image/png
uploadAccountLightImageMultipart POST /v3/accounts/{account_id}/branding-images/light/{reference}/upload-multipart /
  reference:ImageReference = {image!:file} % multipart/form-data
uploadDarkImage POST /v3/branding-images/dark/{reference}/upload / reference:ImageReference = str % image/png
uploadDarkImageMultipart POST /v3/branding-images/dark/{reference}/upload-multipart / reference:ImageReference = {image!:file} %
  multipart/form-data
uploadLightImage POST /v3/branding-images/light/{reference}/upload / reference:ImageReference = str % image/png
uploadLightImageMultipart POST /v3/branding-images/light/{reference}/upload-multipart / reference:ImageReference = {image!:file} %
  multipart/form-data
uploadPreSharedKey POST /v2/device-shared-keys = PreSharedKey
validateAccountUserEmail POST /v3/accounts/{account_id}/users/{user_id}/validate-email
verifyCertificateIssuer POST /v3/certificate-issuers/{certificate-issuer-id}/verify
"""

_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "map": "a mapping",
    "object": "a mapping",
}
_TYPES: Dict[str, Tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list, tuple),
    "map": (dict,),
    "object": (dict,),
}
_SECTIONS = ("/", "?", "=", "=?", "%", "~", "!")


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    ``name``: str, int, float, bool, file, path (text with slashes), enum, list, map or object; ``values``: those of an enum; ``inner``: the
    kind of what is in a list or map; ``fields``: those of an object; ``required``: those that must be given.
    """

    name: str
    nullable: bool = False
    values: Tuple[Union[str, int], ...] = ()
    inner: Optional[Kind] = None
    fields: Mapping[str, Kind] = field(default_factory=dict)
    required: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One operation of the API.

    ``parameters`` and ``query`` map the names of parameters to their kinds, ``required`` has the names of those of ``query`` that must be
    given; ``content``: the content type of the body where it is not JSON, or ``websocket``; ``years``: of the descriptions that have it,
    where the newest does not; ``replacement``: the id of the operation that came in its place, empty where there is none.
    """

    id: str
    method: str
    path: str
    parameters: Mapping[str, Kind]
    query: Mapping[str, Kind]
    required: Tuple[str, ...]
    body: Optional[Kind]
    body_required: bool
    content: str
    deprecated: bool
    replacement: str
    years: Tuple[str, ...]

    @property
    def warning(self) -> str:
        """What speaks against this operation, empty where nothing does."""
        if not self.deprecated and not self.years:
            return ""
        reason = f"exists only in services of {' and '.join(self.years)}" if self.years else "is deprecated by the vendor"
        return f"{self.id} {reason}; " + (f"use {self.replacement}." if self.replacement else "nothing replaces it.")

    def address(self, parameters: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> str:
        """The path with its parameters filled in, once they, the query and the body are found right.

        :raises RequestError: for a request that the description does not allow; the text lists all that is wrong, without the values.
        """
        problems = [
            *_names("path_parameters", parameters, self.parameters, tuple(self.parameters)),
            *_names("query", query, self.query, self.required),
            *(
                problem
                for name, kind in self.parameters.items()
                if name in parameters
                for problem in _in_path(name, kind, parameters[name])
            ),
            *(problem for name, kind in self.query.items() for problem in _in_query(name, kind, query.get(name))),
        ]
        if self.content:
            problems.append("it is a websocket" if self.content == "websocket" else f"it takes {self.content}, and only JSON can be sent")
        elif self.body is None:
            problems += ["it takes no body"] if body is not None else []
        elif body is not None:
            problems += _in_body("body", self.body, body)
        elif self.body_required:
            problems.append("body is missing")
        if problems:
            raise RequestError(f"{self.id} ({self.method} {self.path}) cannot be sent: {'; '.join(problems)}.")
        return re.sub(r"\{([^}]*)\}", lambda match: _filled(self.parameters[match.group(1)], parameters[match.group(1)]), self.path)


def ids() -> List[str]:
    """The ids of all operations."""
    return re.findall(r"^(\S+) ", _TABLE, re.MULTILINE)


@functools.cache
def find(operation_id: str) -> Operation:
    """The operation with this id.

    :raises RequestError: where there is none; the text names similar ones.
    """
    row = re.search(rf"^{re.escape(operation_id)} (GET|POST|PUT|DELETE) (\S+)(.*(?:\n  .*)*)", _TABLE, re.MULTILINE)
    if row is None:
        raise RequestError(f"The API has no operation '{operation_id}'{_similar(operation_id, ids())}.")
    method, path, rest = row.groups()
    sections: Dict[str, List[str]] = {}
    for word in rest.split():
        if word in _SECTIONS:
            current = sections.setdefault(word, [])
        else:
            current.append(word)
    described = dict(_field(word) for word in sections.get("/", ()))
    query: Dict[str, Kind] = {}
    required: List[str] = []
    for name, kind in map(_field, sections.get("?", ())):
        first, *others = name.rstrip("!").split("/")
        names = [first, *(first.rpartition("__")[0] + "__" + operator for operator in others)]
        query.update(dict.fromkeys(names, kind))
        required += names if name.endswith("!") else []
    bodies = sections.get("=") or sections.get("=?")
    instead = sections.get("!", [])
    years = tuple(sections["~"][0].split(",")) if "~" in sections else ()
    return Operation(
        operation_id,
        method,
        path,
        parameters={name: described.get(name, _TEXT) for name in re.findall(r"\{([^}]*)\}", path)},
        query=query,
        required=tuple(required),
        body=_Reader(bodies[0]).kind() if bodies else None,
        body_required="=" in sections,
        content="".join(sections.get("%", ())),
        deprecated=bool(instead) and not years,
        replacement=instead[0].replace("-", "") if instead else "",
        years=years,
    )


# -- the table's own language

_TEXT = Kind("str")


class _Reader:
    """Reads one kind."""

    def __init__(self, text: str) -> None:
        self._words = re.findall(r"[\w-]+|\S", text)[::-1]

    def _take(self, word: str) -> bool:
        taken = bool(self._words) and self._words[-1] == word
        if taken:
            self._words.pop()
        return taken

    def kind(self) -> Kind:
        kind = self._plain()
        return dataclasses.replace(kind, nullable=True) if self._take("?") else kind

    def _plain(self) -> Kind:
        word = self._words.pop()
        if word == "(":
            values: List[Union[str, int]] = []
            while not self._take(")"):
                value = self._words.pop()
                values.append(int(value) if value.isdecimal() else value)
                self._take("|")
            return Kind("enum", values=tuple(values))
        if word == "[":
            inner = self.kind()
            self._take("]")
            return Kind("list", inner=inner)
        if word == "{":
            return self._mapping()
        return _named(word) if word[0].isupper() else Kind(word)

    def _mapping(self) -> Kind:
        fields: Dict[str, Kind] = {}
        required = []
        while not self._take("}"):
            name = self._words.pop()
            if self._take("!"):
                required.append(name)
            fields[name] = self.kind() if self._take(":") else _TEXT
            self._take(",")
        if "*" in fields:
            return Kind("map", inner=fields["*"])
        return Kind("object", fields=fields, required=tuple(required))


def _field(word: str) -> Tuple[str, Kind]:
    name, separator, kind = word.partition(":")
    return name, _Reader(kind).kind() if separator else _TEXT


def _named(name: str) -> Kind:
    (text,) = re.findall(rf"^{name} = (.*(?:\n  .*)*)", _KINDS, re.MULTILINE)
    return _Reader(text).kind()


# -- what is wrong with a request


def _names(where: str, given: Mapping[str, Any], known: Mapping[str, Any], required: Sequence[str]) -> Iterator[str]:
    """Which names are missing, and which should not be there."""
    yield from (f"{where}.{name} is missing" for name in required if given.get(name) is None)
    yield from (f"{where}.{name} is unknown{_similar(name, list(known))}" for name in given if name not in known)


def _similar(name: Any, known: List[str]) -> str:
    """A hint at what may have been meant: what looks alike, or all where these are few."""
    by_lower = {other.lower(): other for other in known}
    near = [by_lower[match] for match in difflib.get_close_matches(str(name).lower(), by_lower, n=3)]
    if near:
        return f" (did you mean {' or '.join(near)}?)"
    return f" (there is {', '.join(known) or 'none'})" if len(known) <= 10 else ""


def _in_path(name: str, kind: Kind, value: Any) -> Iterator[str]:
    text = str(value)
    if value is None:
        return
    if isinstance(value, (bool, dict, list)):
        yield f"path_parameters.{name} must be text, not {_word_of(value)}"
    # Dots alone would lead to another path.
    elif any(part in ("", ".", "..") for part in (text.strip("/").split("/") if kind.name == "path" else [text])):
        yield f"path_parameters.{name} is empty or no name"
    elif kind.name == "enum" and text not in kind.values:
        yield f"path_parameters.{name} must be {_one_of(kind)}"


def _filled(kind: Kind, value: Any) -> str:
    return quote(str(value).strip("/"), safe="/") if kind.name == "path" else quote(str(value), safe="")


def _in_query(name: str, kind: Kind, value: Any) -> Iterator[str]:
    """A query is text: what counts is how a value is written. A list is sent joined by commas."""
    for part in value if isinstance(value, (list, tuple)) else [] if value is None else [value]:
        text = str(part).lower() if isinstance(part, bool) else str(part)
        if isinstance(part, (dict, list)) or part is None:
            yield f"query.{name} must be text, not {_word_of(part)}"
        elif kind.name == "int" and not re.fullmatch(r"-?\d+", text):
            yield f"query.{name} must be a whole number"
        elif kind.name == "bool" and text.lower() not in ("true", "false"):
            yield f"query.{name} must be true or false"
        elif kind.name == "enum" and text not in kind.values:
            yield f"query.{name} must be {_one_of(kind)}"


def _in_body(where: str, kind: Kind, value: Any) -> Iterator[str]:
    if value is None:
        if not kind.nullable:
            yield f"{where} must not be null"
    elif kind.name == "enum":
        if value not in kind.values or isinstance(value, bool):
            yield f"{where} must be {_one_of(kind)}"
    elif not _is(value, kind.name):
        yield f"{where} must be {_WORDS[kind.name]}, not {_word_of(value)}"
    elif kind.name == "list" and kind.inner:
        for number, inner in enumerate(value):
            yield from _in_body(f"{where}[{number}]", kind.inner, inner)
    elif kind.name == "map" and kind.inner:
        for name, inner in value.items():
            yield from _in_body(f"{where}.{name}", kind.inner, inner)
    elif kind.name == "object":
        yield from (f"{where}.{name} is missing" for name in kind.required if name not in value)
        yield from (f"{where}.{name} is unknown{_similar(name, list(kind.fields))}" for name in value if name not in kind.fields)
        for name in kind.fields:
            if name in value:
                yield from _in_body(f"{where}.{name}", kind.fields[name], value[name])


def _word_of(value: Any) -> str:
    """What a value is, without showing it: it may be secret."""
    return "null" if value is None else next(_WORDS[name] for name in ("bool", "int", "float", "str", "list", "map") if _is(value, name))


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "bool" or not isinstance(value, bool))


def _one_of(kind: Kind) -> str:
    return f"one of {', '.join(map(str, kind.values))}"
