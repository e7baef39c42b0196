"""The vault keeps names, tells a wrong passphrase from tampering, remembers who read, and can be destroyed."""

import hmac
import sqlite3

import pandas as pd
import pytest

from census_map.errors import VaultError
from census_map.roster.cipher import Cipher
from census_map.roster.vault import HASHES, VALUES, Vault, destroy_vault
from tests.roster.conftest import COST, PASSPHRASE

NAME, PHONE, NUMBER = "欧阳测试", "13912345678", "11010519491231002X"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "w.vault"
    with Vault.create(path, PASSPHRASE, cost=COST) as vault, vault.transaction():
        vault.write(*rows(vault, ["u1", "u2"]))
    return path


def rows(vault, uids, name=NAME):
    values = pd.DataFrame("", index=uids, columns=list(VALUES), dtype=object)
    values["head"], values["phone"], values["identity"] = name, PHONE, NUMBER
    hashes = pd.DataFrame(None, index=uids, columns=list(HASHES), dtype=object)
    hashes["h_name"] = [vault.hash_text("h_name", name)] * len(uids)
    return values, hashes


def change(path, sql, *parameters):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(sql, parameters)
    connection.close()


def test_what_is_written_is_read_and_the_reading_is_logged(path):
    with Vault.open(path, PASSPHRASE) as vault:
        read = vault.read(["head", "phone", "remark"], reason="a test")
        assert read.loc["u1"].tolist() == [NAME, PHONE, ""]
        log = vault.access_log()
        assert log["action"].tolist() == ["create", "read:head,phone,remark"]
        assert log["reason"].tolist() == ["", "a test"]
        assert log["rows"].tolist() == [0, 2]
        assert log["intact"].all()


def test_the_file_holds_nothing_in_clear(path):
    content = path.read_bytes()
    for text in (NAME, PHONE, NUMBER):
        assert text.encode() not in content
        assert text.encode("utf-16-le") not in content


def test_the_same_value_is_never_encrypted_the_same_way(path):
    connection = sqlite3.connect(path)
    heads = [row[0] for row in connection.execute("SELECT head FROM household")]
    connection.close()
    assert heads[0] != heads[1]


def test_a_wrong_passphrase_is_called_so_and_logged(path):
    with pytest.raises(VaultError, match="passphrase is wrong"):
        Vault.open(path, "something else")
    with Vault.open(path, PASSPHRASE) as vault:
        assert "refused" in vault.access_log()["action"].tolist()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE vault SET value = zeroblob(16) WHERE key = 'salt'",
        "UPDATE vault SET value = zeroblob(60) WHERE key = 'wrapped'",
        "UPDATE vault SET value = CAST('4' AS BLOB) WHERE key = 'cost'",
        "DELETE FROM vault WHERE key = 'check'",
        "DELETE FROM household WHERE uid = 'u1'",
        "DELETE FROM vault WHERE key = 'seal'",
    ],
)
def test_a_changed_file_is_called_changed_and_not_a_wrong_passphrase(path, sql):
    change(path, sql)
    with pytest.raises(VaultError, match="damaged or changed"):
        Vault.open(path, PASSPHRASE)


def test_a_value_moved_to_another_row_is_noticed(path):
    change(path, "UPDATE household SET head = (SELECT phone FROM household WHERE uid = 'u2') WHERE uid = 'u1'")
    with Vault.open(path, PASSPHRASE) as vault, pytest.raises(VaultError, match="damaged or changed"):
        vault.read(["head"], reason="a test")


def test_a_changed_hash_is_noticed(path):
    change(path, "UPDATE household SET h_name = zeroblob(32) WHERE uid = 'u1'")
    with Vault.open(path, PASSPHRASE) as vault, pytest.raises(VaultError, match="damaged or changed"):
        vault.read_hashes()


def test_a_log_entry_taken_out_shows(path):
    with Vault.open(path, PASSPHRASE) as vault:
        for reason in ("one", "two", "three"):
            vault.log("read", 1, reason)
    change(path, "DELETE FROM access WHERE id = 3")
    with Vault.open(path, PASSPHRASE) as vault:
        assert vault.access_log()["intact"].tolist() == [True, True, False]


def test_a_file_that_is_no_vault_is_refused(tmp_path):
    path = tmp_path / "w.vault"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(VaultError, match="damaged or changed"):
        Vault.open(path, PASSPHRASE)


def test_a_new_passphrase_encrypts_nothing_anew(path):
    def values():
        connection = sqlite3.connect(path)
        found = connection.execute("SELECT uid, head, phone, seal FROM household").fetchall()
        connection.close()
        return found

    before = values()
    with Vault.open(path, PASSPHRASE) as vault:
        vault.change_passphrase(PASSPHRASE, "another passphrase")
    assert values() == before
    with pytest.raises(VaultError, match="passphrase is wrong"):
        Vault.open(path, PASSPHRASE)
    with Vault.open(path, "another passphrase") as vault:
        assert vault.read(["head"], reason="a test")["head"].tolist() == [NAME, NAME]


def test_a_short_passphrase_is_refused(tmp_path):
    with pytest.raises(VaultError, match="too short"):
        Vault.create(tmp_path / "w.vault", "1234567", cost=COST)
    assert not (tmp_path / "w.vault").exists()


def test_a_failed_transaction_leaves_the_vault_as_it_was(path):
    with Vault.open(path, PASSPHRASE) as vault:
        with pytest.raises(RuntimeError), vault.transaction():  # noqa: PT012  the error comes after the writing
            vault.write(*rows(vault, ["u3"]))
            raise RuntimeError
        assert vault.uids() == ["u1", "u2"]
        with vault.transaction():
            vault.write(*rows(vault, ["u1"], name="另一名字"))
            vault.remove(["u2"])
    with Vault.open(path, PASSPHRASE) as vault:
        assert vault.read(["head"], reason="a test")["head"].to_dict() == {"u1": "另一名字"}


def test_hashes_are_keyed_and_differ_by_kind(path):
    with Vault.open(path, PASSPHRASE) as vault:
        first, second = vault.hash_text("identity", NUMBER), vault.hash_text("phone", NUMBER)
    assert first != second
    assert len(first) == 32
    assert first != hmac.digest(b"", NUMBER.encode(), "sha256")


def test_destroy_asks_for_the_name_of_the_file_and_leaves_nothing(path):
    with pytest.raises(VaultError, match=r"w\.vault"):
        destroy_vault(path, confirm="yes")
    assert path.exists()
    destroy_vault(path, confirm="w.vault")
    assert list(path.parent.iterdir()) == []


def test_the_keyed_hash_is_hmac_sha256():
    key = bytes(range(32))
    cipher = Cipher(key)
    own = hmac.digest(key, b"census-map vault: hashes", "sha256")
    assert cipher.hash("kind", "text") == hmac.digest(own, b"kind\x00text", "sha256")


def test_rows_that_lack_different_columns_keep_their_own_values(path):
    values = pd.DataFrame("", index=["v1", "v2", "v3"], columns=list(VALUES), dtype=object)
    values.loc["v1", "head"], values.loc["v2", "remark"] = NAME, "x" * 5000
    hashes = pd.DataFrame(None, index=values.index, columns=list(HASHES), dtype=object)
    with Vault.open(path, PASSPHRASE) as vault:
        hashes["h_name"] = vault.hash_texts("h_name", [NAME, "", NAME])
        with vault.transaction():
            vault.write(values, hashes)
    with Vault.open(path, PASSPHRASE) as vault:
        assert vault.read(VALUES, reason="a test").loc[values.index].equals(values)
        assert vault.read_hashes().loc[values.index, "h_name"].notna().tolist() == [True, False, True]
    connection = sqlite3.connect(path)
    kinds = connection.execute("SELECT typeof(h_name), typeof(head), typeof(birth) FROM household WHERE uid >= 'v'")
    assert kinds.fetchall() == [("blob", "blob", "null"), ("null", "null", "null"), ("blob", "null", "null")]
    connection.close()


def test_a_seal_covers_length_and_place_of_every_field():
    cipher = Cipher(bytes(range(32)))
    own = hmac.digest(bytes(range(32)), b"census-map vault: seals", "sha256")
    fields = [b"u1", bytearray(b"abc"), None, b"x" * 3000]
    expected = hmac.digest(own, b"2:u1|3:abc|-|3000:" + b"x" * 3000, "sha256")
    assert cipher.seal(fields) == expected
    assert cipher.seal_rows([[field] for field in fields]) == [expected]
