# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a plugin reaches the service: the same options everywhere."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The access key or API key of the account. The service takes both alike.
      - Without it, E(PELION_API_KEY), then E(MBED_CLOUD_SDK_API_KEY), then the profile is used.
    type: str
    aliases: [access_key]
  api_jwt:
    description:
      - Logs in with tokens that are signed here, instead of with O(api_key). Give one of the two.
      - An administrator has put the certificate of the private key on an application, as a verification key. The tokens have the
        rights of that application. The private key stays on this machine.
      - A token is used for several requests and replaced by a new one before it ends.
      - Without it, E(PELION_JWT_APPLICATION_ID) and the other variables below, all of them together, then the profile are used.
    type: dict
    suboptions:
      application_id:
        description:
          - The id of the application, which is sent with each request too.
          - As an environment variable E(PELION_JWT_APPLICATION_ID).
        type: str
        required: true
      private_key_file:
        description:
          - A file with the private key in PEM form, without a passphrase. Only its owner may be able to read it.
          - RSA of 2048 bits or more, or EC on P-256, P-384 or P-521.
          - As an environment variable E(PELION_JWT_PRIVATE_KEY_FILE).
        type: path
        required: true
      algorithm:
        description:
          - How to sign. By default V(RS256) with an RSA key, and the one of the curve with an EC key.
          - As an environment variable E(PELION_JWT_ALGORITHM).
        type: str
        choices: [RS256, RS384, RS512, ES256, ES384, ES512]
      lifetime:
        description:
          - How long a token is valid, in seconds, at least V(10). Default V(600).
          - As an environment variable E(PELION_JWT_LIFETIME).
        type: float
      claims:
        description:
          - Further claims, name to value. The claim C(exp) is there already.
          - As an environment variable E(PELION_JWT_CLAIMS), which holds them as JSON.
        type: dict
  api_url:
    description:
      - The address of the API, without a version.
      - Without it, E(PELION_API_URL), then E(MBED_CLOUD_SDK_HOST), then the profile is used, then V(https://api.us-east-1.mbedcloud.com).
    type: str
  api_profile:
    description:
      - The profile in the profile file to take settings from.
      - With this option set, the environment's key and address do not count.
      - Without it, E(PELION_PROFILE) names the profile; the profile V(default) is used when no key is found elsewhere.
    type: str
  api_profile_path:
    description:
      - The profile file. It maps names of profiles to the settings O(api_key), O(api_jwt), O(api_url), O(validate_certs), O(ca_path),
        O(client_cert), O(client_key), O(proxy), O(timeout), O(retries), O(retry_max_wait), O(requests_per_second), O(progress)
        and O(allow_http).
      - Only its owner may be able to read it.
      - Without it, E(PELION_PROFILE_PATH), then V(pelion/profiles.yml) in E(XDG_CONFIG_HOME) or V(~/.config) is used.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the service must be valid. Default V(true).
      - Without it, E(PELION_VALIDATE_CERTS), then the profile is used.
    type: bool
  ca_path:
    description:
      - A file or folder of CA certificates to trust instead of the system's.
      - Without it, E(PELION_CA_PATH), then the profile is used.
    type: path
  client_cert:
    description:
      - A client certificate in PEM form, which may hold the key too.
      - Without it, E(PELION_CLIENT_CERT), then the profile is used.
    type: path
  client_key:
    description:
      - The private key of O(client_cert) in PEM form.
      - Without it, E(PELION_CLIENT_KEY), then the profile is used.
    type: path
  proxy:
    description:
      - The URL of a proxy.
      - Without it, E(PELION_PROXY), then the profile, then E(HTTPS_PROXY) and E(NO_PROXY) are used.
    type: str
  timeout:
    description:
      - Seconds to wait for a connection, and for each part of an answer. Default V(60).
      - Without it, E(PELION_TIMEOUT), then the profile is used.
    type: float
  retries:
    description:
      - How many times a request is repeated that was throttled, or that met an overloaded service or a broken connection. Default V(5).
      - A request that creates something is repeated only when it was certainly not carried out.
      - To be throttled does not count, up to a hundred times, while others get through that were throttled too, in this task or another of
        the same user with the same key and address. With V(0) nothing is ever repeated.
      - Without it, E(PELION_RETRIES), then the profile is used.
    type: int
  retry_max_wait:
    description:
      - The longest wait in seconds before a repetition, also when the service asks for more. Default V(60).
      - Without it, E(PELION_RETRY_MAX_WAIT), then the profile is used.
    type: float
  requests_per_second:
    description:
      - The most requests a second, at least V(0.1). By default, and with V(0), there is no such limit.
      - It holds for all tasks, forks and playbooks together that a user runs on one machine with the same key and address.
      - When the service itself asks for a pause, all of them wait, also without this option.
      - Without it, E(PELION_REQUESTS_PER_SECOND), then the profile is used.
    type: float
  progress:
    description:
      - Whether a task that takes long prints a line now and then with how far it is - how many are done and have failed, how fast it goes
        and how long it will take, or what is waited for. Default V(true). The first line comes after five seconds.
      - Lines go to standard error, so that what callbacks print on standard output stays as it is. They come only where the module runs
        on the controller as the same user, thus with the connection C(local) and without C(become), and not in check mode, nor with
        C(async) or C(no_log).
      - Without it, E(PELION_PROGRESS), then the profile is used.
    type: bool
  allow_http:
    description:
      - Whether O(api_url) may be plain HTTP. Only addresses of the machine itself are taken then. Default V(false).
      - Without it, E(PELION_ALLOW_HTTP), then the profile is used.
    type: bool
requirements:
  - requests >= 2.25
  - PyYAML, when a profile file is used
  - PyJWT >= 2.0 and cryptography, with O(api_jwt)
"""
