# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users of the vendor's SDK do, in a process of its own with the SDK's Python: scenarios.py NAME.

Prints what it saw as one line of JSON; test_sdk.py judges that. The SDK is as its makers published it. It takes its address and key from
the environment, and trusts the simulator's authority in the place of those that certifi brings along.
"""

from __future__ import annotations

import contextlib
import datetime
import http.server
import io
import json
import os
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import certifi
import mbed_cloud
import requests
from mbed_cloud import foundation
from mbed_cloud.exceptions import CloudApiException
from mbed_cloud.sdk.exceptions import ApiErrorResponse

# The older interface cannot be told of another authority.
certifi.where = lambda: os.environ["REQUESTS_CA_BUNDLE"]
warnings.simplefilter("ignore")

Seen = dict[str, Any]
SCENARIOS: dict[str, Callable[[], Seen]] = {}
PATIENCE = 60.0


def scenario(function: Callable[[], Seen]) -> Callable[[], Seen]:
    SCENARIOS[function.__name__] = function
    return function


def given(name: str) -> str:
    """What the test has made for the scenario."""
    return str(json.loads(os.environ["GIVEN"])[name])


def text(value: Any) -> Any:
    """What the SDK sometimes leaves as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def until(done: Callable[[], Any]) -> Any:
    """What `done` gives as soon as that is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not happen in time")


def start_notifications(api: mbed_cloud.ConnectAPI) -> None:
    """Start the SDK's thread that polls. What devices answer before its first poll has made the channel, nobody gets."""
    api.start_notifications()
    channel = os.environ["MBED_CLOUD_SDK_HOST"] + "/v2/notification/channel"
    headers = {"Authorization": "Bearer " + os.environ["MBED_CLOUD_SDK_API_KEY"]}
    until(lambda: requests.get(channel, headers=headers, timeout=PATIENCE).status_code == 200)


@contextlib.contextmanager
def refused(seen: Seen, name: str) -> Iterator[None]:
    """Note the status of the error that comes."""
    try:
        yield
    except ApiErrorResponse as error:
        seen[name] = error.status_code
    except CloudApiException as error:
        seen[name] = error.status


# -- the newer interface


@scenario
def new_devices() -> Seen:
    seen: Seen = {}
    devices = list(foundation.Device().list(page_size=7, max_results=20))
    seen["listed"] = len({device.id for device in devices})
    device = foundation.Device(id=devices[3].id).read()
    seen["same"] = device.name == devices[3].name
    device.name, device.custom_attributes = "renamed", {"site": "oslo"}
    device.update()
    found = list(foundation.Device().list(filter={"name": {"eq": "renamed"}, "id": {"in": [device.id, devices[4].id]}}))
    seen["found"] = [(one.id == device.id, one.name, one.custom_attributes) for one in found]
    made = foundation.Device(name="made by the SDK", device_execution_mode=1).create()
    seen["made"] = foundation.Device(id=made.id).read().name
    made.delete()
    with refused(seen, "gone"):
        foundation.Device(id=made.id).read()
    events = list(foundation.DeviceEvents().list(max_results=3))
    seen["events"] = [foundation.DeviceEvents(id=event.id).read().id == event.id for event in events]
    return seen


@scenario
def new_groups() -> Seen:
    seen: Seen = {}
    device = foundation.Device().list(max_results=2).first()
    group = foundation.DeviceGroup(name="made by the SDK", description="x").create()
    with refused(seen, "taken"):
        foundation.DeviceGroup(name="made by the SDK").create()
    group.add_device(device_id=device.id)
    seen["members"] = [member.id == device.id for member in group.devices()]
    seen["count"] = group.read().devices_count
    device.remove_from_group(group.id)
    seen["members after"] = list(group.devices())
    group.description = "y"
    group.update()
    listed = foundation.DeviceGroup().list(filter={"name": {"eq": "made by the SDK"}})
    seen["listed"] = [one.description for one in listed]
    group.delete()
    with refused(seen, "gone"):
        group.read()
    return seen


@scenario
def new_accounts() -> Seen:
    seen: Seen = {}
    account = foundation.Account().me()
    account.company = "Made by the SDK"
    account.update()
    seen["company"] = foundation.Account().me().company
    key = foundation.ApiKey(name="made by the SDK").create()
    seen["key"] = bool(key.key)
    key.name = "renamed"
    key.update()
    seen["own key"] = bool(foundation.ApiKey().me().id)
    seen["keys"] = "renamed" in [one.name for one in foundation.ApiKey().list()]
    key.delete()
    with refused(seen, "key gone"):
        key.read()
    user = foundation.User(email="sdk@example.com", username="sdkuser", full_name="One").create()
    user.full_name = "Two"
    user.update()
    seen["user"] = foundation.User(id=user.id).read().full_name
    seen["users"] = "sdk@example.com" in [one.email for one in foundation.User().list()]
    invitation = foundation.UserInvitation(email="invited@example.com").create(valid_for_days=3)
    seen["invited"] = "invited@example.com" in [one.email for one in foundation.UserInvitation().list()]
    invitation.delete()
    with refused(seen, "invitation gone"):
        invitation.read()
    return seen


@scenario
def new_tenants() -> Seen:
    seen: Seen = {}
    tenant = foundation.Account(
        display_name="made by the SDK", end_market="x", company="c", contact="c", email="t@example.com", admin_email="a@example.com",
        admin_name="tenantadmin", address_line1="1", city="c", country="Norway",
    ).create(action="create")  # fmt: skip
    seen["listed"] = tenant.id in [one.id for one in foundation.Account().list()]
    seen["admin"] = bool(tenant.admin_password)
    tenant.company = "d"
    tenant.update()
    seen["company"] = foundation.Account(id=tenant.id).read().company
    seen["users"] = [user.email for user in tenant.users()]
    key = foundation.SubtenantApiKey(account_id=tenant.id, name="k").create()
    seen["keys"] = key.id in [one.id for one in tenant.api_keys()]
    key.delete()
    return seen


@scenario
def new_security() -> Seen:
    seen: Seen = {}
    trusted = foundation.TrustedCertificate(name="made by the SDK", certificate=given("certificate"), service="bootstrap").create()
    trusted.status = "INACTIVE"
    trusted.update()
    found = list(foundation.TrustedCertificate().list(filter={"name": {"eq": "made by the SDK"}}))
    seen["trusted"] = [(one.status, one.is_developer_certificate) for one in found]
    trusted.delete()
    developer = foundation.DeveloperCertificate(name="for development").create()
    seen["secrets"] = bool(developer.developer_private_key) and bool(developer.security_file_content)
    seen["developer"] = foundation.DeveloperCertificate(id=developer.id).read().name
    foundation.TrustedCertificate(id=developer.id).delete()
    key = foundation.PreSharedKey(id="made-by-the-sdk-1").create(secret_hex="0a" * 16)
    seen["psk"] = [one.endpoint_name for one in foundation.PreSharedKey().list() if one.endpoint_name == "made-by-the-sdk-1"]
    key.delete()
    with refused(seen, "psk gone"):
        foundation.PreSharedKey(id="made-by-the-sdk-1").read()
    credentials = foundation.ServerCredentials()
    seen["servers"] = [bool(credentials.get_bootstrap().server_uri), bool(credentials.get_lwm2m().server_certificate)]
    issuer = foundation.CertificateIssuer(
        name="made by the SDK", issuer_type="CFSSL_AUTH", issuer_attributes={"host_url": "https://ca.example.com"}
    ).create(issuer_credentials={"hmac_hex_key": "0a0b"})
    seen["verified"] = issuer.verify().successful
    configuration = foundation.CertificateIssuerConfig(certificate_issuer_id=issuer.id, reference="SDK").create()
    seen["configurations"] = "SDK" in [one.reference for one in foundation.CertificateIssuerConfig().list()]
    configuration.delete()
    issuer.delete()
    return seen


@scenario
def new_enrolment() -> Seen:
    seen: Seen = {}
    identities = ["A-" + ":".join([f"{number:02x}"] * 32) for number in (1, 2, 3)]
    one = foundation.DeviceEnrollment(enrollment_identity=identities[0]).create()
    with refused(seen, "taken"):
        foundation.DeviceEnrollment(enrollment_identity=identities[0]).create()
    seen["listed"] = [identities[0] == entry.enrollment_identity for entry in foundation.DeviceEnrollment().list() if entry.id == one.id]
    many = io.BytesIO("\n".join(["identity", *identities]).encode())
    bulk = foundation.DeviceEnrollmentBulkCreate().create(enrollment_identities=many)
    until(lambda: bulk.read().status == "completed")
    seen["bulk"] = [bulk.total_count, bulk.processed_count, bulk.errors_count]
    seen["errors"] = "duplicate" in bulk.download_errors_report_file().read()
    many.seek(0)
    out = foundation.DeviceEnrollmentBulkDelete().delete(enrollment_identities=many)
    until(lambda: out.read().status == "completed")
    seen["deleted"] = out.errors_count
    with refused(seen, "gone"):
        foundation.DeviceEnrollment(id=one.id).read()
    return seen


@scenario
def new_branding() -> Seen:
    seen: Seen = {}
    color = foundation.DarkThemeColor(reference="primary", color="#00ff00")
    color.update()
    seen["color"] = foundation.DarkThemeColor(reference="primary").read().color
    color.delete()
    seen["colors"] = len(list(foundation.LightThemeColor().list()))
    image = foundation.DarkThemeImage(reference="brand_logo_square")
    image.update(image=io.BytesIO(bytes.fromhex(given("png"))))
    seen["image"] = bool(foundation.DarkThemeImage(reference="brand_logo_square").read().static_uri)
    image.delete()
    return seen


@scenario
def new_campaign() -> Seen:
    seen: Seen = {}
    image = foundation.FirmwareImage(name="made by the SDK", description="x").create(firmware_image_file=io.BytesIO(b"firmware"))
    seen["image"] = [image.datafile_size, len(image.datafile_checksum)]
    seen["images"] = [one.id == image.id for one in foundation.FirmwareImage().list(filter={"id": {"eq": image.id}})]
    manifest = foundation.FirmwareManifest(name="made by the SDK", description="x")
    manifest.create(firmware_manifest_file=io.BytesIO(bytes.fromhex(given("manifest"))))
    seen["manifests"] = manifest.id in [one.id for one in foundation.FirmwareManifest().list()]
    devices = [device.id for device in foundation.Device().list(filter={"state": {"eq": "registered"}}, max_results=5)]
    campaign = foundation.UpdateCampaign(name="made by the SDK", root_manifest_id=manifest.id)
    campaign.device_filter_helper = {"id": {"in": devices}}
    campaign.create()
    seen["draft"] = campaign.phase
    campaign.description = "y"
    campaign.update()
    campaign.start()
    until(lambda: campaign.read().phase == "stopped")
    seen["phase"], seen["description"] = campaign.phase, campaign.description
    seen["devices"] = sum(1 for _one in campaign.device_metadata())
    statistics = foundation.CampaignStatistics(campaign_id=campaign.id).list()
    seen["statistics"] = sum(one.count for one in statistics if one.summary_status != "INFO")
    campaign.archive()
    seen["archived"] = until(lambda: campaign.read().phase == "archived")
    campaign.delete()
    manifest.delete()
    image.delete()
    with refused(seen, "gone"):
        campaign.read()
    return seen


# -- the older interface


@scenario
def old_devices() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.DeviceDirectoryAPI()
    devices = list(api.list_devices(max_results=12, limit=5))
    seen["listed"] = len({device.id for device in devices})
    seen["total"] = api.list_devices().count()
    api.update_device(devices[0].id, name="renamed", custom_attributes={"site": "oslo"})
    filters = {"name": {"$eq": "renamed"}, "custom_attributes": {"site": {"$eq": "oslo"}}}
    seen["found"] = [device.id == devices[0].id for device in api.list_devices(filters=filters)]
    since = {"created_at": {"$gte": datetime.datetime(2000, 1, 1)}}
    seen["dated"] = len(list(api.list_devices(filters=since, max_results=3)))
    made = api.add_device(mechanism="connector", certificate_fingerprint="0a", name="made", certificate_issuer_id="0b")
    seen["made"] = api.get_device(made.id).name
    seen["events"] = len(list(api.list_device_events(max_results=2)))
    query = api.add_query(name="q", filter={"state": {"$eq": "registered"}, "custom_attributes": {"site": {"$eq": "oslo"}}})
    seen["query"] = query.filter
    api.update_query(query.id, name="renamed", filter=query.filter)
    seen["queries"] = "renamed" in [one.name for one in api.list_queries()]
    # What is found by a stored query.
    seen["by query"] = len(list(api.list_devices(filter=api.get_query(query.id).filter, max_results=2)))
    api.delete_query(query.id)
    seen["gone"] = api.get_query(query.id)
    return seen


@scenario
def old_accounts() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.AccountManagementAPI()
    api.update_account(company="Made by the SDK")
    seen["company"] = api.get_account().company
    groups = list(api.list_groups())
    seen["groups"] = sorted(group.name for group in groups)
    key = api.add_api_key("made by the SDK", groups=[groups[0].id])
    seen["key"] = bool(key.key)
    api.update_api_key(key.id, name="renamed")
    seen["keys"] = "renamed" in [one.name for one in api.list_api_keys()]
    seen["members"] = key.id in [one.id for one in api.list_group_api_keys(groups[0].id)]
    api.delete_api_key(key.id)
    seen["key gone"] = api.get_api_key(key.id)
    user = api.add_user("sdkuser", "sdk@example.com", groups=[groups[0].id])
    api.update_user(user.id, full_name="Two")
    seen["user"] = api.get_user(user.id).full_name
    seen["user in group"] = user.id in [one.id for one in api.list_group_users(groups[0].id)]
    return seen


@scenario
def old_certificates() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.CertificatesAPI()
    made = api.add_certificate("made by the SDK", "bootstrap", given("certificate"))
    api.update_certificate(made.id, name="renamed", status="INACTIVE")
    seen["certificate"] = [api.get_certificate(made.id).name, api.get_certificate(made.id).type]
    developer = api.add_developer_certificate("for development")
    seen["header"] = bool(developer.header_file) and bool(developer.developer_private_key)
    seen["listed"] = sorted(one.name for one in api.list_certificates() if one.id in (made.id, developer.id))
    api.delete_certificate(made.id)
    api.delete_certificate(developer.id)
    keys = mbed_cloud.BootstrapAPI()
    keys.add_psk(endpoint_name="made-by-the-sdk-1", secret_hex="0a" * 16)
    seen["psk"] = [one.endpoint_name for one in keys.list_psks() if one.endpoint_name == "made-by-the-sdk-1"]
    keys.delete_psk("made-by-the-sdk-1")
    return seen


@scenario
def old_enrolment() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.EnrollmentAPI()
    identity = "A-" + ":".join(["0a"] * 32)
    claim = api.add_enrollment_claim(claim_id=identity)
    seen["claim"] = api.get_enrollment_claim(claim.id).claim_id == identity
    seen["claims"] = claim.id in [one.id for one in api.list_enrollment_claims()]
    api.delete_enrollment_claim(claim.id)
    return seen


@scenario
def old_billing() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.BillingAPI()
    seen["quota"] = isinstance(api.get_quota_remaining(), int)
    seen["packages"] = [bool(package.id) for package in api.get_service_packages()][:1]
    seen["history"] = len(list(api.get_quota_history(max_results=2))) > 0
    return seen


@scenario
def old_connect() -> Seen:
    seen: Seen = {}
    api = mbed_cloud.ConnectAPI()
    device, writable = given("device"), given("writable")
    seen["connected"] = device in [one.id for one in api.list_connected_devices()]
    seen["resources"] = {given("readable"), writable} <= {one.path for one in api.list_resources(device)}
    api.update_presubscriptions([{"device_id": "*", "resource_paths": ["/1/*"]}])
    seen["presubscriptions"] = [(one.device_id, one.resource_paths) for one in api.list_presubscriptions()]
    api.delete_presubscriptions()
    seen["presubscriptions after"] = len(api.list_presubscriptions())
    start_notifications(api)
    try:
        seen["read"] = api.get_resource_value(device, given("readable"), timeout=PATIENCE)
        values = api.add_resource_subscription(device, writable)
        seen["subscribed"] = api.get_resource_subscription(device, writable)
        seen["subscriptions"] = api.list_device_subscriptions(device)
        api.set_resource_value(device, writable, given("value"), timeout=PATIENCE)
        seen["written"] = api.get_resource_value(device, writable, timeout=PATIENCE)
        seen["notified"] = until(lambda: text(values.get(timeout=PATIENCE)) == given("value"))
        api.execute_resource(device, given("executable"), timeout=PATIENCE)
        api.delete_resource_subscription(device, writable)
        seen["subscribed after"] = api.get_resource_subscription(device, writable)
        try:
            api.get_resource_value(device, "/9/9/9", timeout=PATIENCE)
        except CloudApiException as error:
            seen["wrong path"] = type(error).__name__
    finally:
        api.stop_notifications()
    return seen


@scenario
def old_observers() -> Seen:
    """The SDK's other way to be told of things as they happen."""
    seen: Seen = {}
    api = mbed_cloud.ConnectAPI()
    device = given("device")
    channels = api.subscribe.channels
    start_notifications(api)
    try:
        current = api.subscribe(channels.CurrentResourceValue(device, given("readable")))
        seen["current"] = text(current.next().block(timeout=PATIENCE))
        states = api.subscribe(channels.DeviceStateChanges(device_id=device))
        for event in ("deregister", "register", "update", "expire"):
            requests.post(given("control"), json={"device": device, "event": event}, timeout=PATIENCE).raise_for_status()
            seen[event] = states.next().block(timeout=PATIENCE)["channel"]
    finally:
        api.stop_notifications()
    return seen


@scenario
def old_webhook() -> Seen:
    """With a web server of the user's own, which hands what it gets to the SDK."""
    seen: Seen = {"headers": set()}
    api = mbed_cloud.ConnectAPI({"autostart_notification_thread": False})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            seen["headers"].add(self.headers["X-Test"])
            api.notify_webhook_received(payload=self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/told"
        api.update_webhook(url, headers={"X-Test": "1"})
        seen["webhook"] = [api.get_webhook().url == url, api.get_webhook().headers]
        seen["read"] = api.get_resource_value(given("device"), given("readable"), timeout=PATIENCE)
        api.delete_webhook()
        seen["webhook after"] = api.get_webhook()
        server.shutdown()
    return {**seen, "headers": sorted(seen["headers"])}


@scenario
def old_metrics() -> Seen:
    api = mbed_cloud.ConnectAPI()
    metrics = list(api.list_metrics(include=["transactions"], interval="1d", period="5d", limit=5))
    return {"metrics": len(metrics) > 0}


@scenario
def old_campaign() -> Seen:
    seen: Seen = {}
    directory, api = mbed_cloud.DeviceDirectoryAPI(), mbed_cloud.UpdateAPI()
    devices = [device.id for device in directory.list_devices(filters={"state": {"$eq": "registered"}}, max_results=3)]
    directory.update_device(devices[0], custom_attributes={"chosen": "yes"})
    image = api.add_firmware_image("made by the SDK", given("image file"))
    manifest = api.add_firmware_manifest("made by the SDK", given("manifest file"))
    seen["images"] = image.id in [one.id for one in api.list_firmware_images()]
    seen["manifests"] = manifest.id in [one.id for one in api.list_firmware_manifests()]
    chosen = {"custom_attributes": {"chosen": {"$eq": "yes"}}}
    campaign = api.add_campaign("made by the SDK", device_filter=chosen, manifest_id=manifest.id)
    api.start_campaign(campaign)
    seen["state"] = until(lambda: (state := api.get_campaign(campaign.id).state) in ("autostopped", "deployed", "expired") and state)
    seen["campaigns"] = campaign.id in [one.id for one in api.list_campaigns()]
    seen["states"] = [one.device_id == devices[0] for one in api.list_campaign_device_states(campaign.id)]
    api.delete_campaign(campaign.id)
    api.delete_firmware_manifest(manifest.id)
    api.delete_firmware_image(image.id)
    seen["gone"] = api.get_campaign(campaign.id)
    return seen


def main(name: str) -> None:
    status = 1
    try:
        sys.stdout.write(json.dumps(SCENARIOS[name]()) + "\n")
        sys.stdout.flush()
        status = 0
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        # The SDK's threads would keep the interpreter from ending, or complain when it takes itself apart under them.
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
