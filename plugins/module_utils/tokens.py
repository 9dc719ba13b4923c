# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: BSD-2-Clause
"""What requests are authenticated by: a key as it is, or tokens that are signed here (the vendor's page on JWT keys)."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, Tuple

from .settings import JwtSettings, Settings, SettingsError, refuse_shared

SMALLEST_RSA = 2048  # bits, as the service demands it of verification keys
# A token is replaced this long before it ends, in seconds, but after three quarters of its life at the earliest: a request takes its time,
# and clocks differ.
_AHEAD = 60.0
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class Credentials:
    """An access key or API key, sent as it is."""

    def __init__(self, key: str) -> None:
        self._key = key

    def headers(self) -> Dict[str, str]:
        """What to send with a request to the service, and with nothing else."""
        return {"Authorization": f"Bearer {self._key}"}

    @property
    def secrets(self) -> Tuple[str, ...]:
        """What must appear nowhere: texts that have been or will be sent."""
        return (self._key,)


class SignedTokens(Credentials):
    """Tokens signed with an application's private key, each sent until shortly before it ends. Safe to share between threads.

    :raises SettingsError: where PyJWT is missing, or the key cannot be used; the text holds nothing of the key.
    """

    def __init__(self, settings: JwtSettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._tokens: Tuple[str, ...] = ()
        self._renewal = 0.0
        self._sign, key, self._algorithm = _signer(settings)
        self._private_key = key

    def headers(self) -> Dict[str, str]:
        """The token, and the application whose verification key proves it."""
        with self._lock:
            now = self._now()
            if not self._tokens or now >= self._renewal:
                lifetime = self._settings.lifetime
                claims = {**self._settings.claims, "exp": int(now + lifetime)}
                # An answer to a request with the token before may still come.
                self._tokens = (*self._tokens[-1:], self._sign(claims, self._private_key, algorithm=self._algorithm))
                self._renewal = now + lifetime - min(_AHEAD, lifetime / 4)
            return {"Authorization": f"Bearer {self._tokens[-1]}", "X-Application-ID": self._settings.application_id}

    @property
    def secrets(self) -> Tuple[str, ...]:
        """The tokens that may still be valid."""
        return self._tokens


def credentials(settings: Settings) -> Credentials:
    """What the settings say. Raises SettingsError as ``SignedTokens`` does."""
    return SignedTokens(settings.api_jwt) if settings.api_jwt else Credentials(settings.api_key)


def _signer(settings: JwtSettings) -> Tuple[Callable[..., str], Any, str]:
    """PyJWT's function, the private key, and the algorithm that fits it."""
    try:
        import jwt
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise SettingsError(
            "api_jwt needs the Python libraries PyJWT (2.0 or newer) and cryptography; install them, for example with: "
            "pip install 'PyJWT[crypto]'"
        ) from None
    what = f"The file {settings.private_key_file} of api_jwt.private_key_file"
    try:
        with open(settings.private_key_file, "rb") as stream:
            refuse_shared(what, settings.private_key_file, stream.fileno())
            text = stream.read()
    except OSError as error:
        raise SettingsError(f"{what} cannot be read: {error.strerror}.") from error
    try:
        key = load_pem_private_key(text, password=None)
    except TypeError:
        raise SettingsError(f"{what} is protected by a passphrase; give one that is not.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(f"{what} holds no private key in PEM form.") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SMALLEST_RSA:
        fitting: Tuple[str, ...] = ("RS256", "RS384", "RS512")
    elif isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        fitting = (_CURVES[key.curve.name],)
    else:
        raise SettingsError(
            f"{what} holds a key that the service does not take; it takes RSA of {SMALLEST_RSA} bits or more, "
            "and EC on P-256, P-384 or P-521."
        )
    algorithm = settings.algorithm or fitting[0]
    if algorithm not in fitting:
        raise SettingsError(f"api_jwt.algorithm {algorithm} does not fit the private key, which can sign with {' or '.join(fitting)}.")
    return jwt.encode, key, algorithm
