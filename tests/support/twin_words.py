"""What the twin test cannot find out by itself: words for parameters and fields, and what is out of its reach."""

from collections.abc import Mapping
from typing import Any

from tests.support.factories.users import PASSWORD
from tests.support.twin_world import OF_FIRST

# Parameters of paths that are no ids, by the name of the route and their own.
PARAMETERS: dict[str, Mapping[str, str]] = {
    "console:order": {"kind": "verify"},
    "console:retry": {"backlog": "jobs"},
    "console:tenant_change": {"change": "suspend"},
    "onboarding:skip": {"code": "api_key"},
    "tenants-work-retry": {"backlog": "jobs"},
}
# Routes that a mailed or signed link opens: their parameters are parts of that link.
LINKS = {
    "account_confirm_email": "confirmation",
    "account_reset_password_from_key": "reset",
    "file": "file",
}
ANY = "a plausible text"
# Better than a made-up text, by the name of the field; a field that is not here gets its example, or a word.
FIELDS: dict[str, Any] = {
    "accent": "#0d9488",
    "brand": "#3355d8",
    "contact_phone": "+49 30 123456",
    "country": "AF",
    "currency": "EUR",
    "email": "somebody@example.org",
    "emails": ["somebody@example.org"],
    "expires_at": None,
    "grace_until": "2099-01-31",
    "language": "",
    "lifetime": "30",
    "locale": "en-GB",
    "login": "nobody-at-all@example.org",
    "neutral_chroma": 0.01,
    "number": OF_FIRST.number,
    "oldpassword": PASSWORD,
    "owner_email": "owner@example.org",
    "password": PASSWORD,
    "password1": "another-long-passphrase",
    "password2": "another-long-passphrase",
    "permissions": ["trail.view"],
    "phone": "+49 30 123456",
    "postal_code": "1001",
    "reason": ANY,
    "reply_to": "somebody@example.org",
    "scopes": ["trail.view"],
    "slug": "another-one",
    "time_zone": "Europe/Prague",
}
# The same by the type of a field, or by the end of its name.
BY_TYPE = {"date": "2099-01-31", "email": "somebody@example.org", "number": "1", "url": "https://example.org/page"}

_NO_APP = "nobody has an authenticator app"
_UNKNOWN = "answers whatever the API has not"
_LED_ON = "whoever signed in just now is led on"
_JOINING = "needs a session that a mailed invitation opened"
_CHALLENGE = "needs a passkey's answer to a challenge"
_DONE = "leads to the sign-in page when it is done"
_REFRESH = "needs a refresh token"
_SIGN_UP = "needs the secret of the sign-up"
_IN_USE = "somebody has the role"
_NO_BULK = "the list has nothing to do with several at once"
_NO_RUN = "no run over the fleet goes on"
# Tables that are written when something is only looked at, by the route's name: that it was looked at is kept.
NOTED_WHEN_READ = {"trail-entries-export": "trail_trailentry"}
# Routes whose object's owner alone gets in, whatever the role of somebody else grants.
OWNERS_ALONE = frozenset({"api-keys-rotate"})
# What even an administrator of a site cannot do in this test, by method and the route's name, and why.
OUT_OF_REACH = {
    "GET account_reset_password_from_key": "leads on to where a session keeps the link",
    "GET api-unknown": _UNKNOWN,
    "PUT api-unknown": _UNKNOWN,
    "POST api-unknown": _UNKNOWN,
    "PATCH api-unknown": _UNKNOWN,
    "DELETE api-unknown": _UNKNOWN,
    "GET brand-asset": "no picture is published",
    "GET brand-imprint": "nothing of it is published",
    "GET brand-privacy": "nothing of it is published",
    "GET brand-terms": "nothing of it is published",
    "GET console:tenant_mark": "the organisation has no logo",
    "GET mfa_deactivate_totp": _NO_APP,
    "GET mfa_reauthenticate": _LED_ON,
    "GET mfa_view_recovery_codes": "nobody has recovery codes",
    "GET sign-ups-progress": _SIGN_UP,
    "GET tenants-dry-run": "needs the name of a change in its query",
    "GET users:invitation_accept": _JOINING,
    "DELETE roles-detail": _IN_USE,
    "POST account_arrive": "needs the token of a sign-up that was finished just now",
    "POST account_confirm_email": _DONE,
    "POST account_logout": _DONE,
    "POST auth-login": "an answer with new tokens is like no other",
    "POST auth-logout": _REFRESH,
    "POST auth-refresh": _REFRESH,
    "POST auth-register": "the organisation lets nobody register",
    "POST brand-api-assets": "takes files alone",
    "POST brand:picture_put": "takes files alone",
    "POST brand:try_out": "a script sends it the form that brand:edit takes",
    "POST console:fleet_pause": _NO_RUN,
    "POST console:fleet_resume": _NO_RUN,
    "POST console:fleet_skip": _NO_RUN,
    "POST console:queue_list": _NO_BULK,
    "POST console:retry": "the new organisation has no work",
    "POST csp-report": "takes browsers' reports alone",
    "POST fleet-orders-list": "an organisation is named for one kind of order alone",
    "POST fleet-pause": _NO_RUN,
    "POST fleet-resume": _NO_RUN,
    "POST fleet-skip": _NO_RUN,
    "POST mfa_activate_totp": "needs a code of the moment",
    "POST mfa_add_webauthn": _CHALLENGE,
    "POST mfa_deactivate_totp": _NO_APP,
    "POST mfa_reauthenticate": _LED_ON,
    "POST mfa_reauthenticate_webauthn": _CHALLENGE,
    "POST sign-ups-code": _SIGN_UP,
    "POST sign-ups-confirm": _SIGN_UP,
    "POST sign-ups-retry": _SIGN_UP,
    "POST sign-ups-slug": _SIGN_UP,
    "POST tenants-changes": "each organisation's subdomain confirms it",
    "POST tenants-delete": "the organisation is active",
    "POST tenants-resume": "the organisation is active",
    "POST tenants-work-retry": "the new organisation has no work",
    "POST trail:entry_list": _NO_BULK,
    "POST users-reset-second-factor": "nobody else has a second factor",
    "POST users:invitation_accept": _JOINING,
    "POST users:own_sign_ins": _NO_BULK,
    "POST users:person_reset_second_factor": "nobody else has a second factor",
    "POST users:role_delete": _IN_USE,
    "POST users:role_list": _NO_BULK,
    "POST users:sign_in_list": _NO_BULK,
}
