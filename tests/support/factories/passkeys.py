"""An authenticator in software: what a browser would answer to our challenges (WebAuthn Level 2)."""

import hashlib
import json
import os
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cbor import encode
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Passkey:
    """One key pair for one host; `verifies` says whether it asks for a PIN or fingerprint."""

    def __init__(self, *, verifies: bool = True) -> None:
        self.id = os.urandom(16)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.verifies = verifies
        self.user = b""

    def create(self, options: dict[str, Any], *, origin: str) -> str:
        """The answer to `navigator.credentials.create`."""
        public = options["publicKey"]
        self.user = _bytes(public["user"]["id"])
        cose = encode(ES256.from_cryptography_key(self.key.public_key()))
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self._data(public["rp"]["id"], _ATTESTED) + attested
        client = _client("webauthn.create", public["challenge"], origin)
        attestation = encode({"fmt": "none", "authData": data, "attStmt": {}})
        response = {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(attestation)}
        return self._answer(response, {"credProps": {"rk": self.verifies}})

    def get(self, options: dict[str, Any], *, origin: str) -> str:
        """The answer to `navigator.credentials.get`."""
        public = options["publicKey"]
        data = self._data(public["rpId"], 0)
        client = _client("webauthn.get", public["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.user),
        }
        return self._answer(response, {})

    def _data(self, host: str, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, 0)

    def _answer(self, response: dict[str, str], extensions: dict[str, Any]) -> str:
        name = websafe_encode(self.id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": extensions,
            }
        )


def _client(kind: str, challenge: Any, origin: str) -> bytes:
    text = challenge if isinstance(challenge, str) else websafe_encode(challenge)
    return json.dumps({"type": kind, "challenge": text, "origin": origin, "crossOrigin": False}).encode()


def _bytes(value: Any) -> bytes:
    return websafe_decode(value) if isinstance(value, str) else value
