from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictModelSerializer, StrictSerializer
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.codes import DIGITS
from shared_apps.signup.models import SignUp
from shared_apps.signup.regions import ANYWHERE
from shared_apps.signup.selectors import sign_up_state, subdomain_url
from shared_apps.tenants.services import LONGEST_NAME, LONGEST_SLUG


class SignUpInput(StrictSerializer):
    """A new organisation and its first administrator, who gets a code by mail."""

    organisation = serializers.CharField(max_length=LONGEST_NAME)
    slug = serializers.CharField(max_length=LONGEST_SLUG, help_text="The subdomain; it cannot be changed later.")
    name = serializers.CharField(max_length=150, help_text="The first administrator's.")
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    locale = serializers.CharField(max_length=20, required=False, default=ANYWHERE.locale)
    time_zone = serializers.CharField(max_length=64, required=False, default=ANYWHERE.time_zone)
    currency = serializers.CharField(max_length=6, required=False, default=ANYWHERE.currency)
    terms_accepted = serializers.BooleanField()


class CodeInput(StrictSerializer):
    """The digits from the mail."""

    code = serializers.CharField(max_length=20, help_text=f"{DIGITS} digits; spaces do not count.")


class SlugInput(StrictSerializer):
    """Another subdomain."""

    slug = serializers.CharField(max_length=LONGEST_SLUG)


class SignUpOutput(StrictModelSerializer):
    """`url` is where the organisation answers once the state is `ready`; the administrator signs in there."""

    state = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = SignUp
        fields = ["id", "state", "organisation", "slug", "url", "email", "code_expires_at", "created_at"]

    def get_state(self, sign_up: SignUp) -> SignUpState:
        """How far it is."""
        return sign_up_state(sign_up)

    def get_url(self, sign_up: SignUp) -> str:
        """The organisation's address."""
        return subdomain_url(sign_up.slug)


class BegunOutput(SignUpOutput):
    """`secret` is told once; send it as the header `Sign-Up-Secret` from here on."""

    secret = serializers.SerializerMethodField()

    class Meta(SignUpOutput.Meta):
        fields = [*SignUpOutput.Meta.fields, "secret"]

    def get_secret(self, sign_up: SignUp) -> str:
        """What goes on with this sign-up."""
        secret: Any = self.context["secret"]
        return str(secret)


class AvailabilityOutput(StrictSerializer):
    """`code` says why not: `invalid`, `reserved`, `taken`, `lookalike` or `held`."""

    slug = serializers.CharField()
    available = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
