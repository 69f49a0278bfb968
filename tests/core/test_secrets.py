import base64
import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.secrets import SecretUnreadable, derived_key, is_outdated, require_usable_keys, seal, unseal
from core.tenancy import TenantRef, platform_context, tenant_context


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def rotated(settings):
    """Two keys, the second of which is new."""
    old, new = new_key(), new_key()
    settings.ENCRYPTION_KEYS = {"old": old}
    return {"old": old}, {"new": new, "old": old}, {"new": new}


def test_a_sealed_text_opens_in_its_field_and_says_nothing(tenant: TenantRef) -> None:
    with tenant_context(tenant):
        sealed = seal("kept", field="users.secret")
        assert unseal(sealed, field="users.secret") == "kept"
        assert seal("kept", field="users.secret") != sealed
    assert "kept" not in sealed
    assert sealed.startswith("v1.development.")


def test_it_opens_neither_in_another_tenant_nor_on_the_platform_nor_in_another_field(
    tenant: TenantRef, other_tenant: TenantRef
) -> None:
    with tenant_context(tenant):
        sealed = seal("kept", field="users.secret")
        with pytest.raises(SecretUnreadable):
            unseal(sealed, field="users.other")
    with tenant_context(other_tenant), pytest.raises(SecretUnreadable):
        unseal(sealed, field="users.secret")
    with platform_context(), pytest.raises(SecretUnreadable):
        unseal(sealed, field="users.secret")


@pytest.mark.parametrize(
    "change", [lambda s: s[:-4] + "AAA=", lambda s: s[:20], lambda s: s + "!", lambda s: "v1.no.AAAA"]
)
def test_an_altered_text_is_refused(tenant: TenantRef, change) -> None:
    with tenant_context(tenant):
        sealed = seal("kept", field="users.secret")
        with pytest.raises(SecretUnreadable):
            unseal(change(sealed), field="users.secret")


def test_the_first_key_seals_and_all_keys_open(settings, rotated) -> None:
    _, both, after = rotated
    with platform_context():
        sealed = seal("kept", field="f")
        assert not is_outdated(sealed)
        settings.ENCRYPTION_KEYS = both
        assert unseal(sealed, field="f") == "kept"
        assert is_outdated(sealed)
        again = seal("kept", field="f")
        settings.ENCRYPTION_KEYS = after
        assert unseal(again, field="f") == "kept"
        with pytest.raises(SecretUnreadable):
            unseal(sealed, field="f")


@pytest.mark.parametrize("key", ["c2hvcnQ=", "not base64!", base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_not_32_bytes_is_a_configuration_error(settings, key: str) -> None:
    require_usable_keys()
    settings.ENCRYPTION_KEYS = {"good": new_key(), "k1": key}
    with pytest.raises(ImproperlyConfigured):
        require_usable_keys()
    with platform_context(), pytest.raises(ImproperlyConfigured):
        seal("kept", field="f")


def test_an_id_that_would_break_the_format_is_a_configuration_error(settings) -> None:
    settings.ENCRYPTION_KEYS = {"k.1": new_key()}
    with platform_context(), pytest.raises(ImproperlyConfigured):
        seal("kept", field="f")


def test_keys_of_two_purposes_differ() -> None:
    assert derived_key("secret", purpose="a") == derived_key(b"secret", purpose="a")
    assert derived_key("secret", purpose="a") != derived_key("secret", purpose="b")
    assert len(derived_key("secret", purpose="a")) == 32
