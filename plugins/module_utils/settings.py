# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""Where to connect and with what: options, environment variables and profiles, checked before anything is sent."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import json
import os
import re
import stat
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple, Union
from urllib.parse import unquote, urlsplit

DEFAULT_API_URL = "https://api.us-east-1.mbedcloud.com"
DEFAULT_PROFILE = "default"
SHORTEST_KEY = 16  # the service's keys are far longer; shorter ones, made up for tests, may be words that occur anywhere

# What each setting is called in the environment, the first that is set counts. The MBED_CLOUD_SDK_* names are those of
# the vendor's SDK.
ENVIRONMENT: Dict[str, Tuple[str, ...]] = {
    "api_key": ("PELION_API_KEY", "MBED_CLOUD_SDK_API_KEY"),
    "api_url": ("PELION_API_URL", "MBED_CLOUD_SDK_HOST"),
    "validate_certs": ("PELION_VALIDATE_CERTS",),
    "ca_path": ("PELION_CA_PATH",),
    "client_cert": ("PELION_CLIENT_CERT",),
    "client_key": ("PELION_CLIENT_KEY",),
    "proxy": ("PELION_PROXY",),
    "timeout": ("PELION_TIMEOUT",),
    "retries": ("PELION_RETRIES",),
    "retry_max_wait": ("PELION_RETRY_MAX_WAIT",),
    "requests_per_second": ("PELION_REQUESTS_PER_SECOND",),
    "progress": ("PELION_PROGRESS",),
    "allow_http": ("PELION_ALLOW_HTTP",),
}
JWT_ENVIRONMENT: Dict[str, str] = {
    "application_id": "PELION_JWT_APPLICATION_ID",
    "private_key_file": "PELION_JWT_PRIVATE_KEY_FILE",
    "algorithm": "PELION_JWT_ALGORITHM",
    "lifetime": "PELION_JWT_LIFETIME",
    "claims": "PELION_JWT_CLAIMS",
}
SETTINGS = ("api_jwt", *ENVIRONMENT)
CREDENTIALS = ("api_key", "api_jwt")
# What the service takes; HS256 is not among them (notes on JWT keys).
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
SHORTEST_LIFETIME = 10
SLOWEST_RATE = 0.1  # requests a second


class SettingsError(ValueError):
    """A setting is missing or cannot work; the text names it and says what to do."""


@dataclass(frozen=True)
class JwtSettings:
    """Tokens that are signed here instead of a key (the vendor's page on JWT keys).

    ``application_id``: the application that has the verification key; ``private_key_file``: the key that belongs to it; ``algorithm``: one
    of ``ALGORITHMS``, or None for the first that fits the key; ``lifetime``: of a token, in seconds; ``claims``: further ones.
    """

    application_id: str
    private_key_file: str
    algorithm: Optional[str] = None
    lifetime: float = 600.0
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """How to reach one account of the service.

    ``timeout`` and ``retry_max_wait`` are seconds; ``api_key`` is empty with ``api_jwt``; ``requests_per_second`` is None where there is no
    limit of ours; ``progress`` tells whether long work may say how far it is.
    """

    api_key: str = field(default="", repr=False)
    api_jwt: Optional[JwtSettings] = None
    api_url: str = DEFAULT_API_URL
    validate_certs: bool = True
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = field(default=None, repr=False)
    proxy: Optional[str] = field(default=None, repr=False)
    timeout: float = 60.0
    retries: int = 5
    retry_max_wait: float = 60.0
    requests_per_second: Optional[float] = None
    progress: bool = True
    allow_http: bool = False

    @property
    def secrets(self) -> Tuple[str, ...]:
        """Texts that must not be shown to anybody."""
        return (self.api_key,) if self.api_key else ()

    @functools.cached_property
    def account(self) -> str:
        """Tells one account of one service from others, in names of files and the like; the key cannot be worked out from it."""
        login = self.api_key or str(self.api_jwt)
        return hashlib.pbkdf2_hmac("sha256", login.encode(), f"pelion account {self.api_url}".encode(), 10_000).hex()

    @property
    def verify(self) -> Union[bool, str]:
        """What the HTTP library is told about server certificates."""
        if not self.validate_certs:
            return False
        return self.ca_path or True

    @property
    def cert(self) -> Union[str, Tuple[str, str], None]:
        """The client certificate as the HTTP library takes it."""
        if self.client_cert and self.client_key:
            return (self.client_cert, self.client_key)
        return self.client_cert


def resolve(options: Mapping[str, Any], environ: Optional[Mapping[str, str]] = None) -> Settings:
    """Work out the settings; for each the first source that has it counts.

    The order: the option; the profile that the option ``api_profile`` names; the environment (``PELION_*``, then the
    SDK's ``MBED_CLOUD_SDK_*``); the profile that ``PELION_PROFILE`` names, else the profile ``default`` where there is one.
    ``api_key`` and ``api_jwt`` are two forms of one setting: the first source that has either counts.
    Beside a profile that is asked for by option, the environment's key and URL do not count at all: one account's key must
    not reach another's host.

    :raises SettingsError: for anything missing, malformed or unreadable.
    """
    environ = os.environ if environ is None else environ
    given = {name: options[name] for name in SETTINGS if options.get(name) not in (None, "")}
    from_environment: Dict[str, Any] = {}
    for name, variables in ENVIRONMENT.items():
        value = next((environ[variable] for variable in variables if environ.get(variable)), None)
        if value is not None:
            from_environment[name] = value
    jwt = {name: environ[variable] for name, variable in JWT_ENVIRONMENT.items() if environ.get(variable)}
    if jwt:
        from_environment["api_jwt"] = jwt
    path = options.get("api_profile_path") or environ.get("PELION_PROFILE_PATH")
    by_option, by_environment = options.get("api_profile"), environ.get("PELION_PROFILE")
    if by_option:
        elsewhere = {name: value for name, value in from_environment.items() if name not in (*CREDENTIALS, "api_url")}
        return _checked(_merged(elsewhere, _profile(by_option, path, environ), given))
    if by_environment:
        return _checked(_merged(_profile(by_environment, path, environ), from_environment, given))
    merged = _merged(from_environment, given)
    if path or not any(name in merged for name in CREDENTIALS):
        merged = _merged(_profile(DEFAULT_PROFILE, path, environ, optional=not path), merged)
    return _checked(merged)


def _merged(*sources: Mapping[str, Any]) -> Dict[str, Any]:
    """The settings of several sources, of which the later count more."""
    merged: Dict[str, Any] = {}
    for source in sources:
        if any(name in source for name in CREDENTIALS):
            merged = {name: value for name, value in merged.items() if name not in CREDENTIALS}
        merged.update(source)
    return merged


def holds_key(text: str, key: str) -> bool:
    """Whether a text that others will see has the key in it."""
    return len(key) >= SHORTEST_KEY and key in unquote(text)


def refuse_shared(what: str, path: str, descriptor: int) -> None:
    """A file that holds a secret is for its owner only.

    :raises SettingsError: where others can read it.
    """
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if mode & 0o077:
        raise SettingsError(f"{what} can be read by others (mode {mode:04o}); run: chmod 600 {path}")


def profile_path(environ: Mapping[str, str]) -> str:
    """The default profile file: ``pelion/profiles.yml`` in the user's configuration folder."""
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "pelion", "profiles.yml")


def _profile(name: str, path: Optional[str], environ: Mapping[str, str], optional: bool = False) -> Dict[str, Any]:
    path = os.path.expanduser(path) if path else profile_path(environ)
    if optional and not os.path.exists(path):
        return {}
    try:
        import yaml
    except ImportError:
        raise SettingsError(
            f"The profile file {path} cannot be read because the Python library PyYAML is missing; install it, or give the "
            "settings by option or environment."
        ) from None
    try:
        with open(path, encoding="utf-8") as stream:
            refuse_shared(f"The profile file {path}", path, stream.fileno())
            content = yaml.safe_load(stream)
    except OSError as error:
        raise SettingsError(f"The profile file {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError):
        # The parser's own text quotes the line, which may hold the key.
        raise SettingsError(f"The profile file {path} is not valid YAML.") from None
    profiles = content if content is not None else {}
    if not isinstance(profiles, dict) or not all(isinstance(entry, dict) for entry in profiles.values()):
        raise SettingsError(f"The profile file {path} must map each profile name to its settings.")
    if name not in profiles:
        if optional:
            return {}
        known = ", ".join(sorted(str(key) for key in profiles)) or "none"
        raise SettingsError(f"The profile file {path} has no profile '{name}'; it has: {known}.")
    unknown = sorted(str(key) for key in set(profiles[name]) - set(SETTINGS) - {"access_key"})
    if unknown:
        raise SettingsError(
            f"The profile '{name}' of {path} has unknown settings: {', '.join(unknown)}; it may have: {', '.join(sorted(SETTINGS))}."
        )
    entry = {key: value for key, value in profiles[name].items() if value is not None}
    if "access_key" in entry:
        entry.setdefault("api_key", entry.pop("access_key"))
    return entry


def _checked(values: Mapping[str, Any]) -> Settings:
    allow_http = _boolean("allow_http", values.get("allow_http", False))
    if all(name in values for name in CREDENTIALS):
        raise SettingsError("api_key and api_jwt are two ways to log in; give one of them.")
    jwt = _jwt(values["api_jwt"]) if "api_jwt" in values else None
    key = "" if jwt else _api_key(values.get("api_key"))
    settings = Settings(
        api_key=key,
        api_jwt=jwt,
        api_url=_api_url(str(values.get("api_url", DEFAULT_API_URL)), key, allow_http),
        validate_certs=_boolean("validate_certs", values.get("validate_certs", True)),
        ca_path=_readable("ca_path", values.get("ca_path")),
        client_cert=_readable("client_cert", values.get("client_cert")),
        client_key=_readable("client_key", values.get("client_key")),
        proxy=_proxy(values.get("proxy")),
        timeout=_number("timeout", values.get("timeout", 60), minimum=0.001),
        retries=_whole("retries", values.get("retries", 5)),
        retry_max_wait=_number("retry_max_wait", values.get("retry_max_wait", 60), minimum=0),
        requests_per_second=_rate(values.get("requests_per_second")),
        progress=_boolean("progress", values.get("progress", True)),
        allow_http=allow_http,
    )
    if settings.client_key and not settings.client_cert:
        raise SettingsError("client_key needs client_cert: the certificate that belongs to the key.")
    return settings


def _api_key(value: Any) -> str:
    key = str(value or "").strip()
    if not key:
        raise SettingsError(
            "No API key: set the option api_key, the environment variable PELION_API_KEY (or MBED_CLOUD_SDK_API_KEY), or api_key in "
            f"a profile of {profile_path(os.environ)}."
        )
    if key.lower().startswith("bearer"):
        raise SettingsError("api_key must be the key alone, without the word Bearer.")
    if "://" in key:
        raise SettingsError("api_key is an address; the address belongs into api_url.")
    if key[0] in "'\"":
        raise SettingsError("api_key must be the key alone, without quotes.")
    if not all("!" <= character <= "~" for character in key):
        raise SettingsError("api_key holds blanks or characters that no key has; check that it was copied whole and alone.")
    return key


def _jwt(value: Any) -> JwtSettings:
    if not isinstance(value, Mapping):
        raise SettingsError("api_jwt must be a mapping with application_id and private_key_file.")
    given = {str(name): part for name, part in value.items() if part not in (None, "")}
    unknown = sorted(set(given) - set(JWT_ENVIRONMENT))
    if unknown:
        raise SettingsError(f"api_jwt has unknown parts: {', '.join(unknown)}; it may have: {', '.join(JWT_ENVIRONMENT)}.")
    for name in ("application_id", "private_key_file"):
        if name not in given:
            raise SettingsError(f"api_jwt needs {name}; as an environment variable it is {JWT_ENVIRONMENT[name]}.")
    # Like all that may be a secret in the wrong place it is not repeated.
    application = str(given["application_id"]).strip()
    if not re.fullmatch(r"[\w-]+", application, re.ASCII):
        raise SettingsError("api_jwt.application_id is no id of an application: that has 32 hexadecimal digits.")
    algorithm = given.get("algorithm")
    if algorithm not in (None, *ALGORITHMS):
        raise SettingsError(f"api_jwt.algorithm must be one of {', '.join(ALGORITHMS)}, not '{algorithm}'.")
    return JwtSettings(
        application_id=application,
        private_key_file=os.path.expanduser(str(given["private_key_file"])),
        algorithm=algorithm,
        lifetime=_number("api_jwt.lifetime", given.get("lifetime", JwtSettings.lifetime), minimum=SHORTEST_LIFETIME),
        claims=_claims(given.get("claims", {})),
    )


def _claims(value: Any) -> Dict[str, Any]:
    """Claims are a mapping, or, as in an environment variable, its JSON. What is wrong is not repeated: it may be anything."""
    try:
        claims = json.loads(value if isinstance(value, str) else json.dumps(value))
    except (TypeError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise SettingsError("api_jwt.claims must be a mapping of what JSON can express.")
    if "exp" in claims:
        raise SettingsError("api_jwt.claims must not have exp: it follows from api_jwt.lifetime.")
    return claims


def _api_url(value: str, key: str, allow_http: bool) -> str:
    text = value.strip().rstrip("/")
    if "://" not in text:
        text = "https://" + text
    # Nothing of the text is repeated until it is known to hold no secret.
    if holds_key(text, key):
        raise SettingsError("api_url must not hold the API key; give the key as api_key.")
    if "@" in text:
        raise SettingsError("api_url must not hold a user name or password.")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if host in ("", "http", "https") or re.search(r"[\s\\]", text):
        raise SettingsError(f"api_url '{value}' is no URL; it looks like {DEFAULT_API_URL}.")
    if host.startswith("ak_"):
        raise SettingsError("api_url is a key; the key belongs into api_key.")
    if "?" in text or "#" in text:
        raise SettingsError(f"api_url must be an address without query or fragment, such as {DEFAULT_API_URL}.")
    if host.split(".")[0] == "portal":
        raise SettingsError(f"api_url {text} is the web portal; the API has an address of its own, such as {DEFAULT_API_URL}.")
    version = re.search(r"/v[23](/|$)", parts.path)
    if version:
        end = len(text) - len(parts.path) + version.start()
        raise SettingsError(f"api_url {text} must end before the version: {text[:end]}.")
    if parts.scheme == "http":
        if not (allow_http and _is_loopback(host)):
            raise SettingsError(
                f"api_url {text} is not HTTPS; the key would cross the network unencrypted. Plain HTTP is possible only to this very "
                "machine (localhost, 127.0.0.1, ::1), with allow_http set."
            )
    elif parts.scheme != "https":
        raise SettingsError(f"api_url {text} must begin with https://.")
    return text


def _proxy(value: Any) -> Optional[str]:
    """A proxy's address may hold a password, so no message repeats it."""
    if value in (None, ""):
        return None
    text = str(value).strip()
    try:
        parts = urlsplit(text if "://" in text else "http://" + text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https", "socks5", "socks5h") or re.search(r"\s", text):
        raise SettingsError("proxy is no address of a proxy; it looks like http://proxy.example.com:3128.")
    return text if "://" in text else "http://" + text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _readable(name: str, value: Any) -> Optional[str]:
    if value in (None, ""):
        return None
    path = os.path.expanduser(str(value))
    try:
        if not os.path.isdir(path):
            with open(path, "rb"):
                pass
    except OSError as error:
        raise SettingsError(f"The file {path} of {name} cannot be read: {error.strerror}.") from error
    return path


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise SettingsError(f"{name} must be true or false, not '{value}'.")


def _number(name: str, value: Any, minimum: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise SettingsError(f"{name} must be a number, not '{value}'.") from None
    if not minimum <= number < float("inf"):
        raise SettingsError(f"{name} must be at least {minimum:g}, not {value}.")
    return number


def _rate(value: Any) -> Optional[float]:
    """None for no limit, which 0 stands for where another source has one."""
    rate = _number("requests_per_second", value or 0, minimum=0)
    if 0 < rate < SLOWEST_RATE:
        raise SettingsError(f"requests_per_second must be at least {SLOWEST_RATE:g}, or 0 for no limit, not {value}.")
    return rate or None


def _whole(name: str, value: Any) -> int:
    number = _number(name, value, minimum=0)
    if number != int(number):
        raise SettingsError(f"{name} must be a whole number, not {value}.")
    return int(number)
