# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens signed with real keys, checked with their public halves: what is in them, when they are made anew, and every useless key."""

from __future__ import annotations

import base64
import json
import sys
import threading

import pytest
from ansible_collections.pelion.device_management.plugins.module_utils.client import ApiError, Client, RequestError
from ansible_collections.pelion.device_management.plugins.module_utils.settings import ALGORITHMS, JwtSettings, Settings, SettingsError
from ansible_collections.pelion.device_management.plugins.module_utils.tokens import Credentials, SignedTokens, credentials
from ansible_collections.pelion.device_management.tests.unit.plugins.module_utils.fakes import BASE, FakeTransport, answer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

APPLICATION = "0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000.5
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A private key file for each algorithm, and the key."""
    folder = tmp_path_factory.mktemp("keys")
    rsa_key = rsa.generate_private_key(65537, 2048)
    made = {name: ec.generate_private_key(CURVES[name]) if name in CURVES else rsa_key for name in ALGORITHMS}
    return {name: (write(folder / f"{name}.pem", key), key) for name, key in made.items()}


def write(path, key, passphrase=None, mode=0o600):
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    path.chmod(mode)
    return str(path)


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(token, key):
    """Header and claims of a token whose signature is right (RFC 7515, RFC 7518); an exception where it is not."""
    head, claims, signature = token.split(".")
    header = json.loads(decoded(head))
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[header["alg"][2:]]
    signed, proof = f"{head}.{claims}".encode(), decoded(signature)
    if header["alg"].startswith("RS"):
        key.public_key().verify(proof, signed, padding.PKCS1v15(), digest)
    else:
        half = len(proof) // 2
        assert half == (key.curve.key_size + 7) // 8
        numbers = (int.from_bytes(proof[:half], "big"), int.from_bytes(proof[half:], "big"))
        key.public_key().verify(utils.encode_dss_signature(*numbers), signed, ec.ECDSA(digest))
    return header, json.loads(decoded(claims))


def signed(path, clock=None, **options):
    return SignedTokens(JwtSettings(APPLICATION, path, **options), **({"now": clock} if clock else {}))


def token_of(credentials):
    headers = credentials.headers()
    assert set(headers) == {"Authorization", "X-Application-ID"}
    assert headers["X-Application-ID"] == APPLICATION
    word, token = headers["Authorization"].split(" ")
    assert word == "Bearer"
    return token


def test_a_key_is_sent_as_it_is():
    found = credentials(Settings(api_key="ak_key"))
    assert found.__class__ is Credentials
    assert (found.headers(), found.secrets) == ({"Authorization": "Bearer ak_key"}, ("ak_key",))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tokens_of_every_algorithm(algorithm, keys):
    path, key = keys[algorithm]
    made = signed(path, lambda: NOW, algorithm=algorithm, lifetime=90.0, claims={"iss": "plant 7"})
    header, claims = opened(token_of(made), key)
    assert (header["alg"], claims) == (algorithm, {"iss": "plant 7", "exp": 1_700_000_090})


@pytest.mark.parametrize(("made_for", "default"), [("RS512", "RS256"), ("ES256", "ES256"), ("ES384", "ES384"), ("ES512", "ES512")])
def test_without_an_algorithm_the_key_decides(made_for, default, keys):
    path, key = keys[made_for]
    assert opened(token_of(signed(path)), key)[0]["alg"] == default


def test_the_settings_ask_for_tokens(keys):
    path, key = keys["ES256"]
    found = credentials(Settings(api_jwt=JwtSettings(APPLICATION, path)))
    assert opened(token_of(found), key)[0]["alg"] == "ES256"


@hypothesis_settings(max_examples=30, deadline=None)
@given(lifetime=st.floats(10, 5000), steps=st.lists(st.floats(0, 400), max_size=8))
def test_law_of_renewal(keys, lifetime, steps):
    """Whenever a request is sent its token is valid for a while yet; and a token serves for most of its life."""
    path, key = keys["ES256"]
    now = [NOW]
    made = signed(path, lambda: now[0], lifetime=lifetime)
    first_sent = {}
    for step in [0, *steps]:
        now[0] += step
        token = token_of(made)
        left = opened(token, key)[1]["exp"] - now[0]
        # `exp` is a whole number of seconds.
        assert min(60, lifetime / 4) - 1 <= left <= lifetime
        assert now[0] - first_sent.setdefault(token, now[0]) < lifetime - min(60, lifetime / 4)
        assert token in made.secrets
        assert len(made.secrets) <= 2


def test_one_token_serves_many_requests_at_once(keys):
    path, _key = keys["ES256"]
    made = signed(path)
    found = []
    threads = [threading.Thread(target=lambda: found.append(token_of(made))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_token_that_is_replaced_stays_secret(keys):
    path, _key = keys["ES256"]
    now = [NOW]
    made = signed(path, lambda: now[0])
    before = token_of(made)
    assert made.secrets == (before,)
    now[0] += 600
    after = token_of(made)
    assert after != before
    assert made.secrets == (before, after)


def refusal(path, **options):
    with pytest.raises(SettingsError) as caught:
        signed(str(path), **options)
    return str(caught.value)


def test_keys_that_will_not_do(tmp_path):
    def what(name):
        return f"The file {tmp_path / name} of api_jwt.private_key_file"

    takes = "holds a key that the service does not take; it takes RSA of 2048 bits or more, and EC on P-256, P-384 or P-521."
    small = write(tmp_path / "small", rsa.generate_private_key(65537, 1024))
    assert refusal(small) == f"{what('small')} {takes}"
    assert refusal(write(tmp_path / "curve", ec.generate_private_key(ec.SECP256K1()))) == f"{what('curve')} {takes}"
    assert refusal(write(tmp_path / "edwards", ed25519.Ed25519PrivateKey.generate())) == f"{what('edwards')} {takes}"
    locked = write(tmp_path / "locked", ec.generate_private_key(ec.SECP256R1()), passphrase=b"sesame")
    assert refusal(locked) == f"{what('locked')} is protected by a passphrase; give one that is not."
    (tmp_path / "text").write_text("sesame")
    (tmp_path / "text").chmod(0o600)
    assert refusal(tmp_path / "text") == f"{what('text')} holds no private key in PEM form."
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "text").write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    assert refusal(tmp_path / "text") == f"{what('text')} holds no private key in PEM form."
    assert refusal(tmp_path / "none") == f"{what('none')} cannot be read: No such file or directory."
    assert refusal(tmp_path) == f"The file {tmp_path} of api_jwt.private_key_file cannot be read: Is a directory."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_keys_that_others_can_read(mode, tmp_path):
    path = write(tmp_path / "k", ec.generate_private_key(ec.SECP256R1()), mode=mode)
    assert refusal(path) == f"The file {path} of api_jwt.private_key_file can be read by others (mode {mode:04o}); run: chmod 600 {path}"


@pytest.mark.parametrize(
    ("made_for", "algorithm", "fitting"),
    [("RS256", "ES256", "RS256 or RS384 or RS512"), ("ES256", "RS256", "ES256"), ("ES256", "ES512", "ES256"), ("ES384", "ES256", "ES384")],
)
def test_algorithms_that_do_not_fit(made_for, algorithm, fitting, keys):
    assert refusal(keys[made_for][0], algorithm=algorithm) == (
        f"api_jwt.algorithm {algorithm} does not fit the private key, which can sign with {fitting}."
    )


@pytest.mark.parametrize("library", ["jwt", "cryptography.hazmat.primitives.asymmetric"])
def test_without_the_libraries(library, keys, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    assert refusal(keys["ES256"][0]) == (
        "api_jwt needs the Python libraries PyJWT (2.0 or newer) and cryptography; install them, for example with: "
        "pip install 'PyJWT[crypto]'"
    )
    # With a key nobody misses them.
    assert credentials(Settings(api_key="ak")).headers() == {"Authorization": "Bearer ak"}


def test_a_client_does_not_tell_its_tokens(keys):
    """Neither in a URL nor in what the service repeats in an error; and without a key nothing else is hidden."""
    path, _key = keys["ES256"]
    transport = FakeTransport(lambda _request: answer(400, {"message": f"What is {token_of(client.credentials)}?", "type": "bad_request"}))
    client = Client(Settings(api_jwt=JwtSettings(APPLICATION, path), api_url=BASE), transport=transport)
    token = token_of(client.credentials)
    with pytest.raises(ApiError) as caught:
        client.get("/v3/accounts/me")
    assert caught.value.message == "What is ********?"
    assert token not in str(caught.value)
    assert token not in repr(caught.value.body)
    for place in ({"path": f"/v3/{token}"}, {"path": "/v3/x", "query": {"q": token}}):
        with pytest.raises(RequestError):
            client.request("GET", **place)
    assert len(transport.sent) == 1
    assert not client.uses_key("ak_2" + "0" * 43)


def test_nothing_of_the_key_is_shown(keys):
    path, key = keys["ES256"]
    made = signed(path)
    secret = format(key.private_numbers().private_value, "x")
    for shown in (repr(made), str(vars(made)["_settings"]), repr(Settings(api_jwt=JwtSettings(APPLICATION, path)))):
        assert secret not in shown
        assert "PRIVATE" not in shown
