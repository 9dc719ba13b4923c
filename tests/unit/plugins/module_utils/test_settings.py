# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the settings come from, and each mistake in them with the sentence that it gets."""

from __future__ import annotations

import errno
import itertools
import json

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils import settings as subject
from ansible_collections.pelion.device_management.plugins.module_utils.settings import (
    DEFAULT_API_URL,
    JwtSettings,
    Settings,
    SettingsError,
    resolve,
)
from hypothesis import given
from hypothesis import strategies as st

KEY = "ak_2MDE2settingstestskey"


@pytest.fixture
def profiles(tmp_path):
    """Writes the default profile file; gives the environment in which it is found."""

    def write(text, mode=0o600):
        path = tmp_path / "pelion" / "profiles.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return {"XDG_CONFIG_HOME": str(tmp_path)}

    return write


def mistake(options, environ=None):
    with pytest.raises(SettingsError) as caught:
        resolve(options, environ or {"XDG_CONFIG_HOME": "/nonexistent"})
    text = str(caught.value)
    assert KEY not in text
    assert "sesame" not in text
    assert "\n" not in text
    return text


def url(options, environ=None):
    return resolve({"api_key": KEY, **options}, environ or {}).api_url


def test_defaults():
    assert resolve({}, {"PELION_API_KEY": KEY}) == Settings(
        api_key=KEY,
        api_jwt=None,
        api_url="https://api.us-east-1.mbedcloud.com",
        validate_certs=True,
        ca_path=None,
        client_cert=None,
        client_key=None,
        proxy=None,
        timeout=60.0,
        retries=5,
        retry_max_wait=60.0,
        allow_http=False,
    )


# In the order in which they count. The last four are reached only without a profile asked for by option: see the next test.
SOURCES = ("option", "api_profile", "PELION_API_KEY", "MBED_CLOUD_SDK_API_KEY", "PELION_PROFILE", "default profile")


@pytest.mark.parametrize("present", [some for size in range(1, 7) for some in itertools.combinations(SOURCES, size)])
def test_law_of_sources(present, profiles):
    """For every combination of sources the first of the order counts."""
    keys = {source: f"key-from-{source.replace(' ', '-')}" for source in present}
    names = {"api_profile": "asked", "PELION_PROFILE": "named", "default profile": "default"}
    environ = profiles(
        "\n".join(["other: {}", *(f"{names[source]}: {{api_key: {keys[source]}}}" for source in present if source in names)])
    )
    options = {}
    for source in present:
        if source == "option":
            options["api_key"] = keys[source]
        elif source == "api_profile":
            options["api_profile"] = "asked"
        elif source == "PELION_PROFILE":
            environ["PELION_PROFILE"] = "named"
        elif source not in names:
            environ[source] = keys[source]
    assert resolve(options, environ).api_key == keys[present[0]]


@pytest.mark.parametrize("kinds", list(itertools.product(("api_key", "api_jwt", ""), repeat=4)))
def test_law_of_keys_and_tokens(kinds, profiles):
    """A key and tokens are one setting in two forms: the first source that has either counts."""
    option, environment, named, default = kinds
    values = {"api_key": KEY, "api_jwt": {"application_id": "a", "private_key_file": "k"}}
    environ = profiles(f"named: {json.dumps({named: values[named]} if named else {})}\n")
    environ.update(
        {"api_key": {"PELION_API_KEY": KEY}, "api_jwt": {"PELION_JWT_APPLICATION_ID": "a", "PELION_JWT_PRIVATE_KEY_FILE": "k"}}.get(
            environment, {}
        )
    )
    if default:
        environ["PELION_PROFILE"] = "named"
    options = {option: values[option]} if option else {}
    first = next((kind for kind in (option, environment, named if default else "") if kind), "")
    if not first:
        assert mistake(options, environ).startswith("No API key: ")
        return
    found = resolve(options, environ)
    assert (found.api_key, found.api_jwt) == ((KEY, None) if first == "api_key" else ("", JwtSettings("a", "k")))
    assert found.secrets == ((KEY,) if first == "api_key" else ())


def test_a_profile_asked_for_keeps_the_environment_s_account_out(profiles):
    """One account's key must not reach another's host."""
    environ = profiles(f"asked: {{api_key: {KEY}}}\nkeyless: {{api_url: 'https://b.example.com'}}\n")
    environ.update(PELION_API_KEY="another", PELION_API_URL="https://a.example.com", PELION_TIMEOUT="7")
    found = resolve({"api_profile": "asked"}, environ)
    assert (found.api_key, found.api_url, found.timeout) == (KEY, DEFAULT_API_URL, 7.0)
    assert mistake({"api_profile": "keyless"}, environ).startswith("No API key: ")
    environ.update(PELION_JWT_APPLICATION_ID="a", PELION_JWT_PRIVATE_KEY_FILE="k")
    del environ["PELION_API_KEY"]
    assert mistake({"api_profile": "keyless"}, environ).startswith("No API key: ")


VARIABLES = [
    ("api_key", "PELION_API_KEY", KEY, KEY),
    ("api_key", "MBED_CLOUD_SDK_API_KEY", KEY, KEY),
    ("api_url", "PELION_API_URL", "https://a.example.com", "https://a.example.com"),
    ("api_url", "MBED_CLOUD_SDK_HOST", "https://b.example.com", "https://b.example.com"),
    ("validate_certs", "PELION_VALIDATE_CERTS", "no", False),
    ("ca_path", "PELION_CA_PATH", __file__, __file__),
    ("client_cert", "PELION_CLIENT_CERT", __file__, __file__),
    ("proxy", "PELION_PROXY", "http://proxy.example.com:3128", "http://proxy.example.com:3128"),
    ("timeout", "PELION_TIMEOUT", "1.5", 1.5),
    ("retries", "PELION_RETRIES", "0", 0),
    ("retry_max_wait", "PELION_RETRY_MAX_WAIT", "9", 9.0),
    ("requests_per_second", "PELION_REQUESTS_PER_SECOND", "2.5", 2.5),
    ("progress", "PELION_PROGRESS", "no", False),
    ("allow_http", "PELION_ALLOW_HTTP", "true", True),
]


@pytest.mark.parametrize(("name", "variable", "text", "value"), VARIABLES)
def test_every_variable(name, variable, text, value):
    environ = {"PELION_API_KEY": KEY, variable: text}
    assert getattr(resolve({}, environ), name) == value
    assert getattr(resolve({}, {**environ, variable: ""} if name != "api_key" else environ), name) != value or name == "api_key"


def test_every_setting_has_a_variable():
    named = {variable for variables in subject.ENVIRONMENT.values() for variable in variables}
    assert {variable for _name, variable, _text, _value in VARIABLES} == named - {"PELION_CLIENT_KEY"}
    found = resolve({}, {"PELION_API_KEY": KEY, "PELION_CLIENT_CERT": __file__, "PELION_CLIENT_KEY": __file__})
    assert (found.client_key, found.cert) == (__file__, (__file__, __file__))


def test_no_limit_of_ours_is_the_default_and_can_be_asked_for():
    environ = {"PELION_API_KEY": KEY}
    assert resolve({}, environ).requests_per_second is None
    assert resolve({"requests_per_second": 0}, {**environ, "PELION_REQUESTS_PER_SECOND": "5"}).requests_per_second is None
    expected = "requests_per_second must be at least 0.1, or 0 for no limit, not 0.05."
    assert mistake({"requests_per_second": 0.05}, environ) == expected
    assert mistake({"requests_per_second": "fast"}, environ) == "requests_per_second must be a number, not 'fast'."


def test_the_account_is_told_from_others_but_not_its_key():
    one = Settings(api_key=KEY)
    jwt = JwtSettings("0123456789abcdef0123456789abcdef", "/keys/one.pem")
    others = [Settings(api_key=KEY + "0"), Settings(api_key=KEY, api_url="https://a.example.com"), Settings(api_jwt=jwt)]
    assert len({settings.account for settings in (one, *others)}) == 4
    assert one.account == Settings(api_key=KEY, timeout=5.0).account
    assert KEY not in one.account


def test_tokens_by_environment():
    environ = {
        "PELION_JWT_APPLICATION_ID": " 0123456789abcdef0123456789abcdef ",
        "PELION_JWT_PRIVATE_KEY_FILE": "/keys/one.pem",
        "PELION_JWT_ALGORITHM": "RS384",
        "PELION_JWT_LIFETIME": "90",
        "PELION_JWT_CLAIMS": '{"iss": "plant 7", "n": [1, null]}',
    }
    assert set(environ) == set(subject.JWT_ENVIRONMENT.values())
    assert resolve({}, environ) == Settings(
        api_jwt=JwtSettings("0123456789abcdef0123456789abcdef", "/keys/one.pem", "RS384", 90.0, {"iss": "plant 7", "n": [1, None]})
    )


def test_tokens_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = {"application_id": "a", "private_key_file": "~/k.pem", "algorithm": None, "lifetime": None, "claims": None}
    assert resolve({"api_jwt": given}, {}).api_jwt == JwtSettings("a", f"{tmp_path}/k.pem", None, 600.0, {})


JWT = {"application_id": "a", "private_key_file": "k"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("sesame", "api_jwt must be a mapping with application_id and private_key_file."),
        ({"private_key_file": "k"}, "api_jwt needs application_id; as an environment variable it is PELION_JWT_APPLICATION_ID."),
        ({"application_id": "a"}, "api_jwt needs private_key_file; as an environment variable it is PELION_JWT_PRIVATE_KEY_FILE."),
        ({**JWT, "key": "k", "alg": "x"},
         "api_jwt has unknown parts: alg, key; it may have: application_id, private_key_file, algorithm, lifetime, claims."),
        ({**JWT, "application_id": "my app"}, "api_jwt.application_id is no id of an application: that has 32 hexadecimal digits."),
        ({**JWT, "application_id": "a\nb: c"}, "api_jwt.application_id is no id of an application: that has 32 hexadecimal digits."),
        ({**JWT, "algorithm": "HS256"}, "api_jwt.algorithm must be one of RS256, RS384, RS512, ES256, ES384, ES512, not 'HS256'."),
        ({**JWT, "algorithm": "none"}, "api_jwt.algorithm must be one of RS256, RS384, RS512, ES256, ES384, ES512, not 'none'."),
        ({**JWT, "lifetime": 9}, "api_jwt.lifetime must be at least 10, not 9."),
        ({**JWT, "lifetime": "short"}, "api_jwt.lifetime must be a number, not 'short'."),
        ({**JWT, "claims": "{sesame"}, "api_jwt.claims must be a mapping of what JSON can express."),
        ({**JWT, "claims": ["sesame"]}, "api_jwt.claims must be a mapping of what JSON can express."),
        ({**JWT, "claims": {"sesame": object()}}, "api_jwt.claims must be a mapping of what JSON can express."),
        ({**JWT, "claims": {"exp": 1}}, "api_jwt.claims must not have exp: it follows from api_jwt.lifetime."),
    ],
)  # fmt: skip
def test_mistakes_in_tokens(value, text):
    with pytest.raises(SettingsError) as caught:
        resolve({"api_jwt": value}, {})
    assert str(caught.value) == text


def test_a_key_and_tokens_are_one_too_many(profiles):
    text = "api_key and api_jwt are two ways to log in; give one of them."
    assert mistake({"api_key": KEY, "api_jwt": JWT}) == text
    assert mistake({}, {"PELION_API_KEY": KEY, "PELION_JWT_APPLICATION_ID": "a"}) == text
    assert mistake({"api_profile": "both"}, profiles(f"both: {{access_key: {KEY}, api_jwt: {{}}}}")) == text


def test_our_names_count_before_the_sdk_s():
    environ = {"MBED_CLOUD_SDK_API_KEY": "theirs", "MBED_CLOUD_SDK_HOST": "https://theirs.example.com"}
    environ.update(PELION_API_KEY="ours", PELION_API_URL="https://ours.example.com")
    found = resolve({}, environ)
    assert (found.api_key, found.api_url) == ("ours", "https://ours.example.com")
    found = resolve({"api_key": KEY, "api_url": "https://option.example.com"}, environ)
    assert (found.api_key, found.api_url) == (KEY, "https://option.example.com")


def test_false_and_zero_are_given():
    environ = {"PELION_API_KEY": KEY, "PELION_VALIDATE_CERTS": "yes", "PELION_RETRIES": "3", "PELION_RETRY_MAX_WAIT": "3"}
    found = resolve({"validate_certs": False, "retries": 0, "retry_max_wait": 0}, environ)
    assert (found.validate_certs, found.retries, found.retry_max_wait) == (False, 0, 0.0)
    assert resolve({"api_key": None, "proxy": ""}, environ).api_key == KEY


def test_what_the_http_library_is_told(tmp_path):
    found = resolve({"api_key": KEY})
    assert (found.verify, found.cert) == (True, None)
    found = resolve({"api_key": KEY, "ca_path": str(tmp_path), "client_cert": __file__})
    assert (found.verify, found.cert) == (str(tmp_path), __file__)
    assert resolve({"api_key": KEY, "ca_path": __file__, "validate_certs": False}).verify is False


def test_the_home_folder_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ca.pem").write_text("")
    assert resolve({"api_key": KEY, "ca_path": "~/ca.pem"}).ca_path == str(tmp_path / "ca.pem")
    (tmp_path / "mine.yml").write_text(f"default: {{api_key: {KEY}}}")
    (tmp_path / "mine.yml").chmod(0o600)
    assert resolve({"api_profile_path": "~/mine.yml"}, {}).api_key == KEY
    assert subject.profile_path({}) == str(tmp_path / ".config/pelion/profiles.yml")


# -- profiles


def test_a_whole_profile(profiles):
    environ = profiles(
        f"""        default: {{api_key: wrong}}
        lab:
          access_key: {KEY}
          api_url: https://lab.example.com/
          validate_certs: false
          proxy: proxy.example.com:3128
          timeout: 3
          retries: 2
          retry_max_wait: 1
          ca_path:
        """
    )
    found = resolve({"api_profile": "lab", "retries": 4}, environ)
    assert found == Settings(
        api_key=KEY,
        api_url="https://lab.example.com",
        validate_certs=False,
        proxy="http://proxy.example.com:3128",
        timeout=3.0,
        retries=4,
        retry_max_wait=1.0,
    )


def test_path_of_the_profiles(profiles, tmp_path):
    path = profiles("default: {api_key: one}")["XDG_CONFIG_HOME"] + "/pelion/profiles.yml"
    other = tmp_path / "other.yml"
    other.write_text("default: {api_key: two}")
    other.chmod(0o400)
    assert resolve({}, {"PELION_PROFILE_PATH": path}).api_key == "one"
    assert resolve({"api_profile_path": str(other)}, {"PELION_PROFILE_PATH": path}).api_key == "two"
    assert resolve({"api_profile_path": str(other)}, {"PELION_API_KEY": KEY}).api_key == KEY


def test_without_need_the_default_profile_is_not_read(profiles):
    environ = profiles("not: [a profile file", mode=0o644)
    assert resolve({"api_key": KEY}, environ).api_key == KEY


def test_no_key_anywhere(profiles):
    text = mistake({})
    assert text.startswith("No API key: set the option api_key, the environment variable PELION_API_KEY (or MBED_CLOUD_SDK_API_KEY), or ")
    assert mistake({}, profiles("other: {api_key: x}")) == text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_profile_file_that_others_can_read(profiles, mode):
    environ = profiles(f"default: {{api_key: {KEY}}}", mode)
    path = subject.profile_path(environ)
    assert mistake({}, environ) == f"The profile file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}"


def test_a_profile_file_that_is_not_there(tmp_path):
    text = f"The profile file {tmp_path}/none.yml cannot be read: No such file or directory."
    for options, environ in (
        ({"api_profile_path": f"{tmp_path}/none.yml"}, {}),
        ({"api_profile_path": f"{tmp_path}/none.yml", "api_key": KEY}, {}),
        ({}, {"PELION_PROFILE_PATH": f"{tmp_path}/none.yml"}),
    ):
        assert mistake(options, environ) == text
    missing = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert (
        mistake({"api_profile": "lab"}, missing)
        == f"The profile file {tmp_path}/pelion/profiles.yml cannot be read: No such file or directory."
    )
    assert mistake({}, {**missing, "PELION_PROFILE": "lab"}).endswith("cannot be read: No such file or directory.")
    assert mistake({"api_profile_path": str(tmp_path)}, {}) == f"The profile file {tmp_path} cannot be read: Is a directory."


def test_a_profile_file_that_cannot_be_read(profiles, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    environ = profiles("default: {}")
    # The superuser, as whom tests may run, can read every file.
    monkeypatch.setattr(subject, "open", refuse, raising=False)
    assert mistake({}, environ) == f"The profile file {subject.profile_path(environ)} cannot be read: Permission denied."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"default: {{api_key: {KEY}", "is not valid YAML."),
        (f"default:\n\tapi_key: {KEY}", "is not valid YAML."),
        (f"default: !vault {KEY}", "is not valid YAML."),
        (f"- {KEY}", "must map each profile name to its settings."),
        (f"api_key: {KEY}", "must map each profile name to its settings."),
        (KEY, "must map each profile name to its settings."),
        ("", "has no profile 'lab'; it has: none."),
        (f"b: {{api_key: {KEY}}}\n1: {{}}", "has no profile 'lab'; it has: 1, b."),
    ],
)
def test_profile_files_with_mistakes(profiles, content, text):
    environ = profiles(content)
    assert mistake({"api_profile": "lab"}, environ) == f"The profile file {subject.profile_path(environ)} {text}"


def test_a_profile_file_in_another_encoding(profiles):
    environ = profiles("")
    with open(subject.profile_path(environ), "wb") as stream:
        stream.write(b"lab: {api_key: \xff\xfe}")
    assert mistake({"api_profile": "lab"}, environ).endswith("is not valid YAML.")


def test_unknown_settings_in_a_profile(profiles):
    environ = profiles(f"lab: {{apikey: {KEY}, api_key: {KEY}, 5: x}}")
    assert mistake({"api_profile": "lab"}, environ) == (
        f"The profile 'lab' of {subject.profile_path(environ)} has unknown settings: 5, apikey; it may have: allow_http, api_jwt, "
        "api_key, api_url, ca_path, client_cert, client_key, progress, proxy, requests_per_second, retries, retry_max_wait, timeout, "
        "validate_certs."
    )


def test_without_pyyaml(profiles, monkeypatch):
    import sys

    environ = profiles(f"default: {{api_key: {KEY}}}")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert "because the Python library PyYAML is missing" in mistake({}, environ)
    assert resolve({"api_key": KEY}, environ).api_key == KEY


# -- mistakes


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        (" https://api.example.com// ", "https://api.example.com"),
        ("api.example.com", "https://api.example.com"),
        ("api.example.com:8443", "https://api.example.com:8443"),
        ("https://api.example.com/mirror", "https://api.example.com/mirror"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("HTTPS://API.example.com", "HTTPS://API.example.com"),
        ("https://api.example.com/v34", "https://api.example.com/v34"),
        ("", DEFAULT_API_URL),
    ],
)
def test_addresses(given_url, used):
    assert url({"api_url": given_url}) == used


NO_URL = f"is no URL; it looks like {DEFAULT_API_URL}."
PORTAL = f"is the web portal; the API has an address of its own, such as {DEFAULT_API_URL}."
PLAIN = (
    "is not HTTPS; the key would cross the network unencrypted. Plain HTTP is possible only to this very machine "
    "(localhost, 127.0.0.1, ::1), with allow_http set."
)


@pytest.mark.parametrize(
    ("given_url", "text"),
    [
        ("https://", f"api_url 'https://' {NO_URL}"),
        ("https:/api.example.com", f"api_url 'https:/api.example.com' {NO_URL}"),
        ("https:\\\\api.example.com", f"api_url 'https:\\\\api.example.com' {NO_URL}"),
        ("https://api.example.com:https", f"api_url 'https://api.example.com:https' {NO_URL}"),
        ("https://api.example.com:99999", f"api_url 'https://api.example.com:99999' {NO_URL}"),
        ("https://[::1", f"api_url 'https://[::1' {NO_URL}"),
        ("https://api example.com", f"api_url 'https://api example.com' {NO_URL}"),
        ("https://portal.mbedcloud.com", f"api_url https://portal.mbedcloud.com {PORTAL}"),
        ("portal.us-east-1.mbedcloud.com/login", f"api_url https://portal.us-east-1.mbedcloud.com/login {PORTAL}"),
        ("http://api.example.com", f"api_url http://api.example.com {PLAIN}"),
        ("http://localhost:80", f"api_url http://localhost:80 {PLAIN}"),
        ("ftp://api.example.com", "api_url ftp://api.example.com must begin with https://."),
        ("https://me:sesame@api.example.com", "api_url must not hold a user name or password."),
        ("https://me:sesame@", "api_url must not hold a user name or password."),
        ("https://me:sesame@api.example.com:x", "api_url must not hold a user name or password."),
        (f"https://api.example.com/{KEY.replace('_', '%5f')}", "api_url must not hold the API key; give the key as api_key."),
        (KEY, "api_url must not hold the API key; give the key as api_key."),
        ("ak_1another", "api_url is a key; the key belongs into api_key."),
        ("https://api.example.com?key=sesame", f"api_url must be an address without query or fragment, such as {DEFAULT_API_URL}."),
        ("https://api.example.com/#sesame", f"api_url must be an address without query or fragment, such as {DEFAULT_API_URL}."),
        ("https://api.example.com/v3", "api_url https://api.example.com/v3 must end before the version: https://api.example.com."),
        ("https://v3.example.com/a/v2/endpoints/", "api_url https://v3.example.com/a/v2/endpoints must end before the version: https://v3.example.com/a."),
    ],
)  # fmt: skip
def test_addresses_with_mistakes(given_url, text):
    assert mistake({"api_key": KEY, "api_url": given_url}) == text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "LOCALHOST"])
def test_plain_http_to_this_machine_only_if_wanted(host):
    assert url({"api_url": f"http://{host}:8080", "allow_http": True}) == f"http://{host}:8080"
    assert mistake({"api_key": KEY, "api_url": f"http://{host}:8080"}) == f"api_url http://{host}:8080 {PLAIN}"


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]", "0.0.0.0", "example.com"])
def test_plain_http_to_others_never(host):
    assert mistake({"api_key": KEY, "api_url": f"http://{host}", "allow_http": "yes"}) == f"api_url http://{host} {PLAIN}"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("   ", None),
        (f"Bearer {KEY}", "api_key must be the key alone, without the word Bearer."),
        (f"bearer:{KEY}", "api_key must be the key alone, without the word Bearer."),
        (f'"{KEY}"', "api_key must be the key alone, without quotes."),
        (f"'{KEY}'", "api_key must be the key alone, without quotes."),
        ("https://api.example.com", "api_key is an address; the address belongs into api_url."),
        (f"{KEY}\n{KEY}", "api_key holds blanks or characters that no key has; check that it was copied whole and alone."),
        (f"{KEY} x", "api_key holds blanks or characters that no key has; check that it was copied whole and alone."),
        (f"{KEY}\x00", "api_key holds blanks or characters that no key has; check that it was copied whole and alone."),
        ("kéy", "api_key holds blanks or characters that no key has; check that it was copied whole and alone."),
    ],
)
def test_keys_with_mistakes(key, text):
    found = mistake({"api_key": key})
    assert found == text if text else found.startswith("No API key: ")


def test_blanks_around_a_key_are_dropped():
    assert resolve({"api_key": f" {KEY}\n"}).api_key == KEY


@given(st.text())
def test_whatever_the_key_it_is_never_told(key):
    try:
        found = resolve({"api_key": key, "api_url": "https://h"}, {"XDG_CONFIG_HOME": "/nonexistent"})
    except SettingsError as error:
        assert len(key.strip()) < 8 or key.strip() not in str(error)
    else:
        assert found.api_key == key.strip()


@pytest.mark.parametrize(
    "value", ["http://me:sesame@", "http://me:sesame@proxy.example.com:x", "gopher://sesame.example.com", "a sesame", "http://:80"]
)
def test_proxies_with_mistakes(value):
    assert mistake({"api_key": KEY, "proxy": value}) == "proxy is no address of a proxy; it looks like http://proxy.example.com:3128."


@pytest.mark.parametrize("value", ["https://me:pw@proxy.example.com:1", "socks5h://proxy.example.com", "http://[::1]:3128"])
def test_proxies(value):
    assert resolve({"api_key": KEY, "proxy": value}).proxy == value


@pytest.mark.parametrize("name", ["ca_path", "client_cert", "client_key"])
def test_files_that_cannot_be_read(name):
    options = {"api_key": KEY, "client_cert": __file__, name: "/nonexistent/x.pem"}
    assert mistake(options) == f"The file /nonexistent/x.pem of {name} cannot be read: No such file or directory."


def test_a_key_needs_its_certificate():
    assert mistake({"api_key": KEY, "client_key": __file__}) == "client_key needs client_cert: the certificate that belongs to the key."


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("timeout", "soon", "timeout must be a number, not 'soon'."),
        ("timeout", 0, "timeout must be at least 0.001, not 0."),
        ("timeout", "nan", "timeout must be at least 0.001, not nan."),
        ("timeout", "inf", "timeout must be at least 0.001, not inf."),
        ("retries", -1, "retries must be at least 0, not -1."),
        ("retries", 2.5, "retries must be a whole number, not 2.5."),
        ("retry_max_wait", -1, "retry_max_wait must be at least 0, not -1."),
        ("retry_max_wait", [], "retry_max_wait must be a number, not '[]'."),
        ("validate_certs", "maybe", "validate_certs must be true or false, not 'maybe'."),
        ("allow_http", 2, "allow_http must be true or false, not '2'."),
    ],
)
def test_numbers_and_switches(name, value, text):
    assert mistake({"api_key": KEY, name: value}) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", True),
        ("TRUE", True),
        ("Yes", True),
        (" on ", True),
        (True, True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
    ],
)
def test_spellings_of_switches(text, value):
    assert resolve({"api_key": KEY, "validate_certs": text}).validate_certs is value


def test_secrets_are_not_in_the_repr():
    found = resolve({"api_key": KEY, "proxy": "http://me:sesame@proxy.example.com", "client_cert": __file__, "client_key": __file__})
    assert KEY not in repr(found)
    assert "sesame" not in repr(found)
