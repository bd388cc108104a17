"""Signed envelopes: DSSE, version 1 (Dead Simple Signing Envelope), with one Ed25519 signature. Keys are PEM files.

    {"payload": <base64>, "payloadType": "application/vnd.in-toto+json", "signatures": [{"keyid": <hex>, "sig": <base64>}]}

A signature says nothing of how the JSON round the payload is written, so an envelope is opened only if it stands there byte for
byte as it was made: whoever changes anything of it is noticed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from logscrub.errors import UsageError

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
HOW_TO_MAKE: Final = "make one with: logscrub keys new --signing logscrub-sign.key"
_LONGEST_KEY: Final = 8192
"""Bytes of the largest key file."""
_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")


class NotGenuine(ValueError):
    """An envelope that this key did not sign as it stands there. The message says why, and holds nothing of it."""


def new_keys() -> tuple[bytes, bytes]:
    """A new private key and its public one, as PEM files hold them."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of the public key as it is encoded in its file (DER), in hexadecimal."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises UsageError, which shows nothing of it."""
    data = _read(path)
    try:
        key = serialization.load_pem_private_key(data, None)
    except TypeError:
        raise UsageError(f"{path}: the signing key has a password; take it off with: openssl pkey -in FILE -out FILE") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: is no private key to sign with; {HOW_TO_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: is no Ed25519 key; {HOW_TO_MAKE}")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file. Raises UsageError."""
    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise UsageError(f"{path}: is a private key, which only the signer should have; give the public one, {path}.pub")
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: is no public key; it is the file that ends in .pub beside the signing key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: is no Ed25519 key; {HOW_TO_MAKE}")
    return key


def id_of_file(path: Path) -> str | None:
    """The id of the key in a file, private or public; None for what is neither, and for a pipe, which can be read but once."""
    for read in (read_signing_key, read_public_key) if path.is_file() else ():
        try:
            key = read(path)
        except UsageError:
            continue
        return key_id(key.public_key() if isinstance(key, Ed25519PrivateKey) else key)
    return None


def sign(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """The envelope, as a file holds it."""
    return _written(payload, key_id(key.public_key()), key.sign(_pae(payload)))


def open_envelope(data: bytes, key: Ed25519PublicKey) -> bytes:
    """The payload that this key signed. Raises NotGenuine."""
    envelope = _parsed(data)
    if not isinstance(envelope, dict) or "payload" not in envelope:
        if isinstance(envelope, dict) and "_type" in envelope:
            raise NotGenuine("is not signed, so anybody can have written it")
        raise NotGenuine("is no signed proof, or was changed")
    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        (signature,) = envelope["signatures"]
        signer, bits = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
        whole = _written(payload, signer, bits) == data
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise NotGenuine("was changed: it is not written as it was signed")
    if signer != (wanted := key_id(key)):
        by = f"key {signer[:16]}…" if _KEY_ID.fullmatch(signer) else "a key that has no id"
        raise NotGenuine(f"was signed by {by}, not by {wanted[:16]}…, or was changed")
    try:
        key.verify(bits, _pae(payload))
    except InvalidSignature:
        raise NotGenuine("has a signature that does not fit: what was signed was changed, or the signature") from None
    return payload


def _pae(payload: bytes) -> bytes:
    """The bytes that are signed: the pre-authentication encoding of type and payload."""
    return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _written(payload: bytes, signer: str, signature: bytes) -> bytes:
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signer, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, indent=2).encode() + b"\n"


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_KEY)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no possible file name"
        raise UsageError(f"{path}: the key file cannot be read ({why})") from None
