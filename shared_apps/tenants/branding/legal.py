import re
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

from shared_apps.tenants.branding.selectors import Published
from shared_apps.tenants.branding.values import LEGAL

LEGAL_LABELS = {"imprint": _("Imprint"), "privacy": _("Privacy"), "terms": _("Terms")}
_TAGS = {"p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "pre"}
_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")


@lru_cache(maxsize=256)
def legal_html(text: str) -> SafeString:
    """A legal text in Markdown as HTML of a few plain tags: no attribute survives but the address of a link."""
    # The page has the one h1.
    html = _markdown.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return SafeString(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"*": set(), "a": {"href"}},
            url_schemes={"https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def plain_text(text: str) -> str:
    """Markdown as words in one line, for where no markup is shown."""
    return " ".join(re.sub(r"(?<=\])\([^)]*\)|[#*_>`\[\]]", " ", text).split())


def legal_links(published: Published) -> list[tuple[str, str]]:
    """Label and address of each legal text that a brand has: a page of this host, or the address that it gives."""
    return [
        (str(LEGAL_LABELS[kind]), getattr(published.values, f"{kind}_url") or f"/legal/{kind}/")
        for kind in LEGAL
        if kind in published.legal or getattr(published.values, f"{kind}_url")
    ]
