"""E-mails: written once, read as HTML in the sender's brand and as plain text."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils.html import strip_spaces_between_tags
from django.utils.translation import get_language, get_language_bidi

HTML_LAYOUT, TEXT_LAYOUT = "email/layout.html", "email/layout.txt"
_SANS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a message as `#rrggbb`, for one of light and dark."""

    page: str
    card: str
    line: str
    text: str
    muted: str
    link: str
    button: str
    on_button: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo by its full address, and its size in pixels as it is shown."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What the messages of an organisation, or of the platform, look like and whom they come from."""

    name: str
    sender: str
    site_url: str
    reply_to: str = ""
    icon_url: str = ""
    logo: Picture | None = None
    logo_dark: Picture | None = None
    light: Ink = Ink("#f5f6f8", "#ffffff", "#dfe2e8", "#1a1d24", "#575d6b", "#24418f", "#3355d8", "#ffffff")
    dark: Ink = Ink("#0f1115", "#191c22", "#343944", "#eff1f5", "#b4bac6", "#a9bdff", "#3355d8", "#ffffff")
    radius: int = 8
    body_font: str = _SANS
    head_font: str = _SANS
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is ready to leave."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A message of a room as the style guide shows it."""

    template: str
    label: str
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """What its address in the style guide ends with."""
        return re.sub(r"[^a-z0-9]+", "-", self.template.lower()).strip("-")


Source = Callable[[], Letterhead]
_sources: list[Source] = []
_samples: dict[str, Sample] = {}


def register(source: Source) -> None:
    """Say where letterheads come from, once, from an AppConfig.ready; it asks the current context and no database."""
    if _sources:
        raise ValueError("Letterheads have a source already.")
    _sources.append(source)


def register_sample(template: str, label: str, context: Mapping[str, Any] | None = None) -> None:
    """Let the style guide show a message, from the AppConfig.ready of the room that sends it."""
    _samples[template] = Sample(template, label, context or {})


def samples() -> list[Sample]:
    """Every message that a room has registered, in the order of their labels."""
    return sorted(_samples.values(), key=lambda sample: sample.label)


def letterhead() -> Letterhead:
    """The letterhead of the current context; a plain one where none is installed."""
    if _sources:
        return _sources[0]()
    return Letterhead(name=settings.PLATFORM_NAME, sender=settings.PLATFORM_NAME, site_url="")


def compose(template: str, context: Mapping[str, Any], *, mode: str = "") -> Letter:
    """Write a message in the current language, from the one template `<template>.html`.

    The template extends `layout`, has the partial `subject` and the block `content`, and is written with the tags of
    `{% load mail %}`, which know whether HTML or text is asked for. `mode` fixes "light" or "dark" for a preview;
    otherwise the mail program chooses.
    """
    head = letterhead()
    shown = {
        **context,
        "head": head,
        "site_name": head.name,
        "language": get_language() or settings.LANGUAGE_CODE,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "dark_when": {"light": "not all", "dark": "all"}.get(mode, "(prefers-color-scheme: dark)"),
    }
    subject = " ".join(_rendered(f"{template}.html#subject", shown, escape=False).split())
    shown["subject"] = subject
    text = _tidy(_rendered(f"{template}.html", {**shown, "layout": TEXT_LAYOUT, "is_text": True}, escape=False))
    shown["preheader"] = text.partition("\n")[0]
    html = _rendered(f"{template}.html", {**shown, "layout": HTML_LAYOUT}, escape=True)
    return Letter(subject, text, strip_spaces_between_tags(html).strip())


def _rendered(name: str, context: Mapping[str, Any], *, escape: bool) -> str:
    # Whether a value is escaped depends on what is written, not on the name of the file.
    found = get_template(name).template  # type: ignore[attr-defined]
    return str(found.render(Context(dict(context), autoescape=escape)))


def _tidy(text: str) -> str:
    """Text without the template's indentation, and with one empty line between its parts."""
    lines = [line.strip() for line in text.strip().splitlines()]
    # "-- " with its space begins a signature (RFC 3676, section 4.3).
    joined = "\n".join("-- " if line == "--" else line for line in lines)
    return re.sub(r"\n{3,}", "\n\n", joined)
