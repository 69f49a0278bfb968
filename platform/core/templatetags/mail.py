"""The parts that messages are written with: each knows whether HTML or plain text is asked for."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.web.formats import datetime_text

register = template.Library()


def _line(content: Any) -> str:
    return " ".join(str(content).split())


def _is_text(context: template.Context) -> bool:
    return bool(context.get("is_text"))


@register.simple_block_tag(takes_context=True)
def paragraph(context: template.Context, content: str, kind: str = "") -> str | SafeString:
    """A paragraph; `kind` "muted" is smaller and greyer."""
    if _is_text(context):
        return mark_safe(f"\n{_line(content)}\n\n")  # noqa: S308 -- plain text, shown as such
    head = context["head"]
    ink, size = (head.light.muted, 14) if kind == "muted" else (head.light.text, 16)
    return format_html(
        '<p class="{}" style="margin:0 0 16px;color:{};font-size:{}px;line-height:1.6">{}</p>',
        "m-muted" if kind == "muted" else "m-text",
        ink,
        size,
        mark_safe(_line(conditional_escape(content))),  # noqa: S308 -- rendered with escaping on
    )


@register.simple_tag(takes_context=True)
def action(context: template.Context, url: str, label: str) -> str | SafeString:
    """The one thing to do, as a button with its address below."""
    if _is_text(context):
        return mark_safe(f"\n{_line(label)}:\n\n{url}\n\n")  # noqa: S308
    head = context["head"]
    return format_html(
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px"><tr>'
        '<td class="m-button" bgcolor="{button}" style="background:{button};border-radius:{radius}px">'
        '<a class="m-button" href="{url}" target="_blank" style="display:inline-block;padding:12px 24px;'
        "background:{button};border-radius:{radius}px;color:{on_button};font-size:16px;font-weight:600;"
        'line-height:1.25;text-decoration:none">{label}</a></td></tr></table>'
        '<p class="m-muted" style="margin:0 0 16px;color:{muted};font-size:13px;line-height:1.5;word-break:break-all">'
        '<a class="m-link" href="{url}" target="_blank" style="color:{link}">{url}</a></p>',
        url=url,
        label=label,
        button=head.light.button,
        on_button=head.light.on_button,
        muted=head.light.muted,
        link=head.light.link,
        radius=head.radius,
    )


@register.simple_tag(takes_context=True)
def code(context: template.Context, value: str) -> str | SafeString:
    """A code to be typed somewhere else."""
    if _is_text(context):
        return mark_safe(f"\n{value}\n\n")  # noqa: S308
    head = context["head"]
    return format_html(
        '<p class="m-code" style="margin:8px 0 24px;padding:16px;background:{};border:1px solid {};border-radius:{}px;'
        "color:{};font-family:ui-monospace,Menlo,Consolas,monospace;font-size:28px;font-weight:600;"
        'letter-spacing:6px;line-height:1.2;text-align:center">{}</p>',
        head.light.page,
        head.light.line,
        head.radius,
        head.light.text,
        value,
    )


@register.simple_block_tag(takes_context=True)
def details(context: template.Context, content: str) -> str | SafeString:
    """A short table of `{% detail %}` lines."""
    if _is_text(context):
        rows = "\n".join(line.strip() for line in content.splitlines() if line.strip())
        return mark_safe(f"\n{rows}\n\n")  # noqa: S308
    return format_html(
        '<table class="m-box" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="margin:8px 0 24px;border-top:1px solid {line};border-bottom:1px solid {line}">{rows}</table>',
        line=context["head"].light.line,
        rows=content,
    )


@register.simple_tag(takes_context=True)
def detail(context: template.Context, label: str, value: Any) -> str | SafeString:
    """One line of `{% details %}`; nothing where the value is empty."""
    if value in (None, ""):
        return ""
    if isinstance(value, datetime):
        value = datetime_text(value)
    if _is_text(context):
        return mark_safe(f"{_line(label)}: {_line(value)}\n")  # noqa: S308
    head = context["head"]
    return format_html(
        '<tr><td class="m-muted" valign="top" style="padding:8px 16px 8px 0;color:{};font-size:14px;line-height:1.5;'
        'white-space:nowrap">{}</td><td class="m-text" valign="top" style="padding:8px 0;color:{};font-size:14px;'
        'line-height:1.5;word-break:break-word">{}</td></tr>',
        head.light.muted,
        label,
        head.light.text,
        value,
    )
