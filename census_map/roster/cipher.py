"""
The cryptography of the vault: a data key wrapped by a passphrase, values encrypted one by one, keyed hashes.

scrypt turns the passphrase into a key (RFC 7914); AES-256-GCM encrypts (NIST SP 800-38D), with the place of a value as
associated data, so that no value can be moved to another row; HMAC-SHA-256 makes the keyed hashes. Nothing else.
"""

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from census_map.errors import VaultError, WrongPassphrase
from census_map.i18n import _
from census_map.packages import require

KEY_BYTES = 32
NONCE_BYTES = 12
SCRYPT_COST = 2**17  # RFC 7914 with 128 MiB; each file says its own
SCRYPT_BLOCK = 8
SHORTEST_PASSPHRASE = 8
_FAIR, _LONG, _VARIED = 12, 16, 6  # characters; different ones

Field = bytes | bytearray | None  # of a row of the file


def damaged() -> VaultError:
    """Write the error of a vault that is not as the program left it."""
    return VaultError(
        _("The roster vault was damaged or changed by another program: restore a backup. Nothing was read.")
    )


def check_passphrase(passphrase: str) -> None:
    """
    Refuse a passphrase that is too short to protect anything.

    Raises
    ------
    VaultError
        Under eight characters.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise VaultError(_("The passphrase is too short: use at least {n} characters.").format(n=SHORTEST_PASSPHRASE))


def weakness(passphrase: str) -> str:
    """Say in words why a passphrase is easily guessed; empty where it is not."""
    kinds = {unicodedata.category(character)[0] for character in passphrase}
    if len(passphrase) >= _LONG or (len(passphrase) >= _FAIR and len(kinds) > 1):
        return (
            "" if len(set(passphrase)) >= _VARIED else _("The passphrase repeats few characters: it is easily guessed.")
        )
    return _(
        "The passphrase is easily guessed: take four words that do not belong together, or {n} characters of more than "
        "one kind."
    ).format(n=_FAIR)


def _gcm(key: bytes) -> Any:
    return require("cryptography.hazmat.primitives.ciphers.aead", "cryptography").AESGCM(key)


@dataclass(frozen=True)
class WrappedKey:
    """
    The data key as it stands in the file.

    Attributes
    ----------
    cost, salt
        Of scrypt.
    check
        Tells a wrong passphrase from a changed file: a hash under the passphrase's key.
    wrapped
        Nonce and encrypted data key.
    digest
        Plain hash of all the above: tells accidental damage even before a passphrase is known.
    """

    cost: int
    salt: bytes
    check: bytes
    wrapped: bytes
    digest: bytes


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    memory = 256 * cost * SCRYPT_BLOCK
    return hashlib.scrypt(text, salt=salt, n=cost, r=SCRYPT_BLOCK, p=1, maxmem=memory, dklen=KEY_BYTES)


def _digest(cost: int, salt: bytes, check: bytes, wrapped: bytes) -> bytes:
    return hashlib.sha256(b"%d|" % cost + salt + check + wrapped).digest()


def _check(key: bytes) -> bytes:
    return hmac.digest(key, b"census-map vault: passphrase check", "sha256")


def wrap_key(data_key: bytes, passphrase: str, *, cost: int = SCRYPT_COST) -> WrappedKey:
    """Wrap the data key with a passphrase."""
    salt = os.urandom(16)
    key = _derive(passphrase, salt, cost)
    nonce = os.urandom(NONCE_BYTES)
    wrapped = nonce + _gcm(key).encrypt(nonce, data_key, b"data key")
    check = _check(key)
    return WrappedKey(cost, salt, check, wrapped, _digest(cost, salt, check, wrapped))


def unwrap_key(stored: WrappedKey, passphrase: str) -> bytes:
    """
    Open the data key.

    Raises
    ------
    VaultError
        Wrong passphrase; or the stored key was changed: two different messages.
    """
    if not hmac.compare_digest(_digest(stored.cost, stored.salt, stored.check, stored.wrapped), stored.digest):
        raise damaged()
    if not (1 < stored.cost <= 2**20 and stored.cost & (stored.cost - 1) == 0):
        raise damaged()
    key = _derive(passphrase, stored.salt, stored.cost)
    if not hmac.compare_digest(_check(key), stored.check):
        raise WrongPassphrase(_("The passphrase is wrong: type it again; capital and small letters differ."))
    invalid = require("cryptography.exceptions", "cryptography").InvalidTag
    try:
        return bytes(_gcm(key).decrypt(stored.wrapped[:NONCE_BYTES], stored.wrapped[NONCE_BYTES:], b"data key"))
    except invalid:
        raise damaged() from None


class _Hmac:
    """HMAC-SHA-256 (RFC 2104) with the key's blocks hashed once: half the time of `hmac.digest` for short texts."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def digests(self, messages: Iterable[bytes]) -> list[bytes]:
        """Hash many messages."""
        new_inner, new_outer = self._inner.copy, self._outer.copy
        found: list[bytes] = []
        for message in messages:
            inner, outer = new_inner(), new_outer()
            inner.update(message)
            outer.update(inner.digest())
            found.append(outer.digest())
        return found


class Cipher:
    """Encrypts, decrypts and hashes with keys drawn from one data key."""

    def __init__(self, data_key: bytes) -> None:
        self._gcm = _gcm(_subkey(data_key, b"values"))
        self._hash = _Hmac(_subkey(data_key, b"hashes"))
        self._seal = _Hmac(_subkey(data_key, b"seals"))
        self._invalid = require("cryptography.exceptions", "cryptography").InvalidTag

    def encrypt(self, text: str, place: str) -> bytes:
        """Encrypt one value for its place (table, column and row)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + bytes(self._gcm.encrypt(nonce, text.encode(), place.encode()))

    def encrypt_column(self, texts: Sequence[str], place: str, rows: Sequence[bytes]) -> list[bytearray | None]:
        """
        Encrypt the values of one column.

        Parameters
        ----------
        texts
            Empty for nothing, which stays None.
        place
            Table and column, as they begin the place of `encrypt`.
        rows
            What ends the place of each value, as UTF-8.
        """
        if not any(texts):
            return [None] * len(texts)
        seal, before = self._gcm.encrypt, place.encode()
        random = bytearray(os.urandom(NONCE_BYTES * len(texts)))
        nonces = [random[at : at + NONCE_BYTES] for at in range(0, len(random), NONCE_BYTES)]
        return [
            nonce + seal(nonce, text.encode(), before + row) if text else None
            for nonce, text, row in zip(nonces, texts, rows, strict=True)
        ]

    def decrypt(self, value: bytes, place: str) -> str:
        """
        Decrypt one value.

        Raises
        ------
        VaultError
            The value was changed, or moved from another place.
        """
        try:
            return bytes(self._gcm.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], place.encode())).decode()
        except (self._invalid, ValueError):
            raise damaged() from None

    def hash(self, kind: str, text: str) -> bytes:
        """Hash a text under the vault's key; the same text under another kind hashes differently."""
        return self._hash.digest(f"{kind}\x00{text}".encode())

    def hash_column(self, kind: str, texts: Sequence[str]) -> list[bytes | None]:
        """Hash many texts of one kind; None for no text."""
        before = f"{kind}\x00".encode()
        hashes = iter(self._hash.digests(before + text.encode() for text in texts if text))
        return [next(hashes) if text else None for text in texts]

    def seal(self, fields: Iterable[Field]) -> bytes:
        """Hash a row of the file, so that a change of any field shows."""
        return self._seal.digest(b"|".join(_measured(fields)))

    def seal_rows(self, columns: Sequence[Sequence[Field]]) -> list[bytes]:
        """Hash many rows, given as columns; each as by `seal`."""
        measured = [_measured(column) for column in columns]
        return self._seal.digests(map(b"|".join, zip(*measured, strict=True)))


class _Lengths(dict[int, bytes]):
    """The beginnings of fields by their length, each written once."""

    def __missing__(self, length: int) -> bytes:
        self[length] = b"%d:" % length
        return self[length]


def _measured(fields: Iterable[Field]) -> list[bytes]:
    """Write fields with their lengths, so that no two rows read alike."""
    lengths = _Lengths()
    return [b"-" if field is None else lengths[len(field)] + field for field in fields]


def _subkey(data_key: bytes, label: bytes) -> bytes:
    return hmac.digest(data_key, b"census-map vault: " + label, "sha256")
