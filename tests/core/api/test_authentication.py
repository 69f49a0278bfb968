import pytest
from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated

from core.api.authentication import ApiRequest


def test_a_request_without_a_credential_has_none_to_show(db):
    with pytest.raises(NotAuthenticated):
        _ = ApiRequest(HttpRequest()).credential
