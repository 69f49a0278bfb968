import pytest

from shared_apps.users.credentials import new_api_key, new_link_token, parse_api_key, secret_hash


def test_a_new_key_is_read_back_from_its_text() -> None:
    key = new_api_key()
    assert parse_api_key(str(key)) == key
    assert str(key).startswith("lvk_")
    assert new_api_key() != key


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: f"{t}x", lambda t: t[4:], lambda t: f"{t}\n", str.upper]
)
def test_what_is_no_key_is_none(change) -> None:
    assert parse_api_key(change(str(new_api_key()))) is None
    assert parse_api_key("") is None


def test_of_a_secret_its_hash_is_kept() -> None:
    token = new_link_token()
    assert len(token) >= 43
    assert secret_hash(token) != token
    assert len(secret_hash(token)) == 64
    assert secret_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
