"""Keys derived from the one root `KAOFA_DATA_KEY`, and sealing of small secrets at rest with them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

if TYPE_CHECKING:
    from uuid import UUID

NONCE_BYTES = 12


class KeyRing:
    """Purpose-bound keys by HKDF-SHA256 from one root; one purpose's key tells nothing of another's."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self.confirmed = False
        """Whether what the database holds was found to be sealed with this ring: see `core.people.queries`."""
        self.key_id = hashlib.sha256(b"kaofa key id" + root).hexdigest()[:8]

    @lru_cache(maxsize=16)  # noqa: B019  one ring lives as long as its application
    def key(self, purpose: str) -> bytes:
        """The 32-byte key for a purpose."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kaofa/" + purpose.encode()).derive(
            self._root
        )

    def seal(self, purpose: str, plaintext: bytes, *, record: UUID) -> bytes:
        """AES-256-GCM, nonce in front; bound to the record, so that a row's secret cannot be moved to another."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.key(purpose)).encrypt(nonce, plaintext, record.bytes)

    def unseal(self, purpose: str, sealed: bytes, *, record: UUID) -> bytes:
        """The plaintext; raises `cryptography.exceptions.InvalidTag` when it was tampered with or moved."""
        return AESGCM(self.key(purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], record.bytes)

    def blind_index(self, purpose: str, value: str) -> bytes:
        """HMAC-SHA256 of a normalised value: finds equal values without revealing them."""
        return hmac.digest(self.key(purpose), value.encode(), "sha256")


def key_ring() -> KeyRing:
    """The running application's key ring."""
    ring: KeyRing = current_app.extensions["key_ring"]
    return ring
