"""`/styleguide/emails/`: every message under the host's own brand."""

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.web.htmx import render_page
from core.web.letter_frames import FRAMING, letter_frame
from core.web.letters import Letter, Sample, compose, letterhead, samples

MODES = ("light", "dark")
WIDTHS = ("600", "390")


@require_safe
@csp_update(FRAMING)
def emails(request: HttpRequest) -> HttpResponse:
    """One message at a time: its HTML in a frame, beside it the text."""
    chosen = _sample(request.GET.get("mail", ""))
    width = request.GET.get("width", "")
    context = {
        "samples": samples(),
        "chosen": chosen,
        "letter": _letter(chosen),
        "head": letterhead(),
        "mode": _mode(request),
        "modes": MODES,
        "width": width if width in WIDTHS else WIDTHS[0],
        "widths": WIDTHS,
    }
    return render_page(request, "styleguide/emails.html", context)


@require_safe
def email_frame(request: HttpRequest, slug: str) -> HttpResponse:
    """The HTML of one message, as it is in light or in dark."""
    return letter_frame(_letter(_sample(slug), _mode(request)).html)


def _sample(slug: str) -> Sample:
    known = samples()
    found = next((sample for sample in known if sample.slug == slug), None)
    if found is None and (slug or not known):
        raise NotFound
    return found or known[0]


def _mode(request: HttpRequest) -> str:
    mode = request.GET.get("mode", "")
    return mode if mode in MODES else MODES[0]


def _letter(sample: Sample, mode: str = "light") -> Letter:
    site_url = letterhead().site_url
    context = {
        name: f"{site_url}{value}" if isinstance(value, str) and value.startswith("/") else value
        for name, value in sample.context.items()
    }
    return compose(sample.template, {"recipient": "ines@example.org", **context}, mode=mode)
