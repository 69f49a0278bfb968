"""Messages inside of a page: in a frame that can neither run scripts nor reach the page around it."""

from django.http import HttpResponse

# The page may hold such a frame.
FRAMING = {"frame-src": ["'self'"]}
_SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
# A message's styles are in it, because mail programs load none.
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; {_SANDBOX}"
)


def letter_frame(html: str) -> HttpResponse:
    """A message's HTML as the content of a sandboxed frame; its links open outside of it."""
    return HttpResponse(html, headers={"Content-Security-Policy": _POLICY, "X-Frame-Options": "SAMEORIGIN"})
