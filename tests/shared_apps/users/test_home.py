from datetime import timedelta

from django.urls import reverse

from core.clock import now
from shared_apps.users.models import Invitation, User
from tests.conftest import HostClient


def test_an_invitation_that_ends_soon_asks_for_attention(ada: User, sign_in) -> None:
    def said() -> str:
        browser: HostClient = sign_in(ada)
        return browser.get("/").content.decode()

    Invitation.objects.create(email="late@example.org", token_hash="l", expires_at=now() + timedelta(days=6))
    assert "ends soon" not in said()
    Invitation.objects.create(email="soon@example.org", token_hash="s", expires_at=now() + timedelta(hours=3))
    page = said()
    assert "1 invitation ends soon" in page and reverse("users:person_list", urlconf="config.urls_tenant") in page
