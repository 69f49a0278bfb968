from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.users.models import User

EMAIL = "first@platform.example"


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("a long enough sentence\n")
    return file


def test_the_admin_is_made_on_the_platform_alone(tenant: TenantRef, password: Path):
    call_command("platform_admin", EMAIL, name="First", password_file=password)
    with platform_context():
        admin = User.objects.get(email=EMAIL)
        assert admin.check_password("a long enough sentence")
        assert [role.code for role in admin.roles.all()] == ["platform_admin"]
    with tenant_context(tenant):
        assert not User.objects.filter(email=EMAIL).exists()


def test_the_password_is_asked_for(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("getpass.getpass", lambda: "a long enough sentence")
    call_command("platform_admin", EMAIL, name="First")
    with platform_context():
        assert User.objects.get(email=EMAIL).check_password("a long enough sentence")


def test_a_weak_password_and_a_known_address_are_refused(db: None, password: Path):
    call_command("platform_admin", EMAIL, name="First", password_file=password)
    with pytest.raises(CommandError):
        call_command("platform_admin", EMAIL, name="Again", password_file=password)
    password.write_text("short")
    with pytest.raises(CommandError, match="too short"):
        call_command("platform_admin", "second@platform.example", name="Second", password_file=password)
    with pytest.raises(CommandError):
        call_command("platform_admin", "no address", name="Third", password_file=password)
    with platform_context():
        assert list(User.objects.values_list("name", flat=True)) == ["First"]
