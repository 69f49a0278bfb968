"""`LANDING` answers at the root of the platform's host, `SIGN_UP` below sign-up/."""

from django.urls import path

from shared_apps.signup.views import landing, steps
from shared_apps.signup.views.begin import begin

LANDING = (
    [
        path("find/", landing.find, name="find"),
        path("terms/", landing.terms, name="terms"),
        path("privacy/", landing.privacy, name="privacy"),
        path("robots.txt", landing.robots, name="robots"),
        path("sitemap.xml", landing.sitemap, name="sitemap"),
    ],
    "landing",
)
SIGN_UP = (
    [
        path("", begin, name="begin"),
        path("confirm/", steps.confirm, name="confirm"),
        path("confirm/again/", steps.resend, name="resend"),
        path("subdomain/", steps.rename, name="rename"),
        path("progress/", steps.progress, name="progress"),
        path("progress/again/", steps.retry, name="retry"),
        path("open/", steps.open_door, name="open"),
    ],
    "signup",
)
