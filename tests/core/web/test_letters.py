"""One template, two readings."""

import re

import pytest

from core.tenancy import platform_context, tenant_context
from core.web.letters import compose, register, samples

CONTEXT = {
    "recipient": "ines@example.org",
    "inviter": "Ada <b>& Co</b>",
    "link": "https://north.example/join/?a=1&b=2",
    "days": 7,
}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.slug)
def test_every_message_is_whole_in_html_and_in_text(tenant, sample):
    with tenant_context(tenant):
        letter = compose(sample.template, {"recipient": "ines@example.org", **sample.context})
    assert letter.subject and "\n" not in letter.subject
    assert "<" not in letter.text and "\n\n\n" not in letter.text
    assert letter.text.endswith("\n\n-- \nNorth Ltd")
    assert letter.html.startswith("<!doctype html>") and "{{" not in letter.html and "{%" not in letter.html
    # What the one says, the other says too.
    shown = " ".join(re.sub(r"<[^>]+>", " ", letter.html.partition("<body")[2]).split())
    for line in letter.text.splitlines()[:1]:
        assert line in shown.replace("&quot;", '"').replace("&#x27;", "'")


def test_every_message_can_be_looked_at(settings):
    folder = settings.ROOT / "templates"
    written = {str(path.relative_to(folder).with_suffix("")) for path in folder.glob("*/*mail/*.html")}
    assert written - {"account/email/base_notification"} == {sample.template for sample in samples()}


def test_values_are_escaped_in_html_and_plain_in_text(tenant):
    with tenant_context(tenant):
        letter = compose("users/mail/invitation", CONTEXT)
    assert letter.text.startswith("Ada <b>& Co</b> invites you to North Ltd.")
    assert "Ada &lt;b&gt;&amp; Co&lt;/b&gt; invites you" in letter.html and "<b>" not in letter.html
    assert 'href="https://north.example/join/?a=1&amp;b=2"' in letter.html
    assert "https://north.example/join/?a=1&b=2" in letter.text.splitlines()


def test_nothing_of_a_message_comes_from_another_host(tenant):
    with tenant_context(tenant):
        html = compose("users/mail/invitation", CONTEXT).html
    assert set(re.findall(r'src="(https?://[^/"]+)', html)) == {"http://north.localhost:8000"}
    assert not re.search(r"@import|url\(|<script|<link", html)


def test_a_preview_is_fixed_to_light_or_dark(tenant):
    with tenant_context(tenant):
        shown = {mode: compose("users/mail/invitation", CONTEXT, mode=mode).html for mode in ("", "light", "dark")}
    assert ["@media (prefers-color-scheme: dark)" in shown[""], "@media not all" in shown["light"]] == [True, True]
    assert "@media all {" in shown["dark"]


def test_a_tenants_message_does_not_name_the_platform(tenant, settings):
    with tenant_context(tenant):
        letter = compose("users/mail/invitation", CONTEXT)
    assert settings.PLATFORM_NAME not in letter.html + letter.text + letter.subject
    with platform_context():
        assert compose("users/mail/invitation", CONTEXT).subject == f"You are invited to {settings.PLATFORM_NAME}"


def test_letterheads_have_one_source():
    with pytest.raises(ValueError, match="already"):
        register(lambda: None)
